//! What is written, read back by a terminal emulator that knows nothing of this program.

use super::album::{Pixels, Through};
use super::grid::{Cell, Grid, Look, Symbol};
use super::means::Means;
use super::painter::{Painter, Scene};
use super::pen::complement;
use super::placeholder::PlacedId;
use crate::picture::Part;
use crate::picture::cells::{Depth, Glyphs, Paint};
use crate::picture::{CALM_MAX, RgbImage, STEADY_THRESHOLD};
use crate::scene::{Motion, Placed};
use crate::terminal::capabilities::Graphics;
use data_encoding::BASE64;
use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MEANS: Means =
    Means { depth: Depth::True, glyphs: Glyphs::Half, pixels: None, synchronized: false };

/// The emulator always wraps lines, where the program has terminals not do so: what goes over the
/// edge must have somewhere to go.
const BEYOND: u16 = 8;
const ONE: NonZeroU16 = NonZeroU16::MIN;

/// What the emulator does not know: kitty's graphics, as far as they are used; and how often a
/// picture of another protocol came.
#[derive(Default)]
struct Graphic {
    data: BTreeMap<u32, String>,
    /// Which picture the commands without a number belong to.
    open: Option<u32>,
    placed: BTreeMap<u32, Rect>,
    others: usize,
}

impl vt100::Callbacks for Graphic {
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parameters: &[&[u8]]) {
        assert_eq!(parameters[0], b"1337");
        self.others += 1;
    }
}

impl Graphic {
    fn handle(&mut self, text: &str, (x, y): (u16, u16)) {
        let Some(command) = text.strip_prefix("_G") else {
            assert!(text.starts_with('P'), "{text}");
            self.others += 1;
            return;
        };
        let (keys, data) = command.split_once(';').expect("keys, then data");
        assert!(data.len() <= 4096, "the most that is allowed");
        let keys: BTreeMap<_, _> = keys.split(',').filter_map(|key| key.split_once('=')).collect();
        let number = |key: &str| keys.get(key).map(|value| value.parse::<u32>().expect("a number"));
        assert_eq!(number("q"), Some(2), "no answer is asked for");
        match keys.get("a") {
            Some(&"t") | None => {
                let id = number("i").or(self.open).expect("it is of some picture");
                self.data.entry(id).or_default().push_str(data);
                self.open = Some(id).filter(|_| number("m") == Some(1));
            }
            Some(&"p") => {
                assert_eq!(self.open, None, "the picture is whole");
                assert!(number("C") == Some(1) || number("U") == Some(1), "the cursor stays");
                let size = |key| number(key).expect("a size") as u16;
                self.placed
                    .insert(number("i").expect("a picture"), Rect::new(x, y, size("c"), size("r")));
            }
            Some(&"d") => {
                let id = number("i").expect("one alone");
                self.data.remove(&id);
                self.placed.remove(&id);
            }
            other => panic!("{other:?}"),
        }
    }

    fn size(&self, id: u32) -> (u32, u32) {
        let png = BASE64.decode(self.data[&id].as_bytes()).expect("base64");
        image::load_from_memory(&png).expect("a picture").to_rgb8().dimensions()
    }
}

/// A painter, and the terminal that it paints.
struct Pair {
    painter: Painter,
    terminal: vt100::Parser<Graphic>,
    now: Instant,
    bytes: usize,
    /// Of the line, in bytes a second.
    rate: f64,
}

impl Pair {
    fn new(means: Means) -> Self {
        let now = Instant::now();
        let painter = Painter::new(means, 7, now);
        let terminal = vt100::Parser::new_with_callbacks(ONE, ONE, 0, Graphic::default());
        Self { painter, terminal, now, bytes: 0, rate: 1e6 }
    }

    /// Shows a scene, in as many chunks as it takes, each answered a moment later.
    fn show(&mut self, scene: &Scene) {
        self.begin(scene);
        self.finish();
    }

