//! What is to be written next, so that the terminal comes to show what is wanted.
//!
//! Knows what the terminal shows, cell by cell, and what it should. Words go first, ahead of any
//! picture; a picture goes in chunks, as the [`Pace`] lets it, until it is whole, and then the
//! newest one follows: what lay between was never sent. Sans-IO: [`Painter::poll_transmit`] gives
//! bytes, and its caller writes them and hands the terminal's answers back.

use super::album::{Album, LinePixels, Through};
use super::drawing::{Drawing, Fill, Layer, darker, live};
use super::grid::{Cell, Grid, Look, Symbol};
use super::ladder::Ladder;
use super::means::Means;
use super::pace::Pace;
use super::pen::Pen;
use super::shade::Tolerance;
use super::shown::Shown;
use super::studio::{Art, Form, Studio, Work};
use crate::line::Line;
use crate::picture::Steady;
use crate::picture::cells::Paint;
use crate::scene::{Motion, Placed};
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use std::sync::Arc;
use std::time::Instant;

/// What is to be seen.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// The cells, with holes where pictures are seen.
    pub grid: Grid,
    /// The pictures behind the holes.
    pub pictures: Vec<Placed>,
}

/// Brings the terminal from what it shows to what is wanted.
#[derive(Debug)]
pub struct Painter {
    means: Means,
    scene: Scene,
    shown: Shown,
    pen: Pen,
    pace: Pace,
    ladder: Ladder,
    steady: Steady,
    studio: Studio,
    album: Album,
    drawing: Option<Drawing>,
    /// Where pictures were drawn to their end: pixels can go over them.
    drawn: Vec<Rect>,
    /// Whether the pictures may differ from what was last drawn.
    is_new: bool,
    /// Whether there is something to write, and nothing may be written now.
    is_held: bool,
}

impl Painter {
    /// For a terminal that shows nothing that is known. The seed tells the pictures of programs in
    /// one terminal apart.
    pub fn new(means: Means, seed: u32, now: Instant) -> Self {
        Self {
            means,
            scene: Scene::default(),
            shown: Shown::default(),
            pen: Pen::default(),
            pace: Pace::new(now),
            ladder: Ladder::new(now),
            steady: Steady::default(),
            studio: Studio::default(),
            album: Album::new(seed),
            drawing: None,
            drawn: Vec::new(),
            is_new: false,
            is_held: false,
        }
    }

    /// Something else is wanted from now on.
    pub fn set_scene(&mut self, scene: Scene) {
        if scene.grid.cells().len() != self.scene.grid.cells().len()
            || scene.grid.columns() != self.scene.grid.columns()
        {
            self.scene.grid = Grid::blank(scene.grid.columns(), scene.grid.rows());
            self.forget();
        }
        let places = |pictures: &[Placed]| -> Vec<_> {
            pictures.iter().map(|placed| (placed.area, placed.motion)).collect()
        };
        // A picture that moved or went is not drawn to its end.
        if places(&scene.pictures) != places(&self.scene.pictures) {
            self.drawing = None;
            self.drawn.clear();
        }
        self.studio.keep(&scene.pictures);
        self.album.keep(&scene.pictures);
        self.scene = scene;
        self.want_stills();
    }

    /// What takes all pictures in pixels off the screen: the end of this one.
    pub fn take_away(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.album.forget();
        self.album.erase(self.means.pixels, &mut out);
        out
    }

    /// What the terminal can do turns out to be this.
    pub fn set_means(&mut self, means: Means) {
        self.means = means;
        self.drawing = None;
        self.want_stills();
    }

    /// Has them worked out ahead of their turn, and those that are seen whole shown in pixels.
    fn want_stills(&mut self) {
        let mut in_pixels = Vec::new();
        for placed in self.scene.pictures.iter().filter(|placed| placed.motion == Motion::Still) {
            let pixels = self.means.pixels.is_some() && !self.album.refuses(placed);
            if pixels && self.is_whole(placed.area) {
                if !self.album.wants(placed) {
                    // What was there is drawn over first.
                    self.drawn.retain(|area| *area != placed.area);
                }
                in_pixels.push(placed.clone());
            } else {
                self.studio.still(Work::of(placed, cells_of(self.means)));
            }
        }
        for area in self.album.set(in_pixels) {
            for position in area.positions() {
                if let Some(at) = self.scene.grid.index(position.x, position.y) {
                    self.shown.forget(at);
                }
            }
        }
        self.is_new = true;
    }

