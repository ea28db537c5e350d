//! The peers that were met before, in a file of the state folder.
//!
//! Several programs may have it open: each change reads the file anew, under a lock, and puts a
//! whole new one in its place. A file that cannot be read is left as it is.

use crate::app::Trust;
use crate::seal::{KnownPeers, Met, Remote};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Where peers are remembered.
#[derive(Debug)]
pub struct Known {
    /// The state folder, if there is one.
    folder: Option<PathBuf>,
    /// What is known as long as the file cannot be had.
    here: Mutex<KnownPeers>,
}

/// A change, and why it will not outlast the program, if it will not.
pub type Outcome = (Met, Option<String>);

impl Known {
    /// Those in the file of this folder; without one, only those met from now on.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, here: Mutex::new(KnownPeers::default()) }
    }

    /// Looks a peer up, and remembers it.
    pub fn meet(&self, Remote { name, key }: &Remote) -> Outcome {
        self.change(|known| known.meet(name, *key))
    }

    /// Trusts a peer, or does not any more.
    pub fn trust(&self, Remote { name, key }: &Remote, trust: Trust) -> Outcome {
        self.change(|known| {
            match trust {
                Trust::Given => known.trust(name, *key),
                Trust::TakenBack => known.distrust(key),
            }
            known.meet(name, *key)
        })
    }

    fn change(&self, change: impl Fn(&mut KnownPeers) -> Met) -> Outcome {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = &self.folder else { return (change(&mut here), None) };
        match change_file(folder, &change, &mut here) {
            Ok(met) => (met, None),
            Err(error) => {
                let path = folder.join(FILE);
                let why = format!("who is met is not remembered: {}: {error}", path.display());
                (change(&mut here), Some(why))
            }
        }
    }
}

/// Changes what the file holds, and keeps a copy.
fn change_file(
    folder: &Path,
    change: impl Fn(&mut KnownPeers) -> Met,
    copy: &mut KnownPeers,
) -> io::Result<Met> {
    std::fs::create_dir_all(folder)?;
    let lock = File::options().create(true).append(true).open(folder.join(LOCK))?;
    // Held until it is closed.
    lock.lock()?;
    let path = folder.join(FILE);
    let before = read(&path)?;
    let mut known = before.clone();
    let met = change(&mut known);
    if known != before {
        let text = toml::to_string(&known).map_err(io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
    }
    *copy = known;
    Ok(met)
}

fn read(path: &Path) -> io::Result<KnownPeers> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            io::Error::new(ErrorKind::InvalidData, format!("it is damaged ({})", error.message()))
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(KnownPeers::default()),
        Err(error) => Err(error),
    }
}

const FILE: &str = "known-peers.toml";
const LOCK: &str = "known-peers.lock";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Identity;
    use crate::text::SafeText;
    use std::sync::Arc;
    use tempfile::tempdir;
    use zeroize::Zeroizing;

    fn remote(name: &str, number: u8) -> Remote {
        let key = Identity::from_secret(&Zeroizing::new([number; 32])).public();
        Remote { name: SafeText::new(name), key }
    }

    #[test]
    fn who_is_trusted_is_known_to_the_next_program() {
        let folder = tempdir().expect("a folder");
        let known = || Known::new(Some(folder.path().join("state")));
        assert_eq!(known().meet(&remote("Ann", 1)), (Met::New, None));
        let trusted = (Met::Known { trusted: true }, None);
        assert_eq!(known().trust(&remote("Ann", 1), Trust::Given), trusted);
        assert_eq!(known().meet(&remote("Ann", 1)), trusted);
        let (met, unkept) = known().meet(&remote("Ann", 2));
        assert!(matches!(met, Met::Changed { trusted: true, .. }), "{met:?}");
        assert_eq!(unkept, None);
    }

    #[test]
    fn programs_that_meet_people_at_once_remember_all_of_them() {
        let folder = Arc::new(tempdir().expect("a folder"));
        let meet = |number: u8| {
            let folder = folder.clone();
            std::thread::spawn(move || {
                let known = Known::new(Some(folder.path().to_owned()));
                known.meet(&remote(&format!("person {number}"), number))
            })
        };
        let programs: Vec<_> = (1..=16).map(meet).collect();
        for program in programs {
            assert_eq!(program.join().expect("no panic"), (Met::New, None));
        }
        let known = read(&folder.path().join(FILE)).expect("whole");
        assert_eq!(known.iter().len(), 16);
    }

    #[test]
    fn a_damaged_file_is_left_as_it_is_and_said_to_be() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        std::fs::write(&path, "peers = 3").expect("written");
        let known = Known::new(Some(folder.path().to_owned()));
        let (met, unkept) = known.meet(&remote("Ann", 1));
        let why = unkept.expect("not kept");
        assert!(why.contains("known-peers.toml: it is damaged"), "{why}");
        assert_eq!(met, Met::New);
        assert_eq!(
            known.meet(&remote("Ann", 1)).0,
            Met::Known { trusted: false },
            "as long as it runs"
        );
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "peers = 3");
    }
}
