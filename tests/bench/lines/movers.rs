//! Programs that move a file from one machine to another, each in its usual way.

use super::place::{FROM, LOOK_AGAIN, Measured, Place, Taken, have_ended};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A program that moves files.
pub trait Mover {
    fn name(&self) -> &str;

    /// Moves a file into a folder; none if it does not get there in time.
    fn move_file(&mut self, file: &Path, into: &Path) -> Option<Moved>;
}

/// How that went.
pub struct Moved {
    pub took: Duration,
    /// What its ends took, first the sender, where that is looked at.
    pub taken: Vec<Taken>,
}

/// This program.
pub struct Peersnap<'a> {
    pub place: &'a Place,
    pub home: PathBuf,
}

impl Mover for Peersnap<'_> {
    fn name(&self) -> &'static str {
        "peersnap"
    }

    fn move_file(&mut self, file: &Path, into: &Path) -> Option<Moved> {
        let (file, into) = (text(file), text(into));
        let listen = format!("{}:0", self.place.host);
        let words = ["receive", "--listen", &listen, "--once", "--accept", "all", "--out", &into];
        let mut receiver = self.place.peersnap(self.place.to, &self.home.join("ben"), &words);
        let (receiver, link) = Measured::start_with_link(&mut receiver)?;
        let begun = Instant::now();
        let mut sender = self.place.peersnap(FROM, &self.home.join("ann"), &["send", &link, &file]);
        timed(begun, vec![Measured::start(&mut sender), receiver])
    }
}

/// magic-wormhole, with a mailbox server where the file goes.
pub struct Wormhole<'a> {
    place: &'a Place,
    programs: PathBuf,
    mailbox: String,
    number: u32,
    _server: Measured,
}

impl<'a> Wormhole<'a> {
    /// In an environment for Python that is made once.
    pub fn new(place: &'a Place) -> Option<Self> {
        let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wormhole");
        let programs = environment.join("bin");
        if !programs.join("wormhole").exists() {
            let run = |program: &str, words: &[&str]| {
                let status = Command::new(program).args(words).stdout(Stdio::null()).status();
                status.is_ok_and(|status| status.success())
            };
            let requirements =
                concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/lines/requirements.txt");
            let pip = text(&programs.join("pip"));
            let made = run("python3", &["-m", "venv", &text(&environment)])
                && run(&pip, &["-q", "install", "-r", requirements]);
            if !made {
                return None;
            }
        }
        let port = format!("tcp:{MAILBOX_PORT}:interface={}", place.host);
        let twist = text(&programs.join("twist"));
        let words = [&twist, "wormhole-mailbox", "--port", &port, "--channel-db=:memory:"];
        let server = Measured::start(&mut place.program(place.to, &words));
        listens(place, MAILBOX_PORT)?;
        let mailbox = format!("ws://{}:{MAILBOX_PORT}/v1", place.host);
        Some(Self { place, programs, mailbox, number: 0, _server: server })
    }
}

impl Mover for Wormhole<'_> {
    fn name(&self) -> &'static str {
        "magic-wormhole"
    }

    fn move_file(&mut self, file: &Path, into: &Path) -> Option<Moved> {
        self.number += 1;
        let program = text(&self.programs.join("wormhole"));
        let code = format!("{}-bench-mark", self.number);
        // There is nobody to relay, and nobody is to be asked.
        let common = [&program, "--relay-url", &self.mailbox, "--transit-helper", ""];
        let end = |machine, words: &[&str]| {
            Measured::start(&mut self.place.program(machine, &[&common[..], words].concat()))
        };
        let begun = Instant::now();
        let sender = end(FROM, &["send", "--hide-progress", "--code", &code, &text(file)]);
        let receive = ["receive", "--hide-progress", "--accept-file", "-o", &text(into), &code];
        let receiver = end(self.place.to, &receive);
        let moved = timed(begun, vec![sender, receiver])?;
        Some(Moved { taken: Vec::new(), ..moved })
    }
}