    /// How stills in pixels go over a line that is as fast as this one.
    fn line_of_pixels(&self) -> Option<LinePixels> {
        self.means.pixels.map(|pixels| pixels.of_line(self.pace.rate()))
    }

    /// Whether nothing is drawn over a picture there.
    fn is_whole(&self, area: Rect) -> bool {
        area.positions().all(|position| {
            let at = self.scene.grid.index(position.x, position.y);
            at.is_some_and(|at| self.scene.grid.cells()[at].symbol == Symbol::Hole)
        })
    }

    /// What the terminal shows is not known any more.
    pub fn forget(&mut self) {
        let grid = &self.scene.grid;
        self.shown = Shown::unknown(grid.columns(), grid.cells().len());
        self.pen.forget();
        self.album.forget();
        self.drawing = None;
        self.drawn.clear();
        self.is_new = true;
    }

    /// The next still to be worked out, beside this.
    pub fn poll_work(&mut self) -> Option<Work> {
        self.studio.poll_work()
    }

    /// A still is worked out.
    pub fn handle_work(&mut self, work: &Work, art: Art) {
        if self.studio.handle_work(work, art) {
            self.is_new = true;
            self.album.look_again();
        }
    }

    /// The terminal has answered a question.
    pub fn handle_answer(&mut self, now: Instant) {
        self.pace.handle_answer(now);
        if self.line_of_pixels().is_some_and(|line| self.album.try_again(line)) {
            self.want_stills();
        }
    }

    /// Whether answers may still come.
    pub fn expects_answers(&self, now: Instant) -> bool {
        self.pace.expects_answers(now)
    }

