//! How characters become graphemes that stay in their cells.
//!
//! One rule makes cleaning a thing that is done once: whether a character is kept depends on what
//! was kept before it, never on what was not.

use super::plain::{JOINER, is_mark};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::GraphemeCursor;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a text may take.
pub(super) struct Bounds {
    /// Graphemes.
    pub graphemes: usize,
    /// Cells of a terminal.
    pub cells: usize,
    /// What does not stand at either end.
    pub edges: &'static [char],
}

/// Puts a text together in NFC, as far as the bounds go.
pub(super) fn shape(text: impl Iterator<Item = char>, bounds: &Bounds) -> String {
    let mut shape = Shape::default();
    for c in text.nfc() {
        let is_full = !shape.push(c, bounds);
        if is_full {
            break;
        }
    }
    shape.text.truncate(shape.text.trim_end_matches(bounds.edges).len());
    shape.text
}

#[derive(Default)]
struct Shape {
    text: String,
    /// Where the last grapheme begins, in bytes.
    last: usize,
    graphemes: usize,
    /// In all graphemes but the last.
    cells: usize,
    /// Something that belonged to the last grapheme was left out: so is what else belongs to it,
    /// or it would come to stand next to characters that it did not stand next to.
    closed: bool,
}

impl Shape {
    /// Takes a character, or leaves it out; false if there is no room for it nor for any after it.
    fn push(&mut self, c: char, bounds: &Bounds) -> bool {
        let joins = self.joins(c);
        if joins && !self.closed && self.has_room_for(c, bounds) {
            self.text.push(c);
            return true;
        }
        // It joins nothing any more.
        if self.text.ends_with(JOINER) {
            self.text.pop();
        }
        let width = c.width().unwrap_or_default();
        let begins = matches!(self.last_grapheme(), "" | " ");
        let is_edge = self.text.is_empty() && bounds.edges.contains(&c);
        // What has no width stands on nothing: parts of old Hangul letters. Some marks do have one.
        if joins || width == 0 || is_edge || (begins && (c == ' ' || is_mark(c))) {
            self.closed = true;
            return true;
        }
        let cells = self.cells + self.last_grapheme().width();
        if self.graphemes >= bounds.graphemes || cells + width > bounds.cells {
            return false;
        }
        self.cells = cells;
        self.graphemes += 1;
        self.last = self.text.len();
        self.closed = false;
        self.text.push(c);
        true
    }

    /// Whether it would be of the same grapheme as what stands last.
    fn joins(&self, c: char) -> bool {
        let last = self.last_grapheme();
        if c.is_ascii() && last.is_ascii() {
            return false;
        }
        let together = format!("{last}{c}");
        let mut between = GraphemeCursor::new(last.len(), together.len(), true);
        between.is_boundary(&together, 0) == Ok(false)
    }

    fn has_room_for(&self, c: char, bounds: &Bounds) -> bool {
        let last = self.last_grapheme();
        let marks = last.chars().rev().take_while(|c| is_mark(*c)).count();
        let cells = format!("{last}{c}").width();
        last != " "
            && !(is_mark(c) && marks >= MARKS_MAX)
            && last.chars().count() < CODE_POINTS_MAX
            && cells <= GRAPHEME_CELLS_MAX
            && self.cells + cells <= bounds.cells
    }

    fn last_grapheme(&self) -> &str {
        &self.text[self.last..]
    }
}

/// On each letter. More than two is a pile that reaches into the rows above and below.
pub(super) const MARKS_MAX: usize = 2;
/// As many as the longest emoji has, two people who kiss, and the longest joined letters of
/// Sanskrit.
pub(super) const CODE_POINTS_MAX: usize = 10;
/// As many as the longest joined letters take that are in use.
pub(super) const GRAPHEME_CELLS_MAX: usize = 6;
