//! A file that is read as slowly as it is written: a story says when there is more of it.

use peersnap::app::Content;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};

use super::peer::Offer;

/// A file whose bytes come when they are asked for here.
pub struct SlowFile {
    pieces: Sender<Vec<u8>>,
}

impl SlowFile {
    /// An offer of a file of this size, in this folder.
    pub fn offer(folder: &Path, name: &'static str, size: usize) -> (Self, Offer) {
        let path = folder.join(name);
        let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
        assert!(made.success(), "a pipe is made");
        let (pieces, receiver) = channel::<Vec<u8>>();
        let pipe = path.clone();
        std::thread::spawn(move || {
            // It is there to be written to once it is read.
            let mut pipe = File::options().write(true).open(pipe).expect("a pipe");
            for piece in receiver {
                if pipe.write_all(&piece).is_err() {
                    return;
                }
            }
        });
        let (media_type, content) = ("application/octet-stream", Content::File(path));
        (Self { pieces }, Offer { name, media_type, size: size as u64, content })
    }

    /// There is more of it.
    pub fn goes_on(&self, piece: &[u8]) {
        self.pieces.send(piece.to_vec()).expect("it is still read");
    }

    /// There is this much more of it, and nothing else.
    pub fn ends_with(self, piece: &[u8]) {
        self.goes_on(piece);
    }
}
