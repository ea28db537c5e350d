//! The history: what was sent and received, in the state folder, for the next run.
//!
//! A file of JSON lines, its owner's alone. A line tells all of one record; of several lines with the
//! same number the last one holds. Lines are added whole, behind a lock, so that programs that share
//! the folder keep each other's; when the file has grown, the newest records of it are written anew
//! and put in its place. No words of a room are in it, and no keys.
//!
//! What is read is taken for nobody's word: each line is parsed into types that cannot be wrong, or
//! left out, and no more of it is kept than [`RECORDS_MAX`].

use crate::app::{ConnectionId, Fault, Recalled, Receipt, ReceiptState, Record, RecordId};
use crate::text::{FileName, SafeText};
use crate::transfer::{Dimensions, Direction, MediaType, Proposal, Reason};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where what was is remembered.
#[derive(Debug)]
pub struct History {
    /// The state folder, if there is one.
    folder: Option<PathBuf>,
    /// What is to be written, in this order.
    unwritten: Mutex<VecDeque<Record>>,
    /// One writes at a time.
    turn: Mutex<()>,
}

impl History {
    /// That of this folder; without one nothing is remembered.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, unwritten: Mutex::default(), turn: Mutex::default() }
    }

    /// Takes a record that [`History::write`] will write.
    pub fn push(&self, record: Record) {
        let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        if self.folder.is_none() {
            return;
        }
        if unwritten.len() >= UNWRITTEN_MAX {
            tracing::warn!("the history is not written in time: something is left out");
            unwritten.pop_front();
        }
        unwritten.push_back(record);
    }

    /// Writes what was taken so far.
    pub fn write(&self) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = &self.folder else { return };
        let records: Vec<_> = {
            let mut unwritten = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner);
            unwritten.drain(..).collect()
        };
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let lines: String = records.iter().map(|record| Line::of(record, at).text()).collect();
        if !lines.is_empty()
            && let Err(error) = add(folder, &lines)
        {
            tracing::warn!(%error, "the history is not written");
        }
    }

    /// What is remembered, newest first. A file that is gone or has changed is not said to lie
    /// anywhere.
    pub fn recall(&self) -> Vec<Recalled> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let text = match read(&folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                tracing::warn!(%error, "the history is not read");
                return Vec::new();
            }
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let recalled = parse(&text).into_iter().rev().filter_map(|line| line.recalled(now));
        recalled.map(still_there).collect()
    }
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    v: u32,
    /// In seconds since 1970.
    at: u64,
    run: String,
    number: u64,
    way: Way,
    name: FileName,
    media_type: MediaType,
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dimensions: Option<Dimensions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    people: Vec<Person>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Person {
    name: SafeText,
    id: String,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Out,
    In,
}

/// How it ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Waiting,
    Delivered,
    Received,
    Declined,
    Stopped,
    Lost,
    CutOff,
    RoomLeft,
    TooLarge,
    Busy,
    DiskFull,
    Storage,
    Digest,
    Changed,
}

impl Line {
    fn of(record: &Record, at: u64) -> Self {
        let Proposal { name, media_type, size, dimensions, files, .. } = record.proposal.clone();
        let RecordId { run, number } = record.id;
        let person = |receipt: &Receipt| Person {
            name: receipt.name.clone(),
            id: receipt.id.clone(),
            end: End::of(receipt.state, record.direction),
        };
        Self {
            v: VERSION,
            at,
            run: format!("{run:016x}"),
            number,
            way: match record.direction {
                Direction::Outgoing => Way::Out,
                Direction::Incoming => Way::In,
            },
            name,
            media_type,
            size,
            dimensions,
            files,
            // What is no text cannot be written here; it lies there all the same.
            path: record.path.clone().filter(|path| path.to_str().is_some()),
            people: record.receipts.iter().take(PEOPLE_MAX).map(person).collect(),
        }
    }

    fn text(&self) -> String {
        serde_json::to_string(self).map_or_else(|_| String::new(), |line| line + "\n")
    }

    /// A line as it is read, if it is one that this program could have written.
    fn read(text: &[u8]) -> Option<Self> {
        if text.len() > LINE_BYTES_MAX {
            return None;
        }
        let line: Self = serde_json::from_slice(text).ok()?;
        let is_run = line.run.len() == 16 && u64::from_str_radix(&line.run, 16).is_ok();
        let known = |person: &Person| is_fingerprint(&person.id);
        let people = line.people.len() <= PEOPLE_MAX && line.people.iter().all(known);
        (line.v == VERSION && is_run && people).then_some(line)
    }

