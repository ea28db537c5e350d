//! Where the daemon's socket is, and that there is one daemon.
//!
//! There are two places: the folder of the login session (`XDG_RUNTIME_DIR`), and that of what is
//! remembered. The first goes with the last login, and over SSH it is not always named; so the
//! daemon listens at both, and whoever looks for it tries one after the other. At each a lock says
//! whether one runs: it goes with its process, however that ends.

use crate::config::state_folder;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError, set_permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// A place of this daemon: nobody else has it as long as this is kept.
#[derive(Debug)]
pub(super) struct Claim {
    socket: PathBuf,
    _lock: File,
}

/// Why there is no place.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClaimError {
    /// Another daemon has it.
    #[error(
        "a room is kept open in the background already: `peersnap attach` looks into it, \
         `peersnap daemon --stop` ends it"
    )]
    Taken,
    /// No folder can be used.
    #[error("no place for a socket in {}: name a short one in XDG_RUNTIME_DIR", folder.display())]
    Unusable {
        /// The last that was tried.
        folder: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// No folder is known.
    #[error("no place for a socket: name a folder in XDG_RUNTIME_DIR")]
    None,
}

/// The sockets, in the order in which they are tried.
pub(super) fn sockets() -> impl Iterator<Item = PathBuf> {
    folders().map(|folder| folder.join(SOCKET))
}

/// Takes all places that can be used, and listens there.
pub(super) fn claim() -> Result<Vec<(Claim, UnixListener)>, ClaimError> {
    let mut claims = Vec::new();
    let mut failure = ClaimError::None;
    for folder in folders() {
        match claim_one(&folder) {
            Ok(Some(claim)) => claims.push(claim),
            Ok(None) => {
                for (claim, _) in &claims {
                    Claim::hide(claim);
                }
                return Err(ClaimError::Taken);
            }
            Err(error) => {
                tracing::info!(folder = %folder.display(), %error, "not listened at");
                failure = ClaimError::Unusable { folder, error };
            }
        }
    }
    if claims.is_empty() { Err(failure) } else { Ok(claims) }
}

/// Waits until no daemon has a place any more. Blocks.
pub(super) fn wait_until_free() {
    for folder in folders() {
        // What cannot be opened nobody holds.
        if let Ok(lock) = File::open(folder.join(LOCK)) {
            let _ = lock.lock_shared();
        }
    }
}

impl Claim {
    /// Nobody finds it there any more; it is still the only one.
    pub fn hide(&self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn claim_one(folder: &Path) -> io::Result<Option<(Claim, UnixListener)>> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    set_permissions(folder, Permissions::from_mode(FOLDER_MODE))?;
    let mut options = OpenOptions::new();
    let lock = options.create(true).truncate(false).read(true).write(true).mode(SOCKET_MODE);
    let lock = lock.open(folder.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let socket = folder.join(SOCKET);
    // Of one that has ended without a word: the lock is free.
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket)?;
    set_permissions(&socket, Permissions::from_mode(SOCKET_MODE))?;
    Ok(Some((Claim { socket, _lock: lock }, listener)))
}

fn folders() -> impl Iterator<Item = PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|folder| folder.is_absolute() && folder.is_dir());
    runtime.map(|folder| folder.join("peersnap")).into_iter().chain(state_folder())
}

const SOCKET: &str = "daemon.sock";
const LOCK: &str = "daemon.lock";
/// Nobody else looks in.
const FOLDER_MODE: u32 = 0o700;
const SOCKET_MODE: u32 = 0o600;
