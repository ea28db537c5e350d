//! Cells as bytes: as few as bring the terminal from what it last did to what is wanted now.
//!
//! Only what changed of the colours is sent. A cell of a picture may be drawn the other way round,
//! glyph and colours swapped, where that saves bytes; and in a live one, colours that are nearly
//! those in use are taken for them, and new ones are chosen to serve for cells that follow.

use super::grid::{Cell, Look, Symbol};
use super::shade::Tolerance;
use crate::picture::cells::Paint;
use ratatui::style::Modifier;
use std::fmt::Write as _;

/// What the terminal was last told.
#[derive(Debug, Clone, Default)]
pub struct Pen {
    /// Where the next character will stand, if that is sure.
    at: Option<(u16, u16)>,
    /// How it will look, if that is sure.
    look: Option<Look>,
}

impl Pen {
    /// Draws a cell of a screen of so many columns. Halves of others and holes are none.
    pub fn put(&mut self, (x, y): (u16, u16), columns: u16, cell: &Cell, out: &mut Vec<u8>) {
        self.move_to(x, y, out);
        self.set_look(cell.look, out);
        self.print(cell, (x, y), columns, out);
    }

    /// Draws a cell of a picture, in the way that costs least. What is drawn after it in the same
    /// row may want the same colours. How the cell came to look.
    pub fn put_picture(
        &mut self,
        (x, y): (u16, u16),
        columns: u16,
        cell: &Cell,
        ahead: &[Look],
        tolerance: Tolerance,
        out: &mut Vec<u8>,
    ) -> Look {
        self.move_to(x, y, out);
        let look = self.look.unwrap_or(Look::PLAIN);
        let priced = ways(cell).into_iter().flatten().filter_map(|way| {
            let front = way.front.choose(look.front, ahead, tolerance)?;
            let back = way.back.choose(look.back, ahead, tolerance)?;
            let chosen = Look { front, back, modifier: Modifier::empty() };
            Some((sgr_length(self.look, chosen) + way.glyph.len_utf8(), way, chosen))
        });
        let Some((_, way, look)) = priced.min_by_key(|(cost, ..)| *cost) else { return cell.look };
        self.set_look(look, out);
        self.print(&Cell { symbol: Symbol::Char(way.glyph), look }, (x, y), columns, out);
        way.seen(look, cell.look)
    }

    /// At the start of a row that is drawn for itself, in the terminal's own colours.
    pub fn at_start() -> Self {
        Self { at: Some((0, 0)), look: Some(Look::PLAIN) }
    }

    /// Takes back how characters look.
    pub fn reset(&mut self, out: &mut Vec<u8>) {
        self.set_look(Look::PLAIN, out);
    }

    /// What the terminal does next is not known: others have written to it.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Where the next character will stand is not known.
    pub fn forget_place(&mut self) {
        self.at = None;
    }

    /// Goes there, the shortest way.
    pub fn move_to(&mut self, x: u16, y: u16, out: &mut Vec<u8>) {
        if self.at == Some((x, y)) {
            return;
        }
        match self.at {
            Some((from, row)) if row == y && from < x => match x - from {
                1 => out.extend_from_slice(b"\x1b[C"),
                further => push(out, format_args!("\x1b[{further}C")),
            },
            Some((_, row)) if row == y && x == 0 => out.push(b'\r'),
            Some((_, row)) if row + 1 == y && x == 0 => out.extend_from_slice(b"\r\n"),
            _ => push(out, format_args!("\x1b[{};{}H", y + 1, x + 1)),
        }
        self.at = Some((x, y));
    }

    fn set_look(&mut self, wanted: Look, out: &mut Vec<u8>) {
        if self.look != Some(wanted) {
            out.extend_from_slice(sgr(self.look, wanted).as_bytes());
            self.look = Some(wanted);
        }
    }

    fn print(&mut self, cell: &Cell, (x, y): (u16, u16), columns: u16, out: &mut Vec<u8>) {
        match &cell.symbol {
            Symbol::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Symbol::Text(text) => out.extend_from_slice(text.as_bytes()),
            Symbol::Behind | Symbol::Hole => return,
        }
        let next = x + cell.symbol.width();
        // In the last column terminals differ, and so they do about characters of several parts.
        let sure = next < columns && !matches!(cell.symbol, Symbol::Text(_));
        self.at = sure.then_some((next, y));
    }
}

/// One of the ways to draw a cell: with which glyph, and what its two colours are to be.
struct Way {
    glyph: char,
    front: Ink,
    back: Ink,
}

/// What one of the colours in use is to be.
#[derive(Clone, Copy)]
enum Ink {
    /// It is not seen.
    Any,
    /// The cell's front.
    Front(Paint),
    /// The cell's back.
    Back(Paint),
    /// Both at once.
    Both(Paint, Paint),
}

impl Ink {
    /// The one in use, where that is near enough; or else a new one, if one is near enough to all.
    fn choose(self, used: Paint, ahead: &[Look], tolerance: Tolerance) -> Option<Paint> {
        let (one, other) = match self {
            Self::Any => return Some(used),
            Self::Front(paint) | Self::Back(paint) => (paint, paint),
            Self::Both(front, back) => (front, back),
        };
        if tolerance.allows(used, one) && tolerance.allows(used, other) {
            return Some(used);
        }
        let same =
            |look: &Look| if matches!(self, Self::Front(_)) { look.front } else { look.back };
        let ahead = if one == other { ahead } else { &[] };
        tolerance.meet(one, other, ahead.iter().map(same))
    }
}

