//! What `peersnap send` takes.

use super::Common;
use super::values::{duration, interval, level};
use crate::app::camera::CameraSpec;
use crate::picture::Quality;
use clap::builder::FalseyValueParser;
use clap::{Args, value_parser};
use std::time::Duration;

/// Options of `peersnap send`.
#[derive(Debug, Args)]
#[command(override_usage = "peersnap send [OPTIONS] ROOM [FILE]...\n       \
                            peersnap send [OPTIONS] --new [FILE]...")]
pub struct Send {
    /// The room, by its link or its six words; then the files, or folders. - is standard input.
    ///
    /// Of a folder all files go out, as one; links, devices, pipes and sockets in it do not.
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

    /// How long to wait for them, and for who is lost in the middle, such as 5m
    ///
    /// Without it: ten seconds in a room that is joined; as long as it takes in a new one, and for
    /// photos that are taken again and again. Who is lost is waited for 30 seconds at least.
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

/// Ten seconds of most cameras.
const BURST_MAX: i64 = 300;
