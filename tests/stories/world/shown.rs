//! What a terminal shows, and has shown: the program's output as a person sees it.

use super::line::Inward;
use super::questions::{Answers, Questions};
use portable_pty::{Child, ExitStatus};
use std::io::Read;
use std::num::NonZeroU16;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Instant;
use vt100::{Parser, Screen};

/// What the terminal shows, and has shown.
pub struct Shown {
    now: Mutex<Now>,
    changed: Condvar,
}

/// The state of it.
pub struct Now {
    /// The screen.
    pub parser: Parser,
    /// Everything that was ever sent.
    pub bytes: Vec<u8>,
    /// All notices that were on the screen.
    pub told: Vec<String>,
    /// When the program last wrote something.
    pub newest: Instant,
    /// Whether the window is closed, and nothing is shown any more.
    pub gone: bool,
    /// Whether nothing of what the program writes is taken.
    pub stalled: bool,
    /// How the program ended.
    pub ended: Option<ExitStatus>,
}

impl Shown {
    /// An empty screen of so many columns and rows.
    pub fn new(size: (u16, u16)) -> Arc<Self> {
        let (columns, rows) = cells(size);
        let now = Now {
            parser: Parser::new(rows, columns, 0),
            bytes: Vec::new(),
            told: Vec::new(),
            newest: Instant::now(),
            gone: false,
            stalled: false,
            ended: None,
        };
        Arc::new(Self { now: Mutex::new(now), changed: Condvar::new() })
    }

    /// What is shown at this moment.
    pub fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something is found, or it never will be: then what is shown.
    pub fn wait<T>(
        &self,
        deadline: Instant,
        look: impl Fn(&Now) -> Option<T>,
    ) -> Result<T, MutexGuard<'_, Now>> {
        let mut now = self.lock();
        loop {
            if let Some(found) = look(&now) {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || now.ended.is_some() {
                return Err(now);
            }
            let waited = self.changed.wait_timeout(now, left);
            now = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes nothing of what the program writes, or goes on to.
    pub fn stall(&self, stalled: bool) {
        self.lock().stalled = stalled;
        self.changed.notify_all();
    }

    /// Shows what the program writes, and answers what it asks, until it has ended.
    pub fn follow(
        &self,
        mut output: Box<dyn Read + Send>,
        line: Inward,
        mut child: Box<dyn Child + Send + Sync>,
    ) {
        let mut buffer = vec![0; 64 * 1024];
        let mut questions = Questions::default();
        // A pty whose program is gone answers with an error.
        while let Ok(length @ 1..) = output.read(&mut buffer) {
            let now = self.changed.wait_while(self.lock(), |now| now.stalled);
            let mut now = now.unwrap_or_else(PoisonError::into_inner);
            if now.gone {
                break;
            }
            now.show(&buffer[..length]);
            self.changed.notify_all();
            drop(now);
            for answer in questions.answer(&buffer[..length], line.answers()) {
                line.answer(answer);
            }
            // A terminal that takes its time over an answer reads no further meanwhile.
            while let Answers::Split(pause) = line.answers()
                && !line.is_idle()
            {
                sleep(pause);
            }
        }
        drop((output, line));
        let ended = child.wait().expect("the program is ours to wait for");
        self.lock().ended = Some(ended);
        self.changed.notify_all();
    }
}

impl Now {
    /// The window has another size.
    pub fn resize(&mut self, size: (u16, u16)) {
        let (columns, rows) = cells(size);
        self.parser.set_size(rows, columns);
    }

    fn show(&mut self, bytes: &[u8]) {
        self.newest = Instant::now();
        self.bytes.extend_from_slice(bytes);
        self.parser.process(bytes);
        let screen = self.parser.screen();
        let rows: Vec<_> = screen.rows(0, screen.size().1.get()).collect();
        for (at, row) in rows.iter().enumerate() {
            let Some(text) = notice(row) else { continue };
            let rest = rows.get(at + 1).and_then(|next| next.strip_prefix("   "));
            let told = format!("{text} {}", rest.unwrap_or_default().trim());
            if self.told.last() != Some(&told) {
                self.told.push(told);
            }
        }
    }
}

/// The text of a row that begins with a notice's mark.
fn notice(row: &str) -> Option<&str> {
    let row = row.trim();
    MARKS.iter().find_map(|mark| row.strip_prefix(mark))
}

/// The text of a screen, with gaps of one space.
pub fn words(screen: &Screen) -> String {
    let text = screen.contents();
    let rows = text.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
    rows.collect::<Vec<_>>().join("\n")
}

fn cells((columns, rows): (u16, u16)) -> (NonZeroU16, NonZeroU16) {
    let number = |n| NonZeroU16::new(n).expect("a terminal has rows and columns");
    (number(columns), number(rows))
}

/// Where the trail is in a window of 80 columns.
pub const TRAIL: Range<u16> = 51..80;
/// Of notices: good, so, bad.
const MARKS: [&str; 3] = ["✓ ", "· ", "! "];
