//! A whole transfer, disk to disk with its digest checked, beside TCP with TLS doing the same.

use crate::world::{Pair, runtime};
use crate::{median, row};
use peersnap::app::Content;
use peersnap::text::FileName;
use peersnap::transfer::{MediaType, Proposal};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const BYTES: u64 = 512 << 20;
const ROUNDS: usize = 5;
const CHUNK: usize = 64_000;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("source");
    fill(&source);
    let runtime = runtime();
    let (mut pair, _) = runtime.block_on(Pair::connect(folder.path()));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let mine = runtime.block_on(pair.send(proposal(), Content::File(source.clone())));
        let tls = tls_transfer(&source, &folder.path().join("tls"));
        std::fs::remove_file(folder.path().join("bench.bin")).expect("it came");
        // The first round warms caches up.
        if round > 0 {
            ours.push(mine);
            theirs.push(tls);
        }
    }
    runtime.block_on(pair.close());
    let (ours, theirs) = (median(ours), median(theirs));
    row("peersnap, 512 MiB, disk to disk", &rate(ours));
    row("TCP with TLS 1.3, the same", &rate(theirs));
    row(
        "ratio (promised: at least 0.20)",
        &format!("{:.2}", theirs.as_secs_f64() / ours.as_secs_f64()),
    );
}

fn proposal() -> Proposal {
    Proposal::new(FileName::new("bench.bin"), MediaType::any(), BYTES)
}

fn rate(took: Duration) -> String {
    format!("{:.0} MB/s", BYTES as f64 / took.as_secs_f64() / 1e6)
}

/// Bytes without a pattern that a disk or a line could make use of.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    let mut block = vec![0; 1 << 20];
    for at in 0..BYTES >> 20 {
        let mut state = at.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block).expect("room on the disk");
    }
    file.sync_all().expect("a disk");
}

/// The same over TCP and TLS: read, digest, encrypt, decrypt, digest, write, sync, rename, confirm.
fn tls_transfer(source: &Path, target: &Path) -> Duration {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = certified.cert.der().clone();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let target: PathBuf = target.to_owned();
    let receiver = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("the sender");
        let session = rustls::ServerConnection::new(Arc::new(server)).expect("a session");
        let mut stream = rustls::StreamOwned::new(session, stream);
        let partial = target.with_extension("part");
        let mut file = File::create(&partial).expect("a file");
        let (mut buffer, mut digest, mut left) = (vec![0; CHUNK], Sha256::new(), BYTES);
        while left > 0 {
            let read = stream.read(&mut buffer[..CHUNK.min(left as usize)]).expect("bytes");
            digest.update(&buffer[..read]);
            file.write_all(&buffer[..read]).expect("room on the disk");
            left -= read as u64;
        }
        let mut promised = [0; 32];
        stream.read_exact(&mut promised).expect("a digest");
        assert_eq!(digest.finalize().as_slice(), promised);
        file.sync_all().expect("a disk");
        std::fs::rename(partial, target).expect("its place");
        stream.write_all(b"k").expect("a listener");
        stream.flush().expect("a listener");
    });
    let stream = TcpStream::connect(address).expect("the receiver");
    let name = ServerName::try_from("localhost").expect("a name");
    let session = rustls::ClientConnection::new(Arc::new(client), name).expect("a session");
    let mut stream = rustls::StreamOwned::new(session, stream);
    stream.flush().expect("a handshake");
    let begun = Instant::now();
    let mut file = File::open(source).expect("the source");
    let (mut buffer, mut digest) = (vec![0; CHUNK], Sha256::new());
    loop {
        let read = file.read(&mut buffer).expect("the source");
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
        stream.write_all(&buffer[..read]).expect("a listener");
    }
    stream.write_all(&digest.finalize()).expect("a listener");
    stream.flush().expect("a listener");
    stream.read_exact(&mut [0]).expect("the receipt");
    let took = begun.elapsed();
    receiver.join().expect("it came");
    took
}
