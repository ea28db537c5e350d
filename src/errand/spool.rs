//! Where a daemon reads what is sent: files where they lie, and what is in memory alone, such as
//! photos, in a folder that goes with the errand.

use crate::app::Content;
use crate::report::Report;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use tempfile::TempDir;

/// The folder, and what lies in it.
#[derive(Debug)]
pub struct Spool {
    folder: TempDir,
    files: BTreeMap<String, Spooled>,
}

#[derive(Debug)]
struct Spooled {
    path: PathBuf,
    /// Of how many no receipt is in.
    awaited: usize,
}

impl Spool {
    /// An empty folder, which others on this machine cannot look into.
    pub fn new() -> io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, files: BTreeMap::new() })
    }

    /// Where the content of an order to so many lies; whole from the root.
    pub fn path(&mut self, order: &str, content: Content, to: usize) -> io::Result<PathBuf> {
        match content {
            Content::File(path) | Content::Folder(path, _) => std::path::absolute(path),
            Content::Bytes(bytes) => {
                let path = self.folder.path().join(order);
                std::fs::write(&path, &bytes)?;
                let spooled = Spooled { path: path.clone(), awaited: to };
                self.files.insert(order.to_owned(), spooled);
                Ok(path)
            }
        }
    }

    /// Lets go of what all have, or will not have. Sent again, it is put there again.
    pub fn handle(&mut self, report: &Report) {
        let Report::Sent { order: Some(order), .. } = report else { return };
        let Some(spooled) = self.files.get_mut(order) else { return };
        spooled.awaited = spooled.awaited.saturating_sub(1);
        if spooled.awaited == 0 {
            if let Err(error) = std::fs::remove_file(&spooled.path) {
                tracing::info!(%error, "a sent photo stays until the end");
            }
            self.files.remove(order);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Code, File, Receipt, Who};

    fn sent(order: &str) -> Report {
        let (name, media_type) = ("a.jpg".to_owned(), "image/jpeg".to_owned());
        Report::Sent {
            order: Some(order.to_owned()),
            to: Who { connection: 1, name: "Ann".to_owned(), id: String::new() },
            file: File { name, media_type, size: 1, width: None, height: None, files: None },
            receipt: Receipt::Failed { code: Code::CutOff, text: String::new() },
        }
    }

    #[test]
    fn a_photo_lies_there_until_the_last_receipt_is_in_and_a_file_where_it_was() {
        let mut spool = Spool::new().expect("a folder");
        let photo = spool.path("o1", Content::Bytes(vec![1].into()), 2).expect("room");
        let file = spool.path("o2", Content::File("a.jpg".into()), 1).expect("a path");
        assert!(file.is_absolute());
        spool.handle(&sent("o1"));
        assert_eq!(std::fs::read(&photo).expect("it is there"), [1]);
        spool.handle(&sent("o2"));
        spool.handle(&sent("o1"));
        assert!(!photo.exists());
    }
}
