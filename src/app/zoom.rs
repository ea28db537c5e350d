//! How close a photo is looked at, and where.

use crate::picture::Part;

/// How close, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zoom {
    /// Which of the [`FACTORS`].
    step: usize,
    /// The middle of what is seen, in thousandths of the picture from its left and top.
    middle: (u32, u32),
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Toward {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

impl Default for Zoom {
    /// All of it.
    fn default() -> Self {
        Self { step: 0, middle: (WHOLE / 2, WHOLE / 2) }
    }
}

impl Zoom {
    /// Whether there is more of it than is seen.
    pub fn is_close(self) -> bool {
        self.step > 0
    }

    /// One step closer.
    pub fn closer(&mut self) {
        self.step = (self.step + 1).min(FACTORS.len() - 1);
    }

    /// One step back; at last, all of it is seen.
    pub fn back(&mut self) {
        self.step = self.step.saturating_sub(1);
        if self.step == 0 {
            *self = Self::default();
        }
        self.clamp();
    }

    /// On to the next part.
    pub fn go(&mut self, toward: Toward) {
        let step = WHOLE * 10 / FACTORS[self.step] / 3;
        let (x, y) = &mut self.middle;
        match toward {
            Toward::Left => *x = x.saturating_sub(step),
            Toward::Right => *x += step,
            Toward::Up => *y = y.saturating_sub(step),
            Toward::Down => *y += step,
        }
        self.clamp();
    }

    /// What is seen of a picture of this size on a screen of that shape, both in pixels: as much as
    /// fits when it is so much larger than the whole would be.
    pub fn part(self, (width, height): (u32, u32), (across, down): (u32, u32)) -> Part {
        let whole = Part { x: 0, y: 0, width, height };
        if !self.is_close() || [width, height, across, down].contains(&0) {
            return whole;
        }
        // In tenths of a pixel of the screen for one of the picture, as a fraction.
        let factor = u64::from(FACTORS[self.step]);
        let (width, height) = (u64::from(width), u64::from(height));
        let (across, down) = (u64::from(across), u64::from(down));
        // The whole touches the screen's sides, or its top and foot.
        let (over, under) =
            if width * down > height * across { (width, across) } else { (height, down) };
        let seen = |screen: u64, all: u64| (screen * over * 10 / (under * factor)).clamp(1, all);
        let (seen_across, seen_down) = (seen(across, width), seen(down, height));
        let start = |middle: u32, seen: u64, all: u64| {
            (u64::from(middle) * all / u64::from(WHOLE)).saturating_sub(seen / 2).min(all - seen)
        };
        Part {
            x: start(self.middle.0, seen_across, width) as u32,
            y: start(self.middle.1, seen_down, height) as u32,
            width: seen_across as u32,
            height: seen_down as u32,
        }
    }

    /// Stays where the picture is: a step back to it is never in vain.
    fn clamp(&mut self) {
        let margin = WHOLE * 10 / FACTORS[self.step] / 2;
        let clamp = |at: u32| at.clamp(margin, WHOLE - margin);
        self.middle = (clamp(self.middle.0), clamp(self.middle.1));
    }
}

/// How many times larger than the whole, in tenths.
const FACTORS: [u32; 7] = [10, 15, 20, 30, 40, 60, 80];
const WHOLE: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOWARD: [Toward; 4] = [Toward::Left, Toward::Right, Toward::Up, Toward::Down];

    #[test]
    fn closer_shows_less_of_it_and_back_shows_all_again() {
        let mut zoom = Zoom::default();
        let part = |zoom: Zoom| zoom.part((1200, 800), (80, 44));
        assert_eq!(part(zoom), Part { x: 0, y: 0, width: 1200, height: 800 });
        zoom.closer();
        zoom.closer();
        // Twice as large, the screen's whole width is used.
        assert_eq!(part(zoom), Part { x: 237, y: 200, width: 727, height: 400 });
        zoom.go(Toward::Right);
        zoom.go(Toward::Down);
        let moved = part(zoom);
        assert!(moved.x > 237 && moved.y > 200, "{moved:?}");
        zoom.back();
        zoom.back();
        assert_eq!(part(zoom), Part { x: 0, y: 0, width: 1200, height: 800 });
    }

    proptest! {
        #[test]
        fn what_is_seen_is_always_of_the_picture(
            steps in proptest::collection::vec(0..6_usize, 0..40),
            size in (0..5000_u32, 0..5000_u32), screen in (0..500_u32, 0..300_u32),
        ) {
            let mut zoom = Zoom::default();
            for step in steps {
                match step {
                    0 => zoom.closer(),
                    1 => zoom.back(),
                    toward => zoom.go(TOWARD[toward - 2]),
                }
                let part = zoom.part(size, screen);
                prop_assert!(part.x + part.width <= size.0 && part.y + part.height <= size.1);
                let whole = size.0 > 0 && size.1 > 0;
                prop_assert!(!whole || part.width > 0 && part.height > 0);
            }
        }
    }
}
