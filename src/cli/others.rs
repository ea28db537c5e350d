//! What the other commands take.

use super::{Common, Display, Options};
use crate::app::camera::CameraSpec;
use crate::picture::Quality;
use clap::Args;
use clap::builder::FalseyValueParser;
use std::path::PathBuf;

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