    fn finish(&mut self) {
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < 1000, "it never ends");
        }
    }

    fn begin(&mut self, scene: &Scene) {
        self.begin_slowly(scene);
        self.work();
    }

    fn begin_slowly(&mut self, scene: &Scene) {
        let (columns, rows) = (scene.grid.columns(), scene.grid.rows());
        let size = |cells| NonZeroU16::new(cells).expect("a screen of some size");
        self.terminal.screen_mut().set_size(size(rows), size(columns + BEYOND));
        self.painter.set_scene(scene.clone());
    }

    /// Works out what is wanted; whether anything was.
    fn work(&mut self) -> bool {
        let mut worked = false;
        while let Some(work) = self.painter.poll_work() {
            let art = work.run();
            self.painter.handle_work(&work, art);
            worked = true;
        }
        worked
    }

    /// One more chunk; whether there was one.
    fn step(&mut self) -> bool {
        loop {
            if let Some(bytes) = self.painter.poll_transmit(self.now) {
                let text = String::from_utf8(bytes.clone()).expect("text");
                let question = text.strip_suffix("\x1b[5n").expect("a question at the end");
                assert!(!question.contains("\x1b[5n"), "one question a chunk");
                self.bytes += bytes.len();
                self.process(&bytes);
                self.work();
                self.now += Duration::from_secs_f64(bytes.len() as f64 / self.rate);
                self.painter.handle_answer(self.now);
                return true;
            }
            match self.painter.poll_timeout(self.now) {
                Some(at) if at > self.now => self.now = at,
                _ if self.work() => {}
                _ => return false,
            }
        }
    }

    /// Takes pictures in pixels out of the bytes, and has the emulator do the rest.
    fn process(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(start) = rest.windows(2).position(|pair| matches!(pair, b"\x1b_" | b"\x1bP"))
        {
            self.terminal.process(&rest[..start]);
            // An ESC that is doubled for tmux ends nothing.
            let ends = |at: &usize| rest[*at..].starts_with(b"\x1b\\") && rest[at - 1] != 0x1b;
            let end = (start + 2..rest.len()).find(ends).expect("it ends in the same chunk");
            let text = std::str::from_utf8(&rest[start + 1..end]).expect("text");
            let (row, column) = self.terminal.screen().cursor_position();
            match text.strip_prefix("Ptmux;\x1b\x1b") {
                Some(wrapped) => {
                    let command = wrapped.strip_suffix("\x1b\x1b\\").expect("whole");
                    self.terminal.callbacks_mut().handle(command, (column, row));
                }
                None => self.terminal.callbacks_mut().handle(text, (column, row)),
            }
            rest = &rest[end + 2..];
        }
        self.terminal.process(rest);
    }

    /// The pictures in pixels that are shown: where, over how many cells, of how many pixels.
    fn pixels(&self) -> Vec<(Rect, (u32, u32))> {
        let graphic = self.terminal.callbacks();
        let mut all: Vec<_> =
            graphic.placed.iter().map(|(id, area)| (*area, graphic.size(*id))).collect();
        all.sort_by_key(|(area, _)| (area.y, area.x));
        all
    }

    /// Says where the terminal shows something else than the scene.
    fn check(&self, scene: &Scene, slack: u8) -> Result<(), TestCaseError> {
        let columns = scene.grid.columns();
        for (at, wanted) in scene.grid.cells().iter().enumerate() {
            let (x, y) = (at as u16 % columns, at as u16 / columns);
            let shown = self.terminal.screen().cell(y, x).expect("of the same size");
            let what = format!("at {x},{y}: {wanted:?} is shown as {shown:?}");
            match &wanted.symbol {
                Symbol::Char(c) => {
                    let is_blank = *c == ' ' && shown.contents().is_empty();
                    prop_assert!(is_blank || shown.contents() == c.to_string(), "{}", what);
                    prop_assert!(looks(shown, wanted.look, *c), "{}", what);
                }
                // Of several parts: what stands in it is the terminal's affair.
                Symbol::Text(_) | Symbol::Behind => {}
                Symbol::Hole => {
                    let placed = scene.pictures.iter().find(|p| p.area.contains((x, y).into()));
                    let placed = placed.expect("a hole has a picture behind it");
                    prop_assert!(shows(shown, placed, (x, y), wanted.look, slack), "{}", what);
                }
            }
        }
        Ok(())
    }
}

