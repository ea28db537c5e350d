//! Bytes to lines, both ways over the daemon's socket. None is longer than it may be, and no more of
//! one is kept.

/// Makes lines of bytes.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// How much of it has no end of a line in it.
    seen: usize,
}

/// A line is longer than [`LINE_BYTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {LINE_BYTES_MAX} bytes")]
pub struct TooLong;

impl Lines {
    /// Takes bytes, no more than are read at once; [`Lines::poll`] is to be asked until it has none.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line, without its end.
    pub fn poll(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        let end = self.bytes[self.seen..].iter().position(|byte| *byte == b'\n');
        let length = end.map_or(self.bytes.len(), |end| self.seen + end);
        if length > LINE_BYTES_MAX {
            return Err(TooLong);
        }
        self.seen = if end.is_some() { 0 } else { length };
        Ok(end.map(|_| {
            let rest = self.bytes.split_off(length + 1);
            let mut line = std::mem::replace(&mut self.bytes, rest);
            line.truncate(length);
            line
        }))
    }
}

/// In bytes: an environment is the longest there is.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(lines: &mut Lines) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| lines.poll().expect("short")).collect()
    }

    #[test]
    fn a_line_may_be_so_long_and_no_longer() {
        let mut lines = Lines::default();
        lines.push(&vec![b'a'; LINE_BYTES_MAX]);
        assert_eq!(lines.poll(), Ok(None));
        lines.push(b"\n");
        assert_eq!(lines.poll().map(|line| line.map(|it| it.len())), Ok(Some(LINE_BYTES_MAX)));
        lines.push(&vec![b'a'; LINE_BYTES_MAX + 1]);
        assert_eq!(lines.poll(), Err(TooLong), "though its end is not there yet");
    }

    proptest! {
        #[test]
        fn however_bytes_come_lines_are_the_same(
            pieces in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n')], 0..90), 0..8),
        ) {
            let whole = pieces.concat();
            let mut lines = Lines::default();
            let told: Vec<_> = pieces.iter().flat_map(|piece| {
                lines.push(piece);
                all(&mut lines)
            }).collect();
            let mut expected: Vec<_> = whole.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            expected.pop();
            prop_assert_eq!(told, expected);
        }
    }
}
