//! The top: the room, and who is in it.
//!
//! ```text
//!  peersnap  https://snap.example/#kw7m-3xpt-9abc-d2ef                  3 in the room
//!  ● Zoë direct 12 ms   ● 写真家 relayed 48 ms   ○ Ann connecting
//! ```
//!
//! The link is whole or not there: half of one is of no use, and `i` shows it. Where it has no room
//! its words may. What is wrong with the room is worth more than both. Of those who are here,
//! `✓` marks whom one trusts. Fed by [`Room`](crate::app::Room).

use super::theme::Tone;
use super::{View, format, layout, text};
use crate::app::{Peer, PeerPhase, RoomPhase};
use crate::path::PathKind;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let (first, rest) = layout::split_top(area, 1);
    if rest.is_empty() || area.width < WHOLE_COLUMNS_MIN {
        return draw_short(view, area, buf);
    }
    let columns = usize::from(area.width);
    let sentence = sentence(view);
    let free = columns.saturating_sub(text::line_width(&sentence) + 3);
    let (whole, beside) = (title(view, columns), title(view, free));
    let alone = view.app.room.peers().next().is_none();
    if alone && text::line_width(&whole) > text::line_width(&beside) {
        text::draw(whole, first, buf);
        text::draw(sentence, rest, buf);
        return;
    }
    // Peers have the second row: what does not fit beside the sentence waits behind `i`.
    if beside.spans.is_empty() {
        text::draw(sentence, first, buf);
    } else {
        text::draw_pair(beside, sentence, first, buf);
    }
    text::draw(peers(view, columns), rest, buf);
}

/// In little room: who is here, or what is wrong.
fn draw_short(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let room = &view.app.room;
    if room.phase == RoomPhase::Joined && room.peers().next().is_some() {
        text::draw(peers(view, area.width.into()), area, buf);
    } else {
        let sentence = room.sentence();
        let mut lines = text::wrap(&sentence, area.width.into());
        if lines.len() > area.height.into() {
            lines = vec![sentence];
        }
        for (row, line) in area.rows().zip(lines) {
            text::draw(Line::styled(line, sentence_style(view)), row, buf);
        }
    }
}

/// The program's name and the link, or of the name, the link and its words as much as fits.
fn title(view: View<'_>, columns: usize) -> Line<'static> {
    let name = Span::styled("peersnap", view.theme.style(Tone::Accent));
    let link = view.app.room.link().map(|link| link.to_string());
    let words = view.app.room.words().map(|words| words.spaced().to_string());
    let ways = [link, words].into_iter().flatten().flat_map(|way| {
        let way = Span::raw(way);
        [vec![name.clone(), Span::raw("  "), way.clone()], vec![way]]
    });
    let mut lines = ways.chain([vec![name.clone()]]).map(Line::from);
    lines.find(|line| text::line_width(line) <= columns).unwrap_or_default()
}

fn sentence(view: View<'_>) -> Line<'static> {
    Line::styled(view.app.room.sentence(), sentence_style(view))
}

fn sentence_style(view: View<'_>) -> Style {
    let tone = match view.app.room.phase {
        RoomPhase::Outside | RoomPhase::Searching | RoomPhase::Joining => Some(Tone::Faint),
        RoomPhase::Joined => None,
        RoomPhase::Lost { .. } => Some(Tone::Warn),
        RoomPhase::Refused(_) => Some(Tone::Bad),
    };
    tone.map(|tone| view.theme.style(tone)).unwrap_or_default()
}

/// Everyone who is here, with as much about each as there is room for.
fn peers(view: View<'_>, columns: usize) -> Line<'static> {
    let peers: Vec<&Peer> = view.app.room.peers().collect();
    let mut line = Line::default();
    for detail in [Detail::Whole, Detail::Short, Detail::Name] {
        line = Line::default();
        for (at, peer) in peers.iter().enumerate() {
            let mut spans = describe(view, peer, detail);
            if at > 0 {
                spans.insert(0, Span::raw("   "));
            }
            let next: usize = spans.iter().map(|span| text::width(&span.content)).sum();
            let more = peers.len() - at;
            let reserved = if more > 1 { MORE_COLUMNS } else { 0 };
            if text::line_width(&line) + next + reserved > columns && at > 0 {
                let more = Span::styled(format!("   +{more}"), view.theme.style(Tone::Faint));
                line.spans.push(more);
                break;
            }
            line.spans.extend(spans);
        }
        let whole = line.spans.last().is_none_or(|span| !span.content.starts_with("   +"));
        if whole && text::line_width(&line) <= columns {
            break;
        }
    }
    line
}

/// How much is said of a peer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// `● Zoë phone direct 12 ms`
    Whole,
    /// `● Zoë 12 ms`
    Short,
    /// `● Zoë`
    Name,
}

fn describe(view: View<'_>, peer: &Peer, detail: Detail) -> Vec<Span<'static>> {
    let (mark, tone) = match &peer.phase {
        PeerPhase::Connecting => ("○", Tone::Faint),
        PeerPhase::Open(Some(route)) if route.kind != PathKind::Direct => ("●", Tone::Warn),
        PeerPhase::Open(_) => ("●", Tone::Good),
        PeerPhase::Unreachable | PeerPhase::Barred => ("○", Tone::Bad),
    };
    let (mark, tone) = if peer.is_doubted() { ("●", Tone::Bad) } else { (mark, tone) };
    let device = match (peer.device.name(), detail) {
        (Some(device), Detail::Whole) => format!(" {device}"),
        _ => String::new(),
    };
    let reached = match (&peer.phase, detail) {
        (_, Detail::Name) => String::new(),
        (PeerPhase::Open(_), _) if peer.is_doubted() => " not trusted".to_owned(),
        (PeerPhase::Open(_), _) if !peer.is_open() => " connecting".to_owned(),
        (PeerPhase::Connecting, _) => " connecting".to_owned(),
        (PeerPhase::Open(None), _) => " connected".to_owned(),
        (PeerPhase::Open(Some(route)), Detail::Whole) => format!(" {}", format::route(route)),
        (PeerPhase::Open(Some(route)), Detail::Short) => route
            .round_trip
            .map(|time| format!(" {}", format::round_trip(time)))
            .unwrap_or_default(),
        (PeerPhase::Unreachable, _) => " unreachable".to_owned(),
        (PeerPhase::Barred, _) => " disconnected".to_owned(),
    };
    let mark = Span::styled(mark, view.theme.style(tone));
    let name = Span::raw(format!(" {}", peer.label()));
    let trusted = if peer.is_trusted() { " ✓" } else { "" };
    let trusted = Span::styled(trusted, view.theme.style(Tone::Good));
    let faint = view.theme.style(Tone::Faint);
    vec![mark, name, trusted, Span::styled(format!("{device}{reached}"), faint)]
}

/// With less there is no room for the link, nor for a sentence beside the program's name.
const WHOLE_COLUMNS_MIN: u16 = 46;
/// For `   +12`.
const MORE_COLUMNS: usize = 6;
