//! What a person asks for: names, an authority, and where that may write to.
//!
//! Pure. What is of one of these types has been looked at, so that nothing is asked of an authority
//! that it would have to refuse: it counts what it refuses.

use axum::http::Uri;
use std::fmt::{self, Write};
use std::str::FromStr;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// For which names, from 1 to [`NAMES_MAX`]. The certificate is for all of them.
    pub names: Vec<Name>,
    /// Of which authority.
    pub directory: Directory,
    /// Where it may write to.
    pub contact: Option<Contact>,
}

/// The most names that a certificate is asked for: what Let's Encrypt gives.
pub const NAMES_MAX: usize = 100;

/// A host's name (RFC 1123, section 2.1), in lower case: no address, and no wildcard, which this
/// way of validation cannot prove (RFC 8737).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

/// What is no name that a certificate can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoName {
    /// A limit of DNS (RFC 1035, section 2.3.4).
    #[error("a name is of 1 to 253 bytes")]
    Length,
    /// It stands for many names.
    #[error("a wildcard cannot be had in this way: name each host")]
    Wildcard,
    /// It ends in a number, as IPv4 does, or has colons, as IPv6 has.
    #[error("a certificate is for a name, as photos.example.org, and not for an address")]
    Address,
    /// Something in it is not of a host's name.
    #[error(
        "a name is made of letters, digits and hyphens between dots, as photos.example.org \
         (other letters as xn--…)"
    )]
    Spelling,
}

/// Where an authority says what it can do (RFC 8555, section 7.1.1): a URL of https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory(String);

/// A text that is no directory's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a directory is a URL of https, as {LETS_ENCRYPT}")]
pub struct NoDirectory;

/// An address for mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact(String);

/// A text that is no address for mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address for mail is NAME@HOST")]
pub struct NoContact;

