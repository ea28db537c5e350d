//! The command line: what may be said, and the help that says so.

use crate::app::camera::CameraSpec;
use crate::picture::Quality;
use crate::picture::cells::{Depth, Glyphs};
use crate::seal::words;
use crate::terminal::capabilities::{Graphics, Wish, Wishes};
use clap::builder::FalseyValueParser;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, value_parser};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Take a photo in any terminal and hand it to everyone in your room, peer to peer.
#[derive(Debug, Parser)]
#[command(
    name = "peersnap",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Without ROOM a room is opened, and its link shown. In it: s takes a photo, \
                  Enter sends it, ? shows all keys.\n\
                  Scripts send and receive: both need no terminal, and --json tells them everything.",
    after_long_help = STATUSES
)]
pub struct Cli {
    /// What to do other than open or join a room.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The room to join: its link, or its six words.
    ///
    /// Words lead to the room on the server that --server names, or else on the same network.
    pub room: Vec<String>,

    /// How to do it.
    #[command(flatten)]
    pub options: Options,

    /// Tell everything to programs: one JSON object a line on standard output
    #[arg(long, global = true, env = "PEERSNAP_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Join a room, asking for its words so that no other program sees them
    Join(Join),
    /// Send files, or photos of a camera, without a terminal
    Send(Send),
    /// Receive files without a terminal
    Receive(Receive),
    /// Keep a room open in the background
    Daemon(Daemon),
    /// Look into the room that is kept open in the background
    Attach(Attach),
    /// Tell how the room in the background is
    Status,
    /// Take one photo and save it
    Snap(Snap),
    /// List the cameras there are
    Cameras,
    /// Print pictures into the terminal
    View(View),
    /// See everything work: a second peer joins, takes photos and answers yours
    Demo(Options),
    /// Find out what works here, and what to do about the rest
    Doctor(Doctor),
    /// Print what completes commands in a shell
    Completions(Completions),
    /// Print the manual page, or write all of them into a folder
    Man(Man),
}

/// Options of `peersnap send`.
#[derive(Debug, Args)]
#[command(override_usage = "peersnap send [OPTIONS] ROOM [FILE]...\n       \
                            peersnap send [OPTIONS] --new [FILE]...")]
pub struct Send {
    /// The room, by its link or its six words; then the files. - is standard input.
    ///
    /// With --new, where `PEERSNAP_ROOM` says the room, and where a daemon keeps one open, there are
    /// files alone.
    #[arg(value_name = "ROOM] [FILE")]
    pub room_and_files: Vec<String>,

    /// Open a room, print how to join it, and wait
    #[arg(long)]
    pub new: bool,

    /// Send a photo of the camera: the usual one, or --camera=SPEC
    #[arg(long, value_name = "SPEC", num_args = 0..=1, require_equals = true)]
    pub camera: Option<Option<CameraSpec>>,

    /// A photo every so often, such as 10s, until stopped
    #[arg(long, value_name = "DURATION", value_parser = interval, requires = "camera")]
    pub every: Option<Duration>,

    /// So many photos in a row, each time
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=BURST_MAX), requires = "camera")]
    pub burst: Option<u32>,

    /// A photo when something moves; LEVEL is how much of the picture has to, in percent
    #[arg(
        long,
        value_name = "LEVEL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2",
        value_parser = level,
        requires = "camera"
    )]
    pub on_motion: Option<f32>,

    /// End after so many photos
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..), requires = "camera")]
    pub count: Option<u32>,

    /// End after so long
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, requires = "camera")]
    pub time: Option<Duration>,

    /// Whom to: a name or the beginning of a fingerprint; may be said more than once
    ///
    /// Without it: everyone in the room.
    #[arg(long, value_name = "PEER")]
    pub to: Vec<String>,

    /// How many peers to wait for
    #[arg(long, value_name = "N", value_parser = value_parser!(u8).range(1..=15))]
    pub wait_for: Option<u8>,

    /// How long to wait for them, such as 5m
    ///
    /// Without it: ten seconds in a room that is joined; as long as it takes in a new one, and for
    /// photos that are taken again and again.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,

    /// What the file is called that comes from standard input
    #[arg(long, value_name = "NAME")]
    pub stdin_name: Option<String>,

    /// How good photos of cameras that send raw pixels are, 1 to 100
    #[arg(long, env = "PEERSNAP_QUALITY", value_name = "N")]
    pub quality: Option<Quality>,

    /// Leave in JPEG files where, when and with what they were taken
    #[arg(long, env = "PEERSNAP_KEEP_EXIF", value_parser = FalseyValueParser::new())]
    pub keep_exif: bool,

    /// How to reach the room.
    #[command(flatten)]
    pub common: Common,
}

