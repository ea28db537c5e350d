//! An errand: the program where nobody looks, in a session of its own without any terminal, with
//! what it writes read as it comes.

use super::daemon::Keeper;
use super::{PATIENCE, reports, until_not};
use peersnap::link::RoomLink;
use peersnap::report::{Code, Report};
use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// How an errand is started.
pub struct Start {
    command: Command,
    home: TempDir,
    out: Stdio,
    input: Vec<u8>,
}

/// A running errand. It is killed at the end of its story.
pub struct Errand {
    child: Child,
    out: Stream,
    err: Stream,
    /// Its home, and the folder that it is in.
    pub home: Home,
}

/// A folder that is there as long as anybody asks for it.
#[derive(Clone)]
pub struct Home(Arc<TempDir>);

/// What an errand came to.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: Option<i32>,
    /// All that it wrote to standard output.
    pub out: Vec<u8>,
    /// All that it told a person.
    pub err: String,
}

/// A stream, and all that has come of it.
struct Stream {
    told: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Start {
    /// Of a person of this name, with these arguments.
    pub fn of(name: &str, arguments: &[&str]) -> Self {
        Self::through(&["setsid", "--wait"], name, arguments)
    }

    /// The same, through another command.
    pub fn through(command: &[&str], name: &str, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a folder for a person");
        let mut words = command.iter().copied();
        let mut command = Command::new(words.next().expect("a command"));
        command.args(words).arg(env!("CARGO_BIN_EXE_peersnap")).args(arguments);
        command.env_clear().env("HOME", home.path()).env("PEERSNAP_NO_LAN", "1");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("PEERSNAP_LOG_LEVEL", "peersnap=debug").env("USER", name);
        command.current_dir(home.path());
        Self { command, home, out: Stdio::piped(), input: Vec::new() }
    }

    /// In a room of its own.
    pub fn opening(mut self) -> Self {
        self.command.args(["--listen", "127.0.0.1:0"]);
        self
    }

    /// With this on its standard input, and then nothing more.
    pub fn input(self, bytes: &[u8]) -> Self {
        Self { input: bytes.to_vec(), ..self }
    }

    /// With this standard input.
    pub fn stdin(mut self, input: impl Into<Stdio>) -> Self {
        self.command.stdin(input);
        self
    }

    /// With another standard output.
    pub fn stdout(self, out: impl Into<Stdio>) -> Self {
        Self { out: out.into(), ..self }
    }

    /// With a variable of the environment.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self
    }

    /// Of who keeps a room open in the background.
    pub fn of_keeper(keeper: &Keeper, arguments: &[&str]) -> Self {
        let session = keeper.session().display().to_string();
        Self::of("Ann", arguments).home(keeper.home()).env("XDG_RUNTIME_DIR", &session)
    }

    /// Of the same person as that errand.
    pub fn home(mut self, home: &Path) -> Self {
        self.command.env("HOME", home).current_dir(home);
        self
    }

    /// Puts a file into its folder.
    pub fn file(self, name: &str, bytes: &[u8]) -> Self {
        std::fs::write(self.home.path().join(name), bytes).expect("a file can be written");
        self
    }

    /// As if a file of it was changed last at that time.
    pub fn changed(self, name: &str, at: SystemTime) -> Self {
        let file = File::options().write(true).open(self.home.path().join(name));
        file.and_then(|file| file.set_modified(at)).expect("a time");
        self
    }

    /// Gives a file of it these rights.
    pub fn rights(self, name: &str, rights: Permissions) -> Self {
        std::fs::set_permissions(self.home.path().join(name), rights).expect("it is ours");
        self
    }

    /// Makes a folder in its folder.
    pub fn folder(self, name: &str) -> Self {
        std::fs::create_dir(self.home.path().join(name)).expect("a folder can be made");
        self
    }

    /// Where its folder is.
    pub fn folder_here(&self) -> &Path {
        self.home.path()
    }

