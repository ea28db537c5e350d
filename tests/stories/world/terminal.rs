//! A terminal with the program in it: keys go in, and its screen is read as a person sees it.

use super::launch::PROMPT;
use super::line::Inward;
use super::pictures::widths;
use super::shown::{Now, Shown, TRAIL, words};
use super::{PATIENCE, until, until_not};
use peersnap::link::RoomLink;
use peersnap::seal::Identity;
use portable_pty::{MasterPty, PtySize};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vt100::Screen;
use zeroize::Zeroizing;

/// A terminal. The program in it is killed at the end of its story.
pub struct Terminal {
    /// Where photos are saved.
    pub save: PathBuf,
    pub(super) name: String,
    pub(super) home: PathBuf,
    pub(super) _folder: TempDir,
    pub(super) keys: Option<Inward>,
    pub(super) master: Option<Box<dyn MasterPty + Send>>,
    pub(super) shown: Arc<Shown>,
    pub(super) reader: Option<JoinHandle<()>>,
    pub(super) pid: u32,
}

impl Terminal {
    /// Presses keys: letters as they are, others by the constants of [`key`].
    pub fn press(&mut self, keys: &str) {
        self.keys.as_ref().expect("a terminal that is there").keys(keys);
    }

    /// Drops files on it, whose paths it pastes, and says that they may go.
    pub fn drops(&mut self, paths: &[&Path]) {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        self.press(&format!("\x1b[200~{}\x1b[201~", paths.join(" ")));
        self.shows("send th");
        self.press(key::ENTER);
    }