    fn id(&self) -> Option<RecordId> {
        let run = u64::from_str_radix(&self.run, 16).ok()?;
        Some(RecordId { run, number: self.number })
    }

    fn recalled(self, now: u64) -> Option<Recalled> {
        let id = self.id()?;
        let proposal = Proposal {
            dimensions: self.dimensions,
            files: self.files,
            ..Proposal::new(self.name, self.media_type, self.size)
        };
        let receipt = |Person { name, id, end }: Person| {
            let connection: Option<ConnectionId> = None;
            Receipt { connection, name, id, state: end.state() }
        };
        let direction = match self.way {
            Way::Out => Direction::Outgoing,
            Way::In => Direction::Incoming,
        };
        let receipts = self.people.into_iter().map(receipt).collect();
        let record = Record { id, direction, proposal, path: self.path, receipts };
        // A clock that was set back makes nothing of the future.
        Some(Recalled { record, age: Duration::from_secs(now.saturating_sub(self.at)) })
    }
}

impl End {
    fn of(state: ReceiptState, direction: Direction) -> Self {
        match state {
            ReceiptState::Waiting | ReceiptState::Underway => Self::Waiting,
            ReceiptState::Delivered if direction == Direction::Incoming => Self::Received,
            ReceiptState::Delivered => Self::Delivered,
            ReceiptState::Failed(fault) => match fault {
                Fault::Declined => Self::Declined,
                Fault::Stopped | Fault::Failed(Reason::Person) => Self::Stopped,
                Fault::Lost => Self::Lost,
                Fault::CutOff => Self::CutOff,
                Fault::RoomLeft => Self::RoomLeft,
                Fault::Failed(Reason::TooLarge) => Self::TooLarge,
                Fault::Failed(Reason::Busy) => Self::Busy,
                Fault::Failed(Reason::DiskFull) => Self::DiskFull,
                Fault::Failed(Reason::Storage) => Self::Storage,
                Fault::Failed(Reason::Digest) => Self::Digest,
                Fault::Failed(Reason::Changed) => Self::Changed,
            },
        }
    }

    fn state(self) -> ReceiptState {
        let fault = match self {
            Self::Waiting => return ReceiptState::Waiting,
            Self::Delivered | Self::Received => return ReceiptState::Delivered,
            Self::Declined => Fault::Declined,
            Self::Stopped => Fault::Stopped,
            Self::Lost => Fault::Lost,
            Self::CutOff => Fault::CutOff,
            Self::RoomLeft => Fault::RoomLeft,
            Self::TooLarge => Fault::Failed(Reason::TooLarge),
            Self::Busy => Fault::Failed(Reason::Busy),
            Self::DiskFull => Fault::Failed(Reason::DiskFull),
            Self::Storage => Fault::Failed(Reason::Storage),
            Self::Digest => Fault::Failed(Reason::Digest),
            Self::Changed => Fault::Failed(Reason::Changed),
        };
        ReceiptState::Failed(fault)
    }
}

/// `mvq3-2hqa-c6ud-7dfk`, or nothing, of somebody who did not say.
fn is_fingerprint(text: &str) -> bool {
    let of_it = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= FINGERPRINT_BYTES_MAX && text.bytes().all(of_it)
}

/// The records of a file, oldest first: each as it was told last.
fn parse(text: &[u8]) -> Vec<Line> {
    let mut last: HashMap<RecordId, usize> = HashMap::new();
    let mut lines: Vec<Option<Line>> = Vec::new();
    let mut damaged = 0;
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line = Line::read(line);
        let Some(id) = line.as_ref().and_then(Line::id) else {
            damaged += 1;
            continue;
        };
        if let Some(before) = last.insert(id, lines.len()) {
            lines[before] = None;
        }
        lines.push(line);
    }
    if damaged > 0 {
        tracing::warn!(damaged, "lines of the history cannot be read, and are left out");
    }
    let all: Vec<_> = lines.into_iter().flatten().collect();
    let first = all.len().saturating_sub(RECORDS_MAX);
    all.into_iter().skip(first).collect()
}

/// The end of the file, as much of it as is ever read, from the start of a line.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let skipped = length.saturating_sub(READ_BYTES_MAX);
    file.seek(SeekFrom::Start(skipped))?;
    let mut text = Vec::new();
    file.take(READ_BYTES_MAX).read_to_end(&mut text)?;
    if skipped > 0 {
        let begin = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
        text.drain(..begin);
    }
    Ok(text)
}

