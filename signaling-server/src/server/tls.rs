//! TLS in front of http: whose certificate, which versions, and who comes without.
//!
//! A certificate may be yet to come. An authority that is to give one looks here first whether this
//! server is who it says (TLS-ALPN-01, RFC 8737): it comes with a protocol of its own, is shown a
//! proof in place of the certificate, and is told nothing more.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tracing::warn;

use crate::pin::Pin;

/// A connection, without TLS or with it.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A certificate and its key, which all connections from now on are shown; or none so far.
#[derive(Debug, Clone)]
pub struct Tls {
    shown: Arc<Shown>,
    config: Arc<ServerConfig>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Of the one file: another is to be named.
    #[error("there is no certificate in it, in PEM")]
    NoCertificate,
    /// Of the other.
    #[error("there is no private key in it, in PEM")]
    NoKey,
    /// They are of different certificates: one of the two is to be replaced.
    #[error("certificate and key do not belong together")]
    Mismatch,
    /// They are there, and of no use here.
    #[error("certificate or key cannot be used")]
    Unusable(#[source] rustls::Error),
}

impl Tls {
    /// Of a certificate with those that lead to its issuer, and a key, both in PEM.
    pub fn of_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let tls = Self::of_protocols(&[HTTP]);
        tls.replace(chain, key)?;
        Ok(tls)
    }

    /// Of no certificate so far: who comes before [`Tls::replace`] is turned away by an alert. An
    /// authority that comes to look is shown what [`Tls::prove`] was given.
    pub fn awaiting_certificate() -> Self {
        Self::of_protocols(&[HTTP, VALIDATION])
    }

    fn of_protocols(protocols: &[&[u8]]) -> Self {
        let shown = Arc::new(Shown::default());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has ciphers for each of them")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        Self { shown, config: Arc::new(config) }
    }

    /// Shows another certificate to whoever comes from now on.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let certified = certified(chain, key, self.config.crypto_provider())?;
        let mut shown = self.shown.certificate.write().unwrap_or_else(PoisonError::into_inner);
        *shown = Some(Arc::new(certified));
        Ok(())
    }

    /// Shows this certificate to an authority that comes to look whether the name is this server's.
    pub fn prove(
        &self,
        name: &str,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), TlsError> {
        let keys = self.config.crypto_provider().key_provider;
        let key = keys.load_private_key(key).map_err(TlsError::Unusable)?;
        // Not held against each other: something in it is critical that nobody else understands.
        let proof = Arc::new(CertifiedKey::new(vec![certificate], key));
        let mut proofs = self.shown.proofs.write().unwrap_or_else(PoisonError::into_inner);
        proofs.insert(name.to_owned(), proof);
        Ok(())
    }

    /// Shows no such certificate any more.
    pub fn end_proofs(&self) {
        self.shown.proofs.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What the key is known by, once there is one.
    pub fn pin(&self) -> Option<Pin> {
        let key = self.shown.certified()?;
        let public = key.key.public_key().expect("keys that ring signs with have public ones");
        Some(Pin::of(public.as_ref()))
    }

    /// Shakes hands with one who speaks TLS. An authority that came to look has seen all then, and
    /// there is no stream.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<Option<TlsStream<TcpStream>>> {
        let shaken = TlsAcceptor::from(Arc::clone(&self.config)).accept(stream).await;
        if shaken.is_err() && self.shown.certified().is_none() {
            self.shown.tell_once();
        }
        let mut stream = shaken?;
        if stream.get_ref().1.alpn_protocol() == Some(VALIDATION) {
            stream.shutdown().await?;
            return Ok(None);
        }
        Ok(Some(stream))
    }
}

/// Whether what comes first is a TLS handshake (RFC 8446, section 5.1), and not a request.
pub(super) async fn begins_handshake(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0] == HANDSHAKE)
}

/// What is shown now.
#[derive(Debug, Default)]
struct Shown {
    certificate: RwLock<Option<Arc<CertifiedKey>>>,
    /// To authorities, by name. As many as are asked for at a time.
    proofs: RwLock<BTreeMap<String, Arc<CertifiedKey>>>,
    /// It was said that there is no certificate.
    is_told: AtomicBool,
}

impl Shown {
    fn certified(&self) -> Option<Arc<CertifiedKey>> {
        self.certificate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn proof(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.proofs.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn tell_once(&self) {
        if !self.is_told.swap(true, Ordering::Relaxed) {
            warn!("who comes over https is turned away until there is a certificate");
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // An authority names this protocol, and no other (RFC 8737, section 3).
        if hello.alpn().is_some_and(|mut it| it.next() == Some(VALIDATION) && it.next().is_none()) {
            return self.proof(hello.server_name()?);
        }
        self.certified()
    }
}

fn certified(
    chain: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain = chain.map_err(|_| TlsError::NoCertificate)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch,
        error => TlsError::Unusable(error),
    })
}

const HANDSHAKE: u8 = 0x16;
const HTTP: &[u8] = b"http/1.1";
/// RFC 8737, section 6.2.
const VALIDATION: &[u8] = b"acme-tls/1";
