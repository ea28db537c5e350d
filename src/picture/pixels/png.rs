//! A picture as a PNG with a palette: what terminals of kitty's kind take.

use super::indexed::{Lacking, indexed};
use super::palette::palette;
use image::RgbImage;

/// A whole PNG of at most 256 colours, an eighth of what red, green and blue take. Of a picture
/// without pixels it is one pixel, as there are no PNGs of none.
pub fn palette_png(image: &RgbImage) -> Vec<u8> {
    if image.is_empty() {
        return palette_png(&RgbImage::new(1, 1));
    }
    let palette = palette(image, 256);
    let numbers = indexed(image, &palette, Lacking::Diffused);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width(), image.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    // Numbers of colours are no values: their differences mean nothing.
    encoder.set_filter(png::Filter::NoFilter);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&numbers)?;
        writer.finish()
    });
    written.expect("there is a palette, a number for each pixel, and memory never fails to write");
    bytes
}
