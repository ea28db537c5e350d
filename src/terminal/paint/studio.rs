//! Stills as the terminal takes them, worked out once for each place and kept while they are seen.
//!
//! A good fit takes some time, and so does a good encoding: so it is not done here.
//! [`Studio::poll_work`] says what is wanted, somebody else does it, and hands it back.

use crate::picture::Part;
use crate::picture::cells::{self, Depth, Glyphs};
use crate::picture::pixels;
use crate::picture::{Light, RgbImage, fit, scale};
use crate::scene::Placed;
use data_encoding::BASE64;
use std::sync::Arc;

/// A still to be worked out.
#[derive(Debug, Clone)]
pub struct Work {
    image: Arc<RgbImage>,
    part: Part,
    columns: u16,
    rows: u16,
    form: Form,
}

/// What a still is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Cells.
    Cells {
        /// Of these.
        glyphs: Glyphs,
        /// In so many colours.
        depth: Depth,
    },
    /// A PNG, of at most so many pixels each way.
    Png {
        /// Across and down.
        pixels: (u32, u32),
    },
    /// A JPEG, of at most so many pixels each way, and so many bytes.
    Jpeg {
        /// Across and down.
        pixels: (u32, u32),
        /// At most.
        bytes_max: usize,
    },
    /// A sixel sequence of exactly so many pixels, and at most so many bytes.
    Sixel {
        /// Across and down.
        pixels: (u32, u32),
        /// At most.
        bytes_max: usize,
    },
}

/// A still that is worked out.
#[derive(Debug, Clone)]
pub enum Art {
    /// As cells.
    Cells(Arc<cells::Grid>),
    /// As text for the terminal: base64 of a file, or a sequence.
    Pixels(Arc<str>),
    /// It cannot be: it would be too long.
    Impossible,
}

impl Work {
    /// A still at its place, in this form.
    pub fn of(placed: &Placed, form: Form) -> Self {
        Self {
            image: Arc::clone(&placed.image),
            part: placed.part,
            columns: placed.area.width,
            rows: placed.area.height,
            form,
        }
    }

    /// Does it.
    pub fn run(&self) -> Art {
        let (columns, rows) = (self.columns.into(), self.rows.into());
        let cut;
        let image = if self.part == Part::whole(&self.image) {
            &*self.image
        } else {
            cut = self.part.of(&self.image);
            &cut
        };
        let exactly = |(width, height)| scale(image, width, height, Light::Linear);
        let within = |size| pixels_within(image, size);
        let text = |text: String| Art::Pixels(text.into());
        match self.form {
            Form::Cells { glyphs, depth } => {
                Art::Cells(Arc::new(cells::still(image, columns, rows, glyphs, depth)))
            }
            Form::Png { pixels } => text(BASE64.encode(&pixels::palette_png(&within(pixels)))),
            Form::Jpeg { pixels, bytes_max } => {
                let jpeg = pixels::jpeg(&within(pixels), bytes_max);
                jpeg.map_or(Art::Impossible, |jpeg| text(BASE64.encode(&jpeg)))
            }
            Form::Sixel { pixels, bytes_max } => {
                pixels::sixel(&exactly(pixels), bytes_max).map_or(Art::Impossible, text)
            }
        }
    }

    /// How long it may be, in bytes, if that is limited.
    pub fn bytes_max(&self) -> usize {
        match self.form {
            Form::Jpeg { bytes_max, .. } | Form::Sixel { bytes_max, .. } => bytes_max,
            Form::Cells { .. } | Form::Png { .. } => usize::MAX,
        }
    }

    /// Of the same picture: it cannot be another at the same place in memory, since both hold it.
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_same_view(other) && self.form == other.form
    }

    /// Whether it shows the same, be it in another form.
    pub fn is_same_view(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.image, &other.image)
            && self.part == other.part
            && (self.columns, self.rows) == (other.columns, other.rows)
    }
}

/// The picture in at most so many pixels across and down, but no more than it has: terminals
/// enlarge as well as this could.
pub fn pixels_within(image: &RgbImage, (width, height): (u32, u32)) -> RgbImage {
    let (width, height) = (image.width().min(width), image.height().min(height));
    let (width, height) = fit(image.width(), image.height(), width, height);
    scale(image, width, height, Light::Linear)
}

/// Stills that are seen.
#[derive(Debug, Default)]
pub struct Studio {
    works: Vec<(Work, Progress)>,
}

#[derive(Debug)]
enum Progress {
    Wanted,
    Underway,
    Done(Art),
}

impl Studio {
    /// This still, if it is worked out; it will be, if not.
    pub fn still(&mut self, work: Work) -> Option<Art> {
        match self.works.iter().find(|(known, _)| known.is_same(&work)) {
            Some((_, Progress::Done(art))) => Some(art.clone()),
            Some(_) => None,
            None => {
                self.works.push((work, Progress::Wanted));
                None
            }
        }
    }

    /// Lets go of what is not seen any more.
    pub fn keep(&mut self, pictures: &[Placed]) {
        self.works.retain(|(work, _)| {
            pictures.iter().any(|placed| Work::of(placed, work.form).is_same_view(work))
        });
    }

    /// The next one that nobody works at yet.
    pub fn poll_work(&mut self) -> Option<Work> {
        let wanted = |(_, progress): &&mut (Work, Progress)| matches!(progress, Progress::Wanted);
        let (work, progress) = self.works.iter_mut().find(wanted)?;
        *progress = Progress::Underway;
        Some(work.clone())
    }

    /// One is worked out; whether it is seen still.
    pub fn handle_work(&mut self, work: &Work, art: Art) -> bool {
        let known = self.works.iter_mut().find(|(known, _)| known.is_same(work));
        let is_seen = known.is_some();
        if let Some((_, progress)) = known {
            *progress = Progress::Done(art);
        }
        is_seen
    }
}
