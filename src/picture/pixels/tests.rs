//! What is encoded, decoded again and compared with the picture.

use super::*;
use image::{ImageFormat, RgbImage};
use proptest::prelude::*;

/// Smooth, of a few tints: much like a photo.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |a: f32, b: f32| (x as f32 / a).sin() * (y as f32 / b).cos();
        let (bright, tint) = (128.0 + 90.0 * wave(20.0, 13.0), 30.0 * wave(31.0, 47.0));
        image::Rgb([bright + tint, bright, bright - tint - 8.0].map(|value| value as u8))
    })
}

/// The mean of the squares of all errors.
fn error(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let squares = a.iter().zip(b.iter()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    squares.sum::<f64>() / a.as_raw().len().max(1) as f64
}

fn decoded(bytes: &[u8], format: ImageFormat) -> RgbImage {
    image::load_from_memory_with_format(bytes, format).expect("a whole picture").to_rgb8()
}

/// What a terminal draws; nothing may be drawn over, nothing left out.
fn drawn(text: &str) -> RgbImage {
    let body = text.strip_prefix("\x1bP0;1q").and_then(|it| it.strip_suffix("\x1b\\"));
    let mut rest = body.expect("a sequence").bytes().peekable();
    let (mut image, mut painted) = (RgbImage::new(0, 0), Vec::new());
    let mut palette = vec![None; 256];
    let (mut x, mut top, mut colour, mut times) = (0, 0, 0, 1);
    while let Some(byte) = rest.next() {
        let mut numbers: Vec<u32> = vec![0];
        while let b"\"" | b"#" | b"!" = &[byte] {
            match rest.next_if(|next| next.is_ascii_digit() || *next == b';') {
                Some(b';') => numbers.push(0),
                Some(digit) => {
                    let last = numbers.last_mut().expect("one at least");
                    *last = *last * 10 + u32::from(digit - b'0');
                }
                None => break,
            }
        }
        match byte {
            b'"' => {
                image = RgbImage::new(numbers[2], numbers[3]);
                painted = vec![false; (numbers[2] * numbers[3]) as usize];
            }
            b'#' => {
                colour = numbers[0] as usize;
                if let [_, 2, rgb @ ..] = &numbers[..] {
                    let value = |at: usize| ((rgb[at] * 255 + 50) / 100) as u8;
                    palette[colour] = Some([value(0), value(1), value(2)]);
                }
            }
            b'!' => times = numbers[0],
            b'$' => x = 0,
            b'-' => (x, top) = (0, top + 6),
            _ => {
                for (x, bit) in (x..x + times).flat_map(|x| (0..6).map(move |bit| (x, bit))) {
                    if (byte - b'?') >> bit & 1 == 1 {
                        let place = ((top + bit) * image.width() + x) as usize;
                        assert!(!std::mem::replace(&mut painted[place], true), "drawn over");
                        let rgb = palette[colour].expect("a colour that was told");
                        image.put_pixel(x, top + bit, image::Rgb(rgb));
                    }
                }
                (x, times) = (x + times, 1);
            }
        }
    }
    assert!(painted.iter().all(|painted| *painted), "left out");
    image
}

#[test]
fn a_palette_is_hardly_seen() {
    let scene = scene(200, 120);
    let png = palette_png(&scene);
    assert!(png.len() < scene.as_raw().len() / 3, "{} bytes", png.len());
    let off = error(&decoded(&png, ImageFormat::Png), &scene);
    assert!(off < 30.0, "{off}");
}

#[test]
fn a_picture_of_few_colours_loses_none() {
    let board =
        RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x / 4 * 25) as u8, (y / 3 * 25) as u8, 7]));
    assert_eq!(decoded(&palette_png(&board), ImageFormat::Png), board);
}

#[test]
fn a_jpeg_is_as_good_as_fits() {
    let scene = scene(320, 200);
    let best = jpeg(&scene, usize::MAX).expect("no limit");
    let off = error(&decoded(&best, ImageFormat::Jpeg), &scene);
    assert!(off < 30.0, "{off}");
    let fits = jpeg(&scene, best.len() * 2 / 3).expect("a lower quality fits");
    assert!(fits.len() <= best.len() * 2 / 3);
    let off = error(&decoded(&fits, ImageFormat::Jpeg), &scene);
    assert!(off < 100.0, "{off}");
    assert_eq!(jpeg(&scene, 500), None);
    assert_eq!(jpeg(&RgbImage::new(0, 9), usize::MAX), None);
    assert_eq!(jpeg(&RgbImage::new(70_000, 1), usize::MAX), None);
}

#[test]
fn sixels_take_fewer_colours_where_bytes_are_few() {
    let scene = scene(200, 120);
    let best = sixel(&scene, usize::MAX).expect("no limit");
    let off = error(&drawn(&best), &scene);
    assert!(off < 30.0, "{off}");
    let fits = sixel(&scene, best.len() / 4).expect("fewer colours fit");
    assert!(fits.len() <= best.len() / 4);
    let off = error(&drawn(&fits), &scene);
    assert!(off < 500.0, "{off}");
    assert_eq!(sixel(&scene, 200), None);
    assert_eq!(sixel(&RgbImage::new(3, 0), usize::MAX), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_picture_comes_back_at_its_size(
        (width, height) in (1..20_u32, 1..20_u32), seed: [u8; 32],
    ) {
        let image = RgbImage::from_fn(width, height, |x, y| {
            let at = |by: u32| seed[((x * 7 + y * 5) * by + x * y) as usize % 32];
            image::Rgb([at(1), at(3), at(11)])
        });
        let png = decoded(&palette_png(&image), ImageFormat::Png);
        let sixel = drawn(&sixel(&image, usize::MAX).expect("no limit"));
        // Of at most 400 pixels each has nearly its own colour.
        prop_assert!(error(&png, &image) < 40.0);
        prop_assert!(error(&sixel, &image) < 40.0);
        let jpeg = jpeg(&image, usize::MAX).expect("no limit");
        prop_assert_eq!(decoded(&jpeg, ImageFormat::Jpeg).dimensions(), (width, height));
    }
}
