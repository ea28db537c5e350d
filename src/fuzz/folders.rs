//! What a remote peer says is in a folder that it sends.

use crate::transfer::Manifest;
use crate::transfer::manifest::{Entry, HEAD_BYTES_MAX, LENGTH_BYTES, Place};
use bytes::Bytes;

/// The text of a head: its length is put before it.
pub(super) fn manifests(data: &[u8]) {
    let length = (data.len() as u32).to_be_bytes();
    let head: Bytes = [&length[..], data].concat().into();
    assert_eq!(Manifest::head_bytes(length), Some(head.len()).filter(|it| *it <= HEAD_BYTES_MAX));
    let Ok(manifest) = Manifest::parse(head.clone()) else { return };
    assert_eq!(*manifest.head(), head);
    // Read and written again it is the same folder, whatever else its text said.
    let again = Manifest::new(manifest.entries().to_vec()).expect("it was one");
    assert_eq!(again.entries(), manifest.entries());
    manifest.entries().iter().for_each(stays_inside);
    let mut end = head.len() as u64;
    for (at, entry) in manifest.entries().iter().enumerate() {
        let (start, size) = (end, entry.kind.size());
        end += size;
        if size > 0 {
            assert_eq!(manifest.at(start), Place::File { entry: at, within: 0 });
            assert_eq!(manifest.at(end - 1), Place::File { entry: at, within: size - 1 });
        }
    }
    assert_eq!((manifest.size(), manifest.at(end)), (end, Place::End));
    assert_eq!(manifest.at(LENGTH_BYTES as u64 - 1), Place::Head);
}

fn stays_inside(entry: &Entry) {
    for name in entry.path.names() {
        assert!(!matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0']), "{name:?}");
        assert!(!name.chars().any(char::is_control) && !name.starts_with('-'), "{name:?}");
    }
}
