//! What several commands take: how a room is reached, what it is like to be in it, and what is wished
//! for of the terminal.

use super::values::address;
use crate::app::camera::CameraSpec;
use crate::picture::Quality;
use crate::picture::cells::{Depth, Glyphs};
use crate::terminal::capabilities::{Graphics, Wish, Wishes};
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

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

/// A certificate that nobody has to hand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnTls {
    /// Nobody else vouches for it.
    SelfSigned,
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

    /// Where others reach the carried server, if something stands between: a proxy, a port forward
    ///
    /// The room's link says so. Without it: the addresses of this machine.
    #[arg(long, env = "PEERSNAP_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// self-signed: the carried server speaks https, with a certificate of its own, which is kept
    ///
    /// So browsers have their live camera. They ask before they go on; terminals know the certificate
    /// by the link.
    #[arg(long, env = "PEERSNAP_TLS", value_name = "HOW", hide_possible_values = true)]
    pub tls: Option<OwnTls>,

    /// The carried server speaks https, with this certificate and those that lead to its issuer, in PEM
    #[arg(long, env = "PEERSNAP_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's key, in PEM
    #[arg(long, env = "PEERSNAP_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

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

impl Display {
    /// All of it.
    pub fn wishes(&self) -> Wishes {
        Wishes { graphics: self.graphics, cells: self.cells, color: self.color }
    }
}
