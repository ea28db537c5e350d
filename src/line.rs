//! The line to the terminal: how fast it is, and what a live picture gives up for it.

use std::time::Duration;

/// How the line to the terminal is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Line {
    /// In bytes a second; none while nothing is known of it.
    pub rate: Option<f64>,
    /// There and back.
    pub delay: Option<Duration>,
    /// What the live picture has given up.
    pub rung: Rung,
}

/// How a live picture is made: each costs a part of the bytes of the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// As good as it can be.
    #[default]
    Full,
    /// Small changes of colour are left out.
    Coarse,
    /// Smaller, too.
    Small,
    /// In 256 colours, too.
    Few,
}
