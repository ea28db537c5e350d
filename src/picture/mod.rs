//! Pictures: from a camera's raw frame to a photo, to pixels, to cells.
//!
//! ```text
//! Frame ──Photo::from_frame──► Photo ──decode──► RgbImage ──┬─ cells::still ─► cells
//!   │                                                        └─ pixels ───────► bytes
//!   └──to_rgb_at──► RgbImage ──Steady──► cells::live ──► cells
//! ```
//!
//! For any terminal, [`cells`] makes pixels into glyphs and colours: the best there are of a
//! still, the same from frame to frame of a live picture. [`pixels`] encodes them for terminals
//! that draw pixels.
//!
//! Pure: no files, no clock, no threads, no terminal. `io::camera` feeds it frames, peers and
//! files feed it bytes, `ui` draws what comes out. Bytes are never trusted: sizes are checked
//! before memory is taken, and damage is an error.

mod average;
pub mod cells;
mod convert;
mod decode;
mod diffuse;
mod fit;
mod frame;
mod huffman;
mod jpeg;
mod limits;
pub mod metadata;
pub mod mjpeg;
mod motion;
mod part;
mod photo;
pub mod pixels;
mod ramp;
mod scale;
mod steady;
mod webp;
mod yuv;

pub use convert::{FrameError, MAX_PIXELS, to_rgb, to_rgb_at};
pub use decode::{Facts, decode, probe};
pub use fit::{CellShape, fit, fit_cells};
pub use frame::{Frame, FrameKind};
/// Red, green and blue, a byte each, row by row: the one type for pixels here.
pub use image::RgbImage;
pub use limits::{DecodeError, Limits};
pub use metadata::Metadata;
pub use motion::Motion;
pub use part::Part;
pub use photo::{Photo, PhotoError, PhotoKind, Quality, QualityError};
pub use scale::{Light, scale};
pub use steady::{CALM_MAX, STEADY_THRESHOLD, Steady};
