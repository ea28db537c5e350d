//! Whether something moves: how much of a picture is another than it was.
//!
//! Frames are looked at small and gray. What changes everywhere at once, as when the light or the
//! camera's exposure does, is taken out first; what flickers by less than a sensor's noise is not
//! counted. The picture that is compared to follows slowly, so that a shadow that wanders does not
//! count, and what has stayed for some seconds belongs to the scene.

use image::RgbImage;

/// Looks at one picture after the other.
#[derive(Debug, Default)]
pub struct Motion {
    /// What is there usually: gray values, 0 to 255, row by row.
    usual: Vec<f32>,
    size: (u32, u32),
}

impl Motion {
    /// How much of the picture has changed, in percent; 0 for the first, and for the first of
    /// another size. Costs a look at each pixel: hand it small pictures.
    pub fn look(&mut self, picture: &RgbImage) -> f32 {
        let gray: Vec<f32> = picture.pixels().map(|pixel| gray(pixel.0)).collect();
        if self.size != picture.dimensions() || gray.is_empty() {
            (self.usual, self.size) = (gray, picture.dimensions());
            return 0.0;
        }
        let mut differences: Vec<f32> =
            gray.iter().zip(&self.usual).map(|(now, usual)| now - usual).collect();
        let light = median(&mut differences);
        let moved = differences.iter().filter(|it| (*it - light).abs() > NOISE).count();
        for (usual, now) in self.usual.iter_mut().zip(&gray) {
            *usual += (now - *usual) * FOLLOW;
        }
        moved as f32 * 100.0 / gray.len() as f32
    }
}

/// ITU-R BT.601.
fn gray([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Gray values that a sensor in a dim room is off by, averaged over some of its pixels.
const NOISE: f32 = 18.0;
/// How much of what is new becomes usual with each picture: at ten a second, most of it in two.
const FOLLOW: f32 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use proptest::prelude::*;

    fn scene(light: u8, thing: Option<(u32, u32)>) -> RgbImage {
        RgbImage::from_fn(64, 36, |x, y| {
            let is_thing = thing.is_some_and(|(left, top)| {
                (left..left + 16).contains(&x) && (top..top + 9).contains(&y)
            });
            let value = if is_thing { 220 } else { 40 + light + (x as u8 % 8) * 4 };
            Rgb([value; 3])
        })
    }

    #[test]
    fn what_comes_into_the_picture_counts_by_its_size() {
        let mut motion = Motion::default();
        assert!(motion.look(&scene(0, None)).abs() < f32::EPSILON);
        assert!(motion.look(&scene(0, None)).abs() < f32::EPSILON);
        let moved = motion.look(&scene(0, Some((10, 10))));
        assert!((moved - 6.25).abs() < 0.5, "{moved}");
    }

    #[test]
    fn a_lamp_that_goes_on_is_no_motion_and_what_stays_is_the_scene() {
        let mut motion = Motion::default();
        motion.look(&scene(0, None));
        assert!(motion.look(&scene(60, None)) < 0.1);
        for _ in 0..100 {
            motion.look(&scene(60, Some((10, 10))));
        }
        assert!(motion.look(&scene(60, Some((10, 10)))) < 0.1);
    }

    proptest! {
        #[test]
        fn noise_is_no_motion(noise in prop::collection::vec(0_u8..=12, 64 * 36)) {
            let mut motion = Motion::default();
            let still = RgbImage::from_pixel(64, 36, Rgb([100; 3]));
            motion.look(&still);
            let mut noise = noise.into_iter();
            let noisy = RgbImage::from_fn(64, 36, |_, _| Rgb([94 + noise.next().unwrap_or(0); 3]));
            prop_assert!(motion.look(&noisy) < 0.1);
        }
    }
}
