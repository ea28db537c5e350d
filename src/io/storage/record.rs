//! What is known of a part of a file: how much of it is verified, and how much of that outlasts a
//! power cut.
//!
//! Two lines of JSON, each of one length, written at once over what was there before. The first says
//! what is synced; the second, how far it was besides, as long as the machine was not started again:
//! what was written and not synced is there after this program is killed, and perhaps not after a
//! power cut. A disk may tear them apart then, but neither by itself.

use super::Wanted;
use crate::transfer::{Mark, Proposal, Verified};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// How much of a file is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    synced: Synced,
    newest: Option<Newest>,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Synced {
    v: u32,
    mark: Mark,
    /// Of the whole file, in bytes.
    size: u64,
    /// From whom it was taken, and as what.
    consent: Option<Consent>,
    #[serde(flatten)]
    point: Point,
}

/// The second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Newest {
    boot: Boot,
    #[serde(flatten)]
    point: Point,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Point {
    /// In bytes from the file's start.
    offset: u64,
    /// What its digest is made of so far.
    #[serde(with = "hex::serde")]
    state: Vec<u8>,
}

/// The time since the machine was started; of one that does not tell, none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Boot(Option<String>);

/// A sender, and what it calls a file: a digest, so that a part does not tell from whom it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Consent(#[serde(with = "hex::serde")] [u8; 32]);

impl Record {
    /// Of a file that nothing has come of.
    pub fn new(wanted: &Wanted, mark: Mark) -> Self {
        let consent = Consent::of(wanted);
        let (size, point) = (wanted.proposal.size, Point::of(&Verified::default()));
        Self { synced: Synced { v: VERSION, mark, size, consent, point }, newest: None }
    }

    /// What is noted there of a file of this mark and size.
    pub fn read(path: &Path, mark: Mark, size: u64) -> Option<Self> {
        if std::fs::metadata(path).ok()?.len() != RECORD_BYTES as u64 {
            return None;
        }
        let noted = std::fs::read(path).ok()?;
        let (first, second) = noted.split_at_checked(LINE_BYTES)?;
        let synced: Synced = serde_json::from_slice(first).ok()?;
        if (synced.v, synced.mark, synced.size) != (VERSION, mark, size) {
            return None;
        }
        Some(Self { synced, newest: serde_json::from_slice(second).ok() })
    }

    /// Notes it, in one write: it is whole even if this program is killed meanwhile.
    pub fn write(&self, file: &File) -> io::Result<()> {
        let mut noted = line(serde_json::to_vec(&self.synced));
        noted.extend(line(serde_json::to_vec(&self.newest)));
        file.write_all_at(&noted, 0)
    }

    /// How much of it is there.
    pub fn held(&self, boot: &Boot) -> Option<Verified> {
        let newest = self.newest.as_ref().filter(|it| it.boot == *boot && boot.is_known());
        let point = newest.map_or(&self.synced.point, |newest| &newest.point);
        point.decode().filter(|held| held.offset <= self.synced.size)
    }

    /// Whether it was taken from that sender, under that name, before.
    pub fn is_taken_from(&self, wanted: &Wanted) -> bool {
        self.synced.consent.is_some() && self.synced.consent == Consent::of(wanted)
    }

    /// It goes on from there, of this sender.
    pub fn go_on(&mut self, held: &Verified, wanted: &Wanted, boot: &Boot) {
        self.synced.consent = Consent::of(wanted);
        self.reach(held, boot);
    }

    /// So much is written, and verified.
    pub fn reach(&mut self, verified: &Verified, boot: &Boot) {
        self.newest = Some(Newest { boot: boot.clone(), point: Point::of(verified) });
    }

    /// So much is synced.
    pub fn sync(&mut self, verified: &Verified) {
        self.synced.point = Point::of(verified);
    }

    /// What is not synced is lost.
    pub fn fall_back(&mut self) {
        self.newest = None;
    }

    /// How much is synced, in bytes.
    pub fn synced(&self) -> u64 {
        self.synced.point.offset
    }

    /// How much is verified, synced or not.
    pub fn reached(&self) -> Option<Verified> {
        self.newest.as_ref().map_or(&self.synced.point, |newest| &newest.point).decode()
    }
}

impl Point {
    fn of(verified: &Verified) -> Self {
        Self { offset: verified.offset, state: verified.encode() }
    }

    fn decode(&self) -> Option<Verified> {
        Verified::decode(self.offset, &self.state)
    }
}