/// What goes through ssh: scp, or rsync.
pub struct ThroughSsh<'a> {
    place: &'a Place,
    program: &'static str,
    options: Vec<String>,
    _server: Measured,
}

impl<'a> ThroughSsh<'a> {
    /// With a daemon where the file goes, and keys in this folder.
    pub fn new(place: &'a Place, program: &'static str, keys: &Path) -> Option<Self> {
        fs::create_dir_all(keys).expect("a folder");
        // Run by root, the daemon wants this folder, which a service's start would make.
        let _ = fs::create_dir_all("/run/sshd");
        let (host, user) = (key(keys, "host")?, key(keys, "user")?);
        let config = keys.join("sshd_config");
        let lines = [
            format!("HostKey {host}\nAuthorizedKeysFile {user}.pub\nListenAddress {}", place.host),
            "StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes".to_owned(),
            "Subsystem sftp internal-sftp".to_owned(),
        ];
        fs::write(&config, lines.join("\n")).expect("a file");
        let port = SSH_PORT.to_string();
        let words = ["/usr/sbin/sshd", "-D", "-e", "-f", &text(&config), "-p", &port];
        let server = Measured::start(&mut place.program_of_root(place.to, &words));
        listens(place, SSH_PORT)?;
        let options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes"];
        let options = options.iter().flat_map(|option| ["-o", option]);
        let options = ["-F", "none", "-i", &user].into_iter().chain(options);
        let options = options.map(str::to_owned).collect();
        Some(Self { place, program, options, _server: server })
    }
}

impl Mover for ThroughSsh<'_> {
    fn name(&self) -> &str {
        if self.program == "rsync" { "rsync over ssh" } else { self.program }
    }

    fn move_file(&mut self, file: &Path, into: &Path) -> Option<Moved> {
        let target = format!("{}:{}/", self.place.host, into.display());
        let port = SSH_PORT.to_string();
        let mut words = vec![self.program.to_owned()];
        if self.program == "rsync" {
            let shell = format!("ssh -p {port} {}", self.options.join(" "));
            words.extend(["-e".to_owned(), shell]);
        } else {
            words.extend(["-q".to_owned(), "-P".to_owned(), port]);
            words.extend(self.options.clone());
        }
        words.extend([text(file), target]);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let begun = Instant::now();
        let program = Measured::start(&mut self.place.program_of_root(FROM, &words));
        let moved = timed(begun, vec![program])?;
        Some(Moved { taken: Vec::new(), ..moved })
    }
}

/// Until all have ended well, or it is too late.
fn timed(begun: Instant, mut programs: Vec<Measured>) -> Option<Moved> {
    if !have_ended(&mut programs, begun + PATIENCE) {
        return None;
    }
    let took = begun.elapsed();
    let taken = programs.into_iter().map(Measured::taken).collect::<Option<_>>()?;
    Some(Moved { took, taken })
}

fn key(folder: &Path, name: &str) -> Option<String> {
    let path = folder.join(name);
    if !path.exists() {
        let mut make = Command::new("ssh-keygen");
        make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path).stdin(Stdio::null());
        make.status().ok().filter(std::process::ExitStatus::success)?;
    }
    Some(text(&path))
}

/// Waits for a server; none if it does not come.
fn listens(place: &Place, port: u16) -> Option<()> {
    let deadline = Instant::now() + START;
    let address = format!("/dev/tcp/{}/{port}", place.host);
    while Instant::now() < deadline {
        // This process is not on that machine, and bash is.
        let mut ask = place.program(place.to, &["bash", "-c", &format!("exec 3<>{address}")]);
        if ask.status().is_ok_and(|status| status.success()) {
            return Some(());
        }
        sleep(LOOK_AGAIN);
    }
    None
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

const MAILBOX_PORT: u16 = 4000;
const SSH_PORT: u16 = 2222;
/// For a server to be there.
const START: Duration = Duration::from_secs(15);
/// What takes longer is not waited for.
const PATIENCE: Duration = Duration::from_mins(10);