impl Way {
    /// How the cell looks, drawn like this; what is not seen is as it was wanted.
    fn seen(&self, drawn: Look, wanted: Look) -> Look {
        let mut seen = wanted;
        for (ink, paint) in [(self.front, drawn.front), (self.back, drawn.back)] {
            match ink {
                Ink::Any => {}
                Ink::Front(_) => seen.front = paint,
                Ink::Back(_) => seen.back = paint,
                Ink::Both(..) => (seen.front, seen.back) = (paint, paint),
            }
        }
        seen
    }
}

/// As it is, the other way round, and where one colour may fill the cell, with that alone.
fn ways(cell: &Cell) -> [Option<Way>; 4] {
    let Symbol::Char(glyph) = cell.symbol else { return [None, None, None, None] };
    let way = |glyph, front, back| {
        let front = if glyph == ' ' { Ink::Any } else { front };
        let back = if glyph == '█' { Ink::Any } else { back };
        Some(Way { glyph, front, back })
    };
    let Look { front, back, .. } = cell.look;
    let both = Ink::Both(front, back);
    let (front, back, coloured) =
        (Ink::Front(front), Ink::Back(back), front != Paint::Unset && back != Paint::Unset);
    // The terminal's own colours cannot change places.
    let turned = complement(glyph).filter(|_| coloured);
    let fills = coloured && is_block(glyph);
    [
        way(glyph, front, back),
        turned.and_then(|turned| way(turned, back, front)),
        if fills { way(' ', both, both) } else { None },
        if fills { way('█', both, both) } else { None },
    ]
}

/// The glyph that fills what this one leaves free, if there is one.
pub fn complement(glyph: char) -> Option<char> {
    const PAIRS: [(char, char); 10] = [
        ('▀', '▄'),
        ('▌', '▐'),
        ('▖', '▜'),
        ('▗', '▛'),
        ('▘', '▟'),
        ('▝', '▙'),
        ('▚', '▞'),
        ('█', ' '),
        ('▔', '▇'),
        ('▕', '▉'),
    ];
    let paired = PAIRS.iter().find_map(|&(a, b)| match glyph {
        _ if glyph == a => Some(b),
        _ if glyph == b => Some(a),
        _ => None,
    });
    paired.or_else(|| sextant(!sextant_bits(glyph)? & 0b11_1111))
}

/// Which of a sextant's six are filled: bit 0 top left, bit 1 top right, and so on.
fn sextant_bits(glyph: char) -> Option<u32> {
    let at = u32::from(glyph).checked_sub(SEXTANT_FIRST).filter(|at| *at < 60)?;
    // Empty, left half, right half and full are no sextants: they were there before.
    Some(at + 1 + u32::from(at + 1 >= 0b01_0101) + u32::from(at + 2 >= 0b10_1010))
}

fn sextant(bits: u32) -> Option<char> {
    let skipped = 1 + u32::from(bits > 0b01_0101) + u32::from(bits > 0b10_1010);
    char::from_u32(SEXTANT_FIRST + bits - skipped)
}

const SEXTANT_FIRST: u32 = 0x1FB00;

/// Whether it is one of the glyphs that pictures are made of.
fn is_block(glyph: char) -> bool {
    matches!(u32::from(glyph), 0x2580..=0x259F | 0x1FB00..=0x1FB3B | 0x1CD00..=0x1CDE5)
}

fn sgr_length(from: Option<Look>, to: Look) -> usize {
    if from == Some(to) { 0 } else { sgr(from, to).len() }
}

/// What brings the terminal from one look to another; from the unknown, all of it.
fn sgr(from: Option<Look>, to: Look) -> String {
    let fresh = || {
        let mut codes = String::from("0");
        push_changes(&mut codes, Look::PLAIN, to);
        format!("\x1b[{codes}m")
    };
    let Some(from) = from else { return fresh() };
    let mut codes = String::new();
    push_changes(&mut codes, from, to);
    let change = format!("\x1b[{}m", codes.trim_start_matches(';'));
    // What is taken back is often shorter by taking back everything.
    if to == Look::PLAIN { "\x1b[m".to_owned() } else { change }
}

fn push_changes(codes: &mut String, from: Look, to: Look) {
    let (old, new) = (from.modifier, to.modifier);
    let gone = old - new;
    // One code takes back both bold and dim.
    let weight = Modifier::BOLD | Modifier::DIM;
    let mut kept = old;
    if gone.intersects(weight) {
        codes.push_str(";22");
        kept -= weight;
    }
    for (modifier, on, off) in MODIFIERS {
        if gone.contains(modifier) && !weight.contains(modifier) {
            code(codes, off);
        }
        if new.contains(modifier) && !kept.contains(modifier) {
            code(codes, on);
        }
    }
    if from.front != to.front {
        push_paint(codes, to.front, Ground::Front);
    }
    if from.back != to.back {
        push_paint(codes, to.back, Ground::Back);
    }
}

const MODIFIERS: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];

#[derive(Clone, Copy)]
enum Ground {
    Front,
    Back,
}

fn push_paint(codes: &mut String, paint: Paint, ground: Ground) {
    let base = match ground {
        Ground::Front => 30,
        Ground::Back => 40,
    };
    match paint {
        Paint::Unset => code(codes, base + 9),
        Paint::Indexed(index @ 0..8) => code(codes, base + index),
        Paint::Indexed(index @ 8..16) => code(codes, base + 60 + index - 8),
        Paint::Indexed(index) => {
            let _ = write!(codes, ";{};5;{index}", base + 8);
        }
        Paint::Rgb([red, green, blue]) => {
            let _ = write!(codes, ";{};2;{red};{green};{blue}", base + 8);
        }
    }
}

fn code(codes: &mut String, code: u8) {
    let _ = write!(codes, ";{code}");
}

fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = std::io::Write::write_fmt(out, text);
}
