//! The glyphs that split a cell in two, and where each of them is drawn.
//!
//! A cell is divided into a few equal parts in one of several ways; a shape is a set of them,
//! the glyph that covers it, and nothing else. Of two shapes that split a cell alike, with front
//! and back exchanged, one alone is listed.

use super::Glyphs;
use std::sync::LazyLock;

/// A way to divide a cell into at most eight equal parts, in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Division {
    /// Eight rows.
    Rows,
    /// Eight columns.
    Columns,
    /// Two columns of so many tiles.
    Tiles(usize),
}

impl Division {
    /// Into how many parts.
    pub fn parts(self) -> usize {
        match self {
            Self::Rows | Self::Columns => 8,
            Self::Tiles(rows) => rows * 2,
        }
    }

    /// Which eighths of a line, of so many from the top of the cell, lie in these parts: a bit
    /// an eighth, the lowest for the left.
    pub fn line(self, parts: u8, line: usize, lines: usize) -> u8 {
        match self {
            Self::Columns => parts,
            Self::Rows => 0xFF * (parts >> (line * 8 / lines) & 1),
            Self::Tiles(rows) => {
                let tiles = parts >> (line * rows / lines * 2);
                0x0F * (tiles & 1) + 0xF0 * (tiles >> 1 & 1)
            }
        }
    }
}

/// A glyph, and the parts that it covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub glyph: char,
    /// A bit a part, the lowest for the first.
    pub parts: u8,
    /// How much of the cell that is: above 0, below 1.
    pub share: f32,
    /// What the square of its deviation is worth: 1 / (share * (1 - share)).
    pub weight: f32,
}

/// All shapes of one division.
#[derive(Debug)]
pub(super) struct Family {
    pub division: Division,
    pub shapes: Vec<Shape>,
}

/// The shapes that these glyphs allow, but for the blank cell.
pub(super) fn families(glyphs: Glyphs) -> &'static [Family] {
    match glyphs {
        Glyphs::Half => &HALF,
        Glyphs::Block => &BLOCK,
        Glyphs::Sextant => &SEXTANT,
        Glyphs::Octant => &OCTANT,
    }
}

static HALF: LazyLock<Vec<Family>> =
    LazyLock::new(|| vec![family(Division::Rows, [('▀', 0b1111)])]);
static BLOCK: LazyLock<Vec<Family>> = LazyLock::new(|| vec![rows(), columns(), tiles(2, quadrant)]);
static SEXTANT: LazyLock<Vec<Family>> =
    LazyLock::new(|| vec![rows(), columns(), tiles(2, quadrant), tiles(3, sextant)]);
static OCTANT: LazyLock<Vec<Family>> = LazyLock::new(|| vec![rows(), columns(), tiles(4, octant)]);

fn family(division: Division, of: impl IntoIterator<Item = (char, u8)>) -> Family {
    let shape = |(glyph, parts): (char, u8)| {
        let share = parts.count_ones() as f32 / division.parts() as f32;
        Shape { glyph, parts, share, weight: 1.0 / (share * (1.0 - share)) }
    };
    Family { division, shapes: of.into_iter().map(shape).collect() }
}

/// U+2581 to U+2587 grow from below; the upper half is known to more fonts than the lower.
fn rows() -> Family {
    let lower = ('▁'..='▇').zip(1..).filter(|(glyph, _)| *glyph != '▄');
    let lower = lower.map(|(glyph, eighths)| (glyph, 0xFF << (8 - eighths)));
    family(Division::Rows, [('▀', 0b1111)].into_iter().chain(lower))
}

/// U+2589 to U+258F shrink towards the left.
fn columns() -> Family {
    let left = ('▉'..='▏').zip(1..);
    family(Division::Columns, left.map(|(glyph, missing)| (glyph, 0xFF >> missing)))
}

/// Every pattern of two columns of tiles that has a glyph, or whose opposite has one.
fn tiles(rows: usize, glyph: fn(u8) -> Option<char>) -> Family {
    let all = u8::MAX >> (8 - rows * 2);
    let patterns = (1..=all / 2).filter_map(|pattern| {
        let opposite = all ^ pattern;
        let own = glyph(pattern).map(|glyph| (glyph, pattern));
        own.or_else(|| glyph(opposite).map(|glyph| (glyph, opposite)))
    });
    // Some of them stand among the rows and columns.
    family(Division::Tiles(rows), patterns.filter(|(glyph, _)| !"▀▂▆▌".contains(*glyph)))
}

/// Two by two; the bits are upper left, upper right, lower left, lower right.
pub(super) fn quadrant(pattern: u8) -> Option<char> {
    QUADRANTS.get(usize::from(pattern)).copied()
}

/// Two by three, in Unicode in the order of their bits; four patterns are older characters.
pub(super) fn sextant(pattern: u8) -> Option<char> {
    match pattern {
        0 => Some(' '),
        0b01_01_01 => Some('▌'),
        0b10_10_10 => Some('▐'),
        0b11_11_11 => Some('█'),
        64.. => None,
        _ => {
            let older = 1 + u32::from(pattern > 0b01_01_01) + u32::from(pattern > 0b10_10_10);
            char::from_u32(0x1_FB00 + u32::from(pattern) - older)
        }
    }
}

/// Two by four, in Unicode in the order of their bits; 26 patterns are other characters, of which
/// those that are not block elements are left out here: their opposites will do.
pub(super) fn octant(pattern: u8) -> Option<char> {
    match OTHERS.binary_search_by_key(&pattern, |other| other.0) {
        Ok(at) => OTHERS[at].1,
        Err(before) => char::from_u32(0x1_CD00 + u32::from(pattern) - before as u32),
    }
}

const QUADRANTS: [char; 16] =
    [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

/// Patterns of eight that are not among the octants.
const OTHERS: [(u8, Option<char>); 26] = [
    (0b00_00_00_00, Some(' ')),
    (0b00_00_00_01, None),
    (0b00_00_00_10, None),
    (0b00_00_00_11, None),
    (0b00_00_01_01, Some('▘')),
    (0b00_00_10_10, Some('▝')),
    (0b00_00_11_11, Some('▀')),
    (0b00_01_01_00, None),
    (0b00_10_10_00, None),
    (0b00_11_11_11, None),
    (0b01_00_00_00, None),
    (0b01_01_00_00, Some('▖')),
    (0b01_01_01_01, Some('▌')),
    (0b01_01_10_10, Some('▞')),
    (0b01_01_11_11, Some('▛')),
    (0b10_00_00_00, None),
    (0b10_10_00_00, Some('▗')),
    (0b10_10_01_01, Some('▚')),
    (0b10_10_10_10, Some('▐')),
    (0b10_10_11_11, Some('▜')),
    (0b11_00_00_00, Some('▂')),
    (0b11_11_00_00, Some('▄')),
    (0b11_11_01_01, Some('▙')),
    (0b11_11_10_10, Some('▟')),
    (0b11_11_11_00, Some('▆')),
    (0b11_11_11_11, Some('█')),
];
