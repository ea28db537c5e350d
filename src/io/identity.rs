//! Who this peer is: a secret in the state folder, made once and kept.

use crate::seal::Identity;
use std::io::{self, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// The identity of whoever runs this program here, from the state folder.
///
/// Without one, and where it cannot be kept, one is made for this run alone: the others will not know it again, and
/// nothing else is lost.
///
/// # Errors
/// The system gives no random numbers.
pub fn load(state: Option<&Path>) -> io::Result<Identity> {
    let Some(state) = state else { return Ok(Identity::from_secret(&draw()?)) };
    let path = state.join("identity");
    let kept = read(&path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => make(&path),
        _ => Err(error),
    });
    let secret = kept.or_else(|error| {
        tracing::warn!(%error, "the identity is not kept: this one is for this run alone");
        draw()
    });
    Ok(Identity::from_secret(&secret?))
}

type Secret = Zeroizing<[u8; SECRET_BYTES]>;

fn read(path: &Path) -> io::Result<Secret> {
    let bytes = Zeroizing::new(std::fs::read(path)?);
    let secret = <[u8; SECRET_BYTES]>::try_from(bytes.as_slice());
    secret.map(Zeroizing::new).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Makes one that nobody else can read; if another program made one meanwhile, that is it.
fn make(path: &Path) -> io::Result<Secret> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let secret = draw()?;
    // A temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(secret.as_ref())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(secret),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error.error),
    }
}

fn draw() -> io::Result<Secret> {
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    getrandom::fill(secret.as_mut()).map_err(io::Error::other)?;
    Ok(secret)
}

const SECRET_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state").join("identity");
        let made = make(&path).expect("made");
        assert_eq!(read(&path).expect("kept"), made);
        assert_eq!(make(&path).expect("there already"), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let rights = std::fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(rights & 0o077, 0, "{rights:o}");
        }
    }

    #[test]
    fn a_damaged_identity_is_not_taken_for_one() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), b"short").expect("written");
        assert_eq!(read(file.path()).expect_err("short").kind(), io::ErrorKind::InvalidData);
    }
}
