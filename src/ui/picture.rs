//! Pictures on the screen: a grid of cells into a buffer.

use super::theme::Theme;
use crate::picture::{Grid, Light, RgbImage, fit, fit_cells, scale};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws a picture that was made for this area, a pixel to a half-cell; one of another size, as
/// for a moment after a resize, is made to fit.
pub(super) fn draw_live(image: &RgbImage, area: Rect, theme: Theme, buf: &mut Buffer) -> Rect {
    let (width, height) = image.dimensions();
    let (columns, rows) = (u32::from(area.width), u32::from(area.height));
    let fits = width <= columns && height <= rows * 2;
    // It was made to touch the area's edges, two ways or one.
    let touches = width == columns || height.div_ceil(2) == rows;
    if fits && touches {
        draw(&Grid::of(image), area, theme, buf)
    } else {
        draw_fitted(image, area, Light::Gamma, theme, buf)
    }
}

/// Draws a still as large as the area lets it be.
pub(super) fn draw_still(image: &RgbImage, area: Rect, theme: Theme, buf: &mut Buffer) -> Rect {
    draw_fitted(image, area, Light::Linear, theme, buf)
}

/// Draws the middle of a still so that it fills the area.
pub(super) fn draw_filling(image: &RgbImage, area: Rect, theme: Theme, buf: &mut Buffer) -> Rect {
    let (columns, pixels) = (u32::from(area.width), u32::from(area.height) * 2);
    let (width, height) = fit(columns, pixels, image.width(), image.height());
    let (x, y) = ((image.width() - width) / 2, (image.height() - height) / 2);
    let middle = RgbImage::from_fn(width, height, |dx, dy| *image.get_pixel(x + dx, y + dy));
    draw(&Grid::of(&scale(&middle, columns, pixels, Light::Linear)), area, theme, buf)
}

fn draw_fitted(image: &RgbImage, area: Rect, light: Light, theme: Theme, buf: &mut Buffer) -> Rect {
    let (width, height) =
        fit_cells(image.width(), image.height(), area.width.into(), area.height.into());
    draw(&Grid::of(&scale(image, width, height, light)), area, theme, buf)
}

/// Draws the cells at the top of `area`, midway across, no further than it goes; where they stand.
fn draw(grid: &Grid, area: Rect, theme: Theme, buf: &mut Buffer) -> Rect {
    let area = area.intersection(buf.area);
    let width = grid.columns().min(area.width.into()) as u16;
    let height = grid.rows().min(area.height.into()) as u16;
    let x = area.x + (area.width - width) / 2;
    let place = Rect { x, width, height, ..area };
    for (row, cells) in place.rows().zip(grid.iter()) {
        for (position, cell) in row.positions().zip(cells) {
            let (glyph, style) = theme.picture(*cell);
            if let Some(shown) = buf.cell_mut(position) {
                shown.set_char(glyph).set_style(style);
            }
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::super::theme::Depth;
    use super::*;
    use ratatui::style::Color;

    const THEME: Theme = Theme { depth: Depth::True };

    #[test]
    fn a_picture_of_the_right_size_is_drawn_pixel_by_pixel_in_the_middle() {
        let image = RgbImage::from_fn(2, 4, |x, y| image::Rgb([x as u8, y as u8, 9]));
        let area = Rect::new(1, 1, 6, 2);
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 4));
        assert_eq!(draw_live(&image, area, THEME, &mut buf), Rect::new(3, 1, 2, 2));
        let cell = &buf[(4, 2)];
        assert_eq!(
            (cell.symbol(), cell.fg, cell.bg),
            ("▀", Color::Rgb(1, 2, 9), Color::Rgb(1, 3, 9))
        );
        assert_eq!(buf[(2, 1)].symbol(), " ");
    }

    #[test]
    fn a_picture_of_another_size_is_made_to_fit() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 4));
        for (width, height) in [(100, 50), (2, 1), (1, 90)] {
            let place = draw_live(&RgbImage::new(width, height), buf.area, THEME, &mut buf);
            assert!(place.width == 8 || place.height == 4, "{place:?}");
        }
    }

    #[test]
    fn a_filling_picture_leaves_nothing_free() {
        for (width, height) in [(100, 10), (10, 100), (1, 1)] {
            let mut buf = Buffer::empty(Rect::new(0, 0, 9, 3));
            let place = draw_filling(&RgbImage::new(width, height), buf.area, THEME, &mut buf);
            assert_eq!(place, buf.area);
        }
    }

    #[test]
    fn nothing_is_drawn_of_nothing_or_outside() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 4));
        assert!(draw_live(&RgbImage::new(0, 0), buf.area, THEME, &mut buf).is_empty());
        let nowhere = Rect::new(2, 2, 0, 0);
        assert!(draw_filling(&RgbImage::new(3, 3), nowhere, THEME, &mut buf).is_empty());
        let outside = Rect::new(20, 20, 5, 5);
        assert!(draw_still(&RgbImage::new(3, 3), outside, THEME, &mut buf).is_empty());
    }
}
