//! Whether one transfer rests: either side may let it, and it goes on when neither does.

use super::Side;

/// Who lets a transfer rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rest {
    local: bool,
    remote: bool,
}

/// What a word of either side changes for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It rests now, as this side wants it.
    Paused,
    /// It goes on.
    Continued,
}

impl Rest {
    /// Whether it does.
    pub fn is_on(self) -> bool {
        self.local || self.remote
    }

    /// Whether the person here lets it.
    pub fn is_local(self) -> bool {
        self.local
    }

    /// Takes the wish of a side; what that changes, if anything.
    pub fn wish(&mut self, by: Side, wish: Change) -> Option<Change> {
        let rested = self.is_on();
        let wished = match by {
            Side::Local => &mut self.local,
            Side::Remote => &mut self.remote,
        };
        *wished = wish == Change::Paused;
        (rested != self.is_on()).then_some(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_when_neither_side_lets_it_rest() {
        let mut rest = Rest::default();
        assert_eq!(rest.wish(Side::Local, Change::Paused), Some(Change::Paused));
        assert_eq!(rest.wish(Side::Remote, Change::Paused), None);
        assert_eq!(rest.wish(Side::Local, Change::Continued), None);
        assert!(rest.is_on() && !rest.is_local());
        assert_eq!(rest.wish(Side::Remote, Change::Continued), Some(Change::Continued));
        assert_eq!(rest.wish(Side::Remote, Change::Continued), None);
    }
}
