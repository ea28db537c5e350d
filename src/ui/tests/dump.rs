//! What is on the screen, as text: the rows, and below them every run of cells that does not look
//! like plain text. Pictures, thousands of colours, are told by their first and last.

use super::world::World;
use crate::picture::cells::{self, Depth, Glyphs, Paint};
use crate::picture::{Light, scale};
use crate::scene::{HOLE, Motion, Placed};
use crate::ui::{Theme, draw, text};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// Draws the world's app at this size.
pub fn screen(world: &World, width: u16, height: u16, depth: Depth) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    for placed in draw(&world.app, area, &mut buf, Theme::of(depth), world.now) {
        fill(&placed, depth, &mut buf);
    }
    buf
}

/// Fills the holes of a picture, as the simplest terminal would.
fn fill(placed: &Placed, depth: Depth, buf: &mut Buffer) {
    let (columns, rows) = (placed.area.width.into(), placed.area.height.into());
    let image = placed.part.of(&placed.image);
    let grid = match placed.motion {
        Motion::Live => cells::live(&scale(&image, columns, rows * 2, Light::Gamma), depth),
        Motion::Still => cells::still(&image, columns, rows, Glyphs::Half, depth),
    };
    for (position, cell) in placed.area.positions().zip(grid.iter().flatten()) {
        let shown = &mut buf[position];
        if shown.symbol() == HOLE {
            let dim = shown.modifier.contains(Modifier::DIM);
            shown.set_char(cell.glyph).set_fg(colour_of(cell.front)).set_bg(colour_of(cell.back));
            shown.modifier = if dim { Modifier::DIM } else { Modifier::empty() };
        }
    }
}

fn colour_of(paint: Paint) -> Color {
    match paint {
        Paint::Unset => Color::Reset,
        Paint::Indexed(index) => Color::Indexed(index),
        Paint::Rgb([r, g, b]) => Color::Rgb(r, g, b),
    }
}

/// The rows of the screen, right ends trimmed, then the runs of style.
pub fn dump(buf: &Buffer) -> String {
    let mut rows = String::new();
    let mut runs = String::new();
    for (y, row) in buf.area.rows().enumerate() {
        let mut line = String::new();
        let mut hidden = 0;
        for x in 0..row.width {
            let symbol = buf[(x, y as u16)].symbol();
            if hidden == 0 {
                line.push_str(symbol);
                hidden = text::width(symbol).max(1);
            }
            hidden -= 1;
        }
        rows.push_str(line.trim_end());
        rows.push('\n');
        write_runs(buf, y as u16, &mut runs);
    }
    format!("{rows}---\n{runs}")
}

fn write_runs(buf: &Buffer, y: u16, to: &mut String) {
    // The second half of a wide character looks like the first.
    let wide = |x: u16| text::width(buf[(x, y)].symbol()) > 1;
    let seen = |x: u16| if x > 0 && wide(x - 1) { x - 1 } else { x };
    let cells: Vec<&Cell> = (0..buf.area.width).map(|x| &buf[(seen(x), y)]).collect();
    let mut at = 0;
    let mut line = String::new();
    while at < cells.len() {
        let kind = Kind::of(cells[at]);
        let length = cells[at..].iter().take_while(|cell| Kind::of(cell) == kind).count();
        let last = at + length - 1;
        match &kind {
            Kind::Plain => {}
            Kind::Styled(style) => drop(write!(line, "  {at}-{last} {style}")),
            Kind::Picture => {
                let (from, to) = (colours(cells[at]), colours(cells[last]));
                let colours = if from == to { from } else { format!("{from} … {to}") };
                let dim = if cells[at].modifier.contains(Modifier::DIM) { "dim " } else { "" };
                let _ = write!(line, "  {at}-{last} {dim}picture {colours}");
            }
        }
        at += length;
    }
    if !line.is_empty() {
        let _ = writeln!(to, "{y:>2}{line}");
    }
}

#[derive(PartialEq)]
enum Kind {
    Plain,
    Styled(String),
    Picture,
}

impl Kind {
    fn of(cell: &Cell) -> Self {
        if cell.symbol() == "▀" && cell.bg != Color::Reset {
            return Self::Picture;
        }
        let mut words = Vec::new();
        if cell.fg != Color::Reset {
            words.push(colour(cell.fg));
        }
        if cell.bg != Color::Reset {
            words.push(format!("on {}", colour(cell.bg)));
        }
        for (modifier, word) in [
            (Modifier::BOLD, "bold"),
            (Modifier::DIM, "dim"),
            (Modifier::REVERSED, "reversed"),
            (Modifier::UNDERLINED, "underlined"),
        ] {
            if cell.modifier.contains(modifier) {
                words.push(word.to_owned());
            }
        }
        if words.is_empty() { Self::Plain } else { Self::Styled(words.join(" ")) }
    }
}

fn colours(cell: &Cell) -> String {
    format!("{}/{}", colour(cell.fg), colour(cell.bg))
}

fn colour(colour: Color) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(index) => format!("colour {index}"),
        other => other.to_string(),
    }
}
