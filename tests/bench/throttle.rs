//! `cargo bench -- throttle BYTES_A_SECOND COMMAND...`: a command, over a line that is this slow.
//!
//! For `ssh`, as its client's `ProxyCommand`. Each way a packet takes its time to be carried, and
//! waits for the one before it; what does not fit waits in buffers as small as sockets have them.

use socket2::SockRef;
use std::io::{Read, Write, stdin, stdout};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub fn run(words: &[String]) {
    let [rate, program, arguments @ ..] = words else {
        return eprintln!("throttle BYTES_A_SECOND COMMAND...");
    };
    let rate: f64 = rate.parse().expect("a number");
    let (near, far) = UnixStream::pair().expect("two sockets");
    for end in [&near, &far] {
        SockRef::from(end).set_send_buffer_size(BUFFER_BYTES).expect("a small buffer");
    }
    let end = || Stdio::from(OwnedFd::from(far.try_clone().expect("a socket")));
    let mut child =
        Command::new(program).args(arguments).stdin(end()).stdout(end()).spawn().expect("it runs");
    drop(far);
    let mut up = near.try_clone().expect("a socket");
    thread::spawn(move || {
        carry(stdin(), &mut up, rate);
        let _ = up.shutdown(Shutdown::Write);
    });
    carry(near, &mut stdout(), rate);
    let _ = child.kill();
    let _ = child.wait();
}

/// Until either end is gone.
fn carry(mut from: impl Read, to: &mut impl Write, rate: f64) {
    let mut packet = [0; PACKET_BYTES];
    let mut free_at = Instant::now();
    while let Ok(bytes @ 1..) = from.read(&mut packet) {
        free_at = free_at.max(Instant::now()) + Duration::from_secs_f64(bytes as f64 / rate);
        thread::sleep(free_at.saturating_duration_since(Instant::now()));
        if to.write_all(&packet[..bytes]).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}

/// As on Ethernet, without its headers.
const PACKET_BYTES: usize = 1460;
const BUFFER_BYTES: usize = 4096;