/// Adds whole lines, and makes the file small again if it has grown.
fn add(folder: &Path, lines: &str) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let lock = private(OpenOptions::new().create(true).append(true)).open(folder.join(LOCK))?;
    // Held until it is closed.
    lock.lock()?;
    let path = folder.join(FILE);
    let mut options = OpenOptions::new();
    let mut file = private(options.create(true).read(true).append(true)).open(&path)?;
    let length = file.metadata()?.len();
    // A line that was cut in the middle, as by a loss of power, takes no other with it.
    let whole = length == 0 || {
        let mut last = [0];
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
        last == [b'\n']
    };
    let lines = if whole { lines.to_owned() } else { format!("\n{lines}") };
    file.write_all(lines.as_bytes())?;
    if length + lines.len() as u64 > FILE_BYTES_MAX {
        shrink(folder, &path)?;
    }
    Ok(())
}

/// Puts a file in the place of this one that has its newest records alone.
fn shrink(folder: &Path, path: &Path) -> io::Result<()> {
    let mut kept = Vec::new();
    let mut bytes = 0;
    for line in parse(&read(path)?).into_iter().rev() {
        let text = line.text();
        bytes += text.len() as u64;
        if bytes > FILE_BYTES_MAX / 2 {
            break;
        }
        kept.push(text);
    }
    // A temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    for line in kept.iter().rev() {
        file.write_all(line.as_bytes())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Nobody else may read what is made.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Without the place of a file that does not lie there any more as it was.
fn still_there(mut recalled: Recalled) -> Recalled {
    let Proposal { size, files, .. } = recalled.record.proposal;
    recalled.record.path = recalled.record.path.take().filter(|path| {
        // Whether a folder has changed takes long to see; when it is sent, it is seen.
        let is_it = |facts: std::fs::Metadata| match files {
            Some(_) => facts.is_dir(),
            None => facts.is_file() && facts.len() == size,
        };
        path.is_absolute() && std::fs::metadata(path).is_ok_and(is_it)
    });
    recalled
}

const FILE: &str = "history.jsonl";
const LOCK: &str = "history.lock";
const VERSION: u32 = 1;
/// More than anybody looks through.
const RECORDS_MAX: usize = 500;
/// As many as the app keeps of one file.
const PEOPLE_MAX: usize = 64;
/// A line with as many people as there may be is shorter.
const LINE_BYTES_MAX: usize = 32 * 1024;
/// A file that is longer is written anew, half as long at most.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// A file that grew by somebody else's hand is not read whole.
const READ_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Of a disk that does not keep up.
const UNWRITTEN_MAX: usize = 1024;
const FINGERPRINT_BYTES_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn record(run: u64, number: u64, state: ReceiptState) -> Record {
        let id = "mvq3-2hqa-c6ud-7dfk".to_owned();
        let receipt = Receipt { connection: None, name: SafeText::new("Zoë"), id, state };
        Record {
            id: RecordId { run, number },
            direction: Direction::Outgoing,
            proposal: Proposal::new(FileName::new("a.jpg"), MediaType::jpeg(), 3),
            path: None,
            receipts: vec![receipt],
        }
    }

    fn keep(history: &History, record: Record) {
        history.push(record);
        history.write();
    }

    #[test]
    fn what_was_is_recalled_newest_first_and_as_it_was_told_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = || History::new(Some(folder.path().join("state")));
        assert_eq!(history().recall(), []);
        keep(&history(), record(1, 1, ReceiptState::Underway));
        keep(&history(), record(1, 2, ReceiptState::Underway));
        keep(&history(), record(2, 1, ReceiptState::Failed(Fault::Declined)));
        keep(&history(), record(1, 1, ReceiptState::Delivered));
        let recalled = history().recall();
        let states = [
            (1, 1, ReceiptState::Delivered),
            (2, 1, ReceiptState::Failed(Fault::Declined)),
            (1, 2, ReceiptState::Waiting),
        ];
        let expected = states.map(|(run, number, state)| record(run, number, state));
        let records: Vec<_> = recalled.iter().map(|it| it.record.clone()).collect();
        assert_eq!(records, expected);
        assert!(recalled.iter().all(|it| it.age < Duration::from_mins(1)));
    }

    #[test]
    fn a_file_is_where_it_was_only_as_long_as_it_is_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = History::new(Some(folder.path().to_owned()));
        let path = folder.path().join("a.jpg");
        let told = Record { path: Some(path.clone()), ..record(1, 1, ReceiptState::Delivered) };
        keep(&history, told);
        let lies = || history.recall()[0].record.path.clone();
        assert_eq!(lies(), None, "there is none");
        std::fs::write(&path, "abc").expect("written");
        assert_eq!(lies(), Some(path.clone()));
        std::fs::write(&path, "abcd").expect("written");
        assert_eq!(lies(), None, "it is another");
    }

    #[test]
    fn a_damaged_line_is_left_out_and_takes_no_other_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = History::new(Some(folder.path().to_owned()));
        keep(&history, record(1, 1, ReceiptState::Delivered));
        let path = folder.path().join(FILE);
        let mut file = OpenOptions::new().append(true).open(&path).expect("there");
        file.write_all(b"{\"v\":1,\"at\":17").expect("written");
        keep(&history, record(1, 2, ReceiptState::Delivered));
        let numbers: Vec<_> = history.recall().iter().map(|it| it.record.id.number).collect();
        assert_eq!(numbers, [2, 1]);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_older_or_newer_than_now() {
        let line = Line::of(&record(1, 1, ReceiptState::Delivered), 2_000_000_000);
        let recalled = line.recalled(1_000_000_000).expect("a record");
        assert_eq!(recalled.age, Duration::ZERO);
    }

    #[test]
    fn programs_that_share_it_keep_each_others_and_it_stays_small_and_private() {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let program = |run: u64| {
            let folder = folder.clone();
            std::thread::spawn(move || {
                let history = History::new(Some(folder.path().to_owned()));
                for number in 0..2000 {
                    history.push(record(run, number, ReceiptState::Delivered));
                    if number % 50 == 49 {
                        history.write();
                    }
                }
            })
        };
        let programs: Vec<_> = (0..4).map(program).collect();
        for program in programs {
            program.join().expect("no panic");
        }
        let history = History::new(Some(folder.path().to_owned()));
        let last = (0..4).map(|run| record(run, 9999, ReceiptState::Delivered));
        last.for_each(|record| keep(&history, record));
        let recalled = history.recall();
        assert_eq!(recalled.len(), RECORDS_MAX);
        assert!(recalled.iter().take(4).all(|it| it.record.id.number == 9999));
        let facts = std::fs::metadata(folder.path().join(FILE)).expect("there");
        assert!(facts.len() <= FILE_BYTES_MAX, "{} bytes", facts.len());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(facts.permissions().mode() & 0o077, 0);
        }
    }

    #[test]
    fn without_a_folder_there_is_no_history() {
        let history = History::new(None);
        keep(&history, record(1, 1, ReceiptState::Delivered));
        assert_eq!(history.recall(), []);
    }

    fn states() -> impl Strategy<Value = ReceiptState> {
        let fault = prop_oneof![
            Just(Fault::Declined),
            Just(Fault::Stopped),
            Just(Fault::Lost),
            Just(Fault::CutOff),
            Just(Fault::RoomLeft),
            Just(Fault::Failed(Reason::DiskFull)),
            Just(Fault::Failed(Reason::Digest)),
        ];
        prop_oneof![
            Just(ReceiptState::Waiting),
            Just(ReceiptState::Delivered),
            fault.prop_map(ReceiptState::Failed),
        ]
    }

    proptest! {
        #[test]
        fn a_line_is_read_as_it_was_written(
            (run, number, at, size) in any::<(u64, u64, u64, u64)>(),
            name in "\\PC*", person in "\\PC*", path in "/[a-z]{1,9}", state in states(),
        ) {
            let mut written = record(run, number, state);
            written.proposal.name = FileName::new(&name);
            written.proposal.size = size;
            written.path = Some(path.into());
            written.receipts[0].name = SafeText::new(&person);
            let text = Line::of(&written, at).text();
            let lines = parse(text.as_bytes());
            prop_assert_eq!(lines.len(), 1);
            let recalled = lines[0].clone().recalled(at).expect("a record");
            prop_assert_eq!(recalled, Recalled { record: written, age: Duration::ZERO });
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn no_change_of_a_line_panics(at in 0..400_usize, to in any::<u8>()) {
            let mut line = Line::of(&record(1, 1, ReceiptState::Delivered), 7).text().into_bytes();
            let at = at % line.len();
            line[at] = to;
            for line in parse(&line) {
                let _ = line.recalled(0);
            }
        }
    }
}