    /// Makes the window another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.shown.lock().resize((columns, rows));
        let master = self.master.as_ref().expect("a terminal that is there");
        master.resize(pty_size((columns, rows))).expect("a pty can be resized");
    }

    /// Closes the window, as it goes when a person clicks it away or a line is cut.
    pub fn vanish(&mut self) {
        self.shown.lock().gone = true;
        self.keys = None;
        self.master = None;
    }

    /// Takes nothing any more of what the program writes, as over a line that hangs.
    pub fn stall(&self) {
        self.shown.stall(true);
    }

    /// Takes all of it again.
    pub fn go_on(&self) {
        self.shown.stall(false);
    }

    /// Waits until the program has asked so many times more whether the terminal is there.
    pub fn is_asked(&self, times: usize) {
        let asked = |now: &Now| now.bytes.windows(4).filter(|some| some == b"\x1b[5n").count();
        let before = asked(&self.shown.lock());
        self.wait("the terminal is asked", |now| (asked(now) >= before + times).then_some(()));
    }

    /// Waits until all answers have reached the program.
    pub fn has_answered(&self) {
        let line = self.keys.as_ref().expect("a terminal that is there");
        until("all answers are given", || line.is_idle().then_some(()));
    }

    /// Waits until the program writes no more, as when nothing moves on the screen.
    pub fn settles(&self) {
        until("the screen stands still", || {
            (self.shown.lock().newest.elapsed() > STILL).then_some(())
        });
    }

    /// Waits until a shell is in its place again, behind its prompt, and takes a command.
    pub fn is_at_the_shell(&mut self) {
        self.until("the shell's own screen", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        self.until("the prompt", |screen| {
            words(screen).lines().last().is_some_and(|last| last == PROMPT.trim())
        });
        self.press("stty -a | grep -ow -e -icanon -e -echo -e -isig; echo $((6 * 7)) left\r");
        self.shows("-isig; echo $((6 * 7)) left\n42 left");
    }

    /// Waits until the screen is so.
    pub fn until(&self, what: &str, so: impl Fn(&Screen) -> bool) {
        self.find(what, |screen| so(screen).then_some(()));
    }

    /// Waits until what is seen of the screen is this again, as it was told before.
    pub fn looks_like(&self, wanted: &[String], tell: impl Fn(&Screen) -> Vec<String>) {
        until_not(|| {
            let told = tell(self.shown.lock().parser.screen());
            let differs = wanted.iter().zip(&told).position(|(wanted, told)| wanted != told);
            match differs {
                Some(row) => Err(format!("row {row} is\n{}\nnot\n{}", told[row], wanted[row])),
                None if wanted.len() == told.len() => Ok(()),
                None => Err("another number of rows".to_owned()),
            }
        });
    }

    /// Waits until something is on the screen, and says what it is.
    pub fn find<T>(&self, what: &str, look: impl Fn(&Screen) -> Option<T>) -> T {
        self.wait(what, |now| look(now.parser.screen()))
    }

    /// Waits until the screen shows this text somewhere in a row, however wide its gaps.
    pub fn shows(&self, text: &str) {
        self.until(&format!("{text:?} is shown"), |screen| words(screen).contains(text));
    }

    /// Waits until this was written to the terminal, be it seen or not.
    pub fn is_written(&self, text: &str) {
        self.wait(&format!("{text:?} is written"), |now| {
            now.bytes.windows(text.len()).any(|bytes| bytes == text.as_bytes()).then_some(())
        });
    }

    /// Waits until the screen shows this text no more.
    pub fn shows_no_more(&self, text: &str) {
        self.until(&format!("{text:?} is gone"), |screen| !words(screen).contains(text));
    }

    /// Waits until the trail, at the right of 80 columns, shows this text.
    pub fn has_in_its_trail(&self, text: &str) {
        self.until(&format!("{text:?} is in the trail"), |screen| {
            screen.rows(TRAIL.start, TRAIL.end - TRAIL.start).any(|row| row.contains(text))
        });
    }

    /// Waits until a notice with this text is, or was, on the screen.
    pub fn is_told(&self, text: &str) {
        self.wait(&format!("it tells {text:?}"), |now| {
            now.told.iter().any(|told| told.contains(text)).then_some(())
        });
    }

    /// All notices with this text that were on the screen so far.
    pub fn told(&self, text: &str) -> Vec<String> {
        let now = self.shown.lock();
        now.told.iter().filter(|told| told.contains(text)).cloned().collect()
    }

    /// Waits for the room link, which stands whole on the screen.
    pub fn link(&self) -> String {
        self.find("the room link", |screen| {
            let text = screen.contents();
            let link = text.split_whitespace().find(|word| word.starts_with("http"))?;
            link.parse::<RoomLink>().is_ok().then(|| link.to_owned())
        })
    }

    /// Waits until this person is connected, as the top of the screen tells it.
    pub fn meets(&self, name: &str) {
        self.shows(&format!("● {name}"));
    }

    /// Waits until the camera's picture is on the screen, so that a photo can be taken.
    pub fn sees_the_camera(&self) {
        self.until("a picture", |screen| widths(screen).iter().any(|width| *width >= 4));
    }

    /// What the screen shows at this moment, with gaps of one space.
    pub fn words(&self) -> String {
        words(self.shown.lock().parser.screen())
    }

    /// Everything that was ever sent to the terminal.
    pub fn bytes(&self) -> Vec<u8> {
        self.shown.lock().bytes.clone()
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where the program keeps who it is, and its log.
    pub fn state(&self) -> PathBuf {
        self.home.join(".local/state/peersnap")
    }

    /// Who the person's terminal is to others.
    pub fn identity(&self) -> Identity {
        let secret = std::fs::read(self.state().join("identity")).expect("an identity");
        Identity::from_secret(&Zeroizing::new(secret.try_into().expect("32 bytes")))
    }

    /// Sends a signal, by its name, to the program.
    pub fn signal(&self, name: &str) {
        let alive = self.shown.lock().ended.is_none();
        assert!(alive, "{} has ended already", self.name);
        let kill = Command::new("kill").args(["-s", name, &self.pid.to_string()]).status();
        assert!(kill.expect("kill runs").success());
    }

    /// The program's own view of a path: with its mounts.
    pub fn inside(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid));
        root.join(path.strip_prefix("/").expect("a whole path"))
    }

    /// What the system shows of the program to others: its arguments, or its environment.
    pub fn inside_proc(&self, what: &str) -> String {
        let bytes = std::fs::read(format!("/proc/{}/{what}", self.pid)).expect("a program");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The program's log.
    pub fn log(&self) -> String {
        let path = self.home.join(".local/state/peersnap/peersnap.log");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// Waits for the program's end; its exit status.
    pub fn ends(&self) -> u32 {
        self.wait("the program ends", |now| Some(now.ended.as_ref()?.exit_code()))
    }

    /// Waits for the program's end; whether the terminal is as it was before.
    pub fn is_given_back(&self) -> bool {
        self.ends();
        let now = self.shown.lock();
        let screen = now.parser.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    }

    fn wait<T>(&self, what: &str, look: impl Fn(&Now) -> Option<T>) -> T {
        let found = self.shown.wait(Instant::now() + PATIENCE, look);
        found.unwrap_or_else(|now| {
            let report = self.report(&now);
            // A story that fails still ends its programs.
            drop(now);
            panic!("{} waits in vain for this: {what}\n{report}", self.name)
        })
    }

    /// The last screen, and the end of the log.
    fn report(&self, now: &Now) -> String {
        let ended = now.ended.as_ref().map(|status| format!("the program has ended: {status}\n"));
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
        let screen = now.parser.screen().contents();
        let told = now.told.join("\n  ");
        let ended = ended.unwrap_or_default();
        format!("{ended}--- screen\n{screen}\n--- told\n  {told}\n--- log\n{end}\n---")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.go_on();
        // Ended programs have no process any more; their number may be another's.
        if self.shown.lock().ended.is_none() {
            let _ = Command::new("kill").args(["-s", "KILL", &self.pid.to_string()]).status();
        }
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// A window's size in columns and rows.
pub(super) fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// What keys send that are no letters.
pub mod key {
    pub const ENTER: &str = "\r";
    pub const ESC: &str = "\x1b";
    pub const DOWN: &str = "\x1b[B";
    pub const UP: &str = "\x1b[A";
    pub const LEFT: &str = "\x1b[D";
    pub const RIGHT: &str = "\x1b[C";
    pub const TAB: &str = "\t";
    pub const CTRL_C: &str = "\x03";
    pub const CTRL_Z: &str = "\x1a";
    pub const CTRL_W: &str = "\x17";
}

/// Longer than what is still to be drawn takes to come.
const STILL: Duration = Duration::from_secs(1);
/// Of a log, when something is waited for in vain.
const LOG_LINES: usize = 40;
