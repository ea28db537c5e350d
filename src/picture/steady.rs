//! A live picture that stands still where next to nothing has changed.
//!
//! So noise does not become bytes on a slow line.

use image::RgbImage;

/// Keeps the colours of a cell until one of its halves differs by more than is allowed from what
/// comes, without its noise.
///
/// A still scene then sends nothing although its camera is noisy. Noise is what is taken from the
/// mean of the last few pictures; what differs by more than noise does is taken at once. More is
/// allowed among pixels that differ, where eyes see less of it. Both halves change together: writing
/// one of them writes the other. Measured (`tests/bench/live`): a threshold alone costs two thirds
/// more bytes, and is further off.
#[derive(Clone, Debug)]
pub struct Steady {
    threshold: u8,
    /// What comes, without its noise: each value in 256 parts.
    calm: Vec<u16>,
    shown: RgbImage,
}

/// Differences up to this, of 255, in the channel that differs most, are not shown where the
/// picture is rough; where it is smooth, a quarter.
pub const STEADY_THRESHOLD: u8 = 9;
/// How far what comes may be from its own mean, of 255: half of what counts as noise is made up
/// for at once.
pub const CALM_MAX: u8 = 5;
/// What differs more than this from the mean is no noise.
const NOISE_MAX: u16 = 9;
/// Of the differences around a pixel, this part is allowed to it.
const ROUGHNESS: u8 = 11;

impl Steady {
    /// With nothing shown yet.
    pub fn new(threshold: u8) -> Self {
        Self { threshold, calm: Vec::new(), shown: RgbImage::new(0, 0) }
    }

    /// Takes a new picture and says whether anything of it is to be seen; a picture of another
    /// size is taken as it is.
    pub fn update(&mut self, new: RgbImage) -> bool {
        if new.dimensions() != self.shown.dimensions() {
            self.calm = new.iter().map(|&value| u16::from(value) << 8).collect();
            self.shown = new;
            return true;
        }
        for (calm, new) in self.calm.chunks_exact_mut(3).zip(new.chunks_exact(3)) {
            follow(calm, new);
        }
        let calm: Vec<u8> = self.calm.iter().copied().map(rounded).collect();
        let row = (new.width() as usize * 3).max(1);
        let rough = roughness(&calm, row);
        let threshold = self.threshold;
        let is_far = |at: usize, shown: &[u8]| {
            let rough = rough[at / 3] / ROUGHNESS;
            let allowed = (threshold / 4).saturating_add(rough).min(threshold);
            calm[at..at + 3].iter().zip(shown).any(|(a, b)| a.abs_diff(*b) > allowed)
        };
        let (mut changed, shown) = (false, &mut *self.shown);
        for first in (0..calm.len()).step_by(row * 2) {
            for at in (first..first + row).step_by(3) {
                let halves = [at, at + row].into_iter().filter(|half| *half < calm.len());
                let far = |half: usize| is_far(half, &shown[half..half + 3]);
                if halves.clone().any(far) {
                    changed = true;
                    for half in halves {
                        shown[half..half + 3].copy_from_slice(&calm[half..half + 3]);
                    }
                }
            }
        }
        changed
    }

    /// This is how a pixel came to be drawn: what comes is held against that.
    pub fn settle(&mut self, x: u32, y: u32, rgb: [u8; 3]) {
        if x < self.shown.width() && y < self.shown.height() {
            self.shown.put_pixel(x, y, image::Rgb(rgb));
        }
    }

    /// Holds back more from now on, or less.
    pub fn set_threshold(&mut self, threshold: u8) {
        self.threshold = threshold;
    }

    /// What is to be shown.
    pub fn shown(&self) -> &RgbImage {
        &self.shown
    }
}

/// Takes a pixel into the mean.
fn follow(calm: &mut [u16], new: &[u8]) {
    let mut pairs = calm.iter().zip(new);
    let far = pairs.any(|(calm, new)| calm.abs_diff(u16::from(*new) << 8) > NOISE_MAX << 8);
    for (calm, &new) in calm.iter_mut().zip(new) {
        let (mean, value) = (i32::from(*calm), i32::from(new) << 8);
        *calm = if far { value } else { i32::midpoint(mean, value) } as u16;
    }
}

