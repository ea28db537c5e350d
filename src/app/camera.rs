//! Which camera is wanted, and how it is doing: the words the app and the camera share.
//!
//! Plain values: nothing here opens a device or looks at a disk. The command line and the
//! config file give a [`CameraSpec`]; `io::camera` answers with [`CameraStatus`].

use crate::picture::CellShape;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

/// Which source of frames is wanted: `auto`, `test`, a number or a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CameraSpec {
    /// The first camera that works, else the test card with a note.
    #[default]
    Auto,
    /// The test card: colour bars, a clock, a frame number.
    Test,
    /// The camera with this number in `peersnap cameras`.
    Index(u32),
    /// An image file, a folder of image files, or a device such as `/dev/video0`.
    Path(PathBuf),
}

/// Why a text is no [`CameraSpec`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CameraSpecError {
    /// Nothing was given.
    #[error("no camera named: say auto, test, a number from `peersnap cameras`, or a path")]
    Empty,
    /// A word that is none of the known ones and does not look like a path.
    #[error(
        "`{0}` is no camera: say auto, test, a number from `peersnap cameras`, or a path (./{0})"
    )]
    Unknown(String),
}

impl FromStr for CameraSpec {
    type Err = CameraSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text {
            "" => Err(CameraSpecError::Empty),
            "auto" => Ok(Self::Auto),
            "test" => Ok(Self::Test),
            _ => {
                if let Ok(index) = text.parse() {
                    Ok(Self::Index(index))
                } else if text.contains(['/', '\\', '.']) {
                    Ok(Self::Path(PathBuf::from(text)))
                } else {
                    // Most likely a slip of the keyboard; `./word` still names a file.
                    Err(CameraSpecError::Unknown(text.to_owned()))
                }
            }
        }
    }
}

impl fmt::Display for CameraSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Test => f.write_str("test"),
            Self::Index(index) => write!(f, "{index}"),
            Self::Path(path) => {
                let text = path.to_string_lossy();
                // A bare word would not be read back as a path.
                if text.contains(['/', '\\', '.']) {
                    f.write_str(&text)
                } else {
                    write!(f, "./{text}")
                }
            }
        }
    }
}

/// How big the preview is to be, in cells of which each is two pixels, one above the other. None
/// either way means it is not looked at: then no work is done for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreviewSize {
    /// Across.
    pub columns: u16,
    /// Down.
    pub rows: u16,
    /// How wide and how high a cell is.
    pub cell: CellShape,
}

impl PreviewSize {
    /// Whether somebody looks.
    pub fn is_wanted(self) -> bool {
        self.columns > 0 && self.rows > 0
    }
}

/// How the camera is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraStatus {
    /// Being found, opened, and asked for a format; no frame yet.
    Opening {
        /// What is being opened, where it is known already.
        name: Option<String>,
    },
    /// Frames arrive.
    Live {
        /// As the device calls itself, or the name of a file or folder.
        name: String,
        /// What kind of source it is.
        kind: CameraKind,
        /// What its frames are: `MJPEG`, `YUYV`, …
        format: &'static str,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// Frames a second as agreed with the device; `None` for pictures.
        fps: Option<u32>,
        /// Set when `auto` shows the test card because no camera works, and why.
        instead: Option<CameraFault>,
    },
    /// No frames.
    Trouble {
        /// What is wrong.
        fault: CameraFault,
        /// Whether it is tried again without being asked.
        retrying: bool,
    },
}

/// What kind of source the frames come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraKind {
    /// A camera.
    Device,
    /// The drawn test card.
    TestCard,
    /// An image file, or a folder of them.
    Pictures,
}

/// What keeps frames from coming; each has another way out.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CameraFault {
    /// There is no such camera.
    #[error("no camera found")]
    Absent,
    /// Another program holds it.
    #[error("camera is in use by another program")]
    Busy,
    /// The system does not let us.
    #[error("no permission to use the camera")]
    Forbidden,
    /// It was there and went away.
    #[error("camera was unplugged")]
    Unplugged,
    /// It is there and sends nothing.
    #[error("camera stopped sending pictures")]
    Stalled,
    /// It offers no format that is read here.
    #[error("camera offers no format that can be read")]
    NoFormat,
    /// Anything else, in the words of the system or of a decoder.
    #[error("camera failed: {0}")]
    Other(String),
}

impl CameraFault {
    /// What it is and what to do in the program, for a person: one sentence without a full
    /// stop.
    pub fn sentence(&self) -> String {
        let key = match self {
            Self::Unplugged | Self::Stalled => "or press c for another",
            Self::NoFormat | Self::Other(_) => return format!("{self}: press c for another"),
            _ => "then press c",
        };
        format!("{self}: {}, {key}", self.remedy())
    }

    /// What to do about it outside the program: half a sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Absent => "plug one in",
            Self::Busy => "close it",
            Self::Forbidden if cfg!(target_os = "macos") => {
                "allow this terminal under System Settings, Privacy & Security, Camera"
            }
            Self::Forbidden if cfg!(target_os = "linux") => {
                "join the group `video` and log in again"
            }
            Self::Forbidden => "allow it in the system's settings",
            Self::Unplugged => "plug it in again",
            Self::Stalled => "unplug it and plug it in again",
            Self::NoFormat | Self::Other(_) => "try another with `--camera`",
        }
    }

    /// Whether the same camera may work by itself a little later.
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::Forbidden | Self::NoFormat)
    }
}

impl CameraStatus {
    /// What a person is told about it, where there is something to tell.
    pub fn sentence(&self) -> Option<String> {
        match self {
            Self::Opening { name: Some(name) } => Some(format!("opening {name} …")),
            Self::Opening { name: None } => Some("looking for a camera …".to_owned()),
            Self::Live { instead: Some(fault), .. } => {
                Some(format!("{}; until then this is the test card", fault.sentence()))
            }
            Self::Live { .. } => None,
            Self::Trouble { fault, .. } => Some(fault.sentence()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_numbers_and_paths_are_told_apart() {
        let spec = |text: &str| text.parse::<CameraSpec>();
        assert_eq!(spec("auto"), Ok(CameraSpec::Auto));
        assert_eq!(spec(" test "), Ok(CameraSpec::Test));
        assert_eq!(spec("2"), Ok(CameraSpec::Index(2)));
        assert_eq!(spec("/dev/video0"), Ok(CameraSpec::Path("/dev/video0".into())));
        assert_eq!(spec("cat.jpg"), Ok(CameraSpec::Path("cat.jpg".into())));
        assert_eq!(spec(""), Err(CameraSpecError::Empty));
    }

    #[test]
    fn a_slip_of_the_keyboard_is_told_what_would_do() {
        let error = "tset".parse::<CameraSpec>().expect_err("no such camera").to_string();
        assert_eq!(
            error,
            "`tset` is no camera: say auto, test, a number from `peersnap cameras`, or a path (./tset)"
        );
    }

    #[test]
    fn a_fault_says_what_to_do() {
        assert_eq!(
            CameraFault::Busy.sentence(),
            "camera is in use by another program: close it, then press c"
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(text in "\\PC*") {
            if let Ok(spec) = text.parse::<CameraSpec>() {
                prop_assert_eq!(spec.to_string().parse(), Ok(spec));
            }
        }
    }
}
