//! Browsers over https, and those who come with plain http to where it is spoken.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use signaling_server::certificate::Certificate;
use signaling_server::server::{Config, Listeners, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::world::{Server, config, in_time};

/// A server with a certificate of its own, and who trusts that.
struct Secure {
    server: Server,
    trusting: TlsConnector,
    folder: tempfile::TempDir,
}

impl Secure {
    async fn start(config: Config) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let own = Certificate::Own(folder.path().to_owned());
        let tls = Some(own.load().expect("a certificate"));
        let certificate = CertificateDer::from_pem_file(folder.path().join("tls-certificate.pem"));
        let mut roots = RootCertStore::empty();
        roots.add(certificate.expect("a certificate")).expect("it is one");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions that are there")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = Server::start(Config { tls, ..config }).await;
        Self { server, trusting: TlsConnector::from(Arc::new(client)), folder }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.server.address).await.expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        in_time("the handshake", self.trusting.connect(name, stream)).await.expect("it is trusted")
    }
}

pub fn get(path: &str, host: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
}

pub async fn plain(address: std::net::SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request).await.expect("it is sent");
    let mut answer = String::new();
    in_time("an answer", stream.read_to_string(&mut answer)).await.expect("text");
    answer
}

#[tokio::test]
async fn the_page_is_served_over_https_in_a_context_of_its_own() {
    let secure = Secure::start(config()).await;
    let mut stream = secure.connect().await;
    stream.write_all(&get("/", "localhost")).await.expect("it is sent");
    let mut answer = String::new();
    in_time("the page", stream.read_to_string(&mut answer)).await.expect("text");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("cross-origin-opener-policy: same-origin\r\n"), "{answer}");
    assert!(answer.contains("<title>peersnap</title>"));
    secure.server.stopped().await;
}

#[tokio::test]
async fn who_comes_with_plain_http_is_sent_to_https() {
    let secure = Secure::start(config()).await;
    let address = secure.server.address;
    for (host, location) in [
        ("photos.example:8765", "location: https://photos.example:8765/a.js?v=1\r\n"),
        ("photos.example", "location: https://photos.example/a.js?v=1\r\n"),
        ("[::1]:8765", "location: https://[::1]:8765/a.js?v=1\r\n"),
    ] {
        let answer = plain(address, &get("/a.js?v=1", host)).await;
        assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
        assert!(answer.contains(location), "{answer}");
    }
    for host in ["", "a b", "a/b"] {
        let answer = plain(address, &get("/", host)).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{host}: {answer}");
    }
    secure.server.stopped().await;
}

#[tokio::test]
async fn a_second_port_sends_everyone_to_https() {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = Certificate::Own(folder.path().to_owned()).load().expect("a certificate");
    let bind = async || TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (here, elsewhere) = (bind().await, bind().await);
    let (port, address) = (here.local_addr(), elsewhere.local_addr());
    let (port, address) = (port.expect("an address").port(), address.expect("an address"));
    let (end, config) = (CancellationToken::new(), Config { tls: Some(tls), ..config() });
    let listeners = Listeners { redirect: Some(elsewhere), ..here.into() };
    let serving = tokio::spawn(serve(listeners, config, end.clone()));
    let answer = plain(address, &get("/", "photos.example")).await;
    assert!(answer.contains(&format!("location: https://photos.example:{port}/\r\n")), "{answer}");
    end.cancel();
    in_time("the end", serving).await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_handshake_that_is_not_gone_on_with_is_closed() {
    let config = Config { header_timeout: Duration::from_millis(100), ..config() };
    let secure = Secure::start(config).await;
    for begun in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(secure.server.address).await.expect("a connection");
        stream.write_all(begun).await.expect("it is sent");
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = in_time("the end", stream.read_to_end(&mut rest)).await;
        assert_eq!(rest, b"");
    }
    let mut idle = secure.connect().await;
    let mut rest = Vec::new();
    let _ = in_time("the end", idle.read_to_end(&mut rest)).await;
    assert_eq!(rest, b"");
    secure.server.stopped().await;
}

#[tokio::test]
async fn what_is_no_handshake_ends_nothing_but_itself() {
    let secure = Secure::start(config()).await;
    for nonsense in [&b"\x16\x03\x01\xff\xff"[..], b"\x16garbage, and more of it", b"\0\0\0\0"] {
        let mut stream = TcpStream::connect(secure.server.address).await.expect("a connection");
        stream.write_all(nonsense).await.expect("it is sent");
        stream.shutdown().await.expect("it is ended");
        let mut rest = Vec::new();
        let _ = in_time("the end", stream.read_to_end(&mut rest)).await;
    }
    secure.connect().await;
    assert!(secure.folder.path().join("tls-key.pem").exists());
    secure.server.stopped().await;
}
