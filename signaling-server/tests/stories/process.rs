//! The program itself, started as a process, and the certificate that it shows.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use signaling_server::pin::Pin;

use crate::world::in_time;

/// The program, without arguments.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signaling-server"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running program; killed if a story fails.
pub struct Running {
    pub child: Child,
    pub address: SocketAddr,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(program().args(arguments))
    }

    /// The same, and where its metrics are.
    #[cfg(target_os = "linux")]
    pub fn with_metrics(arguments: &[&str]) -> (Self, SocketAddr) {
        let mut running = Self::begin(program().args(arguments));
        let stdout = running.stdout.as_mut().expect("its stdout");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let place = line.trim_end().strip_prefix("metrics on http://");
        let place = place.and_then(|it| it.strip_suffix("/metrics")?.parse().ok());
        let place = place.unwrap_or_else(|| panic!("{line:?}"));
        (running, place)
    }

    /// One that nobody listens to after its first line.
    pub fn of(command: &mut Command) -> Self {
        let mut running = Self::begin(command);
        running.stdout = None;
        running
    }

    fn begin(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its stdout"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let (_, address) = line.trim_end().split_once("://").unwrap_or_else(|| panic!("{line:?}"));
        assert!(line.starts_with("listening on http"), "{line}");
        let address = address.parse().expect("an address");
        Self { child, address, stdout: Some(stdout) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The pin of the certificate that is shown, whoever vouches for it.
#[cfg(unix)]
pub async fn shown(address: SocketAddr) -> Pin {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that are there")
        .dangerous()
        .with_custom_certificate_verifier(std::sync::Arc::new(Whoever))
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(client));
    let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
    let stream = in_time("the handshake", connector.connect(name, stream)).await.expect("https");
    let chain = stream.get_ref().1.peer_certificates().expect("a certificate");
    let parsed = rustls::server::ParsedCertificate::try_from(&chain[0]).expect("it is one");
    Pin::of(&parsed.subject_public_key_info())
}

/// Takes every certificate, to look at it.
#[cfg(unix)]
#[derive(Debug)]
struct Whoever;

#[cfg(unix)]
mod whoever {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};

    impl ServerCertVerifier for super::Whoever {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            let provider = rustls::crypto::ring::default_provider();
            provider.signature_verification_algorithms.supported_schemes()
        }
    }
}
