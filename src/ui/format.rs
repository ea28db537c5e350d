//! Numbers in the words of the screen: sizes, rates, times.
//!
//! Short enough to stand in a column, exact enough to go by: decimal units, at most three
//! digits that count.

use crate::app::event::Route;
use crate::path::{Figures, Loss, PathKind, Rate};
use crate::transfer::{Dimensions, Proposal};
use std::time::Duration;

/// `999 B`, `218 KB`, `3.1 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut units = UNITS.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    // What would be rounded up to 1000 is one of the next unit.
    for next in units {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    // The first two units are small enough to go without a decimal.
    if value < 9.95 && !UNITS[..2].contains(&unit) {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// `4.2 MB/s`.
pub(super) fn rate(bytes_a_second: f64) -> String {
    format!("{}/s", bytes(bytes_a_second as u64))
}

/// `12 s`, `3 min`, `2 h`.
pub(super) fn time_left(left: Duration) -> String {
    let seconds = left.as_secs_f64().ceil() as u64;
    match seconds {
        0..100 => format!("{} s", seconds.max(1)),
        100..5970 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1800) / 3600),
    }
}

/// `12 ms`, `<1 ms`.
pub(crate) fn round_trip(time: Duration) -> String {
    match time.as_secs_f64() * 1000.0 {
        ..0.5 => "<1 ms".to_owned(),
        ms => format!("{ms:.0} ms"),
    }
}

/// `direct 12 ms`.
pub(super) fn route(route: &Route) -> String {
    let kind = match route.kind {
        PathKind::Direct => "direct",
        PathKind::Relayed => "relayed",
        PathKind::Server => "via server",
    };
    match route.round_trip {
        Some(time) => format!("{kind} {}", round_trip(time)),
        None => kind.to_owned(),
    }
}

/// What went over a path, and what was lost there of what matters more: `4.2 MB/s out`, `12 KB/s in`,
/// `0.4 % lost`. Of what is not known nothing is told.
pub(crate) fn figures(figures: Figures) -> Vec<String> {
    let rate = figures.rate.map(|Rate { outgoing, incoming }| {
        [format!("{}/s out", bytes(outgoing)), format!("{}/s in", bytes(incoming))]
    });
    rate.into_iter().flatten().chain(figures.loss().map(lost)).collect()
}

/// `none lost`, `0.4 % lost`, `12 % lost`.
fn lost(loss: Loss) -> String {
    match loss.share() * 100.0 {
        0.0 => "none lost".to_owned(),
        ..0.1 => "<0.1 % lost".to_owned(),
        percent @ ..0.95 => format!("{percent:.1} % lost"),
        percent => format!("{percent:.0} % lost"),
    }
}

/// `1280×720`.
pub(super) fn dimensions(dimensions: Dimensions) -> String {
    format!("{}×{}", dimensions.width, dimensions.height)
}

/// `218 KB · 1280×720`.
pub(super) fn size(size: u64, of: Option<Dimensions>) -> String {
    match of {
        Some(of) => format!("{} · {}", bytes(size), dimensions(of)),
        None => bytes(size),
    }
}

/// `3.1 MB`, or `12 files, 3.1 MB` of a folder.
pub(crate) fn amount(size: u64, files: Option<u32>) -> String {
    match files {
        Some(1) => format!("1 file, {}", bytes(size)),
        Some(files) => format!("{files} files, {}", bytes(size)),
        None => bytes(size),
    }
}

/// `218 KB · 1280×720`, or `12 files, 3.1 MB` of a folder.
pub(super) fn facts(of: &Proposal) -> String {
    match of.files {
        Some(_) => amount(of.size, of.files),
        None => size(of.size, of.dimensions),
    }
}

const UNITS: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Losses;
    use crate::text::FileName;

    #[test]
    fn sizes_read_well_from_a_byte_to_the_largest() {
        for (of, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 KB"),
            (218_400, "218 KB"),
            (999_499, "999 KB"),
            (999_500, "1.0 MB"),
            (3_100_000, "3.1 MB"),
            (9_950_000, "10 MB"),
            (31_000_000, "31 MB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(of), text);
        }
        assert_eq!(rate(4_200_000.0), "4.2 MB/s");
        assert_eq!(rate(f64::MAX), "18 EB/s");
    }

    #[test]
    fn a_folder_is_told_with_how_many_files_it_has() {
        assert_eq!(amount(3_100_000, None), "3.1 MB");
        assert_eq!(amount(3_100_000, Some(1)), "1 file, 3.1 MB");
        assert_eq!(amount(4, Some(0)), "0 files, 4 B");
        let name = FileName::new("photos");
        let folder = Proposal::folder(name, u64::MAX, u32::MAX);
        assert_eq!(facts(&folder), "4294967295 files, 18 EB");
    }

    #[test]
    fn figures_of_a_path_are_told_as_far_as_they_are_known() {
        assert!(figures(Figures::default()).is_empty());
        let rate = Some(Rate { outgoing: 4_200_000, incoming: 0 });
        let known = figures(Figures { rate, ..Figures::default() });
        assert_eq!(known, ["4.2 MB/s out", "0 B/s in"]);
        for (share, text) in [
            (0.0, "none lost"),
            (0.0001, "<0.1 % lost"),
            (0.0041, "0.4 % lost"),
            (0.0097, "1 % lost"),
            (0.054, "5 % lost"),
            (1.0, "100 % lost"),
        ] {
            let losses = Losses { outgoing: Some(Loss::new(share)), incoming: None };
            assert_eq!(figures(Figures { rate: None, losses }), [text]);
        }
    }

    #[test]
    fn times_are_never_longer_than_they_need_be() {
        let left = |seconds| time_left(Duration::from_secs_f64(seconds));
        assert_eq!(left(0.0), "1 s");
        assert_eq!(left(11.2), "12 s");
        assert_eq!(left(180.0), "3 min");
        assert_eq!(left(7200.0), "2 h");
        let trip = |micros| round_trip(Duration::from_micros(micros));
        assert_eq!(
            (trip(300), trip(900), trip(12_400)),
            ("<1 ms".into(), "1 ms".into(), "12 ms".into())
        );
    }
}