    /// The next bytes for the terminal, if there are some and it may have them now.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.is_held = false;
        let words = self.words_wait();
        if !words && !self.pictures_wait() {
            return None;
        }
        let allowance = self.pace.allowance(now);
        let unknown = self.pace.is_unknown();
        let budget = allowance.unwrap_or(0);
        if allowance.is_none() && !(words && unknown) {
            self.is_held = true;
            return None;
        }
        let mut out = Vec::new();
        self.album.erase(self.means.pixels, &mut out);
        self.draw_words(if unknown { usize::MAX } else { budget }, &mut out);
        // Words do not wait until a part of a picture is carried with them.
        if unknown || !words || out.is_empty() {
            // Between frames, so that neither holds up the other.
            if self.drawing.is_none() {
                self.draw_pixels(budget, &mut out);
            }
            self.draw_pictures(budget, now, &mut out);
        }
        if out.is_empty() {
            return None;
        }
        if self.means.synchronized && out.len() > SYNCHRONIZED_BYTES_MIN {
            out.splice(0..0, *b"\x1b[?2026h");
            out.extend_from_slice(b"\x1b[?2026l");
        }
        out.extend_from_slice(QUESTION);
        self.pace.handle_sent(out.len(), now);
        // There may be more that has to wait.
        self.is_held = true;
        Some(out)
    }

    /// When to ask [`poll_transmit`](Self::poll_transmit) again without anything having happened.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        if self.is_held { self.pace.poll_timeout(now) } else { None }
    }

    /// How the line to the terminal is doing.
    pub fn line(&self) -> Line {
        let rate = (!self.pace.is_unknown()).then(|| self.pace.rate());
        Line { rate, delay: self.pace.delay(), rung: self.ladder.rung() }
    }

    fn words_wait(&self) -> bool {
        let mut cells = self.scene.grid.cells().iter().enumerate();
        cells
            .any(|(at, wanted)| wanted.symbol != Symbol::Hole && self.shown.get(at) != Some(wanted))
    }

    fn pictures_wait(&self) -> bool {
        self.is_new || self.drawing.is_some() || self.album.is_new()
    }

    fn draw_words(&mut self, budget: usize, out: &mut Vec<u8>) {
        let columns = self.scene.grid.columns();
        for at in 0..self.scene.grid.cells().len() {
            if out.len() >= budget {
                return;
            }
            let wanted = &self.scene.grid.cells()[at];
            if wanted.symbol == Symbol::Hole || self.shown.get(at) == Some(wanted) {
                continue;
            }
            // Half of a wide character comes with its other half.
            let at = if wanted.symbol == Symbol::Behind { at.saturating_sub(1) } else { at };
            let wanted = self.scene.grid.cells()[at].clone();
            self.pen.put(position(at, columns), columns, &wanted, out);
            self.shown.put(at, wanted);
        }
    }

    fn draw_pictures(&mut self, budget: usize, now: Instant, out: &mut Vec<u8>) {
        while out.len() < budget {
            let Some(mut drawing) = self.drawing.take().or_else(|| self.next_drawing()) else {
                return;
            };
            let before = out.len();
            let is_done = self.draw(&mut drawing, budget, out);
            drawing.bytes += out.len() - before;
            if !is_done {
                self.drawing = Some(drawing);
                return;
            }
            self.drawn = drawing.layers.iter().map(|layer| layer.area).collect();
            self.album.look_again();
            if drawing.is_live() {
                self.ladder.handle_frame(drawing.bytes, self.pace.rate(), now);
            }
        }
    }

    fn draw_pixels(&mut self, budget: usize, out: &mut Vec<u8>) {
        let (Some(pixels), Some(line)) = (self.means.pixels, self.line_of_pixels()) else { return };
        let Self { album, studio, pen, drawn, .. } = self;
        while out.len() < budget && album.transmit(line, budget, drawn, studio, pen, out) {
            // Where cells stand for it, they are to be drawn.
            self.is_new |= pixels.through == Through::Tmux;
        }
        if self.album.take_refused() {
            self.want_stills();
        }
    }

    /// The newest pictures, if they are not those that were drawn last.
    fn next_drawing(&mut self) -> Option<Drawing> {
        if !std::mem::take(&mut self.is_new) {
            return None;
        }
        let pictures = self.scene.pictures.clone();
        let layers = pictures.iter().filter_map(|placed| {
            Some(Layer { area: placed.area, motion: placed.motion, fill: self.fill(placed)? })
        });
        let layers = layers.collect();
        Some(Drawing::new(layers))
    }

    /// What the place of a picture holds, if that is worked out.
    fn fill(&mut self, placed: &Placed) -> Option<Fill> {
        if placed.motion == Motion::Live {
            let cells = live(placed, &mut self.steady, self.means.depth, self.ladder.rung());
            return Some(Fill::Cells(Arc::new(cells)));
        }
        let pixels = self.means.pixels.filter(|_| self.album.wants(placed));
        let Some(pixels) = pixels else { return self.fill_of_cells(placed) };
        let shown = self.album.shown(placed);
        match (pixels.through, shown) {
            (Through::Tmux, shown) => Some(shown.map_or(Fill::Blank, Fill::Placeholders)),
            (Through::Nothing, Some(_)) => Some(Fill::AsItIs),
            // Until it is, cells are there sooner, unless the line is slow.
            (Through::Nothing, None) if self.pace.rate() >= FAST => {
                Some(self.fill_of_cells(placed).unwrap_or(Fill::Blank))
            }
            (Through::Nothing, None) => Some(Fill::Blank),
        }
    }

    fn fill_of_cells(&mut self, placed: &Placed) -> Option<Fill> {
        match self.studio.still(Work::of(placed, cells_of(self.means)))? {
            Art::Cells(cells) => Some(Fill::Cells(cells)),
            Art::Pixels(_) | Art::Impossible => None,
        }
    }

    /// Draws on; whether it is done.
    fn draw(&mut self, drawing: &mut Drawing, budget: usize, out: &mut Vec<u8>) -> bool {
        let columns = self.scene.grid.columns();
        while let Some(layer) = drawing.layers.get(drawing.layer) {
            let tolerance = match layer.motion {
                Motion::Live => LIVE_TOLERANCE,
                Motion::Still => Tolerance::NONE,
            };
            let across = usize::from(layer.area.width);
            for place in drawing.cell..layer.area.area() as usize {
                if out.len() >= budget {
                    drawing.cell = place;
                    return false;
                }
                let (column, row) = ((place % across) as u16, (place / across) as u16);
                let (x, y) = (layer.area.x + column, layer.area.y + row);
                let Some(at) = self.scene.grid.index(x, y) else { continue };
                let hole = &self.scene.grid.cells()[at];
                if hole.symbol != Symbol::Hole {
                    continue;
                }
                let Some(mut wanted) = layer.fill.cell(row, column) else { continue };
                // Behind a panel it steps back, as words do.
                let dim = hole.look.modifier.contains(Modifier::DIM);
                if dim {
                    wanted.look = darker(wanted.look);
                }
                let will_do = |shown: &Cell| {
                    shown.symbol == wanted.symbol && tolerance.allows_look(shown.look, wanted.look)
                };
                if self.shown.get(at).is_some_and(will_do) {
                    continue;
                }
                if let Symbol::Char(_) = wanted.symbol {
                    let ahead = match layer.motion {
                        Motion::Live if !dim => self.ahead(layer, row, column),
                        _ => Vec::new(),
                    };
                    let place = (x, y);
                    let drawn =
                        self.pen.put_picture(place, columns, &wanted, &ahead, tolerance, out);
                    // What comes next is held against what is seen.
                    if let (Motion::Live, false, Paint::Rgb(top), Paint::Rgb(bottom)) =
                        (layer.motion, dim, drawn.front, drawn.back)
                    {
                        let (x, y) = (u32::from(column), u32::from(row) * 2);
                        self.steady.settle(x, y, top);
                        self.steady.settle(x, y + 1, bottom);
                    }
                    // A still takes nothing for its own that a live picture had nearly right.
                    wanted.look = drawn;
                } else {
                    self.pen.put((x, y), columns, &wanted, out);
                }
                self.shown.put(at, wanted);
            }
            drawing.layer += 1;
            drawing.cell = 0;
        }
        true
    }

    /// The next cells of a live picture that will be drawn in the same row.
    fn ahead(&self, layer: &Layer, row: u16, column: u16) -> Vec<Look> {
        let end = layer.area.width.min(column.saturating_add(AHEAD_MAX + 1));
        let looks = (column + 1..end).filter_map(|column| {
            let at = self.scene.grid.index(layer.area.x + column, layer.area.y + row)?;
            let wanted = layer.fill.cell(row, column)?;
            let is_hole = self.scene.grid.cells()[at].symbol == Symbol::Hole;
            (is_hole && self.shown.get(at) != Some(&wanted)).then_some(wanted.look)
        });
        looks.collect()
    }
}

fn cells_of(means: Means) -> Form {
    Form::Cells { glyphs: means.glyphs, depth: means.depth }
}

fn position(at: usize, columns: u16) -> (u16, u16) {
    let columns = usize::from(columns);
    ((at % columns) as u16, (at / columns) as u16)
}

/// Whether the terminal is there (device status report); it answers `CSI 0 n`.
const QUESTION: &[u8] = b"\x1b[5n";
/// Colours this near to those in use are taken for them in a live picture: measured, it saves a
/// fifth of the bytes and is not seen.
const LIVE_TOLERANCE: Tolerance = Tolerance(2);
/// So many cells of a row are looked at for the colours of one: more gain nothing.
const AHEAD_MAX: u16 = 12;
/// Over a line of so many bytes a second a screen of cells takes less than a second.
const FAST: f64 = 100_000.0;
/// What is shorter is drawn at once anyway.
const SYNCHRONIZED_BYTES_MIN: usize = 200;
