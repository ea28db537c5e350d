//! A control sequence (`CSI … letter`, ECMA-48 section 5.4), taken apart.

/// `CSI`, a private mark, numbers, intermediates, a last byte.
#[derive(Debug)]
pub(super) struct Csi<'a> {
    /// `<`, `=`, `>` or `?` before the numbers.
    pub private: Option<u8>,
    /// The numbers that `;` separates, as they are written.
    numbers: Vec<&'a [u8]>,
    /// Between the numbers and the last byte.
    pub intermediates: &'a [u8],
    /// Says what it is.
    pub last: u8,
}

impl<'a> Csi<'a> {
    /// Of what stands between the introducer and the last byte.
    pub fn read(body: &'a [u8], last: u8) -> Self {
        let (private, body) = match body.split_first() {
            Some((mark @ b'<'..=b'?', rest)) => (Some(*mark), rest),
            _ => (None, body),
        };
        let end = body.iter().position(|byte| (b' '..=b'/').contains(byte)).unwrap_or(body.len());
        let (numbers, intermediates) = body.split_at(end);
        let numbers = numbers.split(|byte| *byte == b';').collect();
        Self { private, numbers, intermediates, last }
    }

    /// How many numbers there are, those left out among them; at least one.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number at this place, if it is given.
    pub fn number(&self, at: usize) -> Option<u32> {
        self.part(at, 0)
    }

    /// A part of the number at this place: some have several, which `:` separates.
    pub fn part(&self, at: usize, part: usize) -> Option<u32> {
        decimal(self.numbers.get(at)?.split(|byte| *byte == b':').nth(part)?)
    }
}

/// A number in digits alone, if it is one.
pub(super) fn decimal(digits: &[u8]) -> Option<u32> {
    // `parse` would take a sign too.
    let plain = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}
