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

/// [`fit`] for half-blocks: the height is even, so that the last row of cells is whole.
/// `columns` and `rows` are cells.
pub fn fit_cells(width: u32, height: u32, columns: u32, rows: u32) -> (u32, u32) {
    let (w, h) = fit(width, height, columns, rows.saturating_mul(2));
    (w, h.next_multiple_of(2).min(rows.saturating_mul(2)))
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
    fn cells_come_whole() {
        assert_eq!(fit_cells(1280, 720, 80, 24), (80, 46));
        assert_eq!(fit_cells(50_000, 1, 80, 24), (80, 2));
        assert_eq!(fit_cells(1280, 720, 80, 0), (0, 0));
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
