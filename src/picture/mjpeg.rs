//! Where a JPEG starts, ends and keeps its tables, found by its markers alone.
//!
//! A camera's buffer is longer than the picture in it, may have been cut short, and may leave
//! out the Huffman tables that Motion JPEG takes for granted. Nothing is decoded here.

use bytes::{BufMut, Bytes, BytesMut};

use super::huffman;
use super::jpeg::{DAC, DHT, EOI, JPG, SOF0, SOF2, SOF6, SOF10, SOF14, SOF15, SOS, segments};

pub use super::jpeg::JpegError;

/// What the markers of one whole JPEG say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    /// In pixels, as stored: orientation is not applied.
    pub width: u32,
    /// In pixels, as stored.
    pub height: u32,
    /// Coefficients a pixel that decoding holds at once: none unless it is sent in several passes.
    pub held: u8,
    /// Length of the picture in bytes, its end marker included; what follows is not part of it.
    pub end: usize,
    /// Offset of the first scan, in bytes.
    first_scan: usize,
    /// Whether there are Huffman tables before the first scan.
    has_tables: bool,
}

/// Reads the markers from the first to the end of the picture.
pub fn outline(data: &[u8]) -> Result<Outline, JpegError> {
    let mut size = None;
    let mut colours = 0;
    let mut progressive = false;
    let mut scans = 0;
    let mut has_tables = false;
    let mut first_scan = None;
    let mut end = 0;
    for segment in segments(data)? {
        let segment = segment?;
        match segment.marker {
            DHT if first_scan.is_none() => has_tables = true,
            SOF0..=SOF15 if !matches!(segment.marker, DHT | JPG | DAC) => {
                // Decoders differ on which of two would count.
                if size.is_some() {
                    return Err(JpegError::Damaged);
                }
                size = Some(frame_size(segment.body)?);
                colours = segment.body.get(5).copied().unwrap_or_default();
                progressive = matches!(segment.marker, SOF2 | SOF6 | SOF10 | SOF14);
            }
            SOS => {
                scans += 1;
                first_scan.get_or_insert(segment.start);
            }
            EOI => end = segment.end,
            _ => {}
        }
    }
    let (width, height) = size.ok_or(JpegError::Damaged)?;
    let first_scan = first_scan.ok_or(JpegError::Damaged)?;
    let held = if progressive || scans > 1 { colours } else { 0 };
    Ok(Outline { width, height, held, end, first_scan, has_tables })
}

/// The picture alone, without what follows its end marker.
pub fn trim(data: &[u8]) -> Result<&[u8], JpegError> {
    Ok(&data[..outline(data)?.end])
}

/// A picture that any decoder takes: cut at its end marker, with the standard Huffman tables
/// put in where it has none. Copies only in that case.
pub fn complete(data: &Bytes) -> Result<(Bytes, Outline), JpegError> {
    let found = outline(data)?;
    if found.has_tables {
        return Ok((data.slice(..found.end), found));
    }
    let mut whole = BytesMut::with_capacity(found.end + huffman::LENGTH);
    whole.put_slice(&data[..found.first_scan]);
    huffman::put_standard(&mut whole);
    whole.put_slice(&data[found.first_scan..found.end]);
    let end = whole.len();
    Ok((whole.freeze(), Outline { end, has_tables: true, ..found }))
}

fn frame_size(body: &[u8]) -> Result<(u32, u32), JpegError> {
    let &[_, h1, h0, w1, w0, ..] = body else {
        return Err(JpegError::Damaged);
    };
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    if width == 0 || height == 0 {
        return Err(JpegError::Damaged);
    }
    Ok((width.into(), height.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jpeg() -> Vec<u8> {
        let mut out = Vec::new();
        let pixels: Vec<u8> = (0..32 * 24 * 3).map(|i| (i * 7 % 251) as u8).collect();
        jpeg_encoder::Encoder::new(&mut out, 80)
            .encode(&pixels, 32, 24, jpeg_encoder::ColorType::Rgb)
            .expect("a small picture encodes");
        out
    }

    /// The same picture as a camera may send it: no Huffman tables.
    fn without_tables(jpeg: &[u8]) -> Bytes {
        let mut out = jpeg[..2].to_vec();
        for segment in segments(jpeg).expect("a picture") {
            let segment = segment.expect("well formed");
            match segment.marker {
                DHT => {}
                SOS => {
                    out.extend_from_slice(&jpeg[segment.start..]);
                    break;
                }
                _ => out.extend_from_slice(&jpeg[segment.start..segment.end]),
            }
        }
        out.into()
    }

    fn decode(jpeg: &[u8]) -> image::RgbImage {
        image::load_from_memory(jpeg).expect("decodes").to_rgb8()
    }

    #[test]
    fn the_rest_of_the_buffer_is_cut_off() {
        let jpeg = jpeg();
        let mut buffer = jpeg.clone();
        buffer.extend_from_slice(&[0, 0, 0xFF, EOI, 1, 2, 3]);
        assert_eq!(trim(&buffer), Ok(&jpeg[..]));
    }

    #[test]
    fn every_cut_is_noticed() {
        let jpeg = jpeg();
        for length in 0..jpeg.len() {
            assert_eq!(trim(&jpeg[..length]), Err(JpegError::Truncated), "cut at {length}");
        }
    }

    #[test]
    fn other_bytes_are_not_a_jpeg() {
        assert_eq!(trim(b"GIF89a"), Err(JpegError::NotJpeg));
        assert_eq!(trim(b"\xFF\xD8\xFF\xD9"), Err(JpegError::Damaged));
    }

    #[test]
    fn tables_left_out_are_put_in_and_the_picture_is_the_same() {
        let jpeg = jpeg();
        let bare = without_tables(&jpeg);
        assert!(bare.len() < jpeg.len());
        let (whole, outline) = complete(&bare).expect("complete");
        assert_eq!((outline.width, outline.height, outline.end), (32, 24, whole.len()));
        assert_eq!(decode(&whole), decode(&jpeg));
    }

    #[test]
    fn a_whole_picture_is_left_as_it_is() {
        let jpeg = Bytes::from(jpeg());
        assert_eq!(complete(&jpeg).expect("complete").0, jpeg);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            start in prop_oneof![Just(&b"\xFF\xD8"[..]), Just(&b""[..])],
            rest in proptest::collection::vec(
                prop_oneof![Just(0xFF), Just(0xC0), Just(0xDA), Just(0x00), any::<u8>()], 0..300),
        ) {
            let data = Bytes::from([start, &rest].concat());
            if let Ok((whole, outline)) = complete(&data) {
                prop_assert!(outline.end <= whole.len());
                prop_assert!(trim(&whole).is_ok());
            }
        }
    }
}
