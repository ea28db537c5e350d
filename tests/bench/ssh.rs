//! `cargo bench -- ssh`: from a key to the screen, over a real ssh whose line is slow.
//!
//! Its table is in `ssh/README.md`. A terminal that answers as terminals do is at one end, sshd and
//! the program at the other, with the usual way of drawing the same clip beside it. Words of WHO and
//! RATE given as arguments run those alone; a number is how many keys are pressed.

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use vt100::{Parser, Screen};

pub fn run(words: &[String]) {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = words.iter().find_map(|word| word.parse().ok()).filter(|&n| n < 10_000);
    let clip = make_clip(folder.path());
    let rates: Vec<&str> = RATES.into_iter().filter(|rate| chosen(words, &RATES, rate)).collect();
    println!("{:<10} {:>8} {:>6} {:>8} {:>8} {:>8}", "", "Mbit/s", "keys", "p50", "p90", "p99");
    for rate in rates {
        for who in WHO.into_iter().filter(|who| chosen(words, &WHO, who)) {
            let case = Case { who, rate: rate.parse().expect("a number"), clip: &clip };
            let mut delays = case.measure(folder.path(), keys.unwrap_or(KEYS));
            delays.sort();
            let at = |share: usize| {
                let delay =
                    delays.get((delays.len() * share / 100).min(delays.len().saturating_sub(1)));
                delay.map_or(0, Duration::as_millis)
            };
            println!(
                "{who:<10} {rate:>8} {:>6} {:>5} ms {:>5} ms {:>5} ms",
                delays.len(),
                at(50),
                at(90),
                at(99)
            );
        }
    }
}

/// Whether it was asked for, or nothing of its kind was.
fn chosen(words: &[String], all: &[&str], one: &str) -> bool {
    let asked = |one: &str| words.iter().any(|word| word == one);
    asked(one) || !all.iter().any(|one| asked(one))
}

/// A moving part on a still, noisy ground: the test of bytes has better clips, made by a script.
fn make_clip(folder: &Path) -> PathBuf {
    let path = folder.join("clip.rgb");
    let mut seed = 7_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 29) as i16 - 4
    };
    let mut bytes = Vec::new();
    for at in 0..CLIP_FRAMES {
        let centre = 40.0 + 12.0 * (f32::from(at) / 19.0).sin();
        for y in 0..CLIP_HEIGHT {
            for x in 0..CLIP_WIDTH {
                let (x, y) = (f32::from(x), f32::from(y));
                let inside = ((x - centre) / 14.0).powi(2) + ((y - 26.0) / 18.0).powi(2) < 1.0;
                let wave = (x / 5.0).sin() * (y / 7.0).cos();
                let texture = if inside { ((x - centre) / 2.0).sin() * 40.0 } else { wave * 30.0 };
                let base =
                    if inside { [190.0, 140.0, 110.0] } else { [90.0 + y, 110.0, 130.0 - y] };
                bytes.extend(
                    base.map(|value| ((value + texture) as i16 + noise()).clamp(0, 255) as u8),
                );
            }
        }
    }
    fs::write(&path, bytes).expect("the clip is written");
    path
}

struct Case<'a> {
    who: &'a str,
    /// In Mbit/s.
    rate: f64,
    clip: &'a Path,
}

impl Case<'_> {
    /// What is run over there.
    fn words(&self) -> Vec<String> {
        let me = std::env::current_exe().expect("this program").display().to_string();
        let clip = self.clip.display().to_string();
        let size = [CLIP_WIDTH, CLIP_HEIGHT].map(|size| size.to_string());
        match self.who {
            "program" => {
                let options = "--listen 127.0.0.1:0 --no-lan --camera test --name Ann";
                let program = env!("CARGO_BIN_EXE_peersnap").to_owned();
                [program].into_iter().chain(options.split(' ').map(str::to_owned)).collect()
            }
            who => {
                let who = if who == "clip" { "ours" } else { who };
                let [width, height] = size;
                vec![me, "draw-live".to_owned(), clip, width, height, who.to_owned()]
            }
        }
    }

    /// How often the key was pressed, from what is seen; none before anything is.
    fn seen(&self, screen: &Screen) -> Option<usize> {
        let contents = screen.contents();
        if self.who == "program" {
            return contents
                .contains("quit")
                .then(|| usize::from(contents.contains("this terminal")));
        }
        let (_, rest) = contents.split_once("keys: ")?;
        rest.split_once(';')?.0.parse().ok()
    }

    /// From each key to its effect.
    fn measure(&self, folder: &Path, keys: usize) -> Vec<Duration> {
        let mut terminal = Emulator::open(&ssh(folder, self.rate, &self.words()));
        let begin = Instant::now();
        terminal.until(begin + SETTLE, |_| false);
        // The room's invitation, if there is one, gives way to the preview.
        if self.who == "program" {
            terminal.press("\x1b");
            terminal.until(Instant::now() + SETTLE, |_| false);
        }
        let end = Instant::now() + CASE_TIME;
        let mut delays = Vec::new();
        let mut seed = 1_u64;
        while delays.len() < keys && Instant::now() < end {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pause = Duration::from_millis(50 + (seed >> 33) % 250);
            terminal.until(Instant::now() + pause, |_| false);
            let before = self.seen(terminal.screen());
            let pressed = Instant::now();
            terminal.press("l");
            let changed = |screen: &Screen| {
                let now = self.seen(screen);
                now.is_some() && now != before
            };
            if !terminal.until(pressed + KEY_TIME, changed) {
                println!("{} at {} Mbit/s: nothing came of a key", self.who, self.rate);
                println!("{}", terminal.screen().contents());
                break;
            }
            delays.push(pressed.elapsed());
        }
        delays
    }
}