/// Options of `peersnap receive`.
#[derive(Debug, Args)]
#[command(override_usage = "peersnap receive [OPTIONS] [ROOM] [-]")]
pub struct Receive {
    /// The room, by its link or its six words; then - to write one file to standard output.
    ///
    /// Without it: `PEERSNAP_ROOM`'s, or the one that a daemon keeps open, or else a new one.
    #[arg(value_name = "ROOM] [-")]
    pub room: Vec<String>,

    /// The folder that files are saved in; it is made if it is not there
    ///
    /// Without it: --save's, or the current one.
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// End after one file
    #[arg(long, conflicts_with = "count")]
    pub once: bool,

    /// End after so many files
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub count: Option<u32>,

    /// End after so long, such as 90s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub time: Option<Duration>,

    /// Print the path of each file, one a line, and nothing else
    #[arg(long, conflicts_with = "json")]
    pub print_path: bool,

    /// Run a program for each file
    ///
    /// It is split into words as a shell does, and run without one. The environment tells it of the
    /// file: `PEERSNAP_PATH`, `PEERSNAP_NAME`, `PEERSNAP_TYPE`, `PEERSNAP_SIZE`, `PEERSNAP_DIGEST`,
    /// `PEERSNAP_FROM`, `PEERSNAP_FROM_ID`.
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,

    /// Have a shell run what --exec says
    #[arg(long, requires = "exec")]
    pub exec_shell: bool,

    /// How many of them may run at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u8).range(1..=64))]
    pub exec_jobs: u8,

    /// How long each may take before it is stopped
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub exec_timeout: Duration,

    /// What is taken: photos, all, or all of those you trust and nothing of others
    #[arg(long, value_enum, default_value_t = Accept::Photos, env = "PEERSNAP_ACCEPT")]
    pub accept: Accept,

    /// How large a file may be, such as 32MB
    ///
    /// Without it: 32MB for photos, any size for other files.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<u64>,

    /// How to reach the room.
    #[command(flatten)]
    pub common: Common,

    /// What is wished for of the terminal.
    #[command(flatten)]
    pub display: Display,
}

/// What `receive` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// Photos, of anyone in the room.
    Photos,
    /// Anything, of anyone in the room.
    All,
    /// Anything, of those that are trusted.
    Trusted,
}

/// Options of `peersnap daemon`.
#[derive(Debug, Args)]
pub struct Daemon {
    /// The room: its link, or its six words.
    ///
    /// Without it a room is opened.
    #[arg(env = "PEERSNAP_ROOM", hide_env_values = true)]
    pub room: Vec<String>,

    /// Stop the one that runs
    #[arg(long)]
    pub stop: bool,

    /// Stay in the foreground, as systemd and containers like it
    #[arg(long, conflicts_with = "stop")]
    pub foreground: bool,

    /// How to do it.
    #[command(flatten)]
    pub options: Options,
}

/// Options of `peersnap attach`.
#[derive(Debug, Args)]
pub struct Attach {
    /// What is wished for of the terminal.
    #[command(flatten)]
    pub display: Display,
}

/// Options of `peersnap doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Which camera: auto, test, a number from `peersnap cameras`, or a path
    #[arg(long, env = "PEERSNAP_CAMERA", value_name = "SPEC")]
    pub camera: Option<CameraSpec>,

    /// The folder that photos would be saved in
    ///
    /// Without it: the current folder.
    #[arg(long, env = "PEERSNAP_SAVE", value_name = "DIR")]
    pub save: Option<PathBuf>,

    /// How rooms would be reached.
    #[command(flatten)]
    pub common: Common,

    /// What is wished for of the terminal.
    #[command(flatten)]
    pub display: Display,
}

