//! Text from outside, made safe to show and to use as a file name.
//!
//! Whatever a remote peer says that a person will read passes through here once, where it enters:
//! [`SafeText`] for names and captions, [`FileName`] for files, [`PathText`] for those that are here.
//! Nothing here knows about screens, files or the network; all three exist only clean, and cleaning
//! what is clean changes nothing.
//!
//! ```text
//! text ── plain ──► characters that may be shown ── NFC ── shape ──► graphemes that are bounded
//!         escape sequences, what is invisible                marks, joined letters, spaces, cells
//! ```
//!
//! | file | one idea |
//! |---|---|
//! | `plain` | which characters may be shown: by category, less what is blank |
//! | `shape` | how many of them may stand on one cell, and how many cells there may be |
//! | [`SafeText`] (`safe`) | a line for a person |
//! | [`FileName`] (`file_name`) | a name for every file system |
//! | [`EntryName`] (`entry_name`) | the same, inside a folder |
//! | [`PathText`] (`path_text`) | what is read of a path of this machine |

mod entry_name;
mod file_name;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod path_text;
mod plain;
mod safe;
mod shape;
#[cfg(test)]
mod tests;

pub use entry_name::EntryName;
pub use file_name::FileName;
pub use path_text::PathText;
pub use safe::SafeText;

/// What kind of error it is: its name alone, as it is written in the log. Its words may be those of
/// a remote peer or a server, which no log takes as they come.
pub fn kind(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.chars().take_while(char::is_ascii_alphanumeric).take(KIND_CHARS_MAX).collect()
}

const KIND_CHARS_MAX: usize = 40;
