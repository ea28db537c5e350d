//! Who is here: each peer's fingerprint, whether it is known and trusted, how the chosen one is reached,
//! and to whom one sends.
//!
//! ```text
//!  ╭ who is here ─────────────────────────────────────────────────╮
//!  │                                                              │
//!  │   ▌ → Zoë          mvq3-2hqa-c6ud-7dfk   ✓ trusted           │
//!  │       Ann (x7aq)   x7aq-wk2e-5p3m-t4ya   ! was c6ud-7dfk-…   │
//!  │                                                              │
//!  │       you          r5no-…                                    │
//!  │                                                              │
//!  │   path        relayed by turn.snap.example:3478 · 48 ms      │
//!  │   not direct  neither router lets the other in               │
//!  │   now         4.2 MB/s out · 31 KB/s in                      │
//!  │                                                              │
//!  │   What you send goes to Zoë alone; Space chooses             │
//!  │   To be sure of somebody, compare fingerprints; then press t │
//!  │                                                              │
//!  ╰──────────────────────────────────────────────────────────────╯
//! ```

use super::theme::Tone;
use super::{View, format, panel, text};
use crate::app::{Listed, Peer, PeerPhase, Whom};
use crate::seal::Met;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(view: View<'_>, chosen: Option<&Listed>, area: Rect, buf: &mut Buffer) {
    let listed = view.app.listed();
    let path = chosen.map(|chosen| path(view, chosen)).unwrap_or_default();
    let path: Vec<_> = path
        .into_iter()
        .flat_map(|(label, parts)| field(label, &parts, usize::from(COLUMNS.min(area.width))))
        .collect();
    let gap_rows = usize::from(!path.is_empty());
    let rows = (listed.len().max(1) + 5 + path.len() + gap_rows) as u16;
    let inner = panel::open("who is here", (COLUMNS, rows), area, view.theme, buf);
    let columns = usize::from(inner.width);
    // In little room names give way, and then what is said of them.
    let name_columns = columns.saturating_sub(FINGERPRINT_COLUMNS + 6).clamp(4, NAME_COLUMNS);

    let faint = view.theme.style(Tone::Faint);
    let mut lines: Vec<Line<'_>> = listed
        .iter()
        .filter_map(|listed| {
            let mark = if Some(listed) == chosen { "▌ " } else { "  " };
            let mark = Span::styled(mark, view.theme.style(Tone::Accent));
            Some(match listed {
                Listed::Here(connection) => {
                    let peer = view.app.room.by_connection(*connection)?;
                    entry(view, peer, mark, (columns, name_columns))
                }
                Listed::Away(id) => {
                    let whom = view.app.chosen.iter().find(|whom| whom.id == *id)?;
                    away(view, whom, mark, (columns, name_columns))
                }
            })
        })
        .collect();
    if lines.is_empty() {
        lines.push(Line::styled("nobody but you", faint));
    }
    let own = view.app.settings.key.fingerprint().to_string();
    let gap = Line::default;
    let you = Line::from(vec![
        Span::raw("    "),
        Span::styled(pad("you", name_columns), faint),
        Span::raw(own),
    ]);
    lines.extend([gap(), you, gap()]);
    if !path.is_empty() {
        lines.extend(path.into_iter().map(|line| Line::styled(line, faint)));
        lines.push(gap());
    }
    let whom = match view.app.to_whom() {
        Some(names) => (format!("What you send goes to {names} alone; Space chooses"), Tone::Warn),
        None => (EVERYONE.to_owned(), Tone::Faint),
    };
    let style = view.theme.style(whom.1);
    let whom = text::wrap(&whom.0, columns);
    lines.extend(whom.into_iter().map(|line| Line::styled(line, style)));
    lines.extend(text::wrap(HOW, columns).into_iter().map(|line| Line::styled(line, faint)));
    if usize::from(inner.height) < lines.len() {
        lines.retain(|line| line.width() > 0);
    }
    for (row, line) in inner.rows().zip(lines) {
        text::draw(line, row, buf);
    }
}

fn entry(
    view: View<'_>,
    peer: &Peer,
    mark: Span<'static>,
    (columns, name_columns): (usize, usize),
) -> Line<'static> {
    let label = peer.label();
    let name = Span::styled(pad(label.as_str(), name_columns), view.theme.style(Tone::Strong));
    let fingerprint = peer.remote.as_ref().map(|remote| remote.key.fingerprint().to_string());
    let fingerprint = Span::raw(fingerprint.unwrap_or_default());
    let own = peer.remote.as_ref().is_some_and(|remote| remote.key == view.app.settings.key);
    let (tone, said) =
        if own { (Tone::Faint, "another terminal of yours".to_owned()) } else { standing(peer) };
    let said = match peer.device.name() {
        Some(device) => format!("{said} · {device}"),
        None => said,
    };
    // Of what has no room, its sign is left.
    let free = columns.saturating_sub(4 + name_columns + FINGERPRINT_COLUMNS);
    let sign = said.split(' ').next().filter(|sign| text::width(sign) == 1).unwrap_or_default();
    let said =
        if text::width(&said) + 3 <= free { format!("   {said}") } else { format!(" {sign}") };
    let to = to(view, &peer.who().id);
    Line::from(vec![mark, to, name, fingerprint, Span::styled(said, view.theme.style(tone))])
}