/// Options of `peersnap completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell: bash, zsh, fish, powershell or elvish
    pub shell: clap_complete::Shell,
}

/// Options of `peersnap man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder to write them into; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Options of `peersnap join`.
#[derive(Debug, Args)]
pub struct Join {
    /// The room: its link, or its six words.
    ///
    /// Without it, it is asked for.
    pub room: Vec<String>,

    /// How to do it.
    #[command(flatten)]
    pub options: Options,
}

/// Options of `peersnap snap`.
#[derive(Debug, Args)]
pub struct Snap {
    /// Where to save it; - writes it to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Which camera: auto, test, a number from `peersnap cameras`, or a path
    #[arg(long, env = "PEERSNAP_CAMERA", value_name = "SPEC")]
    pub camera: Option<CameraSpec>,

    /// How good photos of cameras that send raw pixels are, 1 to 100
    #[arg(long, env = "PEERSNAP_QUALITY", value_name = "N")]
    pub quality: Option<Quality>,

    /// Leave in photos of JPEG files where, when and with what they were taken
    #[arg(long, env = "PEERSNAP_KEEP_EXIF", value_parser = FalseyValueParser::new())]
    pub keep_exif: bool,
}

/// Options of `peersnap view`.
#[derive(Debug, Args)]
pub struct View {
    /// The pictures.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,

    /// What is wished for of the terminal.
    #[command(flatten)]
    pub display: Display,
}

/// What is wished for of the terminal.
#[derive(Debug, Clone, Default, Args)]
pub struct Display {
    /// How photos are drawn: auto, kitty, iterm2, sixel or cells
    ///
    /// What is said here, and by the next two, is remembered for terminals of this kind; auto
    /// forgets it.
    #[arg(long, env = "PEERSNAP_GRAPHICS", value_name = "HOW")]
    pub graphics: Option<Wish<Graphics>>,

    /// Which glyphs pictures are made of: auto, half, block, sextant or octant
    #[arg(long, env = "PEERSNAP_CELLS", value_name = "GLYPHS")]
    pub cells: Option<Wish<Glyphs>>,

    /// How many colours there are: auto, true, 256, 16 or none
    #[arg(long, visible_alias = "colour", env = "PEERSNAP_COLOR", value_name = "HOW_MANY")]
    pub color: Option<Wish<Depth>>,
}

/// Options of whatever goes into a room. Each is a key of the config file too, under the same name.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// The signaling server that the room is on
    ///
    /// Without it, this program carries the server itself.
    #[arg(long, env = "PEERSNAP_SERVER", value_name = "URL")]
    pub server: Option<String>,

    /// Where the carried server listens: an address and a port
    ///
    /// Without it: all interfaces, port 8765 or the next that is free.
    #[arg(long, env = "PEERSNAP_LISTEN", value_name = "ADDR", value_parser = address)]
    pub listen: Option<SocketAddr>,

    /// Neither announce rooms to the same network nor look for them there
    #[arg(long, env = "PEERSNAP_NO_LAN", value_parser = FalseyValueParser::new())]
    pub no_lan: bool,

    /// What others call you
    ///
    /// Without it: your user name.
    #[arg(long, env = "PEERSNAP_NAME")]
    pub name: Option<String>,

    /// The file that the log is written to
    #[arg(long, env = "PEERSNAP_LOG", value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// The config file, in place of the usual one
    #[arg(long, env = "PEERSNAP_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Options of a room that somebody is in. Each is a key of the config file too, under the same name.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// How to reach the room.
    #[command(flatten)]
    pub common: Common,

    /// Which camera: auto, test, a number from `peersnap cameras`, an image file or a folder
    #[arg(long, env = "PEERSNAP_CAMERA", value_name = "SPEC")]
    pub camera: Option<CameraSpec>,

    /// How good photos of cameras that send raw pixels are, 1 to 100
    #[arg(long, env = "PEERSNAP_QUALITY", value_name = "N")]
    pub quality: Option<Quality>,

    /// Leave in photos of JPEG files where, when and with what they were taken
    #[arg(long, env = "PEERSNAP_KEEP_EXIF", value_parser = FalseyValueParser::new())]
    pub keep_exif: bool,

    /// The folder that photos are saved in; it is made if it is not there
    ///
    /// Without it: the current folder.
    #[arg(long, env = "PEERSNAP_SAVE", value_name = "DIR")]
    pub save: Option<PathBuf>,

    /// Tell everything in lines, without drawing: for screen readers, and without a terminal
    ///
    /// Commands are read line by line. If nothing is said: so if TERM is dumb.
    #[arg(
        long,
        env = "PEERSNAP_PLAIN",
        value_name = "WHETHER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        value_parser = FalseyValueParser::new()
    )]
    pub plain: Option<bool>,

    /// What is wished for of the terminal.
    #[command(flatten)]
    pub display: Display,
}

