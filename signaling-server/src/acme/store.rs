//! What is kept of an authority, for this person alone to read: the account, the certificate with
//! its key, and the attempts that failed. A program that is started anew asks for none of it again.
//!
//! A folder for each authority, so that one who tries another loses nothing.

use super::account::Kept;
use super::held::{Held, Unreadable};
use super::schedule::Attempts;
use super::settings::Directory;
use crate::certificate::write;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folder of one authority.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

/// Why something is not kept, or not read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, or the folder is somebody else's.
    #[error("{} cannot be written", .0.display())]
    Unwritten(PathBuf, #[source] io::Error),
    /// A file is there, and not to be read.
    #[error("{} cannot be read", .0.display())]
    Unread(PathBuf, #[source] io::Error),
    /// What is in it is not what was written. Moved away, it is made anew.
    #[error("{} is not as it was written: move it away", .0.display())]
    Spoilt(PathBuf, #[source] serde_json::Error),
    /// The same of a certificate.
    #[error("{} is not as it was written: move it away", .0.display())]
    Unreadable(PathBuf, #[source] Unreadable),
}

impl Store {
    /// Makes the folder, below the one for state, and tries whether it can be written to.
    pub fn open(state: &Path, directory: &Directory) -> Result<Self, StoreError> {
        let folder = state.join(FOLDER).join(directory.folder());
        let made = fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder));
        made.map_err(|error| StoreError::Unwritten(folder.clone(), error))?;
        Ok(Self { folder })
    }

    /// The certificate with its key, in PEM, and what it says of itself.
    pub fn certificate(&self) -> Result<Option<(Vec<u8>, Held)>, StoreError> {
        let path = self.certificate_path();
        let Some(pem) = read(&path)? else { return Ok(None) };
        let held = Held::read(&pem).map_err(|error| StoreError::Unreadable(path, error))?;
        Ok(Some((pem, held)))
    }

    /// Keeps another in its place.
    pub fn keep_certificate(&self, pem: &str) -> Result<(), StoreError> {
        keep(self.certificate_path(), pem)
    }

    /// Where the certificate is.
    pub fn certificate_path(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// The account.
    pub fn account(&self) -> Result<Option<Kept>, StoreError> {
        parsed(self.folder.join(ACCOUNT))
    }

    /// Keeps another in its place.
    pub fn keep_account(&self, account: &Kept) -> Result<(), StoreError> {
        keep_as_text(self.folder.join(ACCOUNT), account)
    }

    /// Lets go of the account, which the authority does not know any more.
    pub fn forget_account(&self) -> Result<(), StoreError> {
        let path = self.folder.join(ACCOUNT);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::Unwritten(path, error))
            }
            _ => Ok(()),
        }
    }

    /// The attempts that failed up to now.
    pub fn attempts(&self) -> Result<Attempts, StoreError> {
        Ok(parsed(self.folder.join(ATTEMPTS))?.unwrap_or(Attempts::NONE))
    }

    /// Keeps how many have failed.
    pub fn keep_attempts(&self, attempts: Attempts) -> Result<(), StoreError> {
        keep_as_text(self.folder.join(ATTEMPTS), &attempts)
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Unread(path.to_owned(), error)),
    }
}

fn parsed<T: DeserializeOwned>(path: PathBuf) -> Result<Option<T>, StoreError> {
    let Some(bytes) = read(&path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| StoreError::Spoilt(path, error))
}

fn keep(path: PathBuf, text: &str) -> Result<(), StoreError> {
    write(&path, text).map_err(|error| StoreError::Unwritten(path, error))
}

fn keep_as_text(path: PathBuf, value: &impl Serialize) -> Result<(), StoreError> {
    let text = serde_json::to_string(value).expect("what is kept has text for keys");
    keep(path, &text)
}

const FOLDER: &str = "acme";
const CERTIFICATE: &str = "certificate.pem";
const ACCOUNT: &str = "account.json";
const ATTEMPTS: &str = "attempts.json";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acme::schedule::Moment;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path(), &Directory::default()).expect("a store");
        (folder, store)
    }

    #[test]
    fn nothing_is_there_at_first_and_what_is_kept_is_there_for_the_next() {
        let (folder, store) = store();
        assert_eq!(store.attempts().expect("none"), Attempts::NONE);
        assert!(store.account().expect("none").is_none());
        assert!(store.certificate().expect("none").is_none());
        let attempts = Attempts::NONE.another(Moment(7));
        store.keep_attempts(attempts).expect("it is kept");
        let again = Store::open(folder.path(), &Directory::default()).expect("a store");
        assert_eq!(again.attempts().expect("one"), attempts);
        let other = "https://acme.example/directory".parse().expect("a directory");
        let other = Store::open(folder.path(), &other).expect("a store");
        assert_eq!(other.attempts().expect("none"), Attempts::NONE, "another authority");
    }

    #[test]
    fn a_spoilt_file_is_told_with_its_place() {
        let (_folder, store) = store();
        for (file, said) in [
            (ATTEMPTS, store.folder.join(ATTEMPTS)),
            (ACCOUNT, store.folder.join(ACCOUNT)),
            (CERTIFICATE, store.folder.join(CERTIFICATE)),
        ] {
            fs::write(&said, "{").expect("it is written");
            let error = match file {
                ATTEMPTS => store.attempts().map(drop),
                ACCOUNT => store.account().map(drop),
                _ => store.certificate().map(drop),
            };
            let error = error.expect_err("it is spoilt").to_string();
            assert_eq!(error, format!("{} is not as it was written: move it away", said.display()));
        }
    }

    #[test]
    fn an_account_that_is_let_go_is_gone_and_one_that_is_not_there_too() {
        let (_folder, store) = store();
        store.forget_account().expect("it is gone");
        fs::write(store.folder.join(ACCOUNT), "{}").expect("it is written");
        store.forget_account().expect("it is gone");
        assert!(store.account().expect("none").is_none());
    }
}
