//! Stills, drawn again as a terminal would draw them, and compared with the picture.

use super::shapes::{Division, families, octant, sextant};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Samples of a cell from left to right, and from top to bottom: halves, thirds and eighths.
const FINE: (usize, usize) = (8, 24);
const GLYPHS: [Glyphs; 4] = [Glyphs::Half, Glyphs::Block, Glyphs::Sextant, Glyphs::Octant];
const DEPTHS: [Depth; 4] = [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None];

/// What is covered by a glyph, from its definition in Unicode alone.
fn covers(glyph: char, x: usize, y: usize) -> bool {
    let code = glyph as usize;
    let (across, down) = (x * 2 / FINE.0, |rows: usize| y * rows / FINE.1);
    let eighth = |from_below: usize| (FINE.1 - 1 - y) * 8 / FINE.1 < from_below;
    match glyph {
        ' ' => false,
        '█' => true,
        '▀' => down(2) == 0,
        '▁'..='▇' => eighth(code - 0x2580),
        '▉'..='▏' => x < 0x2590 - code,
        '▐' => across == 1,
        '▖'..='▟' => {
            // Upper left, upper right, lower left, lower right.
            let quarters = ["▘▙▚▛▜", "▛▜▝▞▟", "▖▙▛▞▟", "▗▙▚▜▟"];
            quarters[down(2) * 2 + across].contains(glyph)
        }
        '\u{1FB00}'..='\u{1FB3B}' => {
            // In the order of their bits, but for the empty cell, its halves and the whole.
            let patterns = (0..64).filter(|bits| ![0, 21, 42, 63].contains(bits));
            let bits: usize = patterns.clone().nth(code - 0x1_FB00).expect("one of the sextants");
            bits >> (down(3) * 2 + across) & 1 == 1
        }
        '\u{1CD00}'..='\u{1CDE5}' => {
            let bits = (0..=255).find(|bits| octant(*bits) == Some(glyph)).expect("an octant");
            bits >> (down(4) * 2 + across) & 1 == 1
        }
        _ => panic!("not a glyph of pictures: {glyph:?}"),
    }
}

fn painted(paint: Paint) -> Rgb {
    match paint {
        Paint::Rgb(rgb) => rgb,
        Paint::Indexed(index) => palette::colour(index),
        Paint::Unset => panic!("no colour"),
    }
}

fn draw(grid: &Grid) -> RgbImage {
    let rows: Vec<_> = grid.iter().collect();
    let size = (grid.columns() * FINE.0, grid.rows() * FINE.1);
    RgbImage::from_fn(size.0 as u32, size.1 as u32, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let cell = rows[y / FINE.1][x / FINE.0];
        let covered = covers(cell.glyph, x % FINE.0, y % FINE.1);
        image::Rgb(painted(if covered { cell.front } else { cell.back }))
    })
}

fn error(a: &RgbImage, b: &RgbImage) -> u64 {
    let squares = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2));
    squares.sum()
}

fn picture(max: u32) -> impl Strategy<Value = RgbImage> {
    (0..=max, 0..=max).prop_flat_map(|(width, height)| {
        proptest::collection::vec(any::<u8>(), (width * height * 3) as usize)
            .prop_map(move |data| RgbImage::from_raw(width, height, data).expect("the size fits"))
    })
}

/// Every glyph that these may use.
fn allowed(glyphs: Glyphs, depth: Depth) -> BTreeSet<char> {
    if (glyphs, depth) == (Glyphs::Half, Depth::None) {
        return super::super::ramp::RAMP.iter().copied().collect();
    }
    let blocks = ('▀'..='▟').filter(|glyph| !('░'..='▓').contains(glyph)).chain([' ']);
    match glyphs {
        Glyphs::Half => [' ', '▀', '█'].into(),
        Glyphs::Block => blocks.collect(),
        Glyphs::Sextant => blocks.chain('\u{1FB00}'..='\u{1FB3B}').collect(),
        Glyphs::Octant => blocks.chain('\u{1CD00}'..='\u{1CDE5}').collect(),
    }
}