/// How somebody is reached, and what the way is like: labels, and what is said behind each.
fn path(view: View<'_>, chosen: &Listed) -> Vec<(&'static str, Vec<String>)> {
    let Listed::Here(connection) = chosen else { return Vec::new() };
    let Some(peer) = view.app.room.by_connection(*connection) else { return Vec::new() };
    let PeerPhase::Open(Some(route)) = &peer.phase else { return Vec::new() };
    let name = peer.label().to_string();
    let mut way = vec![route.kind.text(&route.via, &name)];
    way.extend(route.round_trip.map(format::round_trip));
    let mut path = vec![("path", way)];
    path.extend(route.obstacle.map(|obstacle| ("not direct", vec![obstacle.text(&name)])));
    let now = match format::figures(route.figures) {
        _ if !view.app.transfers.move_over(peer.connection) => vec!["nothing moves".to_owned()],
        figures if figures.is_empty() => vec!["not measured yet".to_owned()],
        figures => figures,
    };
    path.push(("now", now));
    path
}

/// A label and what is said behind it, in as many rows as that takes; a part is broken only where it has
/// no room in a row of its own.
fn field(label: &str, parts: &[String], columns: usize) -> Vec<String> {
    let room = columns.saturating_sub(LABEL_COLUMNS);
    let mut rows: Vec<String> = Vec::new();
    for part in parts {
        match rows.last_mut() {
            Some(row) if text::width(row) + text::width(BETWEEN) + text::width(part) <= room => {
                row.push_str(BETWEEN);
                row.push_str(part);
            }
            _ => rows.extend(text::wrap(part, room)),
        }
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    rows.iter().zip(labels).map(|(row, label)| format!("{label:LABEL_COLUMNS$}{row}")).collect()
}

/// Somebody who is chosen and not here.
fn away(
    view: View<'_>,
    whom: &Whom,
    mark: Span<'static>,
    (columns, name_columns): (usize, usize),
) -> Line<'static> {
    let faint = view.theme.style(Tone::Faint);
    let name = Span::styled(pad(whom.name.as_str(), name_columns), faint);
    let free = columns.saturating_sub(4 + name_columns + FINGERPRINT_COLUMNS);
    let said = if free >= AWAY.len() { AWAY } else { "" };
    let id = Span::raw(whom.id.clone());
    Line::from(vec![mark, to(view, &whom.id), name, id, Span::styled(said, faint)])
}

/// The arrow before whom one sends to.
fn to(view: View<'_>, id: &str) -> Span<'static> {
    let arrow = if view.app.is_chosen(id) { "→ " } else { "  " };
    Span::styled(arrow, view.theme.style(Tone::Warn))
}

/// How well a peer is known.
fn standing(peer: &Peer) -> (Tone, String) {
    match &peer.met {
        _ if peer.is_trusted() => (Tone::Good, "✓ trusted".to_owned()),
        None => (Tone::Faint, String::new()),
        Some(Met::New) => (Tone::Faint, "for the first time".to_owned()),
        Some(Met::Known { .. }) => (Tone::Faint, "met before".to_owned()),
        Some(Met::Renamed { before, .. }) => (Tone::Faint, format!("was {before}")),
        Some(Met::Changed { before, trusted }) => {
            let tone = if *trusted { Tone::Bad } else { Tone::Warn };
            (tone, format!("! was {}", before.fingerprint()))
        }
    }
}

fn pad(label: &str, columns: usize) -> String {
    let label = text::fit(label, columns.saturating_sub(1));
    format!("{label}{}", " ".repeat(columns - text::width(&label)))
}

const EVERYONE: &str = "What you send goes to everyone; Space chooses to whom alone";
const AWAY: &str = "   not here";
const HOW: &str = "To be sure of somebody, compare fingerprints; then press t";
/// What stands between what is said of one thing.
const BETWEEN: &str = " · ";
/// As wide as the longest label, and a gap.
const LABEL_COLUMNS: usize = 12;
const COLUMNS: u16 = 70;
const NAME_COLUMNS: usize = 18;
const FINGERPRINT_COLUMNS: usize = 19;
