//! Lines of what is typed or piped in.

/// Makes lines of bytes.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// Whether anything of the line has come, kept or not.
    any: bool,
}

impl Lines {
    /// Takes bytes; the lines that end with them. Of a long one, the beginning.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                lines.push(self.take());
            } else {
                self.any = true;
                if self.begun.len() < LINE_BYTES_MAX {
                    self.begun.push(*byte);
                }
            }
        }
        lines
    }

    /// The line that has no end, if there is one: what is piped in may end so.
    pub fn finish(&mut self) -> Option<String> {
        self.any.then(|| self.take())
    }

    fn take(&mut self) -> String {
        self.any = false;
        String::from_utf8_lossy(&std::mem::take(&mut self.begun)).into_owned()
    }
}

/// In bytes: more than the words of a room, or its link, take.
const LINE_BYTES_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_end_where_they_end_and_the_last_one_may_not() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"s\n\nj crane"), ["s", ""]);
        assert_eq!(lines.push(b" velvet\r\n"), ["j crane velvet\r"]);
        assert_eq!(lines.finish(), None);
        assert_eq!(lines.push(b"q"), Vec::<String>::new());
        assert_eq!(lines.finish(), Some("q".to_owned()));
    }

    proptest! {
        #[test]
        fn however_bytes_come_lines_are_the_same_and_none_is_long(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..900), 0..8),
        ) {
            let (mut whole, mut cut) = (Lines::default(), Lines::default());
            let all = whole.push(&pieces.concat());
            let each: Vec<_> = pieces.iter().flat_map(|piece| cut.push(piece)).collect();
            prop_assert!(all.iter().all(|line| line.chars().count() <= LINE_BYTES_MAX));
            prop_assert_eq!(all, each);
            prop_assert_eq!(whole.finish(), cut.finish());
        }
    }
}
