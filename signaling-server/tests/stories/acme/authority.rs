//! An authority of this machine: Pebble, which speaks ACME as Let's Encrypt does, and a server of
//! names beside it that answers with this machine for everything.
//!
//! Each has an address of its own out of 127.0.0.0/8, where every port is free.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::log::Log;
use crate::process::{Running, program};
use crate::secure::get;
use crate::world::in_time;

pub struct Authority {
    address: Ipv4Addr,
    rules: Rules,
    folder: tempfile::TempDir,
    _names: Killed,
    pebble: Option<Killed>,
}

/// What it is like.
pub struct Rules {
    /// At which port it looks for who asks.
    pub looks_at: u16,
    /// How long its certificates are good, in seconds.
    pub validity: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { looks_at: HTTPS_PORT, validity: 90 * 24 * 3600 }
    }
}

impl Authority {
    /// One that begins to answer now.
    pub fn start(rules: Rules) -> Self {
        let mut authority = Self::absent(rules);
        authority.come();
        authority
    }

    /// One that does not answer yet.
    pub fn absent(rules: Rules) -> Self {
        let address = address();
        let folder = tempfile::tempdir().expect("a folder");
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new([address.to_string()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("it is written");
        fs::write(folder.path().join("root.pem"), certificate.pem()).expect("it is written");

        let names = run(
            Command::new("pebble-challtestsrv")
                .args(["-defaultIPv4", &address.to_string(), "-defaultIPv6", ""])
                .args(["-dns01", &format!("{address}:8053"), "-management"])
                .arg(format!("{address}:8055"))
                .args(["-http01", "", "-https01", "", "-tlsalpn01", ""]),
            "Starting management server",
        );
        Self { address, rules, folder, _names: names, pebble: None }
    }

    /// Answers from now on, and knows nothing of what was before.
    pub fn come(&mut self) {
        let address = self.address;
        let file = |name: &str| self.folder.path().join(name);
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("{address}:14000"),
            "managementListenAddress": format!("{address}:15000"),
            "certificate": file("root.pem"),
            "privateKey": file("key.pem"),
            "httpPort": 80,
            "tlsPort": self.rules.looks_at,
            "externalAccountBindingRequired": false,
            "domainBlocklist": ["refused.example"],
            "certificateValidityPeriod": self.rules.validity,
        }});
        fs::write(file("pebble.json"), config.to_string()).expect("it is written");
        self.pebble = Some(run(
            Command::new("pebble")
                .arg("-config")
                .arg(file("pebble.json"))
                .args(["-dnsserver", &format!("{address}:8053")])
                // It would take its time, and refuse some requests so that they are made again.
                .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0")]),
            "ACME directory available",
        ));
    }

    /// Answers no more.
    pub fn go(&mut self) {
        self.pebble = None;
    }

    /// Where it says what it can do.
    pub fn directory(&self) -> String {
        format!("https://{}:14000/dir", self.address)
    }

    /// Who vouches for the authority's own place.
    pub fn own_root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// The root of the certificates that it gives.
    pub async fn root(&self) -> Vec<u8> {
        let own = fs::read(self.own_root()).expect("a root");
        let management = SocketAddr::from((self.address, 15000));
        let name = self.address.to_string();
        let stream = TcpStream::connect(management).await.expect("a connection");
        let server = ServerName::try_from(name.clone()).expect("a name");
        let mut stream = trusting(&own, &[]).connect(server, stream).await.expect("https");
        stream.write_all(&get("/roots/0", &name)).await.expect("it is sent");
        let mut answer = Vec::new();
        in_time("the root", stream.read_to_end(&mut answer)).await.expect("an answer");
        answer
    }

    /// A server that asks this authority for a certificate of these names.
    pub fn server(&self, names: &str, state: &tempfile::TempDir) -> (Running, Log) {
        self.server_of(&self.directory(), names, state)
    }

    /// The same, and the authority is elsewhere.
    pub fn server_of(
        &self,
        directory: &str,
        names: &str,
        state: &tempfile::TempDir,
    ) -> (Running, Log) {
        let listen = format!("{}:{HTTPS_PORT}", self.address);
        let mut command = program();
        command.args(["--listen", &listen, "--acme", names, "--acme-directory", directory]);
        command.args(["--acme-contact", "who@photos.example", "--acme-root"]).arg(self.own_root());
        let mut running = Running::of(command.arg("--state").arg(state.path()));
        let log = Log::of(running.child.stderr.take().expect("its stderr"));
        (running, log)
    }
}

/// Who trusts these roots, and speaks these protocols.
pub fn trusting(roots: &[u8], protocols: &[&[u8]]) -> TlsConnector {
    let mut trusted = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots) {
        trusted.add(root.expect("a certificate")).expect("it is one");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that are there")
        .with_root_certificates(trusted)
        .with_no_client_auth();
    client.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
    TlsConnector::from(Arc::new(client))
}

/// A process that does not outlive the story.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program of the distribution and waits until it says that it is ready.
fn run(command: &mut Command, ready: &str) -> Killed {
    let started = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = Killed(started.unwrap_or_else(|error| {
        panic!("{} does not start ({error}): install pebble", command.get_program().display())
    }));
    Log::of(child.0.stdout.take().expect("its stdout")).until(ready);
    child
}

/// One that nobody else has at this time.
fn address() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 + high % 128, low, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Where servers listen.
const HTTPS_PORT: u16 = 8443;