/// A terminal: what comes is shown and answered as it comes.
struct Emulator {
    parser: Parser<Answers>,
    output: mpsc::Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

/// What is to be answered.
#[derive(Default)]
struct Answers(Vec<u8>);

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        _: &mut Screen,
        mark: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        match (mark, last, parameters.first().and_then(|it| it.first())) {
            (None, 'n', Some(5)) => self.0.extend(b"\x1b[0n"),
            (None, 'c', _) => self.0.extend(b"\x1b[?62;22c"),
            _ => {}
        }
    }
}

impl Emulator {
    fn open(words: &[String]) -> Self {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a pty");
        let mut command = CommandBuilder::from_argv(words.iter().map(Into::into).collect());
        command.env("TERM", "xterm-256color");
        let child = pty.slave.spawn_command(command).expect("ssh");
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().expect("the pty's output");
        let (sender, output) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let input = pty.master.take_writer().expect("the pty's input");
        let parser = Parser::new_with_callbacks(
            ROWS.try_into().expect("some"),
            COLUMNS.try_into().expect("some"),
            0,
            Answers::default(),
        );
        Self { parser, output, input, child, _master: pty.master }
    }

    fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).expect("somebody reads");
    }

    /// Goes on until the screen is so, or it is too late; whether it is so.
    fn until(&mut self, deadline: Instant, so: impl Fn(&Screen) -> bool) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => {
                    println!("it ended:\n{}", self.screen().contents());
                    std::thread::sleep(left);
                    return false;
                }
            }
            let answers = std::mem::take(&mut self.parser.callbacks_mut().0);
            if !answers.is_empty() {
                self.input.write_all(&answers).expect("somebody reads");
            }
            if so(self.parser.screen()) {
                return true;
            }
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The way to this machine: the daemon speaks over the client's own pipe, through a slow line.
fn ssh(folder: &Path, rate: f64, command: &[String]) -> Vec<String> {
    let keygen = |name: &str| {
        let path = folder.join(name);
        if !path.exists() {
            let mut make = Command::new("ssh-keygen");
            make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path).stdin(Stdio::null());
            assert!(make.status().expect("openssh-client").success(), "a key is made");
        }
        path.display().to_string()
    };
    let (host, user) = (keygen("host"), keygen("user"));
    // Run by root, the daemon wants this folder, which a service's start would make.
    let _ = fs::create_dir_all("/run/sshd");
    let config = folder.join("sshd_config");
    let lines = [
        format!("HostKey {host}"),
        format!("AuthorizedKeysFile {user}.pub"),
        "StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\nLogLevel ERROR".to_owned(),
    ];
    fs::write(&config, lines.join("\n")).expect("the daemon's config is written");
    let me = Command::new("id").arg("-un").output().expect("id is everywhere").stdout;
    let me = String::from_utf8(me).expect("a user name is text");
    let throttle = std::env::current_exe().expect("this program");
    let bytes = rate * 1e6 / 8.0;
    let proxy = format!(
        "ProxyCommand={} throttle {bytes} /usr/sbin/sshd -i -e -f {}",
        throttle.display(),
        config.display()
    );
    let words = ["ssh", "-tt", "-F", "none", "-i", &user, "-o", &proxy];
    let options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
    let options = options.iter().flat_map(|option| ["-o", *option]);
    let target = format!("{}@localhost", me.trim());
    let home = format!("HOME={}", folder.display());
    let rest = [target.as_str(), "cd", "/tmp", "&&", "env", "COLORTERM=truecolor", &home];
    let mut all: Vec<String> = words.map(str::to_owned).into();
    all.extend(options.map(str::to_owned));
    all.extend(rest.map(str::to_owned));
    all.extend_from_slice(command);
    all
}

const WHO: [&str; 3] = ["program", "clip", "ratatui"];
const RATES: [&str; 3] = ["0.1", "1.0", "10.0"];
const KEYS: usize = 100;
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;
const CLIP_FRAMES: u16 = 120;
const CLIP_WIDTH: u16 = 80;
const CLIP_HEIGHT: u16 = 44;
/// Until queues are as long as they get, and the line is known.
const SETTLE: Duration = Duration::from_secs(5);
/// A case with fewer keys by then ends.
const CASE_TIME: Duration = Duration::from_mins(1);
const KEY_TIME: Duration = Duration::from_mins(5);
