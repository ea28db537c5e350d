//! The screen's own tests: states as a person meets them, drawn, and kept as snapshots.
//!
//! [`world`] brings an app into a state by what happens to it and nothing else; [`dump`] writes
//! down what is drawn, styles included.

mod dump;
mod invitation;
mod keys;
mod screens;
mod sizes;
pub(crate) mod world;
