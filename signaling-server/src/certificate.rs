//! Where a server's certificate comes from: files of the operator, or one that it makes itself.
//!
//! A certificate of its own nobody else vouches for. Browsers ask before they go on; terminals know
//! it by its [`Pin`](crate::pin::Pin), which is in the link. The key is kept, so that links stay good
//! for as long as the folder is there; the certificate is made anew with it a month before its end.

use crate::server::{Tls, TlsError};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Whose certificate a server shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// The operator's, from files in PEM.
    Files {
        /// The certificate, and those that lead to its issuer.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// Its own, kept in this folder.
    Own(PathBuf),
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file is not there, or not to be read.
    #[error("{} cannot be read", .0.display())]
    Unread(PathBuf, #[source] io::Error),
    /// The files are there; what is in them will not do.
    #[error("{} and {} will not do", .0.display(), .1.display())]
    Unfit(PathBuf, PathBuf, #[source] TlsError),
    /// One of its own is not made.
    #[error("no certificate can be made")]
    Unmade(#[source] rcgen::Error),
    /// One of its own is not kept, and would be another at each start.
    #[error("no certificate can be kept in {}", .0.display())]
    Unkept(PathBuf, #[source] io::Error),
}

impl Certificate {
    /// Reads it, or makes it if it is to be the server's own.
    pub fn load(&self) -> Result<Tls, CertificateError> {
        let (certificate, key) = self.texts()?;
        Tls::of_pem(&certificate, &key).map_err(|error| self.unfit(error))
    }

    /// Reads it again, for whoever comes from now on.
    pub fn reload(&self, tls: &Tls) -> Result<(), CertificateError> {
        let (certificate, key) = self.texts()?;
        tls.replace(&certificate, &key).map_err(|error| self.unfit(error))
    }

    fn texts(&self) -> Result<(Vec<u8>, Vec<u8>), CertificateError> {
        if let Self::Own(folder) = self {
            keep(folder, SystemTime::now())?;
        }
        let (certificate, key) = self.paths();
        Ok((read(&certificate)?, read(&key)?))
    }

    fn paths(&self) -> (PathBuf, PathBuf) {
        match self {
            Self::Files { certificate, key } => (certificate.clone(), key.clone()),
            Self::Own(folder) => (folder.join(CERTIFICATE), folder.join(KEY)),
        }
    }

    fn unfit(&self, error: TlsError) -> CertificateError {
        let (certificate, key) = self.paths();
        CertificateError::Unfit(certificate, key, error)
    }
}

/// Makes the key if it is not there, and the certificate if it is not, or is old.
fn keep(folder: &Path, now: SystemTime) -> Result<(), CertificateError> {
    let unkept = |error| CertificateError::Unkept(folder.to_owned(), error);
    fs::create_dir_all(folder).map_err(unkept)?;
    let (key_path, path) = (folder.join(KEY), folder.join(CERTIFICATE));
    let (key, is_new) = match fs::read_to_string(&key_path) {
        Ok(text) => (KeyPair::from_pem(&text).map_err(CertificateError::Unmade)?, false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(CertificateError::Unmade)?;
            write(&key_path, &key.serialize_pem()).map_err(unkept)?;
            (key, true)
        }
        Err(error) => return Err(CertificateError::Unread(key_path, error)),
    };
    if is_new || !is_fresh(&path, now) {
        let certificate = make(&key, now).map_err(CertificateError::Unmade)?;
        write(&path, &certificate).map_err(unkept)?;
    }
    Ok(())
}

/// Whether a certificate was made not so long ago.
fn is_fresh(path: &Path, now: SystemTime) -> bool {
    let made = fs::metadata(path).and_then(|it| it.modified());
    made.is_ok_and(|made| now.duration_since(made).is_ok_and(|age| age < RENEWED_AFTER))
}

fn make(key: &KeyPair, now: SystemTime) -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::new(["localhost".to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "peersnap");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Clocks differ.
    params.not_before = (now - DAY).into();
    params.not_after = (now + LASTS).into();
    Ok(params.self_signed(key)?.pem())
}

/// Puts a file there whole, for this person alone to read.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Nobody else may read it, from the first moment on.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|error| CertificateError::Unread(path.to_owned(), error))
}

const CERTIFICATE: &str = "tls-certificate.pem";
const KEY: &str = "tls-key.pem";
const DAY: Duration = Duration::from_hours(24);
/// Browsers take none that lasts longer (398 days), even where they are told to trust it.
const LASTS: Duration = Duration::from_hours(24 * 397);
const RENEWED_AFTER: Duration = Duration::from_hours(24 * 365);

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn one_of_its_own_is_kept_for_the_owner_alone_and_stays() {
        let folder = folder();
        let own = Certificate::Own(folder.path().join("deep/state"));
        let pin = own.load().expect("it is made").pin();
        let (path, key) = own.paths();
        let before = fs::read(&path).expect("a certificate");
        assert_eq!(own.load().expect("it is read").pin(), pin);
        assert_eq!(fs::read(&path).expect("a certificate"), before);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(key).expect("a key").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn an_old_one_is_made_anew_with_the_same_key() {
        let folder = folder();
        let own = Certificate::Own(folder.path().to_owned());
        let pin = own.load().expect("it is made").pin();
        let (path, _) = own.paths();
        let before = fs::read(&path).expect("a certificate");
        let file = fs::File::options().write(true).open(&path).expect("a certificate");
        file.set_modified(SystemTime::now() - RENEWED_AFTER).expect("it is old");
        assert_eq!(own.load().expect("it is made anew").pin(), pin);
        assert_ne!(fs::read(&path).expect("a certificate"), before);
    }

    #[test]
    fn files_that_will_not_do_say_why() {
        let (one, other) = (folder(), folder());
        for folder in [&one, &other] {
            Certificate::Own(folder.path().to_owned()).load().expect("it is made");
        }
        let (here, there) = (one.path(), other.path());
        let load = |certificate: PathBuf, key: PathBuf| {
            let error = Certificate::Files { certificate, key }.load().expect_err("it will not do");
            let cause = std::error::Error::source(&error).expect("a cause");
            format!("{error}: {cause}")
        };
        let said = load(here.join(CERTIFICATE), there.join(KEY));
        assert!(
            said.ends_with("will not do: certificate and key do not belong together"),
            "{said}"
        );
        let said = load(here.join(KEY), here.join(KEY));
        assert!(said.ends_with("there is no certificate in it, in PEM"), "{said}");
        let said = load(here.join(CERTIFICATE), here.join(CERTIFICATE));
        assert!(said.ends_with("there is no private key in it, in PEM"), "{said}");
        let said = load(here.join("missing.pem"), here.join(KEY));
        assert!(said.contains("missing.pem cannot be read"), "{said}");
    }
}