impl Cli {
    /// Reads the arguments of this program, its own name first, or ends it with what is wrong.
    pub fn read(arguments: impl Iterator<Item = OsString>) -> Self {
        Self::parse_from(arranged(arguments.collect()))
    }
}

/// The arguments as the parser takes them.
fn arranged(arguments: Vec<OsString>) -> Vec<OsString> {
    json_behind_its_command(with_room_in_one(arguments))
}

/// `--json` may stand before a command too, where the parser has any other option mean a room.
fn json_behind_its_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let commands = Cli::command();
    let is_command = |word: &OsString| {
        word.to_str().is_some_and(|word| commands.find_subcommand(word).is_some())
    };
    if arguments.get(1).is_some_and(|first| first == "--json")
        && arguments.get(2).is_some_and(is_command)
    {
        arguments.swap(1, 2);
    }
    arguments
}

impl Display {
    /// All of it.
    pub fn wishes(&self) -> Wishes {
        Wishes { graphics: self.graphics, cells: self.cells, color: self.color }
    }
}

/// The six words of a room that stand one by one become one argument: the first of them may be the
/// name of a command too, as `snap` and `view` are.
///
/// Six in a row from the first on are a room in any case; only behind those that a room is named to
/// it begins with the second.
fn with_room_in_one(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_word = |argument: &OsString| argument.to_str().is_some_and(words::is_word);
    let run_from = |at: usize, arguments: &[OsString]| {
        arguments[at..].iter().take_while(|argument| is_word(argument)).count()
    };
    let named = |first: &OsString| ROOM_FOLLOWS.iter().any(|command| first == command);
    let begins = arguments.get(1).is_some_and(named) && run_from(1, &arguments) != words::WORDS;
    let mut at = if begins { 2 } else { 1 };
    while at < arguments.len() {
        let run = run_from(at, &arguments);
        if run == words::WORDS {
            let words: Vec<_> = arguments.drain(at..at + run).collect();
            arguments.insert(at, words.join("-".as_ref()));
            return arguments;
        }
        at += run.max(1);
    }
    arguments
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "say an address and a port, such as 0.0.0.0:8765".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "say how long, with a unit, such as 90s, 5m or 1h30m".to_owned())
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < INTERVAL_MIN {
        return Err("say at least 50ms: no camera is faster for long".to_owned());
    }
    Ok(interval)
}