#[test]
fn every_shape_covers_what_unicode_says_it_does() {
    for glyphs in GLYPHS {
        for family in families(glyphs) {
            for shape in &family.shapes {
                for (x, y) in (0..FINE.0).flat_map(|x| (0..FINE.1).map(move |y| (x, y))) {
                    let ours = family.division.line(shape.parts, y, FINE.1) >> x & 1 == 1;
                    assert_eq!(ours, covers(shape.glyph, x, y), "{} at {x}, {y}", shape.glyph);
                }
            }
        }
    }
}

#[test]
fn no_two_shapes_split_a_cell_alike() {
    for glyphs in GLYPHS {
        let mut seen = BTreeSet::new();
        for family in families(glyphs) {
            for shape in &family.shapes {
                let line = |y| family.division.line(shape.parts, y, FINE.1);
                let lines: Vec<u8> = (0..FINE.1).map(line).collect();
                let opposite: Vec<u8> = lines.iter().map(|line| !line).collect();
                assert!(!seen.contains(&opposite), "{}", shape.glyph);
                assert!(seen.insert(lines), "{}", shape.glyph);
            }
        }
        let count = seen.len();
        let splits = match glyphs {
            Glyphs::Half => 1,
            Glyphs::Block => 7 + 7 + 5,
            Glyphs::Sextant => 7 + 7 + 5 + 30,
            Glyphs::Octant => 7 + 7 + 123,
        };
        assert_eq!(count, splits, "{glyphs:?}");
    }
}

/// The names of U+1CD00 to U+1CDE5 in `UnicodeData.txt`, each without its "BLOCK OCTANT-".
const OCTANTS: &str = include_str!("octants.txt");

#[test]
fn octants_have_the_patterns_that_their_names_say() {
    for (glyph, tiles) in ('\u{1CD00}'..='\u{1CDE5}').zip(OCTANTS.split_whitespace()) {
        let pattern = tiles.bytes().fold(0, |pattern, digit| pattern | 1 << (digit - b'1'));
        assert_eq!(octant(pattern), Some(glyph), "BLOCK OCTANT-{tiles}");
    }
    assert_eq!(OCTANTS.split_whitespace().count(), 230);
    let all: BTreeSet<_> = (0..=255).filter_map(octant).filter(|it| *it > '\u{1_0000}').collect();
    assert_eq!(all, ('\u{1CD00}'..='\u{1CDE5}').collect());
    let all: BTreeSet<_> = (0..64).filter_map(sextant).filter(|it| *it > '\u{1_0000}').collect();
    assert_eq!(all, ('\u{1FB00}'..='\u{1FB3B}').collect());
}

#[test]
fn a_plain_picture_is_blank_cells_of_exactly_its_colour() {
    let image = RgbImage::from_pixel(50, 40, image::Rgb([90, 130, 200]));
    for glyphs in GLYPHS {
        for cell in still(&image, 7, 3, glyphs, Depth::True).iter().flatten() {
            assert_eq!((cell.front, cell.back), (cell.back, Paint::Rgb([90, 130, 200])));
        }
    }
    for index in 0..=255 {
        let rgb = palette::colour(index);
        let image = RgbImage::from_pixel(5, 4, image::Rgb(rgb));
        let depth = if index < 16 { Depth::Ansi16 } else { Depth::Ansi256 };
        for cell in still(&image, 3, 2, Glyphs::Octant, depth).iter().flatten() {
            assert_eq!((cell.glyph, painted(cell.back)), (' ', rgb), "{index}");
        }
    }
}

#[test]
fn skin_of_few_colours_is_still_skin_on_the_whole() {
    for rgb in [[224, 172, 140], [141, 85, 54], [255, 219, 190]] {
        let image = RgbImage::from_pixel(40, 40, image::Rgb(rgb));
        let few = [Depth::Ansi256, Depth::Ansi16];
        for (glyphs, depth) in GLYPHS.into_iter().flat_map(|glyphs| few.map(|it| (glyphs, it))) {
            let drawn = draw(&still(&image, 30, 15, glyphs, depth));
            for channel in 0..3 {
                let sum: u64 = drawn.pixels().map(|pixel| u64::from(pixel[channel])).sum();
                let mean = sum / (drawn.as_raw().len() as u64 / 3);
                let off = mean.abs_diff(u64::from(rgb[channel]));
                // There is no bright skin among 16, and what is wanted at the rims is left.
                let most = if depth == Depth::Ansi16 { 16 } else { 4 };
                assert!(off <= most, "{rgb:?} in {glyphs:?}, {depth:?}: {channel} is off by {off}");
            }
        }
    }
}

