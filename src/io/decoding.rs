//! Pictures of photos, decoded beside the loop, within caps, and few at a time.
//!
//! A picture from outside may take as much memory as its limits allow; however many come at once,
//! no more than [`AT_ONCE`] of them do so at the same time.

use crate::app::effect::Content;
use crate::app::event::PictureSize;
use crate::picture::{Light, Limits, RgbImage, decode, fit, scale};
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Decodes pictures.
#[derive(Debug, Clone)]
pub struct Decoding {
    turns: Arc<Semaphore>,
}

impl Default for Decoding {
    /// Nothing is being decoded.
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Decoding {
    /// The picture of an item when its turn has come, or a sentence on why there is none.
    pub async fn picture(&self, content: Content, size: PictureSize) -> Result<RgbImage, String> {
        let turn = self.turns.acquire().await.map_err(|error| error.to_string())?;
        let decoded = tokio::task::spawn_blocking(move || picture(&content, size)).await;
        drop(turn);
        decoded.unwrap_or_else(|error| Err(error.to_string()))
    }
}

/// The picture of an item, or a sentence on why there is none.
fn picture(content: &Content, size: PictureSize) -> Result<RgbImage, String> {
    let bytes = match content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::File(path) => read(path)?,
        Content::Folder(..) => return Err("a folder has no picture".to_owned()),
    };
    let full = decode(&bytes, &Limits::default()).map_err(|error| error.to_string())?;
    Ok(within(&full, size))
}

/// A file, unless it is longer than any picture that is shown.
fn read(path: &Path) -> Result<Bytes, String> {
    let limit = Limits::default().bytes;
    let unread = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let length = std::fs::metadata(path).map_err(unread)?.len();
    if length > limit {
        return Err(format!("a file of {} MB is not shown", length / 1_000_000));
    }
    std::fs::read(path).map(Bytes::from).map_err(unread)
}

/// The picture at the size that it is kept at for the screen; never larger than it is.
pub fn within(full: &RgbImage, size: PictureSize) -> RgbImage {
    let (side_x, side_y) = match size {
        PictureSize::Small => SMALL_PIXELS,
        PictureSize::Large => LARGE_PIXELS,
    };
    let (width, height) = full.dimensions();
    if width <= side_x && height <= side_y {
        return full.clone();
    }
    let (width, height) = fit(width, height, side_x, side_y);
    scale(full, width, height, Light::Linear)
}

/// With the most memory that one may take, a gigabyte in all.
const AT_ONCE: usize = 2;
/// As much as a trail's entry shows in half-blocks.
const SMALL_PIXELS: (u32, u32) = (96, 96);
/// As much as a very large terminal shows in pixels; and some more of it, looked at closely.
const LARGE_PIXELS: (u32, u32) = (2048, 2048);
