//! The command line: what may be said, and the help that says so.

mod arranging;
mod options;
mod others;
mod receive;
mod send;
mod values;

pub use options::{Common, Display, Options, OwnTls};
pub use others::{Attach, Completions, Daemon, Doctor, Join, Man, Snap, View};
pub use receive::{Accept, Receive};
pub use send::Send;

use clap::builder::FalseyValueParser;
use clap::{Parser, Subcommand};
use std::ffi::OsString;

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
    /// Send files, folders, or photos of a camera, without a terminal
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

impl Cli {
    /// Reads the arguments of this program, its own name first, or ends it with what is wrong.
    pub fn read(arguments: impl Iterator<Item = OsString>) -> Self {
        Self::parse_from(arranging::arranged(arguments.collect()))
    }
}

/// How commands end, for help and manual: a line each, the number first.
pub const STATUSES: &str = "Exit status:\n  \
    0    all was done\n  \
    1    anything that has no number of its own\n  \
    2    what was asked for makes no sense\n  \
    3    no such room, or a word is wrong, or nobody is in it\n  \
    4    nobody came, or nothing came, in time\n  \
    5    refused: by the others, or by the server\n  \
    6    the line was cut before all was over; the same again goes on\n  \
    7    the disk is full, or cannot be read or written\n  \
    8    no camera, or no picture from it\n  \
    9    the signaling server is not reached\n  \
    10   a program of --exec failed\n  \
    11   standard output was closed before all was written\n  \
    12   a file was changed while it was sent; the same again sends it as it is then\n  \
    130, 143  ended by Ctrl-C, or by a signal, before all was done";
