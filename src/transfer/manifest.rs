//! What is in a folder: the head of its stream of bytes, and the map of the rest.
//!
//! A folder crosses as one transfer does, of one size and with one digest. Its bytes are
//!
//! ```text
//! length      4 bytes, big-endian: of the text
//! text        UTF-8, a line of JSON for each entry, each with its end
//! files       the bytes of each file, one after the other, in the order of the text
//! ```
//!
//! ```text
//! {"path":"docs/a.txt","size":12,"modified":1700000000}
//! {"path":"run.sh","size":3,"modified":1700000000,"executable":true}
//! {"path":"with nothing in it"}
//! ```
//! What has no size is a folder; only those are told that have nothing in them. Entries stand in the
//! order of their names, folder by folder, so that none comes twice and no file is where a folder is.
//! Fields that are not known are passed over.
//!
//! Pure: it opens nothing. Who sends it may be hostile: whatever cannot be in a folder is refused
//! as a whole, before anything of it is written.

use super::message::Proposal;
use crate::text::EntryName;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// What is in a folder, and where in its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    head: Bytes,
    entries: Vec<Entry>,
    /// For each entry, where the stream has all of it.
    ends: Vec<u64>,
    files: u32,
}

/// A file in a folder, or an empty folder in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: EntryPath,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File {
        /// In bytes.
        size: u64,
        /// When it was changed last, in seconds since 1970, if that is told.
        modified: Option<i64>,
        /// Whether it is a program, which its owner may run.
        executable: bool,
    },
    /// A folder with nothing in it.
    Folder,
}

/// Where an entry is in its folder: names with `/` between them.
///
/// Its order is that of its names, one after the other, so that all that is in a folder stands
/// together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntryPath(String);

/// What stands at an offset of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The head.
    Head,
    /// A file.
    File {
        /// Which of the entries.
        entry: usize,
        /// In bytes from the file's start.
        within: u64,
    },
    /// Nothing any more.
    End,
}

/// Why this is not what is in a folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Longer than [`HEAD_BYTES_MAX`].
    #[error("the names in it are too many to be told")]
    Long,
    /// Not of the format.
    #[error("what is said of a folder cannot be read")]
    Malformed,
    /// More entries than [`ENTRIES_MAX`].
    #[error("there are more than {ENTRIES_MAX} files in it")]
    Many,
    /// A name that is none on every system, or a path that is too long or too deep.
    #[error("a name in it cannot be")]
    Path,
    /// Out of order, twice, or a file where a folder is.
    #[error("two things in it have one name")]
    Order,
    /// Larger than anything.
    #[error("it is larger than can be told")]
    Size,
}