impl Boot {
    /// This one.
    pub fn now() -> Self {
        let id = std::fs::read_to_string(BOOT_ID).ok();
        Self(id.map(|id| id.trim().to_owned()).filter(|id| (1..=ID_BYTES_MAX).contains(&id.len())))
    }

    /// One of that name.
    #[cfg(test)]
    pub fn of(id: &str) -> Self {
        Self(Some(id.to_owned()))
    }

    fn is_known(&self) -> bool {
        self.0.is_some()
    }
}

impl Consent {
    fn of(wanted: &Wanted) -> Option<Self> {
        let Proposal { name, media_type, executable, .. } = &wanted.proposal;
        let mut hasher = Sha256::new().chain_update(CONSENT_LABEL);
        hasher.update(wanted.from?.0);
        // Neither has a line end.
        hasher.update(format!("{name}\n{}\n{executable}", media_type.as_str()));
        Some(Self(hasher.finalize().into()))
    }
}

fn line(text: serde_json::Result<Vec<u8>>) -> Vec<u8> {
    let mut line = text.expect("a record has no maps");
    line.resize(LINE_BYTES - 1, b' ');
    line.push(b'\n');
    line
}

const VERSION: u32 = 2;
/// More than either line takes, and a sector of a disk.
const LINE_BYTES: usize = 512;
pub(super) const RECORD_BYTES: usize = 2 * LINE_BYTES;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
const ID_BYTES_MAX: usize = 64;
const CONSENT_LABEL: &[u8] = b"peersnap consent 1";

#[cfg(test)]
mod tests {
    use super::super::Sender;
    use super::*;
    use crate::text::FileName;
    use crate::transfer::MediaType;

    const MARK: Mark = Mark([7; 32]);

    fn wanted(name: &str, from: u8) -> Wanted {
        let proposal = Proposal::new(FileName::new(name), MediaType::any(), u64::MAX);
        Wanted { proposal, mark: Some(MARK), from: Some(Sender([from; 32])) }
    }

    fn again(record: &Record) -> Record {
        let file = tempfile::NamedTempFile::new().expect("a file");
        record.write(file.as_file()).expect("room");
        assert_eq!(file.as_file().metadata().expect("facts").len(), RECORD_BYTES as u64);
        Record::read(file.path(), MARK, u64::MAX).expect("it was noted")
    }

    #[test]
    fn what_is_not_synced_counts_until_the_machine_is_started_again() {
        let (first, later) = (Boot::of(&"1".repeat(ID_BYTES_MAX)), Boot::of("2"));
        let mut record = Record::new(&wanted("a", 1), MARK);
        record.sync(&Verified::of(b"synced"));
        record.reach(&Verified::of(b"synced and more"), &first);
        let record = again(&record);
        assert_eq!(record.held(&first), Some(Verified::of(b"synced and more")));
        assert_eq!(record.held(&later), Some(Verified::of(b"synced")));
    }

    #[test]
    fn of_a_machine_that_does_not_tell_when_it_was_started_only_what_is_synced_counts() {
        let mut record = Record::new(&wanted("a", 1), MARK);
        record.sync(&Verified::of(b"synced"));
        record.reach(&Verified::of(b"synced and more"), &Boot(None));
        assert_eq!(again(&record).held(&Boot(None)), Some(Verified::of(b"synced")));
    }

    #[test]
    fn the_longest_record_has_room() {
        let mut record = Record::new(&wanted(&"n".repeat(300), 1), MARK);
        let mut last = Verified::of(&[1; 63]);
        last.offset = u64::MAX;
        record.sync(&last);
        record.reach(&last, &Boot::of(&"x".repeat(ID_BYTES_MAX)));
        for text in [serde_json::to_vec(&record.synced), serde_json::to_vec(&record.newest)] {
            assert!(text.expect("plain").len() < LINE_BYTES);
        }
    }

    #[test]
    fn only_the_same_sender_and_name_were_taken() {
        let record = again(&Record::new(&wanted("a", 1), MARK));
        assert!(record.is_taken_from(&wanted("a", 1)));
        assert!(!record.is_taken_from(&wanted("a", 2)));
        assert!(!record.is_taken_from(&wanted("b", 1)));
        assert!(!record.is_taken_from(&Wanted { from: None, ..wanted("a", 1) }));
    }

    #[test]
    fn this_machine_tells_when_it_was_started() {
        assert!(!cfg!(target_os = "linux") || Boot::now().is_known());
        assert_eq!(Boot::now(), Boot::now());
    }
}
