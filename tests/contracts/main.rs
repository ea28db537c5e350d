//! What must stay as it is: who may name whom, what goes over the wire, what the command line says.
//!
//! A failure here is no fault by itself: it says that a promise to others is about to change.

mod command_line;
mod fresh_machine;
mod layers;
mod reports;
mod source;
mod wire_format;
