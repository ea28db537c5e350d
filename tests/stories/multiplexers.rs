//! Inside tmux and GNU screen, which draw the program's screen into theirs.

use crate::world::launch::{Launch, PROMPT};
use crate::world::only_file;
use crate::world::peer::Peer;
use crate::world::terminal::{Terminal, key};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use tempfile::TempDir;

/// A folder for the sockets of one story. What was started there ends with it.
struct Sockets {
    folder: TempDir,
    end: [&'static str; 2],
}

impl Sockets {
    fn new(end: [&'static str; 2]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for sockets");
        let mine = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), mine).expect("a folder of one's own");
        Self { folder, end }
    }

    fn path(&self) -> String {
        self.folder.path().display().to_string()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        let [program, order] = self.end;
        let mut command = Command::new(program);
        command.env("TMUX_TMPDIR", self.folder.path()).env("SCREENDIR", self.folder.path());
        // There is nothing to end if the story went well.
        let _ = command.args(order.split(' ')).output();
    }
}

fn shell() -> Launch {
    Launch::of("Ann").env("LC_ALL", "C.UTF-8").env("PS1", PROMPT)
}

#[test]
fn in_tmux_photos_are_seen_taken_and_sent() {
    let sockets = Sockets::new(["tmux", "kill-server"]);
    let tmux = "tmux -u -f /dev/null new-session bash --norc --noprofile -i";
    let command: Vec<_> = tmux.split(' ').collect();
    let ann = shell().env("TMUX_TMPDIR", &sockets.path()).program(&command).start(&[]);
    a_photo_is_seen_taken_and_sent(ann, sockets);
}

#[test]
fn in_screen_photos_are_seen_taken_and_sent() {
    let sockets = Sockets::new(["screen", "-S story -X quit"]);
    let config = sockets.folder.path().join("config");
    std::fs::write(&config, "startup_message off\n").expect("a config is written");
    let config = config.display().to_string();
    let command = ["screen", "-U", "-c", &config, "-S", "story", "bash", "--norc", "--noprofile"];
    let ann = shell().env("SCREENDIR", &sockets.path()).env("SYSSCREENRC", "/dev/null");
    a_photo_is_seen_taken_and_sent(ann.program(&command).start(&[]), sockets);
}

/// What holds the terminal open ends before the terminal, also where the story fails.
fn a_photo_is_seen_taken_and_sent(mut ann: Terminal, _sockets: Sockets) {
    ann.shows(PROMPT.trim());
    ann.press("$PEERSNAP\r");
    let zoe = Peer::join("Zoë", &ann.link());
    ann.meets("Zoë");
    ann.sees_the_camera();
    ann.press("s");
    ann.shows("held: Enter sends");
    ann.sees_the_camera();
    ann.press(key::ENTER);
    ann.shows("✓ Zoë");
    zoe.receives_from("Ann");
    only_file(&ann.save);
    ann.press("?");
    ann.shows("snap and send at once");
    ann.press(key::ESC);
    ann.shows_no_more("snap and send at once");
    ann.press("q");
    ann.until("the prompt, and nothing typed behind it", |screen| {
        let (row, column) = screen.cursor_position();
        let line = screen.rows(0, 80).nth(row.into()).unwrap_or_default();
        line.trim_end() == PROMPT.trim_end() && usize::from(column) == PROMPT.len()
    });
    assert!(!ann.words().contains("0n"), "{}", ann.words());
    ann.press("echo $((6 * 7)) left\r");
    ann.shows("\n42 left");
    ann.press("exit\r");
    ann.ends();
}
