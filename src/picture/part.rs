//! A part of a picture: what is seen of one that is looked at closely, or does not fit its place.

use image::RgbImage;

/// A part of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
}

impl Part {
    /// All of it.
    pub fn whole(image: &RgbImage) -> Self {
        Self { x: 0, y: 0, width: image.width(), height: image.height() }
    }

    /// The pixels of it; of a part that reaches too far, as much as there is.
    pub fn of(self, image: &RgbImage) -> RgbImage {
        image::imageops::crop_imm(image, self.x, self.y, self.width, self.height).to_image()
    }
}
