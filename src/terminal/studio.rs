//! Stills as cells, worked out once for each place and kept while they are seen.
//!
//! A good fit takes some time, so it is not done here: [`Studio::poll_work`] says what is wanted,
//! somebody else does it, and hands it back.

use super::painter::Means;
use crate::picture::RgbImage;
use crate::picture::cells::{self, Depth, Glyphs};
use crate::scene::{Part, Placed};
use std::sync::Arc;

/// A still to be worked out.
#[derive(Debug, Clone)]
pub struct Work {
    image: Arc<RgbImage>,
    part: Part,
    columns: u16,
    rows: u16,
    glyphs: Glyphs,
    depth: Depth,
}

impl Work {
    fn of(placed: &Placed, means: Means) -> Self {
        Self {
            image: Arc::clone(&placed.image),
            part: placed.part,
            columns: placed.area.width,
            rows: placed.area.height,
            glyphs: means.glyphs,
            depth: means.depth,
        }
    }

    /// Does it.
    pub fn run(&self) -> cells::Grid {
        let (columns, rows) = (self.columns.into(), self.rows.into());
        if self.part == Part::whole(&self.image) {
            cells::still(&self.image, columns, rows, self.glyphs, self.depth)
        } else {
            let part = self.part.of(&self.image);
            cells::still(&part, columns, rows, self.glyphs, self.depth)
        }
    }

    /// Of the same picture: it cannot be another at the same place in memory, since both hold it.
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.image, &other.image)
            && self.part == other.part
            && (self.columns, self.rows) == (other.columns, other.rows)
            && (self.glyphs, self.depth) == (other.glyphs, other.depth)
    }
}

/// Stills that are seen, or were a moment ago.
#[derive(Debug, Default)]
pub struct Studio {
    works: Vec<(Work, Progress)>,
}

#[derive(Debug)]
enum Progress {
    Wanted,
    Underway,
    Done(Arc<cells::Grid>),
}

impl Studio {
    /// This still, if it is worked out; it will be, if not.
    pub fn still(&mut self, placed: &Placed, means: Means) -> Option<Arc<cells::Grid>> {
        let work = Work::of(placed, means);
        match self.works.iter().find(|(known, _)| known.is_same(&work)) {
            Some((_, Progress::Done(cells))) => Some(Arc::clone(cells)),
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
            pictures.iter().any(|placed| {
                Arc::ptr_eq(&placed.image, &work.image)
                    && placed.part == work.part
                    && (placed.area.width, placed.area.height) == (work.columns, work.rows)
            })
        });
    }

    /// The next one that nobody works at yet: the newest, since it is looked at.
    pub fn poll_work(&mut self) -> Option<Work> {
        let wanted = |(_, progress): &&mut (Work, Progress)| matches!(progress, Progress::Wanted);
        let (work, progress) = self.works.iter_mut().rev().find(wanted)?;
        *progress = Progress::Underway;
        Some(work.clone())
    }

    /// One is worked out; whether it is seen still.
    pub fn handle_work(&mut self, work: &Work, cells: cells::Grid) -> bool {
        let known = self.works.iter_mut().find(|(known, _)| known.is_same(work));
        let is_seen = known.is_some();
        if let Some((_, progress)) = known {
            *progress = Progress::Done(Arc::new(cells));
        }
        is_seen
    }
}
