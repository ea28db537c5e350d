//! From the text of a camera library's error to what a person can do about it.
//!
//! nokhwa's errors are strings; on Linux the number of the system's error stands in them.

use nokhwa::NokhwaError;

use crate::app::camera::CameraFault;

/// Where the error came up: the same number means another thing then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum During {
    /// Finding it, asking for a format, starting the stream.
    Opening,
    /// Reading a frame from a stream that runs.
    Reading,
}

/// What this error means.
pub(super) fn fault(error: &NokhwaError, during: During) -> CameraFault {
    let text = error.to_string();
    match (os_error(&text), during) {
        (Some(ENOENT), _) | (Some(ENXIO | ENODEV), During::Opening) => CameraFault::Absent,
        (Some(ENXIO | ENODEV), During::Reading) => CameraFault::Unplugged,
        (Some(EPERM | EACCES), _) => CameraFault::Forbidden,
        (Some(EBUSY), _) => CameraFault::Busy,
        _ if text.contains("Failed to Fufill") => CameraFault::NoFormat,
        _ => CameraFault::Other(own_words(error).unwrap_or(text)),
    }
}

/// The system's words without the library's around them, where they stand by themselves.
fn own_words(error: &NokhwaError) -> Option<String> {
    match error {
        NokhwaError::OpenDeviceError(_, text)
        | NokhwaError::OpenStreamError(text)
        | NokhwaError::ReadFrameError(text)
        | NokhwaError::GeneralError(text) => Some(text.clone()),
        _ => None,
    }
}

/// The number in `… (os error 16)`.
fn os_error(text: &str) -> Option<u32> {
    let (_, rest) = text.rsplit_once("(os error ")?;
    rest.split(')').next()?.parse().ok()
}

const EPERM: u32 = 1;
const ENOENT: u32 = 2;
const ENXIO: u32 = 6;
const EACCES: u32 = 13;
const EBUSY: u32 = 16;
const ENODEV: u32 = 19;

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(error: &NokhwaError) -> CameraFault {
        fault(error, During::Opening)
    }

    #[test]
    fn each_way_to_fail_has_its_own_way_out() {
        let device = |text: &str| NokhwaError::OpenDeviceError("0".to_owned(), text.to_owned());
        let absent = device("V4L2 Error: No such file or directory (os error 2)");
        assert_eq!(opening(&absent), CameraFault::Absent);
        let denied = device("V4L2 Error: Permission denied (os error 13)");
        assert_eq!(opening(&denied), CameraFault::Forbidden);
        let busy = NokhwaError::OpenStreamError("Device or resource busy (os error 16)".to_owned());
        assert_eq!(opening(&busy), CameraFault::Busy);
        let gone = NokhwaError::ReadFrameError("No such device (os error 19)".to_owned());
        assert_eq!(fault(&gone, During::Reading), CameraFault::Unplugged);
        assert_eq!(opening(&gone), CameraFault::Absent);
    }

    #[test]
    fn what_is_not_known_is_told_as_it_came() {
        let error = NokhwaError::GeneralError("lens cap (os error many)".to_owned());
        assert_eq!(opening(&error), CameraFault::Other("lens cap (os error many)".to_owned()));
    }
}
