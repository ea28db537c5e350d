//! Whether one transfer rests: either side may let it, and it goes on when neither does.

use super::Side;

/// Who lets a transfer rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rest {
    local: bool,
    remote: bool,
}

/// What a side wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// That it rests.
    Rest,
    /// That it goes on.
    Move,
}

/// How it stands, with what both sides want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It rests: this side wants it so, and perhaps the other too.
    Resting(Side),
    /// It goes on.
    Moving,
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

    /// Takes the wish of a side; how it stands now, if that is another way.
    pub fn wish(&mut self, by: Side, wish: Wish) -> Option<Standing> {
        let before = self.standing();
        let wished = match by {
            Side::Local => &mut self.local,
            Side::Remote => &mut self.remote,
        };
        *wished = wish == Wish::Rest;
        let after = self.standing();
        (before != after).then_some(after)
    }

    fn standing(self) -> Standing {
        match self {
            Self { local: true, .. } => Standing::Resting(Side::Local),
            Self { remote: true, .. } => Standing::Resting(Side::Remote),
            Self { .. } => Standing::Moving,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_when_neither_side_lets_it_rest() {
        use Standing::{Moving, Resting};
        let mut rest = Rest::default();
        assert_eq!(rest.wish(Side::Remote, Wish::Rest), Some(Resting(Side::Remote)));
        assert_eq!(rest.wish(Side::Local, Wish::Rest), Some(Resting(Side::Local)));
        assert_eq!(rest.wish(Side::Local, Wish::Rest), None);
        assert_eq!(rest.wish(Side::Local, Wish::Move), Some(Resting(Side::Remote)));
        assert!(rest.is_on() && !rest.is_local());
        assert_eq!(rest.wish(Side::Remote, Wish::Move), Some(Moving));
    }
}
