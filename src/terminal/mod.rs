//! The tty: what it shows, what is typed into it, and its way back whatever happens.
//!
//! [`Terminal::draw`] draws into memory and returns at once; a thread of its own ([`driver`]) brings
//! the terminal there, as fast as the line to it allows, and reads what it says. So the loop is as
//! quick over a line that crawls as at the machine itself.
//!
//! | pure | |
//! |---|---|
//! | [`paint`] | what is written: the fewest bytes, no faster than the line carries them |
//! | [`input`] | what is read: bytes to keys and answers |
//! | [`capabilities`] | what the terminal can do, from the environment and its answers |

mod ask;
mod backend;
pub mod capabilities;
mod driver;
pub mod input;
mod mailbox;
pub mod paint;
mod screen;
mod tty;

use crate::line::Line;
use crate::scene::Placed;
use anyhow::Context;
use capabilities::{Capabilities, Environment, Wishes};
use driver::Driver;
use input::{Input, Parser, Reply};
use mailbox::{Mailbox, Order};
use paint::{Art, Painter, Scene, Work};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::cell::RefCell;
use std::io::{self, IsTerminal, stdin, stdout};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Once, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

pub use ask::ask;
pub use backend::Backend;
pub use screen::Mouse;
pub use tty::Tty;

/// A screen to draw on. Dropping it gives the terminal back.
pub struct Terminal {
    tty: Arc<Tty>,
    screen: ratatui::Terminal<Backend>,
    mailbox: Arc<Mailbox>,
    mouse: Mouse,
    /// What the terminal says: keys, the mouse, and at last why no more comes.
    pub inputs: mpsc::Receiver<io::Result<Input>>,
    /// How the line to the terminal is doing.
    pub line: watch::Receiver<Line>,
    /// What the terminal can do, as far as it is known.
    pub capabilities: watch::Receiver<Capabilities>,
}

impl Terminal {
    /// Takes a terminal over. What it can do is taken from the environment, and learned from its
    /// answers as they come; what is wished goes before both.
    pub fn enter(tty: Tty, environment: &Environment, wishes: &Wishes) -> anyhow::Result<Self> {
        let tty = Arc::new(tty);
        let size = tty.size().context(TAKING)?;
        let screen = ratatui::Terminal::new(Backend::new(size)).context(TAKING)?;
        let (mailbox, calls) = Mailbox::new().context(TAKING)?;
        let mailbox = Arc::new(mailbox);
        let (sender, inputs) = mpsc::channel(INPUTS_MAX);
        let (line_sender, line) = watch::channel(Line::default());
        let known = known_of(&tty, environment, *wishes);
        let seed = rustix::process::getpid().as_raw_nonzero().get() as u32;
        let painter = Painter::new((&known).into(), seed, Instant::now());
        let (capabilities_sender, capabilities) = watch::channel(known);
        let studio = start_studio(Arc::clone(&mailbox));
        tty.make_raw().context(TAKING)?;
        let driver = Driver {
            tty: Arc::clone(&tty),
            mailbox: Arc::clone(&mailbox),
            calls,
            inputs: sender,
            line: line_sender,
            capabilities: capabilities_sender,
            studio,
            painter,
            parser: Parser::new(),
            state: driver::State::default(),
        };
        let questions = Capabilities::probe(environment);
        std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || driver.run(&questions))
            .context(TAKING)?;
        give_back_on_panic(&tty, Arc::downgrade(&mailbox));
        Ok(Self { tty, screen, mailbox, mouse: Mouse::Free, inputs, line, capabilities })
    }

    /// Draws: cells into the frame, with holes for the pictures that are handed back. The terminal
    /// will show it. The area that was drawn in.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>) -> Vec<Placed>) -> io::Result<Rect> {
        let size = self.tty.size()?;
        self.screen.backend_mut().set_size(size);
        let mut pictures = Vec::new();
        let area = self.screen.draw(|frame| pictures = render(frame))?.area;
        let grid = self.screen.backend().grid().clone();
        self.mailbox.show(Scene { grid, pictures });
        Ok(area)
    }

    /// The window has had another size, if only for a moment: what it shows is not known.
    pub fn forget(&mut self) {
        self.mailbox.forget();
    }

    /// Captures the mouse, or leaves it to the terminal.
    pub fn set_mouse(&mut self, mouse: Mouse) {
        if mouse != self.mouse {
            self.mouse = mouse;
            self.mailbox.control(&screen::mouse(mouse));
        }
    }

    /// Gives the terminal back for a while.
    pub fn leave(&mut self) {
        give_back(&self.mailbox, &self.tty);
    }

    /// The same, as work for a thread that may wait for the terminal.
    pub fn leaving(&mut self) -> impl FnOnce() + Send + use<> {
        let (mailbox, tty) = (Arc::clone(&self.mailbox), Arc::clone(&self.tty));
        move || give_back(&mailbox, &tty)
    }

    /// Takes it over again.
    pub fn enter_again(&mut self) -> anyhow::Result<()> {
        self.tty.make_raw().context(TAKING)?;
        self.mouse = Mouse::Free;
        self.mailbox.order(Order::Enter);
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
        // The thread ends, and with it the last hold on the device.
        self.inputs.close();
        self.mailbox.wake();
    }
}

