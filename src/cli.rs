//! The command line: what may be said, and the help that says so.

use crate::app::camera::CameraSpec;
use crate::picture::Quality;
use clap::{Args, Parser, Subcommand};
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
                  Without a terminal: peersnap snap, view, cameras and demo work."
)]
pub struct Cli {
    /// What to do other than open or join a room.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The room to join: its link, or its six words where --server says whose room it is.
    pub room: Option<String>,

    /// How to do it.
    #[command(flatten)]
    pub options: Options,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take one photo and save it
    Snap(Snap),
    /// List the cameras there are
    Cameras,
    /// Print pictures into the terminal
    View {
        /// The pictures.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// See everything work: a second peer joins, takes photos and answers yours
    Demo(Options),
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

    /// The folder that photos are saved in; it is made if it is not there
    ///
    /// Without it: the current folder.
    #[arg(long, env = "PEERSNAP_SAVE", value_name = "DIR")]
    pub save: Option<PathBuf>,

    /// The file that the log is written to
    #[arg(long, env = "PEERSNAP_LOG", value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// The config file, in place of the usual one
    #[arg(long, env = "PEERSNAP_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "say an address and a port, such as 0.0.0.0:8765".to_owned())
}
