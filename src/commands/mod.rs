//! What the program does other than hold a room open in a terminal: one file a command.

mod cameras;
mod demo;
mod manual;
mod snap;
mod view;

pub use cameras::cameras;
pub use demo::demo;
pub use manual::{completions, man};
pub use snap::snap;
pub use view::view;
