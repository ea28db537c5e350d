//! The terminal's device: its size and modes, reading it, and writing as much as it takes.
//!
//! Written to through a description of its own, so that it can be one that never blocks: standard
//! output's is the shell's too.

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr, ttyname,
};
use std::io::{self, Read, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::time::Instant;

/// The device.
#[derive(Debug)]
pub struct Tty {
    output: Output,
}

#[derive(Debug)]
enum Output {
    /// A description of our own, which does not block.
    Own(OwnedFd),
    /// Standard output itself, where there is no other way.
    Standard,
}

/// What has happened while waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ready {
    /// There is something to read, or the terminal is gone.
    pub input: bool,
    /// More can be written.
    pub output: bool,
    /// Somebody else has called.
    pub call: bool,
}

/// Whether it is waited for until more can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It is.
    Wanted,
    /// There is nothing to write.
    Idle,
}

/// Whether keys are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadKeys {
    /// They are.
    Wanted,
    /// There are enough of them.
    Enough,
}

impl Tty {
    /// The one that standard output leads to.
    pub fn open() -> Self {
        let name = ttyname(stdout(), Vec::new());
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let own = name.and_then(|name| rustix::fs::open(name, flags, Mode::empty()));
        let output = match own {
            Ok(own) => Output::Own(own),
            Err(error) => {
                tracing::info!(%error, "writing to standard output itself");
                Output::Standard
            }
        };
        Self { output }
    }

    /// Writes as much as is taken at once; 0 when nothing is.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(self.output(), bytes) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(0),
                written => return Ok(written?),
            }
        }
    }

    /// Throws away what was written, and not taken.
    pub fn discard_output(&self) {
        let _ = tcflush(self.output(), QueueSelector::OFlush);
    }

    /// Waits until something can be done, somebody calls, or this time has come.
    pub fn wait(
        &self,
        keys: ReadKeys,
        write: Write,
        calls: BorrowedFd<'_>,
        until: Option<Instant>,
    ) -> io::Result<Ready> {
        let stdin = stdin();
        let input = if keys == ReadKeys::Wanted { PollFlags::IN } else { PollFlags::empty() };
        let output = if write == Write::Wanted { PollFlags::OUT } else { PollFlags::empty() };
        let mut polled = [
            PollFd::from_borrowed_fd(stdin.as_fd(), input),
            PollFd::from_borrowed_fd(calls, PollFlags::IN),
            PollFd::from_borrowed_fd(self.output(), output),
        ];
        // A device that is gone is ready at all times: it is asked about only where that is heard.
        let asked = if write == Write::Wanted { 3 } else { 2 };
        let timeout = until.map(|until| {
            let left = until.saturating_duration_since(Instant::now());
            Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() }
        });
        match poll(&mut polled[..asked], timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let is = |at: usize| !polled[at].revents().is_empty();
        Ok(Ready { input: is(0), call: is(1), output: asked > 2 && is(2) })
    }

    fn output(&self) -> BorrowedFd<'_> {
        match &self.output {
            Output::Own(own) => own.as_fd(),
            // Standard output is never closed.
            Output::Standard => rustix::stdio::stdout(),
        }
    }
}

/// Reads what there is; 0 bytes when the terminal is gone. Blocks if there is nothing.
pub fn read(bytes: &mut [u8]) -> io::Result<usize> {
    // Not through the standard library's own buffer, which would hide what it holds.
    loop {
        match rustix::io::read(stdin().as_fd(), &mut *bytes) {
            Err(Errno::INTR) => {}
            read => return Ok(read?),
        }
    }
}

/// Throws away what was typed, or answered, and not read.
pub fn discard_input() {
    let _ = tcflush(stdin(), QueueSelector::IFlush);
}

/// Keys come one by one, unseen, and none of them is a signal.
pub fn make_raw() -> io::Result<()> {
    let mut modes = tcgetattr(stdin())?;
    COOKED.get_or_init(|| modes.clone());
    modes.make_raw();
    tcsetattr(stdin(), OptionalActions::Now, &modes)?;
    Ok(())
}

/// As it was before.
pub fn make_cooked() {
    if let Some(modes) = COOKED.get() {
        // It may be gone altogether: there is nobody left to tell.
        let _ = tcsetattr(stdin(), OptionalActions::Now, modes);
    }
}

/// The modes that the terminal had at first.
static COOKED: OnceLock<Termios> = OnceLock::new();

/// Takes all calls that have come.
pub fn take_calls(calls: &mut io::PipeReader) {
    let _ = calls.read(&mut [0; 64]);
}

/// The size of the screen; the usual one where the device says nothing of it.
pub fn size() -> io::Result<Size> {
    let size = tcgetwinsize(stdout())?;
    let known = size.ws_col > 0 && size.ws_row > 0;
    let (columns, rows) = if known { (size.ws_col, size.ws_row) } else { (80, 24) };
    Ok(Size::new(columns.min(CELLS_MAX), rows.min(CELLS_MAX)))
}

/// How large a cell is in pixels, across and down, where the device says so; SSH hands it on.
pub fn cell_pixels() -> Option<(u16, u16)> {
    let size = tcgetwinsize(stdout()).ok()?;
    let of = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|pixels| *pixels > 0);
    Some((of(size.ws_xpixel, size.ws_col)?, of(size.ws_ypixel, size.ws_row)?))
}

/// No screen has more, and a device may say anything.
const CELLS_MAX: u16 = 1000;
