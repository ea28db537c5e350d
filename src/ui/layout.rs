//! Where everything on the screen of the room stands: sizes in, rectangles out.
//!
//! ```text
//! side by side                                stacked: narrow, and higher than wide
//!  ┌─ top ───────────────────────────────┐     ┌─ top ─────────┐
//!  │ link                       sentence │     │ sentence      │
//!  │ peers                               │     │ peers         │
//!  └─────────────────────────────────────┘     ├─ preview ─────┤
//!  ┌─ preview ──────────────┐ ┌─ trail ──┐     │               │
//!  │                        │ │          │     ├─ caption ─────┤
//!  │                        │ │          │     ├─ trail ───────┤
//!  └─ caption ──────────────┘ └──────────┘     │               │
//!  ┌─ status: transfers, then the notice ┐     ├─ status ──────┤
//!  └─────────────────────────────────────┘     │               │
//!  ┌─ footer ────────────────────────────┐     ├─ footer ──────┤
//!  └─────────────────────────────────────┘     └───────────────┘
//! ```
//!
//! The places depend on the size alone, never on what is shown: nothing jumps when a transfer
//! begins, and the camera is asked for another size only when the terminal is resized. As the
//! screen shrinks, air goes first, then rows of status, then the caption, then the trail.

use ratatui::layout::Rect;

/// The places of the room's screen. One that has no room is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    /// The room: link, sentence, peers.
    pub top: Rect,
    /// The live picture, or the held photo.
    pub preview: Rect,
    /// What the picture above is; one row.
    pub caption: Rect,
    /// The photos sent and received.
    pub trail: Rect,
    /// Transfers and the notice.
    pub status: Rect,
    /// Key hints; one row.
    pub footer: Rect,
}

/// Divides the screen of the room.
pub(super) fn places(area: Rect) -> Places {
    let page = area.inner(margin(area));
    let rows = Rows::of(area.height);
    let (top, rest) = split_top(page, rows.top);
    let (_, rest) = split_top(rest, rows.gap);
    let (rest, footer) = split_bottom(rest, rows.footer);
    let (rest, _) = split_bottom(rest, rows.gap);
    let (body, status) = split_bottom(rest, rows.status);
    let (picture, trail) = if is_stacked(area) { stacked(body) } else { side_by_side(body) };
    let (preview, caption) = split_bottom(picture, rows.caption);
    Places { top, preview, caption, trail, status, footer }
}

/// Whether the trail stands below the preview: where the preview is larger that way.
fn is_stacked(area: Rect) -> bool {
    area.width < SIDE_BY_SIDE_WIDTH && u32::from(area.width) < u32::from(area.height) * 3
}

/// How many rows each part has.
struct Rows {
    top: u16,
    /// Of air, below the top and above the footer.
    gap: u16,
    caption: u16,
    status: u16,
    footer: u16,
}

impl Rows {
    fn of(height: u16) -> Self {
        Self {
            top: if height >= 11 { 2 } else { 1 },
            gap: u16::from(height >= 20),
            caption: u16::from(height >= 8),
            status: match height {
                32.. => 4,
                16..32 => 2,
                5..16 => 1,
                _ => 0,
            },
            footer: u16::from(height >= 3),
        }
    }
}

fn side_by_side(body: Rect) -> (Rect, Rect) {
    let roomy = body.width >= SIDE_BY_SIDE_WIDTH - 2;
    let (trail, gap) = match body.width {
        0..24 => (0, 0),
        width if roomy => ((width * 7 / 20).clamp(24, 48), 3),
        width => (width * 2 / 5, 1),
    };
    let preview = Rect { width: body.width - trail - gap, ..body };
    (preview, Rect { x: body.right() - trail, width: trail, ..body })
}

fn stacked(body: Rect) -> (Rect, Rect) {
    // As high as a picture of 4:3 can be at this width, but the trail keeps a third.
    let wanted = body.width * 3 / 8 + 1;
    let (preview, trail) = split_top(body, wanted.min(body.height - body.height / 3));
    let gap = u16::from(trail.height > 6);
    (preview, split_top(trail, gap).1)
}

fn margin(area: Rect) -> ratatui::layout::Margin {
    let horizontal = u16::from(area.width >= SIDE_BY_SIDE_WIDTH);
    ratatui::layout::Margin { horizontal, vertical: 0 }
}

/// The first rows, as many as there are, and the rest.
pub(super) fn split_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let rest = Rect { y: area.y + rows, height: area.height - rows, ..area };
    (Rect { height: rows, ..area }, rest)
}

/// The rest, and the last rows, as many as there are.
pub(super) fn split_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    split_top(area, area.height - rows)
}

/// From this width on, in columns, there is room for two columns with air between.
const SIDE_BY_SIDE_WIDTH: u16 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: u16, height: u16) -> Places {
        places(Rect::new(0, 0, width, height))
    }

    #[test]
    fn the_preview_has_most_of_the_usual_sizes() {
        let size = |places: Places| (places.preview.width, places.preview.height);
        assert_eq!(size(of(80, 24)), (48, 16));
        assert_eq!(size(of(120, 40)), (74, 30));
        assert_eq!(size(of(40, 12)), (23, 7));
        assert_eq!(size(of(40, 30)), (40, 15));
    }

    #[test]
    fn places_never_overlap_or_leave_the_screen() {
        for (width, height) in (0..=140).flat_map(|w| (0..=60).map(move |h| (w, h))) {
            let p = of(width, height);
            let all = [p.top, p.preview, p.caption, p.trail, p.status, p.footer];
            let screen = Rect::new(0, 0, width, height);
            for (at, a) in all.iter().enumerate() {
                assert!(a.is_empty() || screen.union(*a) == screen, "{width}x{height}: {p:?}");
                for b in &all[at + 1..] {
                    assert!(a.intersection(*b).is_empty(), "{width}x{height}: {p:?}");
                }
            }
        }
    }
}
