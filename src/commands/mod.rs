//! What the program does other than hold a room open in a terminal: one file a command.

mod cameras;
mod demo;
mod errands;
mod manual;
mod receive;
mod send;
pub(crate) mod snap;
mod view;

pub use cameras::cameras;
pub use demo::demo;
pub use manual::{completions, man};
pub use receive::receive;
pub use send::send;
pub use snap::snap;
pub use view::{capabilities, draw, view};