impl Name {
    /// As it stands in a certificate.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        if text.is_empty() || text.len() > NAME_BYTES_MAX {
            return Err(NoName::Length);
        }
        if text.contains('*') {
            return Err(NoName::Wildcard);
        }
        let last = text.rsplit('.').next().unwrap_or(text);
        if text.contains(':') || last.bytes().all(|it| it.is_ascii_digit()) {
            return Err(if last.is_empty() { NoName::Spelling } else { NoName::Address });
        }
        if !text.split('.').all(is_label) {
            return Err(NoName::Spelling);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_label(text: &str) -> bool {
    (1..=LABEL_BYTES_MAX).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

impl Directory {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name for a folder, another one for each authority: the URL without its scheme, and what
    /// is more than letters, digits, dots and hyphens percent-encoded.
    pub fn folder(&self) -> String {
        let place = self.0[SCHEME.len()..].bytes();
        place.fold(String::new(), |mut name, byte| {
            if byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-' {
                name.push(char::from(byte));
            } else {
                // To a string all can be written.
                let _ = write!(name, "%{byte:02X}");
            }
            name
        })
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self(LETS_ENCRYPT.to_owned())
    }
}

impl FromStr for Directory {
    type Err = NoDirectory;

    fn from_str(text: &str) -> Result<Self, NoDirectory> {
        let uri: Uri = text.parse().map_err(|_| NoDirectory)?;
        let host = uri.host().unwrap_or_default();
        let has_user = uri.authority().is_some_and(|it| it.as_str().contains('@'));
        let directory = Self(text.to_owned());
        let fits = text.starts_with(SCHEME) && !host.is_empty() && !has_user;
        if fits && directory.folder().len() <= FOLDER_BYTES_MAX {
            Ok(directory)
        } else {
            Err(NoDirectory)
        }
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Contact {
    /// As an authority is told it (RFC 8555, section 7.3).
    pub fn url(&self) -> String {
        format!("mailto:{}", self.0)
    }
}

impl FromStr for Contact {
    type Err = NoContact;

    fn from_str(text: &str) -> Result<Self, NoContact> {
        let (name, host) = text.split_once('@').ok_or(NoContact)?;
        // One address, and no headers, which a URL of mail could have (RFC 6068).
        let is_plain = |it: u8| it.is_ascii_graphic() && !b"@,?&%<>\"".contains(&it);
        if name.is_empty() || text.len() > MAIL_BYTES_MAX || !name.bytes().all(is_plain) {
            return Err(NoContact);
        }
        host.parse::<Name>().map_err(|_| NoContact)?;
        Ok(Self(text.to_owned()))
    }
}

const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
const SCHEME: &str = "https://";
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;
/// RFC 5321, section 4.5.3.1.3.
const MAIL_BYTES_MAX: usize = 254;
/// What file systems take.
const FOLDER_BYTES_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_hosts_are_taken_in_lower_case() {
        for (text, name) in [
            ("photos.example.org", "photos.example.org"),
            ("Photos.Example.ORG", "photos.example.org"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("4a.example", "4a.example"),
            ("nas", "nas"),
            (
                &["a".repeat(63), "b".repeat(63)].join("."),
                &["a".repeat(63), "b".repeat(63)].join("."),
            ),
        ] {
            assert_eq!(text.parse::<Name>().as_ref().map(Name::as_str), Ok(name));
        }
    }

    #[test]
    fn what_is_no_name_is_told_apart() {
        let long = ["a.".repeat(126), "bc".to_owned()].concat();
        assert_eq!(long.len(), 254);
        for (text, why) in [
            ("", NoName::Length),
            (&long, NoName::Length),
            ("*.example.org", NoName::Wildcard),
            ("192.0.2.7", NoName::Address),
            ("10.1", NoName::Address),
            ("2001:db8::1", NoName::Address),
            ("[::1]", NoName::Address),
            ("photos.example.org:443", NoName::Address),
            ("photos.example.org.", NoName::Spelling),
            (".example.org", NoName::Spelling),
            ("photos..org", NoName::Spelling),
            ("-photos.org", NoName::Spelling),
            ("photos-.org", NoName::Spelling),
            ("pho_tos.org", NoName::Spelling),
            ("bücher.example", NoName::Spelling),
            ("photos.example.org/", NoName::Spelling),
            ("a b.org", NoName::Spelling),
            (&"a".repeat(64), NoName::Spelling),
        ] {
            assert_eq!(text.parse::<Name>(), Err(why), "{text}");
        }
        assert!(long[..253].parse::<Name>().is_ok());
    }

    #[test]
    fn a_directory_is_of_https_alone_and_has_a_folder_of_its_own() {
        let folder = |text: &str| text.parse::<Directory>().map(|it| it.folder());
        assert_eq!(Directory::default().folder(), "acme-v02.api.letsencrypt.org%2Fdirectory",);
        assert_eq!(
            folder("https://127.0.0.1:14000/dir?a=b_c"),
            Ok("127.0.0.1%3A14000%2Fdir%3Fa%3Db%5Fc".to_owned()),
        );
        for text in [
            "http://acme.example/directory",
            "acme.example/directory",
            "https://",
            "https:///directory",
            "https://user@acme.example/",
            "https://acme example/",
            "/directory",
            "",
            &format!("https://acme.example/{}", "/".repeat(90)),
        ] {
            assert_eq!(folder(text), Err(NoDirectory), "{text}");
        }
    }

    #[test]
    fn one_address_for_mail_is_taken_and_nothing_beside_it() {
        let contact: Contact = "who+photos@example.org".parse().expect("an address");
        assert_eq!(contact.url(), "mailto:who+photos@example.org");
        for text in [
            "",
            "who",
            "@example.org",
            "who@",
            "a@b@c",
            "a,b@c.org",
            "a@c.org?cc=d@e.org",
            "a b@c.org",
        ] {
            assert_eq!(text.parse::<Contact>(), Err(NoContact), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_for_a_name_stays_one(text in "[-A-Za-z0-9.]{1,80}") {
            if let Ok(name) = text.parse::<Name>() {
                prop_assert_eq!(name.as_str().parse::<Name>(), Ok(name.clone()));
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<Name>();
            let _ = text.parse::<Directory>();
            let _ = text.parse::<Contact>();
        }
    }
}
