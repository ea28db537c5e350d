//! From what a person asked for to a source that is open, and round the ring of what there is.

use std::fs;
use std::path::{Path, PathBuf};

use tracing::debug;

use super::device;
use super::pictures::Pictures;
use super::query::{CameraInfo, query};
use super::source::Source;
use super::system;
use super::testcard::TestCard;
use crate::app::camera::{CameraFault, CameraSpec};

/// A source to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The first camera that works.
    Auto {
        /// Numbers of cameras that were found to give no frame.
        skip: Vec<u32>,
        /// What to do when there is none.
        otherwise: Otherwise,
    },
    /// The camera of this number.
    Device(u32),
    /// The drawn one.
    TestCard,
    /// A picture, or a folder of them.
    Pictures(PathBuf),
}

/// What `auto` does without a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// Show the test card, and say why.
    TestCard,
    /// Fail: it is tried again, since there was a camera before.
    Fail,
}

/// A source that is open.
pub(super) struct Opened {
    pub source: Box<dyn Source>,
    /// Which one it became.
    pub choice: Choice,
    /// Why it is the test card, when a camera was asked for.
    pub instead: Option<CameraFault>,
}

impl Choice {
    /// What this asks for, as the disk stands now.
    pub fn of(spec: &CameraSpec) -> Self {
        match spec {
            CameraSpec::Auto => Self::auto(),
            CameraSpec::Test => Self::TestCard,
            CameraSpec::Index(index) => Self::Device(*index),
            CameraSpec::Path(path) => match system::index_of(path) {
                Some(index) => Self::Device(index),
                None => Self::Pictures(path.clone()),
            },
        }
    }

    /// Any camera, else the test card.
    pub fn auto() -> Self {
        Self::Auto { skip: Vec::new(), otherwise: Otherwise::TestCard }
    }

    /// The next of what there is: cameras, the pictures that were asked for, the test card.
    /// With nothing but the test card, cameras are looked for once more.
    pub fn after(&self, spec: &CameraSpec, cameras: Vec<CameraInfo>) -> Self {
        let cameras = cameras.into_iter().map(|info| Self::Device(info.index));
        let pictures = Some(Self::of(spec)).filter(|choice| matches!(choice, Self::Pictures(_)));
        let ring = cameras.chain(pictures).chain([Self::TestCard]).collect();
        self.next_in(ring)
    }

    fn next_in(&self, mut ring: Vec<Self>) -> Self {
        if ring.len() < 2 {
            return Self::auto();
        }
        let next = ring.iter().position(|choice| choice == self).map_or(0, |at| at + 1);
        let next = next % ring.len();
        ring.swap_remove(next)
    }

    /// Opens it on the thread that will read it. `trying` hears of each camera before it is
    /// opened, since opening may hang.
    pub fn open(self, trying: &mut dyn FnMut(&CameraInfo)) -> Result<Opened, CameraFault> {
        let (source, instead): (Box<dyn Source>, _) = match &self {
            Self::Auto { skip, otherwise } => {
                let found = first_that_opens(skip, trying);
                return match (found, otherwise) {
                    (Err(why), Otherwise::TestCard) => {
                        let source = Box::new(TestCard::new());
                        Ok(Opened { source, choice: Self::TestCard, instead: Some(why) })
                    }
                    (found, _) => found,
                };
            }
            Self::Device(index) => {
                let unnamed =
                    || CameraInfo { index: *index, name: format!("camera {index}"), path: None };
                let known = query().into_iter().find(|info| info.index == *index);
                let info = known.unwrap_or_else(unnamed);
                trying(&info);
                (Box::new(device::open(info.index, &info.name)?), None)
            }
            Self::TestCard => (Box::new(TestCard::new()), None),
            Self::Pictures(path) => {
                exists(path)?;
                (Box::new(Pictures::open(path)?), None)
            }
        };
        Ok(Opened { source, choice: self, instead })
    }
}

/// The first camera that opens, else what is wrong with the first one.
fn first_that_opens(
    skip: &[u32],
    trying: &mut dyn FnMut(&CameraInfo),
) -> Result<Opened, CameraFault> {
    let mut why = (!skip.is_empty()).then_some(CameraFault::Stalled);
    for info in query().into_iter().filter(|info| !skip.contains(&info.index)) {
        trying(&info);
        match device::open(info.index, &info.name) {
            Ok(device) => {
                let choice = Choice::Device(info.index);
                return Ok(Opened { source: Box::new(device), choice, instead: None });
            }
            Err(fault) => {
                debug!(camera = %info, %fault, "camera does not open");
                why.get_or_insert(fault);
            }
        }
    }
    Err(why.unwrap_or(CameraFault::Absent))
}

fn exists(path: &Path) -> Result<(), CameraFault> {
    match fs::metadata(path) {
        Ok(_) => Ok(()),
        // A device file that went away is a camera to wait for.
        Err(_) if path.starts_with("/dev") => Err(CameraFault::Absent),
        Err(error) => Err(CameraFault::Other(format!("{}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_goes_through_cameras_pictures_and_test_card() {
        let pictures = Choice::Pictures("cats".into());
        let ring =
            || vec![Choice::Device(0), Choice::Device(2), pictures.clone(), Choice::TestCard];
        let mut choice = Choice::Device(0);
        let mut seen = Vec::new();
        for _ in 0..4 {
            choice = choice.next_in(ring());
            seen.push(choice.clone());
        }
        assert_eq!(seen, [Choice::Device(2), pictures, Choice::TestCard, Choice::Device(0)]);
    }

    #[test]
    fn a_camera_that_went_away_is_followed_by_the_first() {
        let ring = vec![Choice::Device(0), Choice::TestCard];
        assert_eq!(Choice::Device(7).next_in(ring), Choice::Device(0));
    }

    #[test]
    fn with_the_test_card_alone_cameras_are_looked_for_again() {
        assert_eq!(Choice::TestCard.next_in(vec![Choice::TestCard]), Choice::auto());
    }

    #[test]
    fn a_missing_file_is_named() {
        let missing = Choice::of(&CameraSpec::Path("./no/such.jpg".into()));
        let fault = missing.open(&mut |_| ()).err().expect("missing").to_string();
        assert!(fault.contains("./no/such.jpg: No such file"), "{fault}");
    }
}
