//! What a terminal answers to what this program asks of it.

use super::sequence::{Csi, decimal};

/// An answer of the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To `CSI 5 n`: everything before it has been read.
    Alive,
    /// To `CSI c`, which every terminal answers: what was asked before and is not answered by now
    /// never will be.
    Attributes {
        /// Whether it draws sixels.
        sixel: bool,
    },
    /// To `CSI > q`: what it calls itself, in printable ASCII of at most 64 bytes.
    Version(String),
    /// To a query of kitty's graphics protocol of the id [`GRAPHICS_QUERY_ID`].
    Graphics {
        /// Whether the picture of the query could have been drawn.
        works: bool,
    },
    /// To `CSI ? 2026 $ p`.
    SynchronizedOutput {
        /// Whether frames can be shown whole.
        works: bool,
    },
    /// To `DCS + q 524742 ST`: xterm's question for the capability `RGB`.
    TrueColour {
        /// Whether it has it.
        works: bool,
    },
    /// To `OSC 11 ; ? ST`: the colour behind text.
    Background([u8; 3]),
    /// To `CSI 16 t`: the size of a cell, in pixels.
    CellPixels {
        /// Across.
        width: u16,
        /// Down.
        height: u16,
    },
    /// To `CSI 14 t`: the size of all cells together, in pixels.
    AreaPixels {
        /// Across.
        width: u16,
        /// Down.
        height: u16,
    },
}

/// The id that a query of kitty's graphics protocol goes by, so that what is answered to pictures
/// is not taken for its answer.
pub const GRAPHICS_QUERY_ID: u32 = 4211;

/// What begins a string that a terminal sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `ESC P`.
    Dcs,
    /// `ESC ]`.
    Osc,
    /// `ESC _`.
    Apc,
    /// `ESC ^` or `ESC X`: nothing is known that comes so.
    Other,
}

impl Kind {
    /// The kind that this byte begins, after ESC.
    pub fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            b'P' => Self::Dcs,
            b']' => Self::Osc,
            b'_' => Self::Apc,
            b'^' | b'X' => Self::Other,
            _ => return None,
        })
    }

    /// How the strings of this kind begin that are answers.
    pub fn starts(self) -> &'static [&'static [u8]] {
        match self {
            Self::Dcs => &[b">|", b"1+r", b"0+r"],
            Self::Osc => &[b"11;"],
            Self::Apc => &[b"G"],
            Self::Other => &[],
        }
    }
}

/// The answer that a control sequence is, if it is one.
pub(super) fn csi(csi: &Csi<'_>) -> Option<Reply> {
    let size = || {
        let side = |at| csi.number(at).and_then(|it| u16::try_from(it).ok()).filter(|it| *it > 0);
        Some((side(2)?, side(1)?))
    };
    match (csi.private, csi.intermediates, csi.last) {
        (None, b"", b'n') if csi.number(0) == Some(0) => Some(Reply::Alive),
        // The first number is the class of the terminal.
        (Some(b'?'), b"", b'c') => {
            Some(Reply::Attributes { sixel: (1..csi.len()).any(|at| csi.number(at) == Some(4)) })
        }
        // Set, reset, or always set; 0 is not known, 4 never set.
        (Some(b'?'), b"$", b'y') if csi.number(0) == Some(2026) => {
            Some(Reply::SynchronizedOutput { works: matches!(csi.number(1), Some(1..=3)) })
        }
        (None, b"", b't') if csi.len() == 3 => {
            let (width, height) = size()?;
            match csi.number(0)? {
                4 => Some(Reply::AreaPixels { width, height }),
                6 => Some(Reply::CellPixels { width, height }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The answer that a string is, if it is one.
pub(super) fn string(kind: Kind, text: &[u8]) -> Option<Reply> {
    match kind {
        Kind::Dcs => {
            if let Some(version) = text.strip_prefix(b">|") {
                let printable = version.iter().filter(|byte| matches!(byte, b' '..=b'~'));
                let name: String =
                    printable.take(VERSION_BYTES_MAX).map(|it| *it as char).collect();
                return Some(Reply::Version(name.trim().to_owned()));
            }
            let (works, asked) = match text.split_first_chunk::<3>()? {
                (b"1+r", asked) => (true, asked),
                (b"0+r", asked) => (false, asked),
                _ => return None,
            };
            // Some do not repeat what they do not know.
            let rgb = asked.starts_with(RGB_IN_HEX) || (asked.is_empty() && !works);
            rgb.then_some(Reply::TrueColour { works })
        }
        Kind::Osc => text.strip_prefix(b"11;").and_then(colour).map(Reply::Background),
        Kind::Apc => {
            let text = text.strip_prefix(b"G")?;
            let end = text.iter().position(|byte| *byte == b';')?;
            let (keys, message) = (&text[..end], &text[end + 1..]);
            let id = keys.split(|byte| *byte == b',').find_map(|key| key.strip_prefix(b"i="))?;
            let asked = decimal(id) == Some(GRAPHICS_QUERY_ID);
            asked.then(|| Reply::Graphics { works: message == b"OK" })
        }
        Kind::Other => None,
    }
}

/// `rgb:` or `rgba:` and one to four hexadecimal digits each, as X11 has it, or `#rrggbb`.
fn colour(text: &[u8]) -> Option<[u8; 3]> {
    let text = std::str::from_utf8(text).ok()?;
    let hex = |digits: &str| {
        let plain =
            matches!(digits.len(), 1..=4) && digits.bytes().all(|it| it.is_ascii_hexdigit());
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| plain)?;
        let whole = (1 << (4 * digits.len())) - 1;
        Some(((value * 255 + whole / 2) / whole) as u8)
    };
    if let Some(digits) = text.strip_prefix('#') {
        let part = |at| digits.get(at..at + 2).and_then(hex);
        return Some([part(0)?, part(2)?, part(4)?]).filter(|_| digits.len() == 6);
    }
    let parts = text.strip_prefix("rgb:").or_else(|| text.strip_prefix("rgba:"))?;
    let mut parts = parts.split('/').map(hex);
    Some([parts.next()??, parts.next()??, parts.next()??])
}

const RGB_IN_HEX: &[u8] = b"524742";
const VERSION_BYTES_MAX: usize = 64;
