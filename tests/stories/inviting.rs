//! A phone is pointed at the invitation: what its camera reads is the link.

use crate::world::launch::Launch;
use crate::world::server::Server;
use vt100::{Cell, Color, Screen};

#[test]
fn a_phone_reads_the_link_off_a_small_terminal_dark_or_light() {
    let server = Server::start();
    let link = server.link();
    for (colours, no_colour) in [("xterm-256color", ""), ("xterm", ""), ("xterm-256color", "1")] {
        let launch = Launch::of("Ann").size(80, 24).env("TERM", colours).env("NO_COLOR", no_colour);
        let mut ann = launch.join(&link);
        ann.shows("peersnap");
        ann.press("i");
        let grounds: &[bool] = if no_colour.is_empty() { &[false, true] } else { &[false] };
        for light in grounds {
            ann.until("a code that is the link", |screen| {
                read(screen, *light).as_deref() == Some(link.as_str())
            });
        }
        ann.press("i");
        ann.shows_no_more("point the camera");
        ann.press("q");
        ann.ends();
    }
}

/// What a camera makes of the screen: cells are twice as high as they are wide.
fn read(screen: &Screen, light: bool) -> Option<String> {
    const HALF: usize = 4;
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (usize::from(columns) * HALF, usize::from(rows) * 2 * HALF);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let cell = screen.cell((y / HALF / 2) as u16, (x / HALF) as u16);
        if cell.is_some_and(|cell| halves(cell, light)[y / HALF % 2]) { 255 } else { 0 }
    });
    let grids = image.detect_grids();
    grids.first().and_then(|grid| grid.decode().ok()).map(|(_, text)| text)
}

/// Whether the upper and the lower half of a cell are light, on a terminal whose ground is or not.
fn halves(cell: &Cell, ground_is_light: bool) -> [bool; 2] {
    let is_light = |colour, otherwise| match colour {
        Color::Idx(16 | 0) => false,
        Color::Idx(231 | 15) => true,
        _ => otherwise,
    };
    let back = is_light(cell.bgcolor(), ground_is_light);
    let front = is_light(cell.fgcolor(), !ground_is_light);
    match cell.contents() {
        "█" => [front; 2],
        "▀" => [front, back],
        "▄" => [back, front],
        _ => [back; 2],
    }
}