    /// Starts it.
    pub fn run(mut self) -> Errand {
        if !self.input.is_empty() {
            self.command.stdin(Stdio::piped());
        } else if self.command.get_args().all(|it| it != "-") {
            self.command.stdin(Stdio::null());
        }
        let child = self.command.stdout(self.out).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("setsid: tests/run installs util-linux");
        if let Some(mut input) = child.stdin.take() {
            // It may have ended before it reads.
            let _ = input.write_all(&self.input);
        }
        let out = Stream::of(child.stdout.take());
        let err = Stream::of(child.stderr.take());
        Errand { child, out, err, home: Home(Arc::new(self.home)) }
    }
}

impl Errand {
    /// The link of its room.
    pub fn link(&self) -> String {
        self.find("the link", || {
            let all = format!("{}{}", self.out(), self.err());
            let from = all.find("http://").or_else(|| all.find("https://"))?;
            let link: String =
                all[from..].chars().take_while(|c| !c.is_whitespace() && *c != '"').collect();
            // All of it, not what was written so far.
            let is_whole = link.parse::<RoomLink>().is_ok() && all.len() > from + link.len();
            is_whole.then_some(link)
        })
    }

    /// Waits until this was told to a person.
    pub fn tells(&self, text: &str) {
        self.find(text, || self.err().contains(text).then_some(()));
    }

    /// Waits until something is so, and says what it is.
    pub fn find<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        until_not(|| {
            look().ok_or_else(|| format!("{what}\nout: {}\nerr: {}", self.out(), self.err()))
        })
    }

    /// What was written to standard output so far.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.out.told()).into_owned()
    }

    /// What was told a person so far.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.err.told()).into_owned()
    }

    /// The reports that were written so far, each held against the schema.
    pub fn reports(&self) -> Vec<Report> {
        let out = self.out();
        let whole = out.rfind('\n').map_or(0, |end| end + 1);
        reports::read(&out[..whole])
    }

    /// Waits for a report.
    pub fn reports_so<T>(&self, what: &str, look: impl Fn(&Report) -> Option<T>) -> T {
        self.find(what, || self.reports().iter().find_map(&look))
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends by itself.
    pub fn ends(self) -> Ended {
        self.ends_within(2 * PATIENCE)
    }

    /// The same, for one that may take longer.
    pub fn ends_within(mut self, time: Duration) -> Ended {
        let deadline = Instant::now() + time;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            let (out, err) = (self.out(), self.err());
            assert!(Instant::now() < deadline, "it does not end\nout: {out}\nerr: {err}");
            std::thread::sleep(super::LOOK_AGAIN);
        };
        let (out, err) = (self.out.finish(), self.err.finish());
        let err = String::from_utf8(err).expect("what it tells is text");
        assert!(!err.contains("panicked"), "{err}");
        Ended { status: status.code(), out, err }
    }
}

impl Deref for Home {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.path()
    }
}

impl Ended {
    /// Its standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).expect("text")
    }

    /// Its reports, each held against the schema; the last one says how it ended.
    pub fn reports(&self) -> Vec<Report> {
        let reports = reports::read(&self.text());
        match reports.last() {
            Some(Report::Bye { status, code }) => {
                assert_eq!(Some(i32::from(*status)), self.status);
                assert_eq!(code.map_or(0, Code::status), *status);
            }
            last => panic!("the last is {last:?}"),
        }
        reports
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stream {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&told);
        let reader = stream.map(|mut stream| {
            std::thread::spawn(move || {
                let mut buffer = [0; 16 * 1024];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    let mut told = writer.lock().unwrap_or_else(PoisonError::into_inner);
                    told.extend_from_slice(&buffer[..count]);
                }
            })
        });
        Self { told, reader }
    }

    fn told(&self) -> Vec<u8> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn finish(&mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no panic in a reader");
        }
        self.told()
    }
}
