//! A picture as sixels, the oldest way that a terminal draws pixels (DEC STD 070, chapter 9).
//!
//! A sixel is a column of six pixels, of one colour. Each band of six lines is gone over once a
//! colour, so what counts is how many colours meet in a band, and how long their runs are.

use super::indexed::{Lacking, indexed};
use super::palette::palette;
use image::RgbImage;
use std::fmt::Write as _;

/// The whole sequence, in as many colours as fit in so many bytes; `None` where even few do not,
/// or without pixels.
pub fn sixel(image: &RgbImage, bytes_max: usize) -> Option<String> {
    if image.is_empty() {
        return None;
    }
    TRIES.iter().find_map(|&(colours, lacking)| encode(image, colours, lacking, bytes_max))
}

/// From the best to what can still be told. Below, the same bytes are better spent on cells.
const TRIES: [(usize, Lacking); 6] = [
    (256, Lacking::Diffused),
    (64, Lacking::Diffused),
    (64, Lacking::Left(0)),
    (64, Lacking::Left(16)),
    (64, Lacking::Left(24)),
    (32, Lacking::Left(36)),
];

fn encode(image: &RgbImage, colours: usize, lacking: Lacking, bytes_max: usize) -> Option<String> {
    let percent = palette(image, colours).into_iter().map(|rgb| rgb.map(to_percent));
    let mut percent: Vec<_> = percent.collect();
    percent.dedup();
    // Colours are told in percent: the picture is made of what is left of them.
    let palette: Vec<_> = percent.iter().map(|it| it.map(of_percent)).collect();
    let numbers = indexed(image, &palette, lacking);
    let (width, height) = image.dimensions();
    // What is not drawn stays as it is (the second 1); pixels are square.
    let mut text = format!("\x1bP0;1q\"1;1;{width};{height}");
    for (number, [red, green, blue]) in percent.iter().enumerate() {
        let _ = write!(text, "#{number};2;{red};{green};{blue}");
    }
    let mut band = Band::new(palette.len(), width as usize);
    for lines in numbers.chunks(width as usize * 6) {
        band.write(lines, &mut text);
        if text.len() > bytes_max {
            return None;
        }
    }
    text.push_str("\x1b\\");
    (text.len() <= bytes_max).then_some(text)
}

/// Six lines, made into a line of sixels a colour. Kept from band to band for its memory.
struct Band {
    width: usize,
    /// For each colour, which of six pixels in a column have it.
    sixels: Vec<u8>,
    /// For each colour, from where to where there are any.
    spans: Vec<Option<(usize, usize)>>,
}

impl Band {
    fn new(colours: usize, width: usize) -> Self {
        Self { width, sixels: vec![0; colours * width], spans: vec![None; colours] }
    }

    fn write(&mut self, lines: &[u8], text: &mut String) {
        self.sixels.fill(0);
        self.spans.fill(None);
        for (line, numbers) in lines.chunks(self.width).enumerate() {
            for (x, &number) in numbers.iter().enumerate() {
                let number = usize::from(number);
                self.sixels[number * self.width + x] |= 1 << line;
                let (from, to) = self.spans[number].unwrap_or((x, x));
                self.spans[number] = Some((from.min(x), to.max(x)));
            }
        }
        let mut used: Vec<(usize, usize, usize)> = self
            .spans
            .iter()
            .enumerate()
            .filter_map(|(number, span)| span.map(|(from, to)| (from, to, number)))
            .collect();
        used.sort_unstable();
        // A colour that begins where another has ended goes on in the same pass.
        let mut at = 0;
        while !used.is_empty() {
            let next = used.iter().position(|&(from, ..)| from >= at);
            let (from, to, number) = used.remove(next.unwrap_or(0));
            if next.is_none() {
                text.push('$');
                at = 0;
            }
            let _ = write!(text, "#{number}");
            run(0, from - at, text);
            let sixels = &self.sixels[number * self.width..][from..=to];
            for same in sixels.chunk_by(|a, b| a == b) {
                run(same[0], same.len(), text);
            }
            at = to + 1;
        }
        text.push('-');
    }
}

/// So many sixels of one kind.
fn run(sixel: u8, count: usize, text: &mut String) {
    let sixel = char::from(b'?' + sixel);
    if count > 3 {
        let _ = write!(text, "!{count}{sixel}");
    } else {
        text.extend(std::iter::repeat_n(sixel, count));
    }
}

fn to_percent(value: u8) -> u8 {
    ((u16::from(value) * 100 + 127) / 255) as u8
}

fn of_percent(percent: u8) -> u8 {
    ((u16::from(percent) * 255 + 50) / 100) as u8
}
