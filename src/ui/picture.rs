//! Pictures on the screen: where each stands, and which part of it is seen.
//!
//! Nothing is scaled here, nor drawn: holes are left in the buffer, and the terminal fills them.

use crate::picture::Part;
use crate::picture::{CellShape, RgbImage, fit, fit_cells};
use crate::scene::{Motion, Placed};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// What is drawn on: cells, and the pictures behind their holes.
pub(super) struct Canvas<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// The pictures.
    pub pictures: &'a mut Vec<Placed>,
    /// How wide and how high the cells are.
    pub cell: CellShape,
}

impl Canvas<'_> {
    /// A frame of the live picture, at the top of the area, midway across; where it stands.
    pub fn live(&mut self, image: &Arc<RgbImage>, area: Rect) -> Rect {
        // It was made for cells: a pixel is half of one, whatever its shape.
        self.fitted(image, Part::whole(image), area, (Motion::Live, CellShape::default()))
    }

    /// A still as large as the area lets it be, at its top, midway across; where it stands.
    pub fn still(&mut self, image: &Arc<RgbImage>, area: Rect) -> Rect {
        self.part(image, Part::whole(image), area)
    }

    /// A part of a still as large as the area lets it be; where it stands.
    pub fn part(&mut self, image: &Arc<RgbImage>, part: Part, area: Rect) -> Rect {
        self.fitted(image, part, area, (Motion::Still, self.cell))
    }

    /// The middle of a still, so that it fills the area.
    pub fn filling(&mut self, image: &Arc<RgbImage>, area: Rect) {
        let (across, down) = self.cell.area(area.width.into(), area.height.into());
        let (width, height) = fit(across, down, image.width(), image.height());
        let (x, y) = ((image.width() - width) / 2, (image.height() - height) / 2);
        self.place(image, Part { x, y, width, height }, area, Motion::Still);
    }

    fn fitted(
        &mut self,
        image: &Arc<RgbImage>,
        part: Part,
        area: Rect,
        (motion, cell): (Motion, CellShape),
    ) -> Rect {
        let area = area.intersection(self.buf.area);
        let most = (area.width.into(), area.height.into());
        let (width, height) = fit_cells((part.width, part.height), most, cell);
        let (width, height) = (width as u16, height as u16);
        let x = area.x + (area.width - width) / 2;
        let place = Rect { x, width, height, ..area };
        self.place(image, part, place, motion);
        place
    }

    fn place(&mut self, image: &Arc<RgbImage>, part: Part, area: Rect, motion: Motion) {
        let area = area.intersection(self.buf.area);
        if !area.is_empty() && part.width > 0 && part.height > 0 {
            let placed = Placed { area, image: Arc::clone(image), part, motion };
            placed.cut(self.buf, self.pictures);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::HOLE;

    /// Where a picture of this size stands in an area, and which part of it is seen.
    fn placed(
        (width, height): (u32, u32),
        place: impl Fn(&mut Canvas<'_>, &Arc<RgbImage>),
    ) -> Vec<Placed> {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 4));
        let mut pictures = Vec::new();
        let cell = CellShape::default();
        let mut canvas = Canvas { buf: &mut buf, pictures: &mut pictures, cell };
        place(&mut canvas, &Arc::new(RgbImage::new(width, height)));
        let holes = buf.content().iter().filter(|cell| cell.symbol() == HOLE).count();
        let areas: u32 = pictures.iter().map(|placed| placed.area.area()).sum();
        assert_eq!(holes as u32, areas);
        pictures
    }

    #[test]
    fn a_picture_is_as_large_as_it_can_be_and_in_the_middle() {
        let area = Rect::new(1, 1, 6, 2);
        let pictures = placed((2, 4), |canvas, image| {
            assert_eq!(canvas.live(image, area), Rect::new(3, 1, 2, 2));
        });
        assert_eq!(pictures[0].part, Part { x: 0, y: 0, width: 2, height: 4 });
        for size in [(100, 50), (2, 1), (1, 90)] {
            let pictures = placed(size, |canvas, image| {
                canvas.still(image, canvas.buf.area);
            });
            let Rect { width, height, .. } = pictures[0].area;
            assert!(width == 8 || height == 4, "{size:?}");
        }
    }

    #[test]
    fn a_filling_picture_leaves_nothing_free_and_keeps_its_middle() {
        for (size, part) in [
            ((100, 100), Part { x: 0, y: 0, width: 100, height: 100 }),
            ((300, 100), Part { x: 100, y: 0, width: 100, height: 100 }),
            ((100, 200), Part { x: 0, y: 50, width: 100, height: 100 }),
        ] {
            let pictures = placed(size, |canvas, image| canvas.filling(image, canvas.buf.area));
            assert_eq!((pictures[0].area, pictures[0].part), (Rect::new(0, 0, 8, 4), part));
        }
    }

    #[test]
    fn nothing_is_placed_of_nothing_or_outside() {
        let pictures = placed((0, 0), |canvas, image| {
            canvas.live(image, canvas.buf.area);
            canvas.filling(image, canvas.buf.area);
        });
        assert!(pictures.is_empty());
        let pictures = placed((3, 3), |canvas, image| {
            canvas.filling(image, Rect::new(2, 2, 0, 0));
            canvas.still(image, Rect::new(20, 20, 5, 5));
        });
        assert!(pictures.is_empty());
    }
}
