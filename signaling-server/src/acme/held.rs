//! A certificate as it is kept: its key, itself and those that lead to its issuer, in one text in
//! PEM, and what it says of itself.
//!
//! Pure. One text, so that key and certificate are replaced together.

use super::schedule::{Moment, Validity};
use super::settings::Name;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::BTreeSet;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use x509_parser::time::ASN1Time;

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    names: BTreeSet<String>,
    /// How long it is good.
    pub validity: Validity,
}

/// A text without a certificate that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no certificate in it")]
pub struct Unreadable;

impl Held {
    /// Of the first certificate of a text in PEM.
    pub fn read(pem: &[u8]) -> Result<Self, Unreadable> {
        let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| Unreadable)?;
        let (_, parsed) = parse_x509_certificate(&certificate).map_err(|_| Unreadable)?;
        let alternatives = parsed.subject_alternative_name().map_err(|_| Unreadable)?;
        let found = alternatives.iter().flat_map(|it| &it.value.general_names);
        let names = found.filter_map(|it| match it {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        });
        let validity = parsed.validity();
        let (from, to) = (moment(validity.not_before), moment(validity.not_after));
        Ok(Self { names: names.collect(), validity: Validity { from, to } })
    }

    /// Whether it is for all of these names.
    pub fn covers(&self, names: &[Name]) -> bool {
        names.iter().all(|it| self.names.contains(it.as_str()))
    }
}

/// Nothing is older than 1970.
fn moment(time: ASN1Time) -> Moment {
    Moment(u64::try_from(time.timestamp()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn pem() -> String {
        let key = KeyPair::generate().expect("a key");
        let names = ["photos.example".to_owned(), "WWW.Photos.example".to_owned()];
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 4, 1);
        let certificate = params.self_signed(&key).expect("a certificate");
        key.serialize_pem() + &certificate.pem()
    }

    #[test]
    fn names_and_times_are_read_of_the_certificate_behind_its_key() {
        let held = Held::read(pem().as_bytes()).expect("a certificate");
        assert_eq!(held.validity.from, Moment(1_767_225_600));
        assert_eq!(held.validity.to, Moment(1_767_225_600 + 90 * 86_400));
        for (names, covered) in [
            (&["photos.example"][..], true),
            (&["www.photos.example", "photos.example"], true),
            (&["photos.example", "other.example"], false),
        ] {
            let names: Vec<Name> = names.iter().map(|it| it.parse().expect("a name")).collect();
            assert_eq!(held.covers(&names), covered, "{names:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_that_is_cut_or_is_another_is_no_certificate(
            cut in 0_usize..200, noise: Vec<u8>,
        ) {
            let pem = pem();
            let begin = pem.find("-----BEGIN CERTIFICATE").expect("it is there");
            prop_assert_eq!(Held::read(&pem.as_bytes()[..begin + cut]), Err(Unreadable));
            prop_assert_eq!(Held::read(&noise), Err(Unreadable));
        }
    }
}
