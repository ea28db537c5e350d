//! What the seal costs: deriving a room's keys beside OpenSSL, and a signal beside ring.

use crate::{median, row};
use peersnap::seal::{Identity, Member, Opened, RoomKeys, RoomWords, Seal};
use peersnap::text::SafeText;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use signaling_server::protocol::PeerId;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

const DERIVATIONS: usize = 15;
const SIGNALS: usize = 2_000;

pub fn run() {
    let words = RoomWords::from_random([7; 9]);
    // In turn, so that both meet the same neighbours.
    let both = |_| (timed(|| RoomKeys::derive(&words)), openssl(&words));
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..DERIVATIONS).map(both).unzip();
    let fastest = ours.iter().min().copied().unwrap_or_default();
    row("deriving keys, the fastest (promised: 150 ms)", &ms(fastest));
    let ours = median(ours);
    row("deriving keys, the middle", &ms(ours));
    match theirs.into_iter().collect::<Option<Vec<_>>>().map(median) {
        Some(theirs) => {
            row("scrypt of OpenSSL, the same numbers, the middle", &ms(theirs));
            row("ratio", &format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64()));
        }
        None => row("scrypt of OpenSSL, the same numbers", "not here"),
    }
    let offer = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n".repeat(30);
    let ours = sealed(&words, &offer) / SIGNALS as u32;
    let theirs = plain(&offer) / SIGNALS as u32;
    let text = format!("a signal of {} bytes sealed and opened (promised: 1 ms)", offer.len());
    row(&text, &us(ours));
    row("the same ciphers and signatures of ring, bare", &us(theirs));
    row("ratio", &format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64()));
}

/// Two peers that know each other, and signals from one to the other.
fn sealed(words: &RoomWords, offer: &str) -> Duration {
    let keys = RoomKeys::derive(words);
    let seal = |local, remote, byte| {
        let identity = Identity::from_secret(&Zeroizing::new([byte; 32]));
        let member = Member { keys: keys.clone(), identity, name: SafeText::new("bench") };
        Seal::new(Arc::new(member), PeerId(local), PeerId(remote), Zeroizing::new([byte; 32]))
    };
    let (mut first, mut second) = (seal(1, 2, 1), seal(2, 1, 2));
    let mut silent = 0;
    while silent < 2 {
        silent = 0;
        match first.poll_hello() {
            Some(hello) => drop(second.open(&hello).expect("an honest hello")),
            None => silent += 1,
        }
        match second.poll_hello() {
            Some(hello) => drop(first.open(&hello).expect("an honest hello")),
            None => silent += 1,
        }
    }
    timed(|| {
        for _ in 0..SIGNALS {
            let payload = first.seal(offer).expect("they know each other");
            let opened = second.open(&payload).expect("an honest signal");
            assert!(matches!(opened, Opened::Signal(text) if text == offer));
        }
    })
}

fn plain(offer: &str) -> Duration {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).expect("a key pair");
    let public = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref().to_vec());
    let key = UnboundKey::new(&CHACHA20_POLY1305, &[2; 32]).expect("a key");
    let key = LessSafeKey::new(key);
    timed(|| {
        for number in 0..SIGNALS as u64 {
            let mut nonce = [0; 12];
            nonce[..8].copy_from_slice(&number.to_be_bytes());
            let nonce = || Nonce::assume_unique_for_key(nonce);
            let signature = pair.sign(offer.as_bytes());
            let mut text = offer.as_bytes().to_vec();
            key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut text).expect("sealed");
            let opened = key.open_in_place(nonce(), Aad::empty(), &mut text).expect("opened");
            public.verify(opened, signature.as_ref()).expect("signed");
        }
    })
}

/// What OpenSSL's scrypt takes, less what its start does.
fn openssl(words: &RoomWords) -> Option<Duration> {
    let run = |n: u32| {
        let mut command = Command::new("openssl");
        command.args(["kdf", "-keylen", "32", "-kdfopt", &format!("pass:{words}")]);
        command.args(["-kdfopt", "salt:peersnap/1", "-kdfopt", &format!("n:{n}")]);
        command.args(["-kdfopt", "r:8", "-kdfopt", "p:1", "-kdfopt", "maxmem_bytes:67108864"]);
        command.arg("SCRYPT").stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        command.status().ok().filter(std::process::ExitStatus::success)?;
        Some(begun.elapsed())
    };
    Some(run(1 << 15)?.saturating_sub(run(2)?))
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    std::hint::black_box(work());
    begun.elapsed()
}

fn ms(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

fn us(time: Duration) -> String {
    format!("{:.0} us", time.as_secs_f64() * 1e6)
}
