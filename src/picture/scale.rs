//! Pictures made smaller (or larger) by averaging the area each new pixel covers.
//!
//! Live pictures are averaged as stored, stills as light adds up. Nothing is allocated a pixel.

use std::sync::LazyLock;

use image::RgbImage;

use super::average::{Rows, WHOLE_ROW, Weights};

/// In which light values are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// As stored: quick, and steady from frame to frame. For live pictures.
    Gamma,
    /// As light adds up: right for fine bright detail. For stills.
    Linear,
}

/// The picture at exactly this size, in pixels.
pub fn scale(image: &RgbImage, width: u32, height: u32, light: Light) -> RgbImage {
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    if image.width() == 0 || image.height() == 0 || width == 0 || height == 0 {
        return RgbImage::new(width, height);
    }
    match light {
        Light::Gamma => scale_gamma(image, width, height),
        Light::Linear => scale_linear(image, width, height),
    }
}

fn scale_gamma(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let row_bytes = image.width() as usize * 3;
    let rows = Rows { data: image.as_raw(), stride: row_bytes, row_bytes, count: image.height() };
    let across = Weights::new(image.width(), width, WHOLE_ROW);
    let mut out = RgbImage::new(width, height);
    let mut lines = out.chunks_exact_mut(width as usize * 3);
    rows.average(height, |row| {
        let Some(line) = lines.next() else { return };
        for channel in 0..3 {
            across.along(row, channel, 3, line, channel, 3);
        }
    });
    out
}

fn scale_linear(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let light = &*LIGHT;
    let whole = 1 << 20;
    let down = Weights::new(image.height(), height, whole);
    let across = Weights::new(image.width(), width, whole);
    let row_bytes = image.width() as usize * 3;
    let mut sums = vec![0_f32; row_bytes];
    let mut out = RgbImage::new(width, height);
    for (span, line) in down.spans.iter().zip(out.chunks_exact_mut(width as usize * 3)) {
        sums.fill(0.0);
        let rows = image.as_raw().chunks_exact(row_bytes).skip(span.first);
        for (row, &weight) in rows.zip(down.of(span)) {
            let weight = weight as f32 / whole as f32;
            for (sum, &byte) in sums.iter_mut().zip(row) {
                *sum += light.of_byte[usize::from(byte)] * weight;
            }
        }
        for (span, pixel) in across.spans.iter().zip(line.chunks_exact_mut(3)) {
            let mut sum = [0.0_f32; 3];
            let samples = sums.chunks_exact(3).skip(span.first);
            for (sample, &weight) in samples.zip(across.of(span)) {
                for channel in 0..3 {
                    sum[channel] += sample[channel] * weight as f32;
                }
            }
            for channel in 0..3 {
                pixel[channel] = light.to_byte(sum[channel] / whole as f32);
            }
        }
    }
    out
}

/// sRGB values to light from 0 to 1, and back (IEC 61966-2-1).
struct LightTables {
    of_byte: [f32; 256],
    bytes: Vec<u8>,
}

/// Fine enough that every byte comes back as itself, and its neighbours apart.
const LIGHT_STEPS: usize = 1 << 14;

static LIGHT: LazyLock<LightTables> = LazyLock::new(|| {
    let to_light = |v: f32| {
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    let of_light = |l: f32| {
        if l <= 0.003_130_8 { l * 12.92 } else { 1.055 * l.powf(1.0 / 2.4) - 0.055 }
    };
    LightTables {
        of_byte: std::array::from_fn(|byte| to_light(byte as f32 / 255.0)),
        bytes: (0..=LIGHT_STEPS)
            .map(|step| (of_light(step as f32 / LIGHT_STEPS as f32) * 255.0).round() as u8)
            .collect(),
    }
});

impl LightTables {
    fn to_byte(&self, light: f32) -> u8 {
        let step = (light * LIGHT_STEPS as f32).round() as usize;
        self.bytes[step.min(LIGHT_STEPS)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use proptest::prelude::*;

    fn picture(max: u32) -> impl Strategy<Value = RgbImage> {
        (1..=max, 1..=max).prop_flat_map(|(width, height)| {
            proptest::collection::vec(any::<u8>(), (width * height * 3) as usize).prop_map(
                move |data| RgbImage::from_raw(width, height, data).expect("the size fits"),
            )
        })
    }

    #[test]
    fn a_fine_checkerboard_keeps_its_brightness_in_linear_light() {
        let board =
            RgbImage::from_fn(8, 8, |x, y| Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }; 3]));
        assert_eq!(scale(&board, 1, 1, Light::Gamma).get_pixel(0, 0), &Rgb([128; 3]));
        assert_eq!(scale(&board, 1, 1, Light::Linear).get_pixel(0, 0), &Rgb([188; 3]));
    }

    #[test]
    fn a_pixel_that_straddles_two_counts_for_both() {
        let row = RgbImage::from_raw(3, 1, [[0; 3], [90; 3], [255; 3]].concat()).expect("fits");
        assert_eq!(scale(&row, 2, 1, Light::Gamma).as_raw()[..], [30, 30, 30, 200, 200, 200]);
    }

    proptest! {
        #[test]
        fn values_stay_between_the_darkest_and_the_brightest(
            image in picture(20), width in 1..30_u32, height in 1..30_u32,
            light in prop_oneof![Just(Light::Gamma), Just(Light::Linear)],
        ) {
            let new = scale(&image, width, height, light);
            prop_assert_eq!(new.dimensions(), (width, height));
            for channel in 0..3 {
                let of = |image: &RgbImage| {
                    let values: Vec<u8> = image.pixels().map(|p| p[channel]).collect();
                    (*values.iter().min().expect("not empty"), *values.iter().max().expect("not empty"))
                };
                let ((low, high), (new_low, new_high)) = (of(&image), of(&new));
                prop_assert!(low <= new_low && new_high <= high);
            }
        }

        #[test]
        fn enlarging_by_a_whole_number_and_back_loses_nothing(
            image in picture(12), times in 1..5_u32,
            light in prop_oneof![Just(Light::Gamma), Just(Light::Linear)],
        ) {
            let (w, h) = image.dimensions();
            let large = scale(&image, w * times, h * times, light);
            prop_assert_eq!(scale(&large, w, h, light), image);
        }

    }
}
