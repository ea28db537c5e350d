//! What an authority that comes to look is shown: a certificate of the name, self-signed, with what
//! only the account's owner could know in it (RFC 8737, section 3).
//!
//! Pure but for the key, which is made anew each time.

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, Error, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Of a name and the SHA-256 digest of a challenge's key authorization (RFC 8555, section 8.1).
pub fn proof(
    name: &str,
    digest: &[u8; DIGEST_BYTES],
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Ok((certificate.der().clone(), key.into()))
}

/// Of SHA-256.
pub const DIGEST_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::extensions::GeneralName;
    use x509_parser::parse_x509_certificate;

    #[test]
    fn a_proof_names_the_host_alone_and_holds_the_digest_where_it_must_be_understood() {
        let (certificate, _) = proof("photos.example", &[7; DIGEST_BYTES]).expect("a proof");
        let (_, parsed) = parse_x509_certificate(&certificate).expect("a certificate");
        let names = parsed.subject_alternative_name().expect("names").expect("names");
        assert_eq!(names.value.general_names, [GeneralName::DNSName("photos.example")]);
        let extensions = parsed.extensions().iter();
        // id-pe-acmeIdentifier
        let found: Vec<_> =
            extensions.filter(|it| it.oid.to_id_string() == "1.3.6.1.5.5.7.1.31").collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].critical);
        // An OCTET STRING of 32 bytes.
        assert_eq!(found[0].value, [&[0x04, 0x20][..], &[7; DIGEST_BYTES]].concat());
    }
}
