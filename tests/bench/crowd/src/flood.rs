//! One peer never reads, and its partner floods it for as long as the server lets it.
//!
//! A flooder that is thrown out comes back, as often as the server lets it in.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use rustix::net::{RecvFlags, recv};

use crate::connection;
use crate::dialect::{Dialect, Seat};
use crate::frame::Broken;
use crate::handshake;
use crate::line::{Heard, Line};
use crate::member::Member;
use crate::process::resident_of_all;
use crate::program::Servers;

/// What is poured in, at most.
#[derive(Debug, Clone, Copy)]
pub struct Flood {
    /// The payload of a message, in bytes of JSON text.
    pub payload_bytes: usize,
    /// All payloads together.
    pub bytes_max: u64,
    /// For how long.
    pub time_max: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The most that the server's resident memory grew by, in bytes.
    pub growth: u64,
    /// What it took in, or the kernel for it, in bytes of payloads; it may have thrown it away.
    pub poured: u64,
    /// How often the flooder was thrown out.
    pub thrown_out: u32,
}

impl Flood {
    /// Floods a peer of a server by one of the other.
    pub fn pour(self, servers: &Servers, dialect: Dialect) -> Result<Outcome> {
        let pids = &servers.pids;
        let [one, other] = servers.addresses;
        let mut first = Caller::connect(one, dialect, Seat::First)?;
        first.read_until(Member::is_in)?;
        let mut second = Caller::connect(other, dialect, Seat::Second)?;
        second.read_until(Member::is_in)?;
        let (reader, mut flooder) = if second.member.knows_partner() {
            (first, second)
        } else {
            first.read_until(Member::knows_partner)?;
            (second, first)
        };
        let before = resident_of_all(pids)?;
        let mut outcome = Outcome { growth: 0, poured: 0, thrown_out: 0 };
        let deadline = Instant::now() + self.time_max;
        let is_over =
            |outcome: &Outcome| outcome.poured >= self.bytes_max || Instant::now() >= deadline;
        loop {
            let mut next_look = Instant::now();
            while !is_over(&outcome) && flooder.is_let() && flooder.push(self.payload_bytes)? {
                outcome.poured += self.payload_bytes as u64;
                if Instant::now() >= next_look {
                    outcome.note(resident_of_all(pids)?, before);
                    next_look = Instant::now() + LOOK_INTERVAL;
                }
            }
            outcome.note(resident_of_all(pids)?, before);
            if is_over(&outcome) {
                break;
            }
            outcome.thrown_out += 1;
            let Ok(back) = Caller::come_back(other, dialect) else {
                break;
            };
            flooder = back;
        }
        drop(reader);
        Ok(outcome)
    }
}

impl Outcome {
    fn note(&mut self, resident: u64, before: u64) {
        self.growth = self.growth.max(resident.saturating_sub(before));
    }
}

/// A peer that waits for what it does.
struct Caller {
    stream: TcpStream,
    line: Line,
    member: Member,
}

impl Caller {
    fn connect(server: SocketAddrV4, dialect: Dialect, seat: Seat) -> Result<Self> {
        let mut stream = connection(server, ROOM)?;
        let member = Member::new(dialect, ROOM, seat);
        let request = handshake::request(&server.to_string(), &member.path());
        stream.write_all(request.as_bytes()).context("asking for a websocket")?;
        stream.set_read_timeout(Some(PATIENCE)).context("setting a time limit")?;
        stream.set_write_timeout(Some(STUCK)).context("setting a time limit")?;
        Ok(Self { stream, line: Line::default(), member })
    }

    fn come_back(server: SocketAddrV4, dialect: Dialect) -> Result<Self> {
        let mut caller = Self::connect(server, dialect, Seat::Second)?;
        caller.read_until(Member::is_in)?;
        ensure!(caller.member.knows_partner(), "the other is gone");
        Ok(caller)
    }

    fn read_until(&mut self, is_enough: impl Fn(&Member) -> bool) -> Result<()> {
        let mut bytes = [0; 4096];
        while !is_enough(&self.member) {
            let length = self.stream.read(&mut bytes).context("waiting for the server")?;
            ensure!(length > 0, "the server closed the connection");
            let mut out = Vec::new();
            self.line
                .read(&bytes[..length], |heard| self.member.hear(&heard, &mut out).map(drop))
                .map_err(|broken: Broken| anyhow!(broken))?;
            self.stream.write_all(&out).context("answering the server")?;
        }
        Ok(())
    }

    /// Whether the server has not said yet that it has enough. Waits for nothing.
    fn is_let(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let Ok((length, _)) = recv(&self.stream, &mut bytes[..], RecvFlags::DONTWAIT) else {
            // Nothing is there; a connection that was lost shows when something is sent.
            return true;
        };
        let heard = |heard: Heard<'_>| self.member.hear(&heard, &mut Vec::new()).map(drop);
        length > 0 && self.line.read(&bytes[..length], heard).is_ok()
    }

    /// Sends one message; false if the server does not take it: it has closed, or is stuck.
    fn push(&mut self, payload_bytes: usize) -> Result<bool> {
        let mut out = Vec::new();
        ensure!(self.member.say(0, payload_bytes, &mut out), "the flooder knows no other");
        match self.stream.write_all(&out) {
            Ok(()) => Ok(true),
            Err(error) if is_of_the_server(error.kind()) => Ok(false),
            Err(error) => Err(error).context("flooding the server"),
        }
    }
}

fn is_of_the_server(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::WouldBlock
            | ErrorKind::TimedOut
    )
}

const ROOM: usize = 0;
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that takes nothing for so long has enough.
const STUCK: Duration = Duration::from_secs(3);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
