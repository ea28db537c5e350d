//! How the program is started in a terminal: whose it is, how large, with what around it.

use super::line::{Far, Inward, Outward};
use super::questions::Answers;
use super::shown::Shown;
use super::terminal::{Terminal, pty_size};
use portable_pty::{CommandBuilder, native_pty_system};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How the program is started.
pub struct Launch {
    name: String,
    size: (u16, u16),
    save: Option<PathBuf>,
    environment: Vec<(String, String)>,
    script: Option<String>,
    through: Vec<String>,
    program: Vec<String>,
    answers: Answers,
    far: Option<Far>,
    home: Option<PathBuf>,
    bare: bool,
}

impl Launch {
    /// For a person of this name, at a terminal of 80 columns and 24 rows.
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            size: (80, 24),
            save: None,
            environment: Vec::new(),
            script: None,
            through: Vec::new(),
            program: vec![PROGRAM.to_owned()],
            answers: Answers::AtOnce,
            far: None,
            home: None,
            bare: false,
        }
    }

    /// At a terminal of this size.
    pub fn size(self, columns: u16, rows: u16) -> Self {
        Self { size: (columns, rows), ..self }
    }

    /// With another save folder than an empty one.
    pub fn save(self, folder: &Path) -> Self {
        Self { save: Some(folder.to_owned()), ..self }
    }

    /// With a variable of the environment.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    /// At a terminal that answers like this.
    pub fn answers(self, answers: Answers) -> Self {
        Self { answers, ..self }
    }

    /// At a terminal that is far away.
    pub fn far(self, far: Far) -> Self {
        Self { far: Some(far), ..self }
    }

    /// With what was left there by others before.
    pub fn home(self, home: &Path) -> Self {
        Self { home: Some(home.to_owned()), ..self }
    }

    /// With mounts of its own, made by this shell script; `$SAVE` is the save folder.
    pub fn mounts(self, script: &str) -> Self {
        Self { script: Some(format!("{script} && exec \"$@\"")), ..self }
    }

    /// With the arguments that are said and no others.
    pub fn bare(self) -> Self {
        Self { bare: true, ..self }
    }

    /// Through another command, which is given the program's own as its last words. What the
    /// program finds around it is what that command lets through.
    pub fn through(self, command: &[String]) -> Self {
        Self { through: command.to_owned(), ..self }
    }

    /// Another program in its place.
    pub fn program(self, command: &[&str]) -> Self {
        Self { program: command.iter().map(|&word| word.to_owned()).collect(), ..self }
    }

    /// A shell in its place, which the program is started from by hand: it waits for a command
    /// behind [`PROMPT`], and knows the program as `$PEERSNAP`, with the arguments that open a room.
    pub fn shell(self) -> Terminal {
        let terminal = self.env("PS1", PROMPT).program(&["bash", "--norc", "--noprofile", "-i"]);
        let terminal = terminal.start(&[]);
        terminal.shows(PROMPT.trim());
        terminal
    }

    /// Opens a room on a server that the program carries.
    pub fn open(self) -> Terminal {
        self.start(&["--listen", "127.0.0.1:0"])
    }

    /// Joins a room.
    pub fn join(self, link: &str) -> Terminal {
        self.start(&[link])
    }

    /// Starts it with these arguments.
    pub fn start(self, arguments: &[&str]) -> Terminal {
        let folder = tempfile::tempdir().expect("a folder for a person");
        let home = self.home.clone().unwrap_or_else(|| folder.path().to_owned());
        let save = self.save.clone().unwrap_or_else(|| home.join("photos"));
        let command = self.command(arguments, &home, &save);
        let pty = native_pty_system().openpty(pty_size(self.size)).expect("a pty");
        let child = pty.slave.spawn_command(command).expect("the program starts");
        drop(pty.slave);
        let output = pty.master.try_clone_reader().expect("the pty's output");
        let output: Box<dyn Read + Send> = match self.far {
            Some(far) => Box::new(Outward::new(output, far)),
            None => output,
        };
        let input = pty.master.take_writer().expect("the pty's input");
        let line = Inward::new(input, self.answers, self.far);
        let keys = line.clone();
        let pid = child.process_id().expect("a process has an id");
        let shown = Shown::new(self.size);
        let writer = Arc::clone(&shown);
        Terminal {
            keys: Some(keys),
            master: Some(pty.master),
            reader: Some(std::thread::spawn(move || writer.follow(output, line, child))),
            shown,
            pid,
            name: self.name,
            save,
            home,
            _folder: folder,
        }
    }

    fn command(&self, arguments: &[&str], home: &Path, save: &Path) -> CommandBuilder {
        let mut words = self.through.clone();
        if let Some(script) = &self.script {
            words.extend(["unshare", "-Urm", "sh", "-e", "-c", script, "sh"].map(str::to_owned));
        }
        words.extend(self.program.iter().cloned());
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        let mut usual = ["--name", &self.name, "--camera", "test"].map(str::to_owned).to_vec();
        usual.extend(["--save".to_owned(), save.display().to_string()]);
        let by_hand = format!("{PROGRAM} --listen 127.0.0.1:0 {}", usual.join(" "));
        if self.program.len() == 1 && !self.bare {
            words.extend(usual);
        }

        let mut command = CommandBuilder::from_argv(words.iter().map(Into::into).collect());
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("PEERSNAP_LOG_LEVEL", "peersnap=debug,signaling_server=debug");
        command.env("HOME", home);
        command.env("SAVE", save);
        command.env("PEERSNAP", by_hand);
        for (key, value) in &self.environment {
            command.env(key, value);
        }
        command.cwd(home);
        command
    }
}

/// What a shell says when it waits for a command.
pub const PROMPT: &str = "ready> ";
const PROGRAM: &str = env!("CARGO_BIN_EXE_peersnap");