fn level(text: &str) -> Result<f32, String> {
    let level = text.trim_end_matches('%').parse().ok();
    level
        .filter(|level| *level > 0.0 && *level <= 100.0)
        .ok_or_else(|| "say how much of the picture, in percent: 0.1 to 100".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    let wrong = || "say a size, such as 500KB, 32MB or 10GB".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * scale;
    if bytes < 1.0 { Err(wrong()) } else { Ok(bytes as u64) }
}

/// Commands that a room may be named to.
const ROOM_FOLLOWS: [&str; 4] = ["join", "send", "receive", "daemon"];
const INTERVAL_MIN: Duration = Duration::from_millis(50);
/// Ten seconds of most cameras.
const BURST_MAX: i64 = 300;
/// How commands end, for help and manual: a line each, the number first.
pub const STATUSES: &str = "Exit status:\n  \
    0    all was done\n  \
    1    anything that has no number of its own\n  \
    2    what was asked for makes no sense\n  \
    3    no such room, or a word is wrong, or nobody is in it\n  \
    4    nobody came, or nothing came, in time\n  \
    5    refused: by the others, or by the server\n  \
    6    the line was cut before all was over: try again\n  \
    7    the disk is full, or cannot be read or written\n  \
    8    no camera, or no picture from it\n  \
    9    the signaling server is not reached\n  \
    10   a program of --exec failed\n  \
    11   standard output was closed before all was written\n  \
    130, 143  ended by Ctrl-C, or by a signal, before all was done";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Cli {
        let arguments = line.split(' ').map(Into::into).collect();
        Cli::try_parse_from(arranged(arguments)).expect("a command line")
    }

    #[test]
    fn the_words_of_a_room_may_stand_one_by_one_and_begin_like_a_command() {
        let room = "snap-velvet-orbit-ladder-energy-quick";
        let words = room.replace('-', " ");
        for line in [
            format!("peersnap {words}"),
            format!("peersnap {room}"),
            format!("peersnap --name Ann {words} --quality 80"),
        ] {
            let cli = read(&line);
            assert_eq!((cli.room, cli.command.is_none()), (vec![room.to_owned()], true), "{line}");
        }
        let few = read("peersnap crane velvet orbit");
        assert_eq!(few.room, ["crane", "velvet", "orbit"], "what is wrong with it is said later");
        let plain = read(&format!("peersnap --plain {words}"));
        assert_eq!((plain.room, plain.options.plain), (vec![room.to_owned()], Some(true)));
        assert_eq!(read("peersnap --plain=no").options.plain, Some(false));
        assert!(matches!(read("peersnap view a.jpg").command, Some(Command::View(_))));
        for line in ["peersnap --json cameras", "peersnap cameras --json"] {
            let cli = read(line);
            assert!(cli.json && matches!(cli.command, Some(Command::Cameras)), "{line}");
        }
        let room_of_json = read(&format!("peersnap --json {words}"));
        assert_eq!((room_of_json.json, room_of_json.room), (true, vec![room.to_owned()]));
        let Some(Command::Join(Join { room: joined, .. })) =
            read(&format!("peersnap join {words}")).command
        else {
            panic!("a command")
        };
        assert_eq!(joined, [room]);
    }

    #[test]
    fn a_room_of_words_is_one_argument_behind_the_commands_that_take_one() {
        let room = "crane-velvet-orbit-ladder-energy-quick";
        let words = room.replace('-', " ");
        let Some(Command::Receive(receive)) = read(&format!("peersnap receive {words} -")).command
        else {
            panic!("a command")
        };
        assert_eq!(receive.room, [room, "-"]);
        let line = format!("peersnap send --camera --every 10s {words} a.jpg");
        let Some(Command::Send(send)) = read(&line).command else { panic!("a command") };
        assert_eq!(send.room_and_files, [room, "a.jpg"]);
        assert_eq!((send.camera, send.every), (Some(None), Some(Duration::from_secs(10))));
        // Six words are a room even if the first of them is a command too.
        let cli = read("peersnap receive velvet orbit ladder energy quick");
        assert!(cli.command.is_none());
        assert_eq!(cli.room, ["receive-velvet-orbit-ladder-energy-quick"]);
    }

    #[test]
    fn durations_sizes_and_levels_are_said_with_their_units() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert!(duration("90").is_err() && duration("-1s").is_err());
        assert!(interval("0s").is_err() && interval("49ms").is_err() && interval("50ms").is_ok());
        assert_eq!(
            (size("500KB"), size("1.5 MiB"), size("7")),
            (Ok(500_000), Ok(1_572_864), Ok(7))
        );
        for wrong in ["", "0", "KB", "1.2.3MB", "12 miles", "-1", "NaN", "inf"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(level("5%"), Ok(5.0));
        for wrong in ["0", "101", "NaN", "much"] {
            assert!(level(wrong).is_err(), "{wrong}");
        }
    }
}
