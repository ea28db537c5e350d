//! What the command line says: help, and errors with their exit status, to the letter.

use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

#[test]
fn the_help_is_this() {
    let world = World::new();
    insta::assert_snapshot!("help", world.run(&["--help"]));
    insta::assert_snapshot!("help_short", world.run(&["-h"]));
    for command in [
        "join",
        "send",
        "receive",
        "daemon",
        "attach",
        "status",
        "snap",
        "cameras",
        "view",
        "demo",
        "doctor",
        "completions",
        "man",
    ] {
        insta::assert_snapshot!(format!("help_{command}"), world.run(&[command, "--help"]));
    }
}

#[test]
fn the_version_is_the_name_and_three_numbers() {
    let said = World::new().run(&["--version"]);
    let expected = format!("status 0\n--- stdout\npeersnap {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(said, expected);
    let numbers: Vec<_> = env!("CARGO_PKG_VERSION").split('.').map(str::parse::<u32>).collect();
    assert!(numbers.len() == 3 && numbers.iter().all(Result::is_ok));
}

#[test]
fn what_makes_no_sense_ends_with_2_and_says_what_would() {
    let world = World::new();
    for (what, arguments) in [
        ("listen", &["--listen", "nowhere"][..]),
        ("camera", &["--camera", "webcam"]),
        ("quality", &["--quality", "101"]),
        ("option", &["--lisen", "127.0.0.1:1"]),
        ("view_nothing", &["view"]),
        ("every_0", &["send", "--new", "--camera", "--every", "0s"]),
        ("burst_0", &["send", "--new", "--camera", "--burst", "0"]),
        ("every_without_a_camera", &["send", "--new", "a.jpg", "--every", "1s"]),
        ("send_nothing", &["send", "--new"]),
        ("send_no_room", &["send", "a.jpg"]),
        ("once_and_count", &["receive", "--once", "--count", "2"]),
        ("two_rooms", &["http://a.example/#a", "http://b.example/#b"]),
    ] {
        insta::assert_snapshot!(format!("usage_{what}"), world.run(arguments));
    }
}

#[test]
fn what_cannot_be_done_ends_with_1_and_says_why() {
    let world = World::new();
    let file = world.file("a file", "nothing of note");
    let misspelt = world.file("misspelt.toml", "nmae = \"Ann\"\n");
    let wrong = world.file("wrong.toml", "camera = \"webcam\"\n");
    let here = ["--listen", "127.0.0.1:0", "--camera", "test"];
    let with = |more: &[&str]| -> Vec<String> {
        here.iter().chain(more).map(|word| (*word).to_owned()).collect()
    };
    for (what, arguments) in [
        ("no_room_link", with(&["kitchen"])),
        ("no_words", with(&["http://photos.example/"])),
        ("few_words", with(&["http://photos.example/#crane-velvet"])),
        ("wrong_word", with(&["http://photos.example/#crane velvt orbit ladder energy quick"])),
        ("words_alone", with(&["--no-lan", "crane velvet orbit ladder energy quick"])),
        ("words_misspelt", with(&["crane", "velvet", "orbti", "ladder", "energy", "quick"])),
        (
            "no_server",
            with(&["--server", "ftp://photos.example", "crane velvet orbit ladder energy quick"]),
        ),
        ("public_url", with(&["--public-url", "https://photos.example/room"])),
        ("unknown_key", with(&["--config", &misspelt])),
        ("wrong_value", with(&["--config", &wrong])),
        ("no_config", with(&["--config", "missing.toml"])),
        ("save_is_a_file", with(&["--save", &file])),
        ("no_log", with(&["--log", &format!("{file}/peersnap.log")])),
        ("no_terminal", with(&[])),
        (
            "snap_over_a_file",
            vec!["snap".into(), "--camera".into(), "test".into(), "-o".into(), file.clone()],
        ),
        ("view_no_picture", vec!["view".into(), file.clone()]),
        ("view_missing", vec!["view".into(), "missing.jpg".into()]),
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        insta::assert_snapshot!(format!("error_{what}"), world.run(&arguments));
    }
}

#[test]
fn the_manual_is_this() {
    let world = World::new();
    insta::assert_snapshot!("man", unversioned(&world.run(&["man"])));
    assert_eq!(world.run(&["man", "pages"]), "status 0\n");
    let pages = world.home.path().join("pages");
    let page = std::fs::read_to_string(pages.join("peersnap-doctor.1")).expect("a page");
    insta::assert_snapshot!("man_doctor", unversioned(&page));
    if Command::new("groff").arg("--version").output().is_err() {
        eprintln!("there is no groff here: whether pages are in order is not looked at");
        return;
    }
    for entry in std::fs::read_dir(pages).expect("pages") {
        let page = entry.expect("an entry").path();
        let groff = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).arg(&page).output();
        let said = String::from_utf8(groff.expect("groff runs").stderr).expect("text");
        assert_eq!(said, "", "{}", page.display());
    }
}

