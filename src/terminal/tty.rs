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

/// The device: this program's own, or one that another handed over.
#[derive(Debug)]
pub struct Tty {
    input: OwnedFd,
    output: OwnedFd,
    /// The output by a description of our own, which does not block; none where there is no other
    /// way than the one that was handed over.
    own: Option<OwnedFd>,
    /// The modes that it had at first.
    cooked: OnceLock<Termios>,
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
    /// The one that standard input and output lead to.
    pub fn standard() -> io::Result<Self> {
        let input = stdin().as_fd().try_clone_to_owned()?;
        Ok(Self::of(input, stdout().as_fd().try_clone_to_owned()?))
    }

    /// The one that these lead to.
    pub fn of(input: OwnedFd, output: OwnedFd) -> Self {
        let name = ttyname(&output, Vec::new());
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let own = name.and_then(|name| rustix::fs::open(name, flags, Mode::empty()));
        let own = own.map_err(|error| tracing::info!(%error, "writing to the output itself")).ok();
        Self { input, output, own, cooked: OnceLock::new() }
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
        let input = if keys == ReadKeys::Wanted { PollFlags::IN } else { PollFlags::empty() };
        let output = if write == Write::Wanted { PollFlags::OUT } else { PollFlags::empty() };
        let mut polled = [
            PollFd::from_borrowed_fd(self.input.as_fd(), input),
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

    /// Reads what there is; 0 bytes when the terminal is gone. Blocks if there is nothing.
    pub fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(&self.input, &mut *bytes) {
                Err(Errno::INTR) => {}
                read => return Ok(read?),
            }
        }
    }

    /// Throws away what was typed, or answered, and not read.
    pub fn discard_input(&self) {
        let _ = tcflush(&self.input, QueueSelector::IFlush);
    }

    /// Keys come one by one, unseen, and none of them is a signal.
    pub fn make_raw(&self) -> io::Result<()> {
        let mut modes = tcgetattr(&self.input)?;
        self.cooked.get_or_init(|| modes.clone());
        modes.make_raw();
        tcsetattr(&self.input, OptionalActions::Now, &modes)?;
        Ok(())
    }

    /// As it was before.
    pub fn make_cooked(&self) {
        if let Some(modes) = self.cooked.get() {
            // It may be gone altogether: there is nobody left to tell.
            let _ = tcsetattr(&self.input, OptionalActions::Now, modes);
        }
    }

    /// Remembers the modes that it has now as those to be given back, unless others are already.
    /// The system stops a program that does this in the background until it is in the foreground.
    pub fn remember(&self) -> io::Result<()> {
        let modes = tcgetattr(&self.input)?;
        self.cooked.get_or_init(|| modes.clone());
        tcsetattr(&self.input, OptionalActions::Now, &modes)?;
        Ok(())
    }

    /// The size of the screen; the usual one where the device says nothing of it.
    pub fn size(&self) -> io::Result<Size> {
        let size = tcgetwinsize(&self.output)?;
        let known = size.ws_col > 0 && size.ws_row > 0;
        let (columns, rows) = if known { (size.ws_col, size.ws_row) } else { (80, 24) };
        Ok(Size::new(columns.min(CELLS_MAX), rows.min(CELLS_MAX)))
    }

    /// How large a cell is in pixels, across and down, where the device says so; SSH hands it on.
    pub fn cell_pixels(&self) -> Option<(u16, u16)> {
        let size = tcgetwinsize(&self.output).ok()?;
        let of = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|pixels| *pixels > 0);
        Some((of(size.ws_xpixel, size.ws_col)?, of(size.ws_ypixel, size.ws_row)?))
    }

    /// What it is read by, and what it is written to, to be handed over.
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 2] {
        [self.input.as_fd(), self.output.as_fd()]
    }

    fn output(&self) -> BorrowedFd<'_> {
        self.own.as_ref().unwrap_or(&self.output).as_fd()
    }
}

/// Takes all calls that have come.
pub fn take_calls(calls: &mut io::PipeReader) {
    let _ = calls.read(&mut [0; 64]);
}

/// No screen has more, and a device may say anything.
const CELLS_MAX: u16 = 1000;
