//! `peersnap cameras`: which cameras there are, and what each would send.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anyhow::Context as _;

use crate::app::camera::CameraFault;
use crate::io::camera::{CameraInfo, Format, list};
use crate::json::{self, Reader};
use crate::report::Report;

/// Prints a table of number, name, device file and best format; without a camera, what to do.
/// Each camera is opened for a moment to ask it. Programs are told of each; none is no failure.
pub fn cameras(reader: Reader) -> anyhow::Result<()> {
    if reader == Reader::Program {
        return list().into_iter().try_for_each(|(info, best)| {
            json::print(report(info, best)).context("writing to standard output")
        });
    }
    let text = table(&list());
    io::stdout().lock().write_all(text.as_bytes()).context("writing to the terminal")
}

fn report(info: CameraInfo, best: Result<Format, CameraFault>) -> Report {
    let (sends, fault) = match best {
        Ok(format) => (Some(format.to_string()), None),
        Err(fault) => (None, Some(fault.to_string())),
    };
    let device = info.path.map(|path| path.display().to_string());
    Report::CameraFound { number: info.index, name: info.name, device, sends, fault }
}

fn table(cameras: &[(CameraInfo, Result<Format, CameraFault>)]) -> String {
    if cameras.is_empty() {
        return format!("{NONE}\n");
    }
    let rows: Vec<[String; 4]> = cameras
        .iter()
        .map(|(info, best)| {
            let path = info.path.as_ref().map(|path| path.display().to_string());
            let best = best.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            [info.index.to_string(), info.name.clone(), path.unwrap_or_default(), best]
        })
        .collect();
    let head = ["camera", "name", "device", "sends"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    let mut out = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a string does not fail.
            let _ = write!(out, "{cell:<width$}  ");
        }
        let _ = writeln!(out, "{}", row[3]);
    }
    out
}

const NONE: &str = "no camera found: plug one in, or try `--camera test` for the test card, \
                    `--camera FILE` for a picture, or scan the room's code with a phone";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::FrameKind;

    fn camera(index: u32, name: &str) -> CameraInfo {
        let path = Some(format!("/dev/video{index}").into());
        CameraInfo { index, name: name.to_owned(), path }
    }

    #[test]
    fn columns_line_up() {
        let format = Format { kind: FrameKind::Mjpeg, width: 1280, height: 720, fps: 30 };
        let found = [
            (camera(0, "Integrated Camera"), Ok(format)),
            (camera(10, "Loop"), Err(CameraFault::Busy)),
        ];
        assert_eq!(
            table(&found),
            "camera  name               device        sends\n\
             0       Integrated Camera  /dev/video0   MJPEG 1280x720 at 30 fps\n\
             10      Loop               /dev/video10  camera is in use by another program\n"
        );
    }

    #[test]
    fn a_camera_is_told_with_what_it_sends_or_why_it_does_not() {
        let Report::CameraFound { number, device, sends, fault, .. } =
            report(camera(3, "Loop"), Err(CameraFault::Busy))
        else {
            panic!("a camera")
        };
        assert_eq!((number, device.as_deref(), sends), (3, Some("/dev/video3"), None));
        assert_eq!(fault.as_deref(), Some("camera is in use by another program"));
    }

    #[test]
    fn without_a_camera_there_is_something_to_do() {
        assert!(table(&[]).starts_with("no camera found: plug one in"));
    }
}
