//! How large a picture is shown: its own shape inside given bounds.

/// The largest size of the source's shape inside the bounds, at least one pixel each way.
/// Small pictures are enlarged; bound by their own size where that is not wanted.
/// Zero sizes or bounds give `(0, 0)`.
pub fn fit(width: u32, height: u32, max_width: u32, max_height: u32) -> (u32, u32) {
    if width == 0 || height == 0 || max_width == 0 || max_height == 0 {
        return (0, 0);
    }
    let (w, h) = (u64::from(width), u64::from(height));
    let (max_w, max_h) = (u64::from(max_width), u64::from(max_height));
    let scaled = |bound: u64, this: u64, other: u64| ((bound * this + other / 2) / other).max(1);
    if w * max_h > h * max_w {
        (max_width, scaled(max_w, h, w).min(max_h) as u32)
    } else {
        (scaled(max_h, w, h).min(max_w) as u32, max_height)
    }
}

/// How wide and how high a cell of a terminal is, in any unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellShape {
    width: u16,
    height: u16,
}

impl CellShape {
    /// Of so many pixels across and down. What no terminal's is, such as one without any, is taken
    /// for the usual one.
    pub fn of_pixels(width: u16, height: u16) -> Self {
        let usual = width > 0 && width <= height && height <= width.saturating_mul(4);
        if usual { Self { width, height } } else { Self::default() }
    }

    /// So many columns and rows of them, in the unit.
    pub fn area(self, columns: u32, rows: u32) -> (u32, u32) {
        let times = |cells: u32, size: u16| cells.saturating_mul(size.into());
        (times(columns, self.width), times(rows, self.height))
    }
}

impl Default for CellShape {
    /// Twice as high as wide, as those of most terminals are about.
    fn default() -> Self {
        Self { width: 1, height: 2 }
    }
}

/// [`fit`] for cells: how many columns and rows, at least one of each.
pub fn fit_cells(
    (width, height): (u32, u32),
    (columns, rows): (u32, u32),
    cell: CellShape,
) -> (u32, u32) {
    let (across, down) = cell.area(columns, rows);
    let (across, down) = fit(width, height, across, down);
    if across == 0 || down == 0 {
        return (0, 0);
    }
    let cells = |length: u32, size: u16, max: u32| {
        let size = u32::from(size);
        ((length + size / 2) / size).clamp(1, max)
    };
    (cells(across, cell.width, columns), cells(down, cell.height, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fit_keeps_the_shape() {
        assert_eq!(fit(1280, 720, 80, 48), (80, 45));
        assert_eq!(fit(720, 1280, 80, 48), (27, 48));
        assert_eq!(fit(10, 10, 80, 48), (48, 48));
        assert_eq!(fit(50_000, 1, 80, 48), (80, 1));
        assert_eq!(fit(0, 5, 80, 48), (0, 0));
        assert_eq!(fit(u32::MAX, u32::MAX, u32::MAX, 7), (7, 7));
    }

    #[test]
    fn a_picture_keeps_its_shape_in_cells_of_any_shape() {
        let usual = CellShape::default();
        assert_eq!(fit_cells((1280, 720), (80, 24), usual), (80, 23));
        assert_eq!(fit_cells((50_000, 1), (80, 24), usual), (80, 1));
        assert_eq!(fit_cells((1280, 720), (80, 0), usual), (0, 0));
        // Narrow cells: more of them side by side.
        let narrow = CellShape::of_pixels(9, 20);
        assert_eq!(fit_cells((600, 400), (80, 24), narrow), (80, 24));
        assert_eq!(fit_cells((400, 400), (80, 24), narrow), (53, 24));
        assert_eq!(CellShape::of_pixels(0, 20), usual);
        assert_eq!(CellShape::of_pixels(3, 20), usual);
    }

    proptest! {
        #[test]
        fn fit_stays_inside_and_touches(
            w in 1..5000_u32, h in 1..5000_u32, max_w in 1..500_u32, max_h in 1..500_u32,
        ) {
            let (x, y) = fit(w, h, max_w, max_h);
            prop_assert!((1..=max_w).contains(&x) && (1..=max_h).contains(&y));
            prop_assert!(x == max_w || y == max_h);
        }
    }
}
