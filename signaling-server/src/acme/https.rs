//! Requests to an authority: over https alone, within limits of time and size.
//!
//! A connection for each request: there are about a dozen in two months.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use axum::http::uri::{PathAndQuery, Scheme};
use axum::http::{Request, StatusCode, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Who speaks to an authority.
#[derive(Clone)]
pub struct Https(TlsConnector);

/// A file of roots that is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no certificate of an authority in it, in PEM")]
pub struct NoRoot;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum HttpsError {
    #[error("it names a URL that is not of https")]
    NotHttps,
    #[error("no connection")]
    NoConnection(#[source] io::Error),
    #[error("its certificate is not good, or it does not speak TLS")]
    NoHandshake(#[source] io::Error),
    #[error("it does not speak http")]
    NoAnswer(#[from] hyper::Error),
    #[error("it answers with more than {BODY_BYTES_MAX} bytes, or not to the end")]
    NoEnd(#[source] axum::Error),
    #[error("it answers with {0}")]
    Status(StatusCode),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
}

impl Https {
    /// Trusts the roots of browsers, or in place of them these, in PEM.
    pub fn trusting(roots: Option<&[u8]>) -> Result<Self, NoRoot> {
        let mut trusted = RootCertStore::empty();
        match roots {
            None => trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                for root in CertificateDer::pem_slice_iter(pem) {
                    trusted.add(root.map_err(|_| NoRoot)?).map_err(|_| NoRoot)?;
                }
            }
        }
        if trusted.is_empty() {
            return Err(NoRoot);
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has ciphers for them")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let connector = self.0.clone();
        Box::pin(async move {
            let exchanged = timeout(TIMEOUT, exchange(&connector, request)).await;
            exchanged.unwrap_or(Err(HttpsError::Timeout)).map_err(|it| Error::Other(Box::new(it)))
        })
    }
}

async fn exchange(
    connector: &TlsConnector,
    mut request: Request<BodyWrapper<Bytes>>,
) -> Result<BytesResponse, HttpsError> {
    let uri = request.uri().clone();
    let (host, port) = place(&uri).ok_or(HttpsError::NotHttps)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| HttpsError::NotHttps)?;
    let authority = uri.authority().and_then(|it| HeaderValue::from_str(it.as_str()).ok());
    let authority = authority.ok_or(HttpsError::NotHttps)?;
    // To an origin, as RFC 9112 has it, section 3.2.1.
    let path = uri.path_and_query().cloned();
    *request.uri_mut() = path.unwrap_or(PathAndQuery::from_static("/")).into();
    request.headers_mut().insert(HOST, authority);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(PROGRAM));

    let stream = TcpStream::connect((host, port)).await.map_err(HttpsError::NoConnection)?;
    let stream = connector.connect(name, stream).await.map_err(HttpsError::NoHandshake)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answer = async move {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = to_bytes(Body::new(body), BODY_BYTES_MAX).await.map_err(HttpsError::NoEnd)?;
        Ok::<_, HttpsError>(BytesResponse { parts, body: Box::new(body) })
    };
    // The connection ends when nobody sends over it any more; how, the answer knows.
    let (answer, _) = tokio::join!(answer, connection);
    answer.and_then(understood)
}

/// Where a URL of https leads.
fn place(uri: &Uri) -> Option<(&str, u16)> {
    let host = uri.host().filter(|_| uri.scheme() == Some(&Scheme::HTTPS))?;
    // Addresses of IPv6 are in brackets there.
    Some((host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(443)))
}

/// An answer, or a refusal of the authority itself (RFC 7807) and not of something before it.
fn understood(response: BytesResponse) -> Result<BytesResponse, HttpsError> {
    let status = response.parts.status;
    let media_type = response.parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_problem = media_type.is_some_and(|it| it.starts_with(b"application/problem+json"));
    if status.is_success() || is_problem { Ok(response) } else { Err(HttpsError::Status(status)) }
}

/// RFC 8555, section 6.1.
const PROGRAM: &str = concat!("peersnap-signaling-server/", env!("CARGO_PKG_VERSION"));
/// From the connection to the last byte.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A directory, an order or a certificate with those to its root is of some kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Response;

    #[test]
    fn a_place_is_a_host_and_a_port_of_https_alone() {
        for (url, found) in [
            ("https://acme.example/new", Some(("acme.example", 443))),
            ("https://acme.example:14000/new", Some(("acme.example", 14000))),
            ("https://[2001:db8::1]:8443/", Some(("2001:db8::1", 8443))),
            ("http://acme.example/new", None),
            ("/new", None),
        ] {
            assert_eq!(place(&url.parse().expect("a URL")), found, "{url}");
        }
    }

    #[test]
    fn what_is_no_answer_of_an_authority_is_told_by_its_status() {
        let of = |status: u16, media_type: &str| {
            let response = Response::builder().status(status).header(CONTENT_TYPE, media_type);
            let (parts, ()) = response.body(()).expect("a response").into_parts();
            understood(BytesResponse { parts, body: Box::new(Bytes::new()) })
                .map(|it| it.parts.status.as_u16())
                .map_err(|error| error.to_string())
        };
        assert_eq!(of(201, "application/json"), Ok(201));
        assert_eq!(of(400, "application/problem+json; charset=utf-8"), Ok(400));
        assert_eq!(of(502, "text/html"), Err("it answers with 502 Bad Gateway".to_owned()));
        assert_eq!(of(301, ""), Err("it answers with 301 Moved Permanently".to_owned()));
    }

    #[test]
    fn roots_are_those_of_browsers_or_others_in_their_place() {
        assert!(Https::trusting(None).is_ok());
        assert_eq!(Https::trusting(Some(b"")).err(), Some(NoRoot));
        assert_eq!(Https::trusting(Some(b"no PEM at all")).err(), Some(NoRoot));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(Https::trusting(Some(broken)).err(), Some(NoRoot));
    }
}