impl Manifest {
    /// Of a folder in which these are.
    pub fn new(mut entries: Vec<Entry>) -> Result<Self, ManifestError> {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let mut head = vec![0; LENGTH_BYTES];
        for entry in &entries {
            serde_json::to_writer(&mut head, &Line::of(entry)).expect("lines have no maps");
            head.push(b'\n');
            if head.len() > HEAD_BYTES_MAX {
                return Err(ManifestError::Long);
            }
        }
        let length = (head.len() - LENGTH_BYTES) as u32;
        head[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        Self::of(head.into(), entries)
    }

    /// How long a head is that begins so, its first bytes included; none if that is too long.
    pub fn head_bytes(start: [u8; LENGTH_BYTES]) -> Option<usize> {
        let length = usize::try_from(u32::from_be_bytes(start)).ok()?;
        length.checked_add(LENGTH_BYTES).filter(|all| *all <= HEAD_BYTES_MAX)
    }

    /// Reads a whole head.
    pub fn parse(head: Bytes) -> Result<Self, ManifestError> {
        let start = head.first_chunk().ok_or(ManifestError::Malformed)?;
        if Self::head_bytes(*start).ok_or(ManifestError::Long)? != head.len() {
            return Err(ManifestError::Malformed);
        }
        let text = std::str::from_utf8(&head[LENGTH_BYTES..]);
        let text = text.map_err(|_| ManifestError::Malformed)?;
        let mut entries = Vec::new();
        for line in text.split_inclusive('\n') {
            if entries.len() == ENTRIES_MAX {
                return Err(ManifestError::Many);
            }
            let line = line.strip_suffix('\n').ok_or(ManifestError::Malformed)?;
            let line: Line = serde_json::from_str(line).map_err(|_| ManifestError::Malformed)?;
            entries.push(line.entry()?);
        }
        Self::of(head, entries)
    }

    fn of(head: Bytes, entries: Vec<Entry>) -> Result<Self, ManifestError> {
        if entries.len() > ENTRIES_MAX {
            return Err(ManifestError::Many);
        }
        let follows = |pair: &[Entry]| pair[0].path < pair[1].path && !pair[1].is_in(&pair[0]);
        if !entries.windows(2).all(follows) {
            return Err(ManifestError::Order);
        }
        let (mut end, mut ends, mut files) = (head.len() as u64, Vec::new(), 0);
        for entry in &entries {
            if let Kind::File { size, .. } = entry.kind {
                end = end.checked_add(size).ok_or(ManifestError::Size)?;
                files += 1;
            }
            ends.push(end);
        }
        Ok(Self { head, entries, ends, files })
    }

    /// What the stream begins with.
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// All that is in it, in the order of the stream.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many files there are.
    pub fn files(&self) -> u32 {
        self.files
    }

    /// Of the stream, head and files, in bytes.
    pub fn size(&self) -> u64 {
        self.ends.last().copied().unwrap_or(self.head.len() as u64)
    }

    /// Whether this is what was proposed.
    pub fn is_of(&self, proposal: &Proposal) -> bool {
        (self.size(), Some(self.files)) == (proposal.size, proposal.files)
    }

    /// What stands at an offset.
    pub fn at(&self, offset: u64) -> Place {
        if offset < self.head.len() as u64 {
            return Place::Head;
        }
        // What has no bytes stands nowhere: the first that ends behind the offset has some.
        let entry = self.ends.partition_point(|end| *end <= offset);
        match self.entries.get(entry).map(|entry| entry.kind) {
            Some(Kind::File { size, .. }) => {
                Place::File { entry, within: offset - (self.ends[entry] - size) }
            }
            Some(Kind::Folder) | None => Place::End,
        }
    }
}

impl Entry {
    /// Whether it is inside of what another is said to be.
    fn is_in(&self, other: &Self) -> bool {
        let rest = self.path.0.strip_prefix(&other.path.0);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }
}

impl Kind {
    /// In bytes of the stream.
    pub fn size(self) -> u64 {
        match self {
            Self::File { size, .. } => size,
            Self::Folder => 0,
        }
    }
}

impl EntryPath {
    /// A path of names; none if it is too long or too deep, or has no name.
    pub fn new(names: &[EntryName]) -> Option<Self> {
        let names: Vec<_> = names.iter().map(EntryName::as_str).collect();
        let path = names.join("/");
        let fits = (1..=DEPTH_MAX).contains(&names.len()) && path.len() <= PATH_BYTES_MAX;
        fits.then_some(Self(path))
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > PATH_BYTES_MAX {
            return None;
        }
        let names: Option<Vec<_>> = text.split('/').map(EntryName::parse).collect();
        Self::new(&names?)
    }

    /// Its names, the last one its own.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The folder that it is in, if that is not the one that crosses, and its own name.
    pub fn split(&self) -> (Option<&str>, &str) {
        match self.0.rsplit_once('/') {
            Some((folder, name)) => (Some(folder), name),
            None => (None, &self.0),
        }
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for EntryPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.names().cmp(other.names())
    }
}

impl PartialOrd for EntryPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A line of the text.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    executable: bool,
}

impl Line {
    fn of(entry: &Entry) -> Self {
        let path = entry.path.0.clone();
        match entry.kind {
            Kind::File { size, modified, executable } => {
                Self { path, size: Some(size), modified, executable }
            }
            Kind::Folder => Self { path, size: None, modified: None, executable: false },
        }
    }

    fn entry(self) -> Result<Entry, ManifestError> {
        let path = EntryPath::parse(&self.path).ok_or(ManifestError::Path)?;
        let Self { modified, executable, .. } = self;
        let file = |size| Kind::File { size, modified, executable };
        Ok(Entry { path, kind: self.size.map_or(Kind::Folder, file) })
    }
}

