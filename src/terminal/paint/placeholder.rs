//! Cells that stand for parts of a picture of kitty's: text to all but the terminal that draws it.
//!
//! So they pass through tmux, which moves and covers them as it does text. Which picture a cell is of
//! stands in its colour, which row and column of it in marks above it (kitty's graphics protocol,
//! "Unicode placeholders").

use super::grid::{Cell, Look, Symbol};
use crate::picture::cells::Paint;

/// The number of a picture that cells can stand for: one byte of it is a colour that no terminal in
/// between makes another of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedId {
    high: u8,
    colour: u8,
}

impl PlacedId {
    /// The n-th picture of a program; the seed tells programs in one terminal apart.
    pub fn new(seed: u32, n: u32) -> Self {
        let colours = 256 - u32::from(COLOUR_FIRST);
        Self { high: seed as u8, colour: COLOUR_FIRST + (n % colours) as u8 }
    }

    /// As the commands name it.
    pub fn number(self) -> u32 {
        u32::from(self.high) << 24 | u32::from(self.colour)
    }

    /// Of the number of a picture.
    pub fn of_number(number: u32) -> Self {
        Self { high: (number >> 24) as u8, colour: number as u8 }
    }

    /// The cell of this row and column; blank where a picture is too large for marks.
    pub fn cell(self, row: u16, column: u16) -> Cell {
        let marks = [row, column, self.high.into()].map(mark);
        let [Some(row), Some(column), Some(high)] = marks else { return Cell::BLANK };
        let text: String = [PLACEHOLDER, row, column, high].iter().collect();
        let look = Look { front: Paint::Indexed(self.colour), ..Look::PLAIN };
        Cell { symbol: Symbol::Text(text.into()), look }
    }
}

/// The n-th of the marks.
fn mark(n: u16) -> Option<char> {
    let mut left = u32::from(n);
    for &(first, last) in MARKS {
        if left <= last - first {
            return char::from_u32(first + left);
        }
        left -= last - first + 1;
    }
    None
}

const PLACEHOLDER: char = '\u{10EEEE}';
/// Those before it have names, and looks of their own in each terminal.
const COLOUR_FIRST: u8 = 16;

/// Marks that mean 0, 1, 2 and so on, as ranges: all of Unicode 6.0 that stand above a letter
/// (combining class 230), have no decomposition, and are fused with no letter by normalization.
const MARKS: &[(u32, u32)] = &[
    (0x305, 0x305),
    (0x30D, 0x30E),
    (0x310, 0x310),
    (0x312, 0x312),
    (0x33D, 0x33F),
    (0x346, 0x346),
    (0x34A, 0x34C),
    (0x350, 0x352),
    (0x357, 0x357),
    (0x35B, 0x35B),
    (0x363, 0x36F),
    (0x483, 0x487),
    (0x592, 0x595),
    (0x597, 0x599),
    (0x59C, 0x5A1),
    (0x5A8, 0x5A9),
    (0x5AB, 0x5AC),
    (0x5AF, 0x5AF),
    (0x5C4, 0x5C4),
    (0x610, 0x617),
    (0x657, 0x65B),
    (0x65D, 0x65E),
    (0x6D6, 0x6DC),
    (0x6DF, 0x6E2),
    (0x6E4, 0x6E4),
    (0x6E7, 0x6E8),
    (0x6EB, 0x6EC),
    (0x730, 0x730),
    (0x732, 0x733),
    (0x735, 0x736),
    (0x73A, 0x73A),
    (0x73D, 0x73D),
    (0x73F, 0x741),
    (0x743, 0x743),
    (0x745, 0x745),
    (0x747, 0x747),
    (0x749, 0x74A),
    (0x7EB, 0x7F1),
    (0x7F3, 0x7F3),
    (0x816, 0x819),
    (0x81B, 0x823),
    (0x825, 0x827),
    (0x829, 0x82D),
    (0x951, 0x951),
    (0x953, 0x954),
    (0xF82, 0xF83),
    (0xF86, 0xF87),
    (0x135D, 0x135F),
    (0x17DD, 0x17DD),
    (0x193A, 0x193A),
    (0x1A17, 0x1A17),
    (0x1A75, 0x1A7C),
    (0x1B6B, 0x1B6B),
    (0x1B6D, 0x1B73),
    (0x1CD0, 0x1CD2),
    (0x1CDA, 0x1CDB),
    (0x1CE0, 0x1CE0),
    (0x1DC0, 0x1DC1),
    (0x1DC3, 0x1DC9),
    (0x1DCB, 0x1DCC),
    (0x1DD1, 0x1DE6),
    (0x1DFE, 0x1DFE),
    (0x20D0, 0x20D1),
    (0x20D4, 0x20D7),
    (0x20DB, 0x20DC),
    (0x20E1, 0x20E1),
    (0x20E7, 0x20E7),
    (0x20E9, 0x20E9),
    (0x20F0, 0x20F0),
    (0x2CEF, 0x2CF1),
    (0x2DE0, 0x2DFF),
    (0xA66F, 0xA66F),
    (0xA67C, 0xA67D),
    (0xA6F0, 0xA6F1),
    (0xA8E0, 0xA8F1),
    (0xAAB0, 0xAAB0),
    (0xAAB2, 0xAAB3),
    (0xAAB7, 0xAAB8),
    (0xAABE, 0xAABF),
    (0xAAC1, 0xAAC1),
    (0xFE20, 0xFE26),
    (0x10A0F, 0x10A0F),
    (0x10A38, 0x10A38),
    (0x1D185, 0x1D189),
    (0x1D1AA, 0x1D1AD),
    (0x1D242, 0x1D244),
];

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::char::canonical_combining_class;

    #[test]
    fn there_are_as_many_marks_as_the_protocol_has_and_all_stand_above() {
        let all: Vec<char> = (0..).map_while(mark).collect();
        assert_eq!(all.len(), 297);
        // As its table begins, goes on and ends.
        assert_eq!((all[0], all[1], all[5]), ('\u{305}', '\u{30D}', '\u{33D}'));
        assert_eq!(all[296], '\u{1D244}');
        assert!(all.is_sorted());
        assert!(all.iter().all(|mark| canonical_combining_class(*mark) == 230));
    }

    #[test]
    fn a_cell_says_which_picture_and_which_part_of_it() {
        let id = PlacedId::new(2, 1);
        assert_eq!((id.number(), PlacedId::of_number(id.number())), (0x0200_0011, id));
        let cell = id.cell(1, 5);
        assert_eq!(cell.symbol, Symbol::Text("\u{10EEEE}\u{30D}\u{33D}\u{30E}".into()));
        assert_eq!((cell.look.front, cell.symbol.width()), (Paint::Indexed(17), 1));
        assert_eq!(id.cell(0, 297), Cell::BLANK);
    }
}
