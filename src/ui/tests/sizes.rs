//! What holds at every size of the terminal.

use super::dump::screen;
use super::world::{LINK, World, flat};
use crate::app::camera::{CameraFault, CameraKind, PreviewSize};
use crate::app::{Action, SignalingEvent};
use crate::path::PathKind;
use crate::picture::cells::Depth;
use crate::transfer::{Direction, Reason};
use crate::ui::{Theme, draw, preview_size};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;

/// A state with much to show: wide names, many of everything.
fn busy(screen: Option<Action>) -> World {
    let mut world = World::joined(9);
    world.see("カメラ", CameraKind::Device, flat(48, 28, [1, 2, 3]));
    let names = ["写真家 Zoë", "👩\u{200d}🚀", "a", "Bo the long-named, of somewhere"];
    for (peer, name) in names.iter().enumerate() {
        world.open(peer, name, PathKind::Relayed, 480);
        world.receive(peer, "写真写真写真写真写真写真写真写真.jpg", 999_999, flat(9, 90, [9; 3]));
    }
    world.snap("a.jpg", 1000, flat(64, 36, [7; 3]));
    let (_, transfers) = world.send(&[0, 1, 2, 3]);
    world.progress(0, Direction::Outgoing, transfers[0], 10);
    world.fails(1, transfers[1], Reason::Storage);
    world.offer(2, "a file with a name that goes on.pdf", "application/pdf", u64::MAX);
    screen.map(|screen| world.act(screen));
    world
}

fn held() -> World {
    let mut world = World::joined(1);
    world.see("", CameraKind::TestCard, flat(1, 1, [0; 3]));
    world.snap("b.jpg", 0, flat(64, 48, [5; 3]));
    world
}

fn troubled() -> World {
    let mut world = World::joined(1);
    world.camera_fails(CameraFault::Other("ぷ".repeat(300)));
    let why = "the server cannot be reached".to_owned();
    world.signaling(SignalingEvent::Lost { why });
    world
}

fn picking() -> World {
    let mut world = busy(None);
    world.picks();
    world.act(Action::Down);
    world.act(Action::Down);
    world.act(Action::Mark);
    world.chooses(Action::Down, flat(9, 90, [9; 3]));
    world
}

fn dropped() -> World {
    let mut world = busy(None);
    world.drops();
    world
}

#[test]
fn no_size_is_too_small_for_the_room() {
    stays_inside(&busy(None), 120, 50);
}

#[test]
fn no_size_is_too_small_for_any_other_screen() {
    for screen in [Action::View, Action::Help, Action::Invite] {
        stays_inside(&busy(Some(screen)), 90, 30);
    }
    for world in [World::new(), held(), troubled(), picking(), dropped()] {
        stays_inside(&world, 90, 30);
    }
}

/// Draws every size up to this one in the middle of a larger buffer.
fn stays_inside(world: &World, width_max: u16, height_max: u16) {
    let theme = Theme::of(Depth::True);
    for (width, height) in (0..=width_max).flat_map(|w| (0..=height_max).map(move |h| (w, h))) {
        let area = Rect::new(3, 2, width, height);
        let whole = Rect::new(0, 0, width + 6, height + 4);
        let mut buf = Buffer::filled(whole, Cell::new("~"));
        draw(&world.app, area, &mut buf, theme, world.now);
        for at in whole.positions().filter(|at| !area.contains(*at)) {
            assert_eq!(buf[at], Cell::new("~"), "{width}x{height} at {at}");
        }
    }
}

#[test]
fn the_link_is_whole_in_the_invitation_wherever_it_fits() {
    let world = busy(Some(Action::Invite));
    for (width, height) in [(42, 5), (50, 12), (80, 24), (300, 100)] {
        let buf = screen(&world, width, height, Depth::True);
        let rows: Vec<String> = buf
            .area
            .rows()
            .map(|row| row.positions().map(|at| buf[at].symbol()).collect())
            .collect();
        // Where it is wider than the screen, it goes on at the beginning of the next row.
        let whole = rows.iter().any(|row| row.contains(LINK));
        let broken = usize::from(width) < LINK.len() && rows.concat().contains(LINK);
        assert!(whole || broken, "{width}x{height}: {rows:#?}");
    }
}

#[test]
fn a_lost_server_is_said_at_every_size() {
    for width in 12..=120 {
        let buf = screen(&troubled(), width, 24, Depth::True);
        let top: String =
            buf.content()[..usize::from(width) * 2].iter().map(Cell::symbol).collect();
        assert!(top.contains("the server"), "{width}: {top}");
    }
}

#[test]
fn a_link_too_long_for_the_screen_is_broken_at_its_edge_alone() {
    let buf = screen(&busy(Some(Action::Invite)), 20, 12, Depth::True);
    let text: String = buf.content().iter().map(Cell::symbol).collect();
    assert!(text.contains(LINK), "{text}");
}

#[test]
fn no_color_means_no_colour_anywhere() {
    for screen_key in [None, Some(Action::View), Some(Action::Help), Some(Action::Invite)] {
        let buf = screen(&busy(screen_key), 100, 40, Depth::None);
        let coloured = |cell: &&Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert_eq!(buf.content().iter().find(coloured), None);
    }
}

#[test]
fn a_preview_of_the_size_that_was_asked_for_is_drawn_as_it_is() {
    let mut world = World::joined(0);
    let area = Rect::new(0, 0, 80, 24);
    let size = preview_size(&world.app, area, Theme::of(Depth::True));
    assert_eq!((size.columns, size.rows), (48, 16));
    world.see("a camera", CameraKind::Device, flat(48, 32, [1, 2, 3]));
    let buf = screen(&world, 80, 24, Depth::True);
    let drawn = |cell: &&Cell| cell.fg == Color::Rgb(1, 2, 3) && cell.bg == Color::Rgb(1, 2, 3);
    assert_eq!(buf.content().iter().filter(drawn).count(), 48 * 16);
}

#[test]
fn while_nobody_looks_no_preview_is_asked_for() {
    let area = Rect::new(0, 0, 80, 24);
    assert_eq!(preview_size(&held().app, area, Theme::of(Depth::True)), PreviewSize::default());
    assert_eq!(
        preview_size(&busy(Some(Action::View)).app, area, Theme::of(Depth::True)),
        PreviewSize::default()
    );
    let picking = preview_size(&picking().app, area, Theme::of(Depth::True));
    assert_eq!(picking, PreviewSize::default());
    assert!(preview_size(&busy(Some(Action::Help)).app, area, Theme::of(Depth::True)).is_wanted());
}