/// As many files, and empty folders, are in one that crosses.
pub const ENTRIES_MAX: usize = 100_000;
/// The longest head, in bytes.
pub const HEAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// As many names has a path.
pub const DEPTH_MAX: usize = 32;
/// The longest path, in bytes.
pub const PATH_BYTES_MAX: usize = 1024;
/// Of the length that a head begins with.
pub const LENGTH_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileName;
    use crate::transfer::MediaType;
    use proptest::prelude::*;

    fn path(text: &str) -> EntryPath {
        EntryPath::parse(text).expect("a path")
    }

    fn file(at: &str, size: u64) -> Entry {
        let kind = Kind::File { size, modified: Some(17), executable: false };
        Entry { path: path(at), kind }
    }

    fn folder(at: &str) -> Entry {
        Entry { path: path(at), kind: Kind::Folder }
    }

    /// A head of this text.
    fn head(text: &str) -> Bytes {
        [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat().into()
    }

    fn refused(text: &str) -> ManifestError {
        Manifest::parse(head(text)).expect_err(text)
    }

    #[test]
    fn what_a_head_looks_like_is_a_promise() {
        let run = Kind::File { size: 3, modified: None, executable: true };
        let run = Entry { path: path("run.sh"), kind: run };
        let manifest = Manifest::new(vec![folder("empty"), run, file("docs/.a b", 12)]);
        let manifest = manifest.expect("a folder");
        let text = concat!(
            "{\"path\":\"docs/.a b\",\"size\":12,\"modified\":17}\n",
            "{\"path\":\"empty\"}\n",
            "{\"path\":\"run.sh\",\"size\":3,\"executable\":true}\n",
        );
        assert_eq!(*manifest.head(), head(text));
        assert_eq!((manifest.files(), manifest.size()), (2, 4 + text.len() as u64 + 15));
        assert_eq!(Manifest::parse(head(text)), Ok(manifest));
    }

    #[test]
    fn a_folder_in_which_nothing_is_has_a_head_too() {
        let manifest = Manifest::new(Vec::new()).expect("a folder");
        assert_eq!(manifest.head()[..], [0; 4]);
        assert_eq!((manifest.at(3), manifest.at(4)), (Place::Head, Place::End));
        assert_eq!(Manifest::parse(head("")), Ok(manifest));
    }

    #[test]
    fn it_is_known_which_file_an_offset_is_in_also_where_some_are_empty() {
        let entries = ["a", "b/c", "b/d", "e"].iter().zip([0, 5, 0, 2]);
        let entries: Vec<_> = entries.map(|(at, size)| file(at, size)).collect();
        let manifest = Manifest::new([entries, vec![folder("b/x"), folder("z")]].concat());
        let manifest = manifest.expect("a folder");
        let at = |offset: u64| manifest.at(manifest.head().len() as u64 + offset);
        assert_eq!(manifest.at(0), Place::Head);
        assert_eq!(at(0), Place::File { entry: 1, within: 0 });
        assert_eq!(at(4), Place::File { entry: 1, within: 4 });
        assert_eq!(at(5), Place::File { entry: 4, within: 0 });
        assert_eq!((at(7), at(u64::MAX / 2)), (Place::End, Place::End));
    }

    #[test]
    fn no_name_leads_out_of_the_folder_and_none_is_a_trap() {
        for path in [
            "..",
            ".",
            "",
            "/a",
            "a/",
            "a//b",
            "a/../b",
            "../a",
            "a\\b",
            "a/./b",
            "C:/a",
            "nul",
            "a/con.txt",
            "a\u{202e}b",
            "-rf",
            "a.",
            " a",
            "a\u{0}",
            "...",
        ] {
            let line = serde_json::json!({ "path": path, "size": 1 });
            assert_eq!(refused(&format!("{line}\n")), ManifestError::Path, "{path:?}");
        }
        let deep = |depth: usize| format!("{{\"path\":\"{}\"}}\n", vec!["a"; depth].join("/"));
        assert!(Manifest::parse(head(&deep(DEPTH_MAX))).is_ok());
        assert_eq!(refused(&deep(DEPTH_MAX + 1)), ManifestError::Path);
        let long = |bytes: usize| {
            let names = vec!["x".repeat(127); 8].join("/");
            format!("{{\"path\":\"{names}{}\"}}\n", "y".repeat(bytes - names.len()))
        };
        assert!(Manifest::parse(head(&long(PATH_BYTES_MAX))).is_ok());
        assert_eq!(refused(&long(PATH_BYTES_MAX + 1)), ManifestError::Path);
    }

    #[test]
    fn nothing_is_there_twice_and_no_file_is_where_a_folder_is() {
        for lines in [
            &["a", "a"][..],
            &["b", "a"],
            &["a", "a/b"],
            &["a", "a/b", "a-b"],
            &["a/b", "a"],
            &["x/a", "x/a/b/c"],
        ] {
            let line = |path| format!("{{\"path\":\"{path}\",\"size\":1}}\n");
            let text = lines.iter().map(line).collect::<Vec<_>>().concat();
            assert_eq!(refused(&text), ManifestError::Order, "{lines:?}");
        }
        // By its names one after the other: what is in a folder stands together.
        assert!(path("a/b") < path("a-b") && path("a") < path("a/b"));
        assert!(Manifest::new(vec![file("a-b", 1), file("a/b", 1)]).is_ok());
    }

    #[test]
    fn what_cannot_be_told_or_was_not_proposed_is_refused() {
        for text in ["{}\n", "{\"path\":\"a\",\"size\":-1}\n", "[]\n", "\n", "{\"path\":\"a\"}"] {
            assert_eq!(refused(text), ManifestError::Malformed, "{text}");
        }
        assert_eq!(Manifest::parse(Bytes::new()), Err(ManifestError::Malformed));
        let cut = head("{\"path\":\"a\"}\n");
        assert_eq!(Manifest::parse(cut.slice(..9)), Err(ManifestError::Malformed));
        let longest = (HEAD_BYTES_MAX - LENGTH_BYTES) as u32;
        assert_eq!(Manifest::head_bytes(longest.to_be_bytes()), Some(HEAD_BYTES_MAX));
        assert_eq!(Manifest::head_bytes((longest + 1).to_be_bytes()), None);
        let two =
            format!("{{\"path\":\"a\",\"size\":{}}}\n{{\"path\":\"b\",\"size\":1}}\n", u64::MAX);
        assert_eq!(refused(&two), ManifestError::Size);
        let many = (0..=ENTRIES_MAX).map(|at| format!("{{\"path\":\"{at}\"}}\n"));
        assert_eq!(refused(&many.collect::<Vec<_>>().concat()), ManifestError::Many);
        let manifest = Manifest::new(vec![file("a", 7)]).expect("a folder");
        let size = manifest.size();
        for (size, files, is_of) in [
            (size, Some(1), true),
            (size + 1, Some(1), false),
            (size, Some(2), false),
            (size, None, false),
        ] {
            let proposal = Proposal::new(FileName::new("a"), MediaType::any(), size);
            assert_eq!(manifest.is_of(&Proposal { files, ..proposal }), is_of);
        }
    }

    #[test]
    fn fields_that_are_not_known_are_passed_over() {
        let manifest = Manifest::parse(head("{\"later\":[1],\"size\":7,\"path\":\"a\"}\n"));
        let kind = Kind::File { size: 7, modified: None, executable: false };
        assert_eq!(manifest.expect("a folder").entries(), [Entry { path: path("a"), kind }]);
    }

    fn some_entry() -> impl Strategy<Value = Entry> {
        let names = prop::collection::vec("\\.?[a-d ]{0,3}(\\.[a-z]{1,3})?", 1..4);
        let kind = prop_oneof![
            Just(Kind::Folder),
            (0..20_u64, any::<Option<i64>>(), any::<bool>())
                .prop_map(|(size, modified, executable)| Kind::File { size, modified, executable }),
        ];
        (names, kind).prop_map(|(names, kind)| {
            let names: Vec<_> = names.iter().map(|name| EntryName::new(name)).collect();
            Entry { path: EntryPath::new(&names).expect("short"), kind }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_each_byte_is_of_one_file(
            entries in prop::collection::vec(some_entry(), 0..12),
        ) {
            let Ok(manifest) = Manifest::new(entries) else { return Ok(()) };
            prop_assert_eq!(Manifest::parse(manifest.head().clone()), Ok(manifest.clone()));
            let mut counted = vec![0; manifest.entries().len()];
            for offset in manifest.head().len() as u64..manifest.size() {
                let Place::File { entry, within } = manifest.at(offset) else {
                    panic!("nothing at {offset}")
                };
                prop_assert_eq!(within, counted[entry]);
                counted[entry] += 1;
            }
            for (entry, counted) in manifest.entries().iter().zip(counted) {
                prop_assert_eq!(entry.kind.size(), counted);
            }
            prop_assert_eq!(manifest.at(manifest.size()), Place::End);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::parse(bytes.into());
        }
    }
}