fn looks(shown: &vt100::Cell, look: Look, c: char) -> bool {
    let has = |modifier| look.modifier.contains(modifier);
    let blank = c == ' ' && !has(Modifier::REVERSED) && !has(Modifier::UNDERLINED);
    let weight = shown.bold() == has(Modifier::BOLD) && shown.dim() == has(Modifier::DIM);
    (blank || shown.fgcolor() == colour(look.front) && weight)
        && shown.bgcolor() == colour(look.back)
        && shown.inverse() == has(Modifier::REVERSED)
        && shown.underline() == has(Modifier::UNDERLINED)
}

/// Whether a cell of a flat picture, or one of two colours, is as it should be.
fn shows(shown: &vt100::Cell, placed: &Placed, (x, y): (u16, u16), look: Look, slack: u8) -> bool {
    let mut image = placed.part.of(&placed.image);
    let size = (u32::from(placed.area.width), u32::from(placed.area.height) * 2);
    if image.dimensions() != size {
        image = crate::picture::scale(&image, size.0, size.1, crate::picture::Light::Linear);
    }
    let (x, y) = (u32::from(x - placed.area.x), u32::from(y - placed.area.y) * 2);
    // Behind a panel it is half as bright.
    let by = if look.modifier.contains(Modifier::DIM) { 2 } else { 1 };
    let wanted = [image.get_pixel(x, y).0, image.get_pixel(x, y + 1).0];
    let wanted = wanted.map(|rgb| rgb.map(|value| value / by));
    let (front, back) = (rgb(shown.fgcolor()), rgb(shown.bgcolor()));
    let halves = match shown.contents() {
        "▀" => [front, back],
        "▄" => [back, front],
        "" | " " => [back, back],
        "█" => [front, front],
        _ => return false,
    };
    halves.iter().zip(wanted).all(|(shown, wanted)| {
        shown.is_some_and(|shown| shown.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= slack))
    })
}

fn rgb(colour: vt100::Color) -> Option<[u8; 3]> {
    match colour {
        vt100::Color::Rgb(r, g, b) => Some([r, g, b]),
        _ => None,
    }
}

fn colour(paint: Paint) -> vt100::Color {
    match paint {
        Paint::Unset => vt100::Color::Default,
        Paint::Indexed(index) => vt100::Color::Idx(index),
        Paint::Rgb([r, g, b]) => vt100::Color::Rgb(r, g, b),
    }
}

fn paint() -> impl Strategy<Value = Paint> {
    prop_oneof![
        Just(Paint::Unset),
        any::<u8>().prop_map(Paint::Indexed),
        any::<[u8; 3]>().prop_map(Paint::Rgb),
    ]
}

fn cell() -> impl Strategy<Value = ratatui::buffer::Cell> {
    let symbols = &["a", "Z", " ", " ", "é", "写", "─", "👩\u{200d}👧", "e\u{301}\u{302}", "▌"][..];
    // The emulator knows no cell that is both bold and dim.
    let weights = prop::sample::select(vec![Modifier::empty(), Modifier::BOLD, Modifier::DIM]);
    let modifiers = (weights, any::<[bool; 2]>()).prop_map(|(weight, [reversed, underlined])| {
        let of = |is, modifier| if is { modifier } else { Modifier::empty() };
        weight | of(reversed, Modifier::REVERSED) | of(underlined, Modifier::UNDERLINED)
    });
    (prop::sample::select(symbols), paint(), paint(), modifiers).prop_map(
        |(symbol, front, back, modifier)| {
            let mut cell = ratatui::buffer::Cell::new(symbol);
            cell.modifier = modifier;
            cell.set_fg(ratatui_colour(front)).set_bg(ratatui_colour(back));
            cell
        },
    )
}

