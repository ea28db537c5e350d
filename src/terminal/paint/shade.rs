//! Colours that stand for others: near enough to one, or to as many as can be at once.

use super::grid::Look;
use crate::picture::cells::{Paint, Rgb};

/// How far a colour may be from the wanted one, of 255 in the channel that differs most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance(pub u8);

impl Tolerance {
    /// None: as it is wanted.
    pub const NONE: Self = Self(0);

    /// Whether a cell that looks like the one will do for the other.
    pub fn allows_look(self, one: Look, other: Look) -> bool {
        one.modifier == other.modifier
            && self.allows(one.front, other.front)
            && self.allows(one.back, other.back)
    }

    /// Whether one may stand for the other.
    pub fn allows(self, one: Paint, other: Paint) -> bool {
        match (one, other) {
            (Paint::Rgb(a), Paint::Rgb(b)) => a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= self.0),
            _ => one == other,
        }
    }

    /// A colour that may stand for both, if there is one, and for as many of those that follow, one
    /// after the other, as can be.
    pub fn meet(
        self,
        one: Paint,
        other: Paint,
        ahead: impl Iterator<Item = Paint>,
    ) -> Option<Paint> {
        let (Paint::Rgb(first), Paint::Rgb(second)) = (one, other) else {
            return (one == other).then_some(one);
        };
        let mut span = Span::of(first, self);
        if second != first {
            span = span.narrowed(second, self)?;
        }
        for paint in ahead {
            let Paint::Rgb(rgb) = paint else { break };
            let Some(narrower) = span.narrowed(rgb, self) else { break };
            span = narrower;
        }
        Some(Paint::Rgb(span.middle()))
    }
}

/// The colours that are near enough to some, and the sum of those.
struct Span {
    low: Rgb,
    high: Rgb,
    sum: [u32; 3],
    count: u32,
}

impl Span {
    fn of(rgb: Rgb, tolerance: Tolerance) -> Self {
        let low = rgb.map(|value| value.saturating_sub(tolerance.0));
        let high = rgb.map(|value| value.saturating_add(tolerance.0));
        Self { low, high, sum: rgb.map(u32::from), count: 1 }
    }

    /// Near enough to this one too; none where nothing is.
    fn narrowed(&self, rgb: Rgb, tolerance: Tolerance) -> Option<Self> {
        let other = Self::of(rgb, tolerance);
        let mut both = Self { count: self.count + 1, ..other };
        for channel in 0..3 {
            both.low[channel] = self.low[channel].max(both.low[channel]);
            both.high[channel] = self.high[channel].min(both.high[channel]);
            both.sum[channel] += self.sum[channel];
            if both.low[channel] > both.high[channel] {
                return None;
            }
        }
        Some(both)
    }

    /// The mean of them, or what is next to it.
    fn middle(&self) -> Rgb {
        let channel = |at: usize| {
            let mean = (self.sum[at] + self.count / 2) / self.count;
            (mean as u8).clamp(self.low[at], self.high[at])
        };
        [channel(0), channel(1), channel(2)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_colour_stands_for_a_run_and_ends_where_none_can() {
        let gray = |value| Paint::Rgb([value; 3]);
        let met = |ahead: &[u8]| {
            Tolerance(3).meet(gray(100), gray(100), ahead.iter().map(|&value| gray(value)))
        };
        assert_eq!(met(&[]), Some(gray(100)));
        assert_eq!(met(&[104, 105]), Some(gray(103)));
        assert_eq!(met(&[107, 100]), Some(gray(100)));
        assert_eq!(Tolerance(3).meet(gray(100), gray(107), std::iter::empty()), None);
        assert_eq!(Tolerance(3).meet(gray(9), Paint::Unset, std::iter::empty()), None);
    }

    proptest! {
        #[test]
        fn what_stands_for_some_is_near_enough(
            one: Rgb, by: [i8; 3], ahead in proptest::collection::vec(any::<Rgb>(), 0..4),
            tolerance in any::<u8>(),
        ) {
            let other = [0, 1, 2].map(|at| one[at].saturating_add_signed(by[at]));
            let [one, other] = [one, other].map(Paint::Rgb);
            let tolerance = Tolerance(tolerance);
            let met = tolerance.meet(one, other, ahead.into_iter().map(Paint::Rgb));
            if let Some(met) = met {
                prop_assert!(tolerance.allows(met, one) && tolerance.allows(met, other));
            } else {
                prop_assert!(!tolerance.allows(one, other));
            }
        }
    }
}