#[test]
fn bash_completes_commands_and_options() {
    let world = World::new();
    let script = world.run(&["completions", "bash"]);
    let script = script.strip_prefix("status 0\n--- stdout\n").expect("a script");
    world.file("completions", script);
    for (typed, expected) in [
        ("peersnap rec", "receive"),
        ("peersnap doc", "doctor"),
        ("peersnap receive --print", "--print-path"),
        ("peersnap completions z", "zsh"),
    ] {
        let words: Vec<_> = typed.split(' ').collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let ask = format!(
            "set -eu; source completions; COMP_WORDS=({typed}); COMP_CWORD={}; \
             \"$(complete -p peersnap | sed 's/.*-F \\([^ ]*\\).*/\\1/')\" peersnap '{last}' '{before}'; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
        );
        let mut bash = Command::new("bash");
        bash.args(["--norc", "--noprofile", "-c", &ask]).current_dir(world.home.path());
        let bash = bash.output();
        let bash = bash.expect("bash: tests/run installs it");
        let said = String::from_utf8(bash.stdout).expect("text");
        let errors = String::from_utf8_lossy(&bash.stderr).into_owned();
        assert_eq!((said.trim(), errors.as_str()), (expected, ""), "{typed}");
    }
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        let script = world.run(&["completions", shell]);
        assert!(script.starts_with("status 0\n") && script.contains("receive"), "{shell}");
    }
}

#[test]
fn nobody_who_reads_is_a_failure_and_no_panic() {
    let world = World::new();
    for arguments in [&["man"][..], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = world.command(arguments);
        let ended = command.stdout(writer).stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8(ended.stderr).expect("text");
        assert_eq!(ended.status.code(), Some(11), "{said}");
        assert!(said.starts_with("peersnap: writing the ") && !said.contains("panic"), "{said}");
    }
}

#[test]
fn a_setting_of_the_environment_is_as_good_as_an_option() {
    let world = World::new();
    insta::assert_snapshot!(
        "environment_camera",
        world.run_with(&[("PEERSNAP_CAMERA", "webcam")], &["snap"])
    );
}

/// An empty home, and a folder to be in.
struct World {
    home: TempDir,
}

impl World {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder") }
    }

    /// Makes a file; its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> String {
        self.run_with(&[], arguments)
    }

    /// Everything that the program says, and its exit status.
    fn run_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> String {
        let home = self.home.path();
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        let output = command.output().expect("the program starts");
        let status = output.status.code().expect("it ends by itself");
        let mut said = format!("status {status}\n");
        for (stream, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
            if !bytes.is_empty() {
                let text = String::from_utf8(bytes).expect("text");
                said.push_str(&["--- ", stream, "\n", &anonymous(&text, home)].concat());
            }
        }
        said
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let home = self.home.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_peersnap"));
        command.args(arguments).current_dir(home).stdin(Stdio::null());
        command.env_clear().env("HOME", home);
        for (key, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(key, home.join(folder));
        }
        command
    }
}

/// The text without the number of the version, which changes with each.
fn unversioned(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

/// The text without the name of a folder that is another each time.
fn anonymous(text: &str, home: &Path) -> String {
    text.replace(&home.display().to_string(), "HOME")
}
