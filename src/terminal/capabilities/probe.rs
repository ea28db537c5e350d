//! What a terminal is asked: once, in one batch, whatever it may be.
//!
//! A terminal that does not know a string prints what is in it. So the whole batch goes to those
//! alone whose `TERM` is of a family that reads strings; all others are asked for their attributes,
//! which every terminal answers. Some have a `TERM` of such a family and print all the same, as
//! neovim found out of `QTerminal` and, over SSH, of Terminal.app: the row of the cursor is cleared
//! after the questions. So they belong at the start of a row, before the first paint.

use super::{Environment, Inside, depth_of};
use crate::picture::cells::Depth;
use crate::terminal::input::GRAPHICS_QUERY_ID;
use std::fmt::Write;

/// The questions, as bytes. What every terminal answers comes last: it tells that no answer comes
/// any more.
pub(super) fn probe(environment: &Environment) -> Vec<u8> {
    let mut questions = String::new();
    match ask(environment) {
        Ask::Nothing => return Vec::new(),
        Ask::Attributes => {}
        Ask::Name => questions.push_str(VERSION),
        Ask::Sequences => questions.push_str(BACKGROUND),
        Ask::All => {
            // A picture of one pixel, which is looked at and thrown away.
            let _ =
                write!(questions, "\x1b_Gi={GRAPHICS_QUERY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\");
            for question in [VERSION, SYNCHRONIZED, BACKGROUND, CELL, AREA] {
                questions.push_str(question);
            }
            // The question that is printed most often is asked only where its answer matters.
            if depth_of(environment) == Depth::Ansi256 {
                questions.push_str(TRUE_COLOUR);
            }
            questions.push_str(CLEAR_ROW);
        }
    }
    questions.push_str(ATTRIBUTES);
    questions.into_bytes()
}

/// How much may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// It is no terminal that answers.
    Nothing,
    /// What it is, and no more.
    Attributes,
    /// Its name and version besides.
    Name,
    /// Its colours besides.
    Sequences,
    /// Everything.
    All,
}

fn ask(environment: &Environment) -> Ask {
    let term = environment.term.as_str();
    match environment.inside {
        _ if term == "dumb" || term.is_empty() => Ask::Nothing,
        // They answer these themselves (tmux 3.3a both, screen the attributes). What else they are
        // asked they throw away, but screen hands a DCS on to the terminal as it is, to be printed.
        Some(Inside::Tmux | Inside::Screen) => Ask::Name,
        // Terminal.app prints what ends in `$p` besides: neovim leaves both out.
        None if environment.term_program == "Apple_Terminal" => Ask::Sequences,
        // The Linux console is not among these: for decades it knew no DCS and no APC, and there
        // `CSI q` switches the lights of the keyboard.
        None if FAMILIES.iter().any(|family| term.contains(family)) => Ask::All,
        None => Ask::Attributes,
    }
}

const FAMILIES: &[&str] = &[
    "alacritty",
    "contour",
    "foot",
    "ghostty",
    "iterm",
    "kitty",
    "konsole",
    "mintty",
    "mlterm",
    "rio",
    "rxvt-unicode",
    "st-256",
    "vte",
    "wezterm",
    "xterm",
];

/// XTVERSION.
const VERSION: &str = "\x1b[>q";
/// DECRQM.
const SYNCHRONIZED: &str = "\x1b[?2026$p";
/// XTGETTCAP of `RGB`.
const TRUE_COLOUR: &str = "\x1bP+q524742\x1b\\";
const BACKGROUND: &str = "\x1b]11;?\x1b\\";
const CELL: &str = "\x1b[16t";
const AREA: &str = "\x1b[14t";
/// What may have been printed of the questions.
const CLEAR_ROW: &str = "\r\x1b[2K";
/// DA1.
const ATTRIBUTES: &str = "\x1b[c";
