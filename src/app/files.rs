//! Files of this machine, as far as a person looks for some to send: what is looked at, and what is
//! found there.
//!
//! The rule of what can be sent is here, and the same however a file is named: a regular file, or a
//! folder. A link counts as what it leads to if that is a regular file; what else there is never
//! goes out.

use crate::picture::RgbImage;
use crate::text::PathText;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The number under which something is looked at; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookId(pub u64);

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// What is in a folder. Of several the newest alone is answered.
    Folder(Query),
    /// The picture of a file. Of several the newest alone is answered.
    Picture(PathBuf),
    /// What is at these paths; each list is one way to read a text.
    Paths(Vec<Vec<PathBuf>>),
}

/// What there is to see.
#[derive(Debug)]
pub enum Seen {
    /// In a folder, or a sentence on why it cannot be read.
    Folder(Result<Found, String>),
    /// A picture, or a sentence on why there is none.
    Picture(Result<Arc<RgbImage>, String>),
    /// At the paths, in their order.
    Paths(Vec<Vec<Known>>),
}

/// What of a folder is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which; the working directory, if none is named.
    pub folder: Option<PathBuf>,
    /// Whether hidden entries are shown.
    pub hidden: Hidden,
    /// In which order.
    pub order: Order,
    /// What the names have in them, as [`reads_like`] says.
    pub narrow: String,
}

/// What becomes of entries whose name begins with a dot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hidden {
    /// They are left out.
    #[default]
    Out,
    /// They are shown.
    Shown,
}

impl Hidden {
    /// What it is not.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Out => Self::Shown,
            Self::Shown => Self::Out,
        }
    }
}

/// How entries follow each other; folders stand before files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By their names.
    #[default]
    Name,
    /// What was changed last comes first.
    Newest,
}

impl Order {
    /// What it is not.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Name => Self::Newest,
            Self::Newest => Self::Name,
        }
    }
}

/// A folder that was read.
#[derive(Debug, Clone)]
pub struct Found {
    /// Which, whole from the root.
    pub folder: PathBuf,
    /// What is in it, in the order that was asked for.
    pub entries: Vec<Entry>,
    /// How many more there are, as far as they were counted.
    pub more: usize,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the folder has it.
    pub name: OsString,
    /// As it is shown.
    pub text: PathText,
    /// What it is.
    pub kind: Kind,
    /// How long ago it was changed, when it was looked at.
    pub age: Option<Duration>,
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A regular file, or a link to one.
    File {
        /// In bytes.
        size: u64,
    },
    /// What never goes out.
    Refused(Refused),
}

/// Why something never goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is a link that leads nowhere.
    DeadLink,
    /// It is a link to a folder.
    FolderLink,
    /// It is a device, a pipe or a socket, or a link to one.
    NotFile,
    /// It cannot be looked at.
    Unseen,
}

/// A path that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whole from the root, if something is there; else as it was said.
    pub path: PathBuf,
    /// What is there; `None` if nothing is.
    pub kind: Option<Kind>,
}

impl Entry {
    /// Whether there may be a picture to show, by its name.
    pub fn may_be_picture(&self) -> bool {
        let extension = Path::new(&self.name).extension().and_then(|it| it.to_str());
        let of_picture = |extension: &str| {
            PICTURES.iter().any(|picture| picture.eq_ignore_ascii_case(extension))
        };
        matches!(self.kind, Kind::File { .. }) && extension.is_some_and(of_picture)
    }
}

impl Kind {
    /// Its bytes, if it is a file.
    pub fn size(self) -> Option<u64> {
        match self {
            Self::File { size } => Some(size),
            Self::Folder | Self::Refused(_) => None,
        }
    }
}

impl Refused {
    /// Why this is not sent, as a sentence.
    pub fn sentence(self, name: &PathText) -> String {
        match self {
            Self::DeadLink => {
                format!("{name} is a link that leads nowhere: there is nothing to send")
            }
            Self::FolderLink => {
                format!("{name} is a link to a folder: only links to files are sent")
            }
            Self::NotFile => {
                format!("{name} is not a file: devices, pipes and sockets are not sent")
            }
            Self::Unseen => format!("{name} cannot be looked at: you may not, or it is gone"),
        }
    }
}

/// Whether a name has this in it, whatever the case, and whether or not it has spaces.
pub fn reads_like(name: &str, narrow: &str) -> bool {
    let folded = |text: &str| -> String {
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
    };
    narrow.is_empty() || folded(name).contains(&folded(narrow))
}

/// The names of files of pictures that are shown end so.
const PICTURES: [&str; 7] = ["jpg", "jpeg", "jfif", "png", "webp", "gif", "bmp"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_any_part_of_it_typed_in_one_go() {
        for (name, narrow) in
            [("IMG_2031.JPG", "img_20"), ("My Holiday.png", "myhol"), ("Zoë.txt", "ZOË"), ("a", "")]
        {
            assert!(reads_like(name, narrow), "{narrow:?} in {name:?}");
        }
        assert!(!reads_like("plan.pdf", "plna"));
    }

    #[test]
    fn a_picture_is_looked_for_in_files_that_are_named_so() {
        let entry = |name: &str, kind| Entry {
            name: name.into(),
            text: PathText::of(name),
            kind,
            age: None,
        };
        let file = Kind::File { size: 1 };
        assert!(entry("a.JPG", file).may_be_picture());
        assert!(!entry("a.pdf", file).may_be_picture());
        assert!(!entry("a.jpg", Kind::Folder).may_be_picture());
        assert!(!entry("jpg", file).may_be_picture());
    }
}
