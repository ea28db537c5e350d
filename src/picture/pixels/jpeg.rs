//! A picture as a JPEG of at most so many bytes: for terminals of iTerm2's kind.

use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder};

/// A whole JPEG, as good as fits in so many bytes; `None` where none fits, or of a picture that
/// has no pixels or more than 65,535 on a side, as no JPEG has.
pub fn jpeg(image: &RgbImage, bytes_max: usize) -> Option<Vec<u8>> {
    let width = u16::try_from(image.width()).ok()?;
    let height = u16::try_from(image.height()).ok()?;
    QUALITIES.iter().find_map(|&quality| {
        let mut bytes = Vec::new();
        // Tables made for the picture would save a twentieth more, but there are decoders that
        // read those of this encoder wrongly, and show green.
        let encoder = Encoder::new(&mut bytes, quality);
        encoder.encode(image.as_raw(), width, height, ColorType::Rgb).ok()?;
        (bytes.len() <= bytes_max).then_some(bytes)
    })
}

/// From good to what can still be told. Below, a smaller picture looks better.
const QUALITIES: [u8; 7] = [85, 75, 65, 55, 45, 35, 25];
