//! The command line: what may be said, and the help that says so.

use crate::app::camera::CameraSpec;
use crate::picture::Quality;
use crate::picture::cells::{Depth, Glyphs};
use crate::seal::words;
use crate::terminal::capabilities::{Graphics, Wish, Wishes};
use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Take a photo in any terminal and hand it to everyone in your room, peer to peer.
#[derive(Debug, Parser)]
#[command(
    name = "peersnap",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Without ROOM a room is opened, and its link shown. In it: s takes a photo, \
                  Enter sends it, ? shows all keys.\n\
                  Without a terminal: peersnap --plain, snap, view, cameras and demo work."
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
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Join a room, asking for its words so that no other program sees them
    Join(Join),
    /// Take one photo and save it
    Snap(Snap),
    /// List the cameras there are
    Cameras,
    /// Print pictures into the terminal
    View(View),
    /// See everything work: a second peer joins, takes photos and answers yours
    Demo(Options),
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

/// Options of a room. Each is a key of the config file too, under the same name.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
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

    /// The file that the log is written to
    #[arg(long, env = "PEERSNAP_LOG", value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// The config file, in place of the usual one
    #[arg(long, env = "PEERSNAP_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Cli {
    /// Reads the arguments of this program, its own name first, or ends it with what is wrong.
    pub fn read(arguments: impl Iterator<Item = OsString>) -> Self {
        Self::parse_from(with_room_in_one(arguments.collect()))
    }
}

impl Display {
    /// All of it.
    pub fn wishes(&self) -> Wishes {
        Wishes { graphics: self.graphics, cells: self.cells, color: self.color }
    }
}

/// The six words of a room that stand one by one become one argument: the first of them may be the
/// name of a command too, as `snap` and `view` are.
fn with_room_in_one(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_word = |argument: &OsString| argument.to_str().is_some_and(words::is_word);
    // `join` is a word of the list too.
    let mut at = if arguments.get(1).is_some_and(|first| first == "join") { 2 } else { 1 };
    while at < arguments.len() {
        let run = arguments[at..].iter().take_while(|argument| is_word(argument)).count();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Cli {
        let arguments = line.split(' ').map(Into::into).collect();
        Cli::try_parse_from(with_room_in_one(arguments)).expect("a command line")
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
        let Some(Command::Join(Join { room: joined, .. })) =
            read(&format!("peersnap join {words}")).command
        else {
            panic!("a command")
        };
        assert_eq!(joined, [room]);
    }
}