/// What is known of this program's terminal before it has said anything.
pub fn known(environment: &Environment, wishes: Wishes) -> Capabilities {
    match Tty::standard() {
        Ok(tty) => known_of(&tty, environment, wishes),
        Err(_) => Capabilities::of(environment, &wishes),
    }
}

fn known_of(tty: &Tty, environment: &Environment, wishes: Wishes) -> Capabilities {
    let mut known = Capabilities::of(environment, &wishes);
    if let Some((width, height)) = tty.cell_pixels() {
        known.learn(&Reply::CellPixels { width, height });
    }
    known
}

/// Whether there is a terminal to draw on and to read keys from.
pub fn is_there() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// The columns and rows of the terminal that standard output leads to.
pub fn size() -> io::Result<(u16, u16)> {
    Tty::standard()?.size().map(|size| (size.width, size.height))
}

/// Whether a failure means that the terminal is gone: its window was closed, its line dropped.
pub fn is_gone(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    error.raw_os_error() == Some(EIO) || error.kind() == io::ErrorKind::BrokenPipe
}

/// Works stills out, one after the other.
fn start_studio(mailbox: Arc<Mailbox>) -> std::sync::mpsc::SyncSender<Work> {
    let (sender, works) = sync_channel::<Work>(driver::WORKS_MAX);
    let run = move || {
        for work in works {
            // A slip at one picture costs that picture.
            let art = catch_unwind(AssertUnwindSafe(|| work.run())).unwrap_or(Art::Impossible);
            mailbox.hand_in(work, art);
        }
    };
    // Without it stills are not seen; the rest is.
    if let Err(error) = std::thread::Builder::new().name("studio".to_owned()).spawn(run) {
        tracing::error!(%error, "no thread for pictures");
    }
    sender
}

/// Has the thread give the terminal back, so that it draws no more.
fn give_back(mailbox: &Mailbox, tty: &Tty) {
    let (left, wait) = sync_channel(1);
    mailbox.order(Order::Leave(left));
    // The thread may be over, or stuck in a device that is gone.
    if wait.recv_timeout(LEAVE_TIMEOUT).is_err() {
        restore(tty);
    }
}

/// Gives a terminal back, as far as it goes: for who finds it taken by one that is gone.
pub fn restore(tty: &Tty) {
    // It may be gone altogether: there is nobody left to tell.
    // A frame that was not finished is not waited for.
    let _ = tty.write(&[b"\x1b[?2026l".as_slice(), &screen::leave()].concat());
    tty.make_cooked();
}

thread_local! {
    /// What this thread has taken.
    static TAKEN: RefCell<Vec<(Weak<Tty>, Weak<Mailbox>)>> = const { RefCell::new(Vec::new()) };
}

/// A panic's message must not be lost on a screen that goes, or under pictures that still come.
/// Where no screen was taken, the modes are given back. A panic of another thread does not end the
/// program.
fn give_back_on_panic(tty: &Arc<Tty>, mailbox: Weak<Mailbox>) {
    static ONCE: Once = Once::new();
    TAKEN.with_borrow_mut(|taken| {
        taken.retain(|(tty, _)| tty.strong_count() > 0);
        taken.push((Arc::downgrade(tty), mailbox));
    });
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back_taken();
            tracing::error!(%panic, "panic");
            report(panic);
        }));
    });
}

fn give_back_taken() {
    let taken = TAKEN.try_with(|taken| taken.try_borrow().map(|taken| taken.clone()));
    for (tty, mailbox) in taken.ok().and_then(Result::ok).unwrap_or_default() {
        match (tty.upgrade(), mailbox.upgrade()) {
            (Some(tty), Some(mailbox)) => give_back(&mailbox, &tty),
            (Some(tty), None) => tty.make_cooked(),
            (None, _) => {}
        }
    }
}

const TAKING: &str = "taking the terminal over";
/// A hand on the keyboard, and a mouse that is moved.
const INPUTS_MAX: usize = 64;
/// Longer than giving the terminal back takes.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);
