//! The invitation's code, read back from the cells as a phone reads it.

use super::world::{LINK, World};
use crate::app::Action;
use crate::path::PathKind;
use crate::picture::cells::Depth;
use crate::ui::{Ground, Theme, draw};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;

fn invited() -> World {
    let mut world = World::joined(3);
    world.open(0, "Ann", PathKind::Direct, 12);
    world.act(Action::Invite);
    world
}

fn shown(world: &World, (width, height): (u16, u16), depth: Depth, ground: Ground) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let theme = Theme { ground, ..Theme::of(depth) };
    draw(&world.app, area, &mut buf, theme, world.now);
    buf
}

/// Whether the upper and the lower half of a cell are light, on such a ground.
fn halves(cell: &Cell, ground: Ground) -> [bool; 2] {
    let light = |color: Color, default: bool| match color {
        Color::Indexed(16) | Color::Black => false,
        Color::Indexed(231) | Color::White => true,
        _ => default,
    };
    let back = light(cell.bg, ground == Ground::Light);
    let front = light(cell.fg, ground == Ground::Dark);
    match cell.symbol() {
        "█" | "#" => [front; 2],
        "▀" => [front, back],
        "▄" => [back, front],
        _ => [back; 2],
    }
}

/// What a camera makes of a screen, cells twice as high as they are wide.
fn read(buf: &Buffer, ground: Ground) -> Option<String> {
    let area = buf.area;
    let (width, height) = (usize::from(area.width) * HALF, usize::from(area.height) * 2 * HALF);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let cell = &buf[((x / HALF) as u16, (y / HALF / 2) as u16)];
        // Text beside the code is what a camera sees there, too: neither, for that matter.
        let is_code = cell.symbol() == " " || "█▀▄#".contains(cell.symbol());
        if is_code && halves(cell, ground)[y / HALF % 2] { 255 } else { 0 }
    });
    let grids = image.detect_grids();
    grids.first().and_then(|grid| grid.decode().ok()).map(|(_, text)| text)
}

/// Pixels across a cell.
const HALF: usize = 4;

#[test]
fn a_camera_reads_the_code_on_every_kind_of_terminal() {
    let world = invited();
    for depth in [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None] {
        for ground in [Ground::Dark, Ground::Light] {
            for size in [(80, 24), (100, 40), (60, 40), (45, 34)] {
                let buf = shown(&world, size, depth, ground);
                let text = read(&buf, ground);
                assert_eq!(text.as_deref(), Some(LINK), "{depth:?} {ground:?} {size:?}: {buf:?}");
            }
        }
    }
}

#[test]
fn a_camera_reads_the_code_in_ascii() {
    let mut world = invited();
    world.act(Action::Strokes);
    for depth in [Depth::True, Depth::None] {
        for ground in [Ground::Dark, Ground::Light] {
            let buf = shown(&world, (120, 50), depth, ground);
            let is_ascii = |cell: &Cell| cell.symbol().is_ascii() || !"█▀▄".contains(cell.symbol());
            assert!(buf.content().iter().all(is_ascii));
            assert_eq!(read(&buf, ground).as_deref(), Some(LINK), "{depth:?} {ground:?}: {buf:?}");
        }
    }
}

#[test]
fn where_a_code_has_no_room_its_size_is_told() {
    let world = invited();
    let buf = shown(&world, (72, 20), Depth::True, Ground::Dark);
    let text: String = buf.content().iter().map(Cell::symbol).collect();
    assert!(text.contains("A code for phones takes"), "{text}");
}
