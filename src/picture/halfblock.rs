//! Pictures as cells: each cell is two pixels, one above the other.
//!
//! Gives colours, not glyphs on a screen: `ui` draws a cell as `▀` or `▄`. [`Steady`] stands
//! before it for live pictures, so that noise does not become bytes on a slow link.

use image::RgbImage;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// One cell of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The colour of the upper half.
    pub top: Rgb,
    /// The colour of the lower half.
    pub bottom: Rgb,
}

/// A picture in cells, row by row from the top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    columns: usize,
    cells: Vec<Cell>,
}

impl Grid {
    /// A picture of `columns` by `2 * rows` pixels. Of an odd height, the last row of pixels
    /// fills both halves of its cells.
    pub fn of(image: &RgbImage) -> Self {
        let columns = image.width() as usize;
        if columns == 0 {
            return Self::default();
        }
        let pixel = |at: &[u8]| [at[0], at[1], at[2]];
        let mut cells = Vec::with_capacity(columns * image.height().div_ceil(2) as usize);
        for pair in image.as_raw().chunks(columns * 6) {
            let (above, below) = pair.split_at(columns * 3);
            let below = if below.is_empty() { above } else { below };
            cells.extend(
                above
                    .chunks_exact(3)
                    .zip(below.chunks_exact(3))
                    .map(|(top, bottom)| Cell { top: pixel(top), bottom: pixel(bottom) }),
            );
        }
        Self { columns, cells }
    }

    /// Cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of cells.
    pub fn rows(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    /// The rows from the top, each of [`columns`](Self::columns) cells.
    pub fn iter(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks_exact(self.columns.max(1))
    }
}

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
    fn two_rows_of_pixels_are_one_of_cells() {
        let grid = Grid::of(&grays(2, &[1, 2, 3, 4, 5, 6]));
        assert_eq!((grid.columns(), grid.rows()), (2, 2));
        let rows: Vec<_> = grid.iter().collect();
        assert_eq!(rows[0][1], Cell { top: [2; 3], bottom: [4; 3] });
        assert_eq!(rows[1][0], Cell { top: [5; 3], bottom: [5; 3] });
    }

    #[test]
    fn nothing_makes_no_cells() {
        let grid = Grid::of(&RgbImage::new(0, 0));
        assert_eq!((grid.columns(), grid.rows(), grid.iter().count()), (0, 0, 0));
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
