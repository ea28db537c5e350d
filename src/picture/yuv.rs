//! Brightness and two colour samples to RGB: BT.601 with a narrow range, as USB cameras send.

/// What two colour samples add to each of their pixels, in 256ths.
pub(super) struct Chroma {
    red: i32,
    green: i32,
    blue: i32,
}

impl Chroma {
    pub fn new(u: u8, v: u8) -> Self {
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        Self { red: 409 * v, green: -100 * u - 208 * v, blue: 516 * u }
    }

    /// Writes both pixels; only the first where there is room for one, at the end of a row of
    /// an odd width.
    pub fn put(&self, lumas: [u8; 2], out: &mut [u8]) {
        let (pixels, _) = out.as_chunks_mut();
        for (pixel, luma) in pixels.iter_mut().zip(lumas) {
            *pixel = self.rgb(luma);
        }
    }

    /// The colour of one of those pixels.
    pub fn rgb(&self, luma: u8) -> [u8; 3] {
        let luma = (i32::from(luma) - 16) * 298 + 128;
        [self.red, self.green, self.blue].map(|part| ((luma + part) >> 8).clamp(0, 255) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_beyond() {
        let gray = Chroma::new(128, 128);
        assert_eq!(gray.rgb(16), [0, 0, 0]);
        assert_eq!(gray.rgb(235), [255, 255, 255]);
        assert_eq!((gray.rgb(0), gray.rgb(255)), ([0; 3], [255; 3]));
    }
}