/// By how much the pixels around each one differ, in the channel that does so most.
fn roughness(values: &[u8], row: usize) -> Vec<u8> {
    let mut rough = Vec::with_capacity(values.len() / 3);
    for start in (0..values.len()).step_by(row) {
        let beside = |from: usize, at: usize| values.get(from + at).copied();
        let columns: Vec<(u8, u8)> = (0..row)
            .map(|at| {
                let here = values[start + at];
                let above = start.checked_sub(row).and_then(|from| beside(from, at));
                let (above, below) = (above.unwrap_or(here), beside(start + row, at));
                let below = below.unwrap_or(here);
                (here.min(above).min(below), here.max(above).max(below))
            })
            .collect();
        for pixel in (0..row).step_by(3) {
            let range = |at: usize| {
                let around = [at.checked_sub(3).unwrap_or(at), at, (at + 3).min(row - 3 + at % 3)];
                let low = around.map(|at| columns[at].0).into_iter().min();
                let high = around.map(|at| columns[at].1).into_iter().max();
                high.unwrap_or_default() - low.unwrap_or_default()
            };
            rough.push(range(pixel).max(range(pixel + 1)).max(range(pixel + 2)));
        }
    }
    rough
}

fn rounded(calm: u16) -> u8 {
    ((u32::from(calm) + 128) >> 8) as u8
}

impl Default for Steady {
    fn default() -> Self {
        Self::new(STEADY_THRESHOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grays(width: u32, values: &[u8]) -> RgbImage {
        let data = values.iter().flat_map(|&value| [value; 3]).collect();
        RgbImage::from_raw(width, values.len() as u32 / width, data).expect("the size fits")
    }

    #[test]
    fn noise_is_held_back_and_change_is_not() {
        let mut steady = Steady::default();
        assert!(steady.update(grays(2, &[100, 100])));
        for noise in [2, -3, 3, -2, 0, 3, -4, 2] {
            assert!(
                !steady.update(grays(2, &[100, 100].map(|v: u8| v.saturating_add_signed(noise))))
            );
        }
        assert!(steady.update(grays(2, &[120, 100])));
        assert_eq!(steady.shown().as_raw()[0], 120, "at once, and all of it");
    }

    #[test]
    fn a_cell_s_halves_change_together_and_no_other_cell_with_them() {
        let mut steady = Steady::default();
        steady.update(grays(2, &[100; 6]));
        assert!(steady.update(grays(2, &[200, 102, 104, 104, 104, 100])));
        let shown: Vec<_> = steady.shown().pixels().map(|pixel| pixel.0[0]).collect();
        assert_eq!(shown, [200, 100, 102, 100, 100, 100], "of the half below, its mean");
    }

    #[test]
    fn what_was_drawn_in_its_place_is_what_the_next_is_held_against() {
        let mut steady = Steady::default();
        steady.update(grays(1, &[100, 100]));
        steady.settle(0, 1, [102; 3]);
        assert!(!steady.update(grays(1, &[100, 100])));
        assert_eq!(steady.shown(), &grays(1, &[100, 102]));
        steady.settle(0, 1, [105; 3]);
        assert!(steady.update(grays(1, &[100, 100])));
        assert_eq!(steady.shown(), &grays(1, &[100, 100]));
    }

    #[test]
    fn a_slow_drift_is_followed() {
        let mut steady = Steady::default();
        for value in 0..=255 {
            steady.update(grays(1, &[value]));
        }
        assert!(steady.shown().as_raw()[0] >= 255 - STEADY_THRESHOLD - CALM_MAX);
    }

    #[test]
    fn another_size_is_taken_as_it_is() {
        let mut steady = Steady::default();
        steady.update(grays(2, &[100, 100]));
        assert!(steady.update(grays(1, &[101, 101])));
        assert_eq!(steady.shown(), &grays(1, &[101, 101]));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_never_far_off(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 8), 1..20),
            threshold in any::<u8>(),
        ) {
            let mut steady = Steady::new(threshold);
            for frame in frames {
                let new = grays(4, &frame);
                let before = steady.shown().clone();
                let changed = steady.update(new.clone());
                prop_assert_eq!(changed, &before != steady.shown());
                for (shown, new) in steady.shown().iter().zip(new.iter()) {
                    prop_assert!(shown.abs_diff(*new) <= threshold.saturating_add(CALM_MAX));
                }
            }
        }
    }
}
