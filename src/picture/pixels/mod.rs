//! Pictures as bytes for terminals that draw pixels: in as few as will do.
//!
//! What a terminal is sent as it is costs megabytes a photo. A palette costs an eighth of that
//! and is hardly seen; a JPEG costs less still, where the terminal takes it. Encoders alone: how
//! their bytes are put to a terminal is not known here.

mod indexed;
mod jpeg;
mod palette;
mod png;
mod sixel;

pub use jpeg::jpeg;
pub use png::palette_png;
pub use sixel::sixel;

#[cfg(test)]
mod tests;
