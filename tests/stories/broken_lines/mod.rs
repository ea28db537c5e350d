//! A file arrives whole over any line: lossy, cut, moved to another address, with either end asleep
//! or killed and begun again; and little of it is sent twice.

mod endurance;
mod kills;
mod lines;
mod moving;
mod room;
pub mod sending;