fn ratatui_colour(paint: Paint) -> ratatui::style::Color {
    match paint {
        Paint::Unset => ratatui::style::Color::Reset,
        Paint::Indexed(index) => ratatui::style::Color::Indexed(index),
        Paint::Rgb([r, g, b]) => ratatui::style::Color::Rgb(r, g, b),
    }
}

/// Words anywhere, a live picture in some place, and a panel over part of it.
fn scene(columns: u16, rows: u16) -> impl Strategy<Value = Scene> {
    let words = proptest::collection::vec((0..columns, 0..rows, cell()), 0..60);
    let area = (0..columns, 0..rows, 1..=columns, 1..=rows);
    let pixels = proptest::collection::vec(any::<[u8; 3]>(), 6);
    (words, proptest::option::of((area, pixels)), 0..8_usize).prop_map(
        move |(words, picture, panel)| {
            let mut grid = Grid::blank(columns, rows);
            let mut pictures = Vec::new();
            let (over, under) = words.split_at(panel.min(words.len()));
            for (x, y, cell) in under {
                grid.put(*x, *y, cell.into());
            }
            if let Some(((x, y, width, height), pixels)) = picture {
                let area = Rect::new(x, y, width.min(columns - x), height.min(rows - y));
                for position in area.positions() {
                    let hole = Cell { symbol: Symbol::Hole, ..Cell::BLANK };
                    grid.put(position.x, position.y, hole);
                }
                let size = (u32::from(area.width), u32::from(area.height) * 2);
                let image = RgbImage::from_fn(size.0, size.1, |x, y| {
                    image::Rgb(pixels[(x * 7 + y * 3) as usize % pixels.len()])
                });
                let part = Part::whole(&image);
                let (image, motion) = (Arc::new(image), Motion::Live);
                pictures.push(Placed { area, image, part, motion });
            }
            for (x, y, cell) in over {
                grid.put(*x, *y, cell.into());
            }
            Scene { grid, pictures }
        },
    )
}

fn scenes() -> impl Strategy<Value = Vec<Scene>> {
    let sizes = prop::sample::select(&[(12, 5), (12, 5), (12, 5), (20, 3), (1, 1)][..]);
    proptest::collection::vec(sizes.prop_flat_map(|(columns, rows)| scene(columns, rows)), 1..6)
}

/// What a live picture's colours may be off by.
const SLACK: u8 = STEADY_THRESHOLD + CALM_MAX;
/// And what is drawn later than it was wanted.
const LATE_SLACK: u8 = SLACK + 2;

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_terminal_shows_what_is_wanted_whatever_was_there_before(scenes in scenes()) {
        let mut pair = Pair::new(MEANS);
        for scene in &scenes {
            pair.show(scene);
            pair.check(scene, SLACK)?;
        }
    }

    #[test]
    fn it_does_so_too_when_scenes_are_left_before_they_are_drawn(
        scenes in scenes(), steps in proptest::collection::vec(0..4_usize, 6),
    ) {
        let mut pair = Pair::new(MEANS);
        for (scene, steps) in scenes.iter().zip(steps) {
            pair.begin(scene);
            for _ in 0..steps {
                pair.step();
            }
        }
        let last = scenes.last().expect("one at least");
        pair.show(last);
        pair.check(last, LATE_SLACK)?;
    }

    #[test]
    fn what_is_shown_is_not_sent_again(scene in scene(12, 5)) {
        let mut pair = Pair::new(MEANS);
        pair.show(&scene);
        let bytes = pair.bytes;
        pair.painter.set_scene(scene.clone());
        prop_assert!(!pair.step(), "{} bytes more", pair.bytes - bytes);
        prop_assert_eq!(pair.painter.poll_timeout(pair.now), None, "nothing is waited for");
    }

    #[test]
    fn a_glyph_and_its_complement_are_each_other_s(c in any::<char>()) {
        if let Some(other) = complement(c) {
            prop_assert_eq!(complement(other), Some(c));
        }
    }
}

