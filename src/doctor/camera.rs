//! The camera: whether it opens and sends a frame, and which.

use super::finding::{Finding, Subject};
use crate::app::camera::{CameraFault, CameraKind, CameraSpec, CameraStatus};
use crate::io::camera::CameraHandle;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// What came of opening it.
#[derive(Debug)]
enum Seen {
    /// A frame came.
    Frame(CameraStatus),
    /// None did.
    Fault(CameraFault),
    /// Nothing happened in time; what is being opened, if that is known.
    Silent(Option<String>),
}

/// Whether somebody has said which camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Any,
    This,
}

pub(super) fn check(spec: CameraSpec) -> Finding {
    let wanted = if spec == CameraSpec::Auto { Wanted::Any } else { Wanted::This };
    judge(&look(spec), wanted)
}

fn look(spec: CameraSpec) -> Seen {
    let (report, statuses) = sync_channel(8);
    let opened = CameraHandle::spawn(spec, move |status| {
        // More than the channel holds is trouble upon trouble: the first is told.
        let _ = report.try_send(status);
    });
    let camera = match opened {
        Ok(camera) => camera,
        Err(error) => return Seen::Fault(CameraFault::Other(error.to_string())),
    };
    let deadline = Instant::now() + PATIENCE;
    let left = || deadline.saturating_duration_since(Instant::now());
    let mut opening = None;
    loop {
        match statuses.recv_timeout(left()) {
            Ok(CameraStatus::Opening { name }) => opening = name.or(opening),
            Ok(CameraStatus::Trouble { fault, .. }) => return Seen::Fault(fault),
            Ok(status @ CameraStatus::Live { .. }) => {
                return match camera.next_frame(0, left()) {
                    Some(_) => Seen::Frame(status),
                    None => Seen::Fault(CameraFault::Stalled),
                };
            }
            Err(RecvTimeoutError::Timeout) => return Seen::Silent(opening),
            Err(RecvTimeoutError::Disconnected) => {
                return Seen::Fault(CameraFault::Other("it ended by itself".to_owned()));
            }
        }
    }
}

fn judge(seen: &Seen, wanted: Wanted) -> Finding {
    let subject = Subject::Camera;
    match seen {
        Seen::Frame(CameraStatus::Live { instead: Some(fault), .. }) | Seen::Fault(fault) => {
            at_fault(fault, wanted)
        }
        Seen::Frame(CameraStatus::Live { name, kind, format, width, height, fps, .. }) => {
            let rate = fps.map(|fps| format!(" at {fps} a second")).unwrap_or_default();
            match kind {
                CameraKind::Device => {
                    subject.good(format!("{name}, {format} {width}x{height}{rate}"))
                }
                CameraKind::TestCard => {
                    subject.good(format!("the test card, as was asked for, {width}x{height}"))
                }
                CameraKind::Pictures => subject.good(format!("pictures: {name}, {width}x{height}")),
            }
        }
        Seen::Frame(_) => at_fault(&CameraFault::Stalled, wanted),
        Seen::Silent(name) => {
            let name = name.as_deref().unwrap_or("the camera");
            let text = format!("{name} sends no picture in {} s", PATIENCE.as_secs());
            subject.bad(text, "unplug it and plug it in again, or try another with --camera")
        }
    }
}

fn at_fault(fault: &CameraFault, wanted: Wanted) -> Finding {
    let subject = Subject::Camera;
    match (fault, wanted) {
        (CameraFault::Absent, Wanted::Any) => subject.so_so(
            format!("{fault}; the test card stands in"),
            "plug one in; --camera FILE shows a picture in its place",
        ),
        // It works, for someone else.
        (CameraFault::Busy, _) => subject.so_so(fault.to_string(), fault.remedy()),
        (CameraFault::Absent, Wanted::This) => {
            subject.bad(fault.to_string(), "`peersnap cameras` lists what there is")
        }
        _ => subject.bad(fault.to_string(), fault.remedy()),
    }
}

/// Cameras take up to two seconds to open.
const PATIENCE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    fn live(kind: CameraKind, instead: Option<CameraFault>) -> Seen {
        Seen::Frame(CameraStatus::Live {
            name: "HD Webcam".to_owned(),
            kind,
            format: "MJPEG",
            width: 1280,
            height: 720,
            fps: Some(30),
            instead,
        })
    }

    #[test]
    fn a_frame_is_good_with_what_it_is() {
        let found = judge(&live(CameraKind::Device, None), Wanted::Any);
        assert_eq!(found, Subject::Camera.good("HD Webcam, MJPEG 1280x720 at 30 a second"));
    }

    #[test]
    fn no_camera_is_bad_only_if_one_was_named() {
        let none = live(CameraKind::TestCard, Some(CameraFault::Absent));
        assert_eq!(judge(&none, Wanted::Any).verdict, Verdict::SoSo);
        assert_eq!(judge(&Seen::Fault(CameraFault::Absent), Wanted::This).verdict, Verdict::Bad);
    }

    #[test]
    fn each_fault_has_its_verdict_and_its_way_out() {
        for (fault, verdict) in [
            (CameraFault::Busy, Verdict::SoSo),
            (CameraFault::Forbidden, Verdict::Bad),
            (CameraFault::Stalled, Verdict::Bad),
            (CameraFault::NoFormat, Verdict::Bad),
        ] {
            let found = judge(&live(CameraKind::TestCard, Some(fault.clone())), Wanted::Any);
            assert_eq!((found.verdict, found.text), (verdict, fault.to_string()));
            assert!(found.advice.is_some_and(|advice| !advice.is_empty()));
        }
        let silent = judge(&Seen::Silent(None), Wanted::Any);
        assert_eq!(silent.text, "the camera sends no picture in 4 s");
    }
}
