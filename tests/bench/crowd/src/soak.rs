//! Hours of coming and going: what a server's memory grows by.
//!
//! Each round a crowd enters, greets and talks; then every other room leaves in order, and the rest
//! is lost, so that places are kept for it. Beside that, coturn's client relays through TURN.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::crowd::{Crowd, Pace};
use crate::dialect::Dialect;
use crate::process::{cpu_of_all, resident_of_all};
use crate::program::Program;

/// How large a crowd comes and goes, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Soak {
    /// Rooms of two.
    pub rooms: usize,
    /// What they say.
    pub pace: Pace,
    /// How many messages, each round.
    pub messages: usize,
    /// From the beginning of a round to that of the next.
    pub round: Duration,
    /// All of it.
    pub time: Duration,
}

/// Runs it, and prints a line each minute; then what memory grew by, from when the server had been in
/// use for a tenth of the time.
pub fn soak(program: &Program, plan: &Soak) -> Result<()> {
    let running = program.start()?;
    let pids = &running.servers.pids;
    let [server, _] = running.servers.addresses;
    let echo = echo()?;
    let (began, mut rounds) = (Instant::now(), 0);
    let (mut relayed, mut next_relay) = (0, Duration::ZERO);
    let mut next_look = plan.time / 10;
    let mut looks = Vec::new();
    println!("minutes, rounds, KiB");
    while began.elapsed() < plan.time {
        let round = Instant::now();
        let mut crowd = Crowd::enter(running.servers.addresses, Dialect::Ours, plan.rooms)?;
        crowd.greet(plan.pace)?;
        let ways = crowd.talk(plan.messages, plan.pace)?;
        ensure!(ways.len() == plan.messages, "a message is lost");
        crowd.leave_every_other_room()?;
        drop(crowd);
        rounds += 1;
        // Its allocations are kept for ten minutes, and an address may have 32.
        if began.elapsed() >= next_relay {
            relayed += relay(server.port(), rounds, echo)?;
            next_relay = began.elapsed() + MINUTE;
        }
        if began.elapsed() >= next_look {
            let memory = resident_of_all(pids)?;
            println!("{}, {rounds}, {}", began.elapsed().as_secs() / 60, memory / 1024);
            looks.push(memory);
            next_look = began.elapsed() + MINUTE;
        }
        std::thread::sleep(plan.round.saturating_sub(round.elapsed()));
    }
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else {
        bail!("too short a time to look twice");
    };
    let most = looks.iter().max().unwrap_or(last);
    println!(
        "{} peers came and went, {} messages, {relayed} relayed by TURN, {:.1} s of processor time",
        2 * plan.rooms * rounds,
        plan.messages * rounds,
        cpu_of_all(pids)?.as_secs_f64()
    );
    println!("KiB: {} at first, {} in the end, {} at most", first / 1024, last / 1024, most / 1024);
    Ok(())
}

/// A client of coturn's sends messages through an allocation to one that sends them back; how many came.
fn relay(port: u16, owner: usize, echo: SocketAddr) -> Result<usize> {
    let port = port.to_string();
    // A room and a peer, which a server's quotas are for.
    let owner = format!("{owner:016x}{owner:016x}");
    let to = echo.port().to_string();
    let mut client = Command::new("turnutils_uclient");
    client.args(["-c", "-n", "50", "-l", "800", "-u", &owner, "-W", SECRET, "-p", &port]);
    client.args(["-e", "127.0.0.1", "-r", &to, "127.0.0.1"]);
    let output = client.stdin(Stdio::null()).output();
    let output = output.context("turnutils_uclient is needed: apt-get install coturn")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let came = said
        .rsplit_once("tot_recv_msgs=")
        .and_then(|(_, rest)| rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok());
    match came {
        Some(came) if came > 0 => Ok(came),
        _ => bail!("nothing is relayed: {said}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Sends back what comes, as long as the program runs.
fn echo() -> Result<SocketAddr> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("making a socket")?;
    let address = socket.local_addr().context("asking for its port")?;
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            // One that is lost is one that did not come.
            let _ = socket.send_to(&buffer[..length], from);
        }
    });
    Ok(address)
}

/// What credentials of TURN are made with.
pub const SECRET: &str = "a secret of this soak alone";

const MINUTE: Duration = Duration::from_mins(1);