#[test]
fn every_sextant_has_its_complement() {
    let mut seen = std::collections::BTreeSet::new();
    for code in 0x1FB00..=0x1FB3B_u32 {
        let glyph = char::from_u32(code).expect("a character");
        seen.insert(complement(glyph).expect("every sextant has one"));
    }
    assert_eq!(seen.len(), 60);
}

#[test]
fn words_go_ahead_of_a_picture_that_is_on_its_way() {
    let mut pair = Pair { rate: 50_000.0, ..Pair::new(MEANS) };
    let area = Rect::new(0, 0, 60, 20);
    let picture = |seed: u32| {
        let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729 + seed * 31) % 251) as u8;
        let image = RgbImage::from_fn(60, 40, |x, y| image::Rgb([noise(x, y), noise(y, x), 9]));
        let part = Part::whole(&image);
        vec![Placed { area, image: Arc::new(image), part, motion: Motion::Live }]
    };
    let mut grid = Grid::blank(60, 21);
    for position in area.positions() {
        grid.put(position.x, position.y, Cell { symbol: Symbol::Hole, ..Cell::BLANK });
    }
    pair.show(&Scene { grid: grid.clone(), pictures: picture(1) });
    let mut scene = Scene { grid, pictures: picture(2) };
    pair.begin(&scene);
    pair.step();
    scene.grid.put(3, 20, Cell { symbol: Symbol::Char('k'), ..Cell::BLANK });
    pair.begin(&scene);
    let shown = |pair: &Pair| pair.terminal.screen().cell(20, 3).expect("there").contents() == "k";
    assert!(!shown(&pair));
    pair.step();
    assert!(shown(&pair), "in the very next chunk");
    let left = pair.bytes;
    pair.finish();
    assert!(pair.bytes - left > 5_000, "the picture was far from done");
}

const KITTY: Means = Means {
    pixels: Some(Pixels { protocol: Graphics::Kitty, cell: (10, 20), through: Through::Nothing }),
    ..MEANS
};

/// A still of noise at the top left, and blanks around it.
fn still(area: Rect) -> Scene {
    let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729) % 251) as u8;
    let image = RgbImage::from_fn(900, 600, |x, y| image::Rgb([noise(x, y), noise(y, x), 9]));
    let (part, image) = (Part::whole(&image), Arc::new(image));
    let mut grid = Grid::blank(60, 21);
    for position in area.positions() {
        grid.put(position.x, position.y, Cell { symbol: Symbol::Hole, ..Cell::BLANK });
    }
    Scene { grid, pictures: vec![Placed { area, image, part, motion: Motion::Still }] }
}

fn letter(scene: &mut Scene, x: u16, y: u16) {
    scene.grid.put(x, y, Cell { symbol: Symbol::Char('k'), ..Cell::BLANK });
}

#[test]
fn a_still_in_pixels_comes_small_then_whole_with_words_in_between() {
    let area = Rect::new(2, 1, 40, 18);
    let mut pair = Pair { rate: 50_000.0, ..Pair::new(KITTY) };
    let mut scene = still(area);
    pair.begin(&scene);
    while pair.pixels().is_empty() {
        assert!(pair.step(), "it comes");
    }
    assert_eq!(pair.pixels(), [(area, (200, 133))], "half of what its place has, in its own shape");
    for _ in 0..3 {
        pair.step();
    }
    letter(&mut scene, 50, 20);
    pair.begin(&scene);
    pair.step();
    let cell = pair.terminal.screen().cell(20, 50).expect("there").contents().to_owned();
    assert_eq!(cell, "k", "ahead of the rest of the picture");
    assert_eq!(pair.pixels(), [(area, (200, 133))]);
    pair.finish();
    assert_eq!(pair.pixels(), [(area, (400, 267))]);
    assert_eq!(pair.terminal.callbacks().data.len(), 1, "the small one is not kept");
}