#[test]
fn a_grey_without_colours_is_as_many_dots_as_it_gives_light() {
    let image = RgbImage::from_pixel(40, 40, image::Rgb([181; 3]));
    for glyphs in [Glyphs::Block, Glyphs::Sextant, Glyphs::Octant] {
        let grid = still(&image, 20, 10, glyphs, Depth::None);
        let samples = (0..FINE.0).flat_map(|x| (0..FINE.1).map(move |y| (x, y)));
        let bright: usize = samples
            .map(|(x, y)| grid.iter().flatten().filter(|cell| covers(cell.glyph, x, y)).count())
            .sum();
        let share = bright as f32 / (200 * FINE.0 * FINE.1) as f32;
        assert!((0.45..0.55).contains(&share), "{glyphs:?}: {share}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_picture_fills_the_cells_with_glyphs_and_colours_that_were_asked_for(
        image in picture(9), columns in 0..9_u32, rows in 0..9_u32,
    ) {
        for (glyphs, depth) in GLYPHS.into_iter().flat_map(|g| DEPTHS.map(|d| (g, d))) {
            let grid = still(&image, columns, rows, glyphs, depth);
            let cells: Vec<Cell> = grid.iter().flatten().copied().collect();
            prop_assert_eq!(cells.len(), (columns * rows) as usize);
            prop_assert_eq!(grid.columns(), columns as usize);
            let allowed = allowed(glyphs, depth);
            for cell in cells {
                prop_assert!(allowed.contains(&cell.glyph), "{:?} in {:?}", cell, glyphs);
                for paint in [cell.front, cell.back] {
                    let fits = match depth {
                        Depth::True => matches!(paint, Paint::Rgb(_)),
                        Depth::Ansi256 => matches!(paint, Paint::Indexed(_)),
                        Depth::Ansi16 => matches!(paint, Paint::Indexed(0..16)),
                        Depth::None => paint == Paint::Unset,
                    };
                    prop_assert!(fits, "{:?} in {:?}", paint, depth);
                }
            }
        }
    }

    #[test]
    fn a_long_thin_picture_fills_the_cells(length in 1..40_000_u32, upright: bool) {
        let (width, height) = if upright { (1, length) } else { (length, 1) };
        let image = RgbImage::new(width, height);
        for glyphs in GLYPHS {
            prop_assert_eq!(still(&image, 3, 2, glyphs, Depth::True).rows(), 2);
        }
    }

    #[test]
    fn more_glyphs_are_never_further_from_the_picture_than_halves(image in picture(40)) {
        let target = scale(&image, 5 * FINE.0 as u32, 3 * FINE.1 as u32, Light::Linear);
        let of = |glyphs| error(&draw(&still(&image, 5, 3, glyphs, Depth::True)), &target);
        let halves = of(Glyphs::Half);
        for glyphs in [Glyphs::Block, Glyphs::Sextant, Glyphs::Octant] {
            prop_assert!(of(glyphs) <= halves, "{:?}: {} > {}", glyphs, of(glyphs), halves);
        }
    }

    #[test]
    fn a_picture_that_is_a_glyph_comes_back(front: Rgb, back: Rgb, at: prop::sample::Index) {
        for glyphs in GLYPHS {
            let glyphs_all: Vec<char> = families(glyphs)
                .iter()
                .flat_map(|family| family.shapes.iter().map(|shape| shape.glyph))
                .collect();
            let glyph = glyphs_all[at.index(glyphs_all.len())];
            let (front, back) = (Paint::Rgb(front), Paint::Rgb(back));
            let picture = draw(&Grid::new(1, vec![Cell { glyph, front, back }]));
            let grid = still(&picture, 1, 1, glyphs, Depth::True);
            prop_assert_eq!(draw(&grid), picture, "{}", glyph);
        }
    }
}

#[test]
fn divisions_have_as_many_parts_as_they_say() {
    for division in [Division::Rows, Division::Columns, Division::Tiles(2), Division::Tiles(3)] {
        let all = u8::MAX >> (8 - division.parts());
        assert!((0..FINE.1).all(|y| division.line(all, y, FINE.1) == 0xFF), "{division:?}");
    }
}