#[test]
fn a_panel_over_a_still_in_pixels_makes_it_cells_for_as_long() {
    let area = Rect::new(2, 1, 12, 6);
    let mut pair = Pair::new(KITTY);
    let open = still(area);
    pair.show(&open);
    assert_eq!(pair.pixels().len(), 1);
    let mut covered = open.clone();
    letter(&mut covered, 5, 3);
    pair.show(&covered);
    assert_eq!(pair.pixels(), []);
    pair.check(&covered, 1).expect("the rest of the still, in cells, and the panel");
    pair.show(&open);
    assert_eq!(pair.pixels().len(), 1);
}

#[test]
fn a_still_that_is_turned_over_stays_until_the_next_is_there() {
    let area = Rect::new(2, 1, 12, 6);
    let mut pair = Pair::new(KITTY);
    let mut scene = still(area);
    pair.show(&scene);
    scene.pictures[0].part = Part { x: 300, y: 200, width: 300, height: 200 };
    pair.begin_slowly(&scene);
    while pair.step() {
        assert_eq!(pair.pixels().len(), 1, "never none, never two");
    }
    assert_eq!(pair.terminal.callbacks().data.len(), 1);
    pair.show(&Scene { grid: Grid::blank(60, 21), pictures: Vec::new() });
    assert_eq!(pair.terminal.callbacks().data.len(), 0, "and then nothing is left of it");
}

#[test]
fn at_the_end_no_picture_is_left_in_the_terminal() {
    let mut pair = Pair::new(KITTY);
    pair.show(&still(Rect::new(0, 0, 30, 12)));
    let bytes = pair.painter.take_away();
    pair.process(&bytes);
    assert_eq!((pair.pixels().len(), pair.terminal.callbacks().data.len()), (0, 0));
}

#[test]
fn what_can_only_come_in_one_piece_is_short_or_comes_as_cells() {
    for protocol in [Graphics::Iterm2, Graphics::Sixel] {
        let pixels = Some(Pixels { protocol, cell: (10, 20), through: Through::Nothing });
        let small = still(Rect::new(2, 1, 12, 6));
        let mut pair = Pair::new(Means { pixels, ..MEANS });
        pair.show(&small);
        assert_eq!(pair.terminal.callbacks().others, 1, "{protocol:?}");
        assert!(pair.bytes < 70_000, "{} bytes by {protocol:?}", pair.bytes);

        // Noise is long, and this line is slow.
        let large = still(Rect::new(0, 0, 60, 20));
        let mut pair = Pair { rate: 15_000.0, ..Pair::new(Means { pixels, ..MEANS }) };
        pair.show(&large);
        assert_eq!(pair.terminal.callbacks().others, 0, "{protocol:?}");
        pair.check(&large, 1).expect("cells");
    }
}

#[test]
fn through_tmux_cells_stand_for_the_picture_and_a_panel_covers_them() {
    let area = Rect::new(2, 1, 30, 12);
    let pixels = Pixels { protocol: Graphics::Kitty, cell: (10, 20), through: Through::Tmux };
    let mut pair = Pair::new(Means { pixels: Some(pixels), ..MEANS });
    let mut scene = still(area);
    pair.show(&scene);
    let cell = |pair: &Pair, x, y| {
        let cell = pair.terminal.screen().cell(y, x).expect("there");
        (cell.contents().to_owned(), cell.fgcolor())
    };
    let ids: Vec<u32> = pair.terminal.callbacks().placed.keys().copied().collect();
    let [id] = ids[..] else { panic!("{ids:?}") };
    for at in area.positions() {
        let (text, colour) = cell(&pair, at.x, at.y);
        let wanted = PlacedId::of_number(id).cell(at.y - area.y, at.x - area.x);
        assert_eq!(wanted.symbol, Symbol::Text(text.into()));
        assert_eq!(colour, vt100::Color::Idx(id as u8));
    }
    letter(&mut scene, 5, 3);
    pair.show(&scene);
    assert_eq!(cell(&pair, 5, 3).0, "k");
    pair.show(&Scene { grid: Grid::blank(60, 21), pictures: Vec::new() });
    assert_eq!((cell(&pair, 8, 8).0.trim(), pair.terminal.callbacks().data.len()), ("", 0));
}

/// An evening of the program's own screens, as its own tests have them.
#[test]
fn an_evening_is_shown_as_it_was_drawn() {
    use crate::app::Action;
    use crate::app::camera::CameraKind;
    use crate::path::PathKind;
    use crate::ui::tests::world::World;
    use crate::ui::{self, Theme};
    use ratatui::layout::Size;

    let mut world = World::joined(3);
    let mut size = (80, 24);
    let mut pair = Pair::new(MEANS);
    let mut screen = ratatui::Terminal::new(crate::terminal::Backend::new(size.into()))
        .expect("a grid in memory");
    let mut show = |world: &World, size: (u16, u16), pair: &mut Pair| {
        screen.backend_mut().set_size(Size::from(size));
        let mut pictures = Vec::new();
        let theme = Theme::of(Depth::True);
        let draw = |frame: &mut ratatui::Frame<'_>| {
            pictures = ui::render(&world.app, frame, theme, world.now);
        };
        screen.draw(draw).expect("a grid takes everything");
        let scene = Scene { grid: screen.backend().grid().clone(), pictures };
        pair.show(&scene);
        pair.check(&scene, SLACK).expect("it is shown");
    };
    let flat = |shade: u8| RgbImage::from_pixel(48, 32, image::Rgb([shade, 90, 200]));
    show(&world, size, &mut pair);
    world.see("a camera", CameraKind::Device, flat(10));
    show(&world, size, &mut pair);
    world.open(0, "写真家", PathKind::Direct, 3);
    world.open(1, "Zoë 👩\u{200d}👧", PathKind::Relayed, 90);
    show(&world, size, &mut pair);
    for action in [Action::Help, Action::Help, Action::Who, Action::Back, Action::Line] {
        world.act(action);
        show(&world, size, &mut pair);
    }
    world.snap("a.jpg", 40_000, flat(200));
    show(&world, size, &mut pair);
    world.send(&[0, 1]);
    show(&world, size, &mut pair);
    for (columns, rows) in [(40, 12), (120, 40), (81, 25)] {
        size = (columns, rows);
        show(&world, size, &mut pair);
        world.act(Action::Invite);
        show(&world, size, &mut pair);
    }
}

#[test]
fn what_was_too_long_for_a_slow_line_comes_when_it_is_faster() {
    let pixels =
        Some(Pixels { protocol: Graphics::Iterm2, cell: (10, 20), through: Through::Nothing });
    let scene = still(Rect::new(0, 0, 60, 20));
    let mut pair = Pair { rate: 15_000.0, ..Pair::new(Means { pixels, ..MEANS }) };
    pair.show(&scene);
    assert_eq!(pair.terminal.callbacks().others, 0);
    pair.rate = 5e6;
    let mut words = scene;
    for n in 0..60 {
        // Words alone, as they come and go in a room.
        for x in 0..60 {
            let symbol = Symbol::Char(char::from(b'a' + (n + x as u8) % 26));
            words.grid.put(x, 20, Cell { symbol, ..Cell::BLANK });
        }
        pair.show(&words);
    }
    assert_eq!(pair.terminal.callbacks().others, 1);
}
