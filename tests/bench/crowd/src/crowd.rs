//! All peers at once: one thread, one `epoll`, one buffer to read into.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use crate::connection;
use crate::dialect::{Dialect, Seat};
use crate::handshake;
use crate::line::Line;
use crate::member::{Member, News};

/// Peers in rooms of two: peers 0 and 1 share a room, 2 and 3, and so on. Dropped, all are gone.
pub struct Crowd {
    servers: [SocketAddrV4; 2],
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    bytes: Vec<u8>,
    began: Instant,
    peers: Vec<Peer>,
    progress: Progress,
}

#[derive(Debug)]
struct Peer {
    stream: TcpStream,
    line: Line,
    member: Member,
}

#[derive(Debug, Default)]
struct Progress {
    entered: usize,
    /// How long each message was on its way.
    ways: Vec<Duration>,
}

/// How a crowd talks.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Messages a second, of all peers together.
    pub per_second: u32,
    /// The payload of one, in bytes of JSON text.
    pub payload_bytes: usize,
}

impl Crowd {
    /// Lets two peers into each of so many rooms, the first by one server and the second by the other,
    /// as fast as they take them, with [`AT_ONCE_MAX`] on their way in. All are in then, and one of each room knows the other.
    pub fn enter(servers: [SocketAddrV4; 2], dialect: Dialect, rooms: usize) -> Result<Self> {
        let mut crowd = Self {
            servers,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).context("making an epoll")?,
            events: Vec::with_capacity(EVENTS_MAX),
            bytes: vec![0; READ_BYTES_MAX],
            began: Instant::now(),
            peers: Vec::with_capacity(2 * rooms),
            progress: Progress::default(),
        };
        let deadline = crowd.began + PATIENCE;
        while crowd.progress.entered < 2 * rooms || !crowd.rooms_are_ready() {
            crowd.connect_some(dialect, 2 * rooms)?;
            crowd.turn(TURN)?;
            let in_by_now = crowd.progress.entered;
            ensure!(
                Instant::now() < deadline,
                "{in_by_now} of {} peers are in after {PATIENCE:?}, or not all know each other",
                2 * rooms
            );
        }
        Ok(crowd)
    }

    /// Has each peer say something to its partner, so that all are known to hear each other.
    pub fn greet(&mut self, pace: Pace) -> Result<()> {
        // Whoever knows its partner begins: the partner knows it by then.
        let peers = 0..self.peers.len();
        let (first, second): (Vec<_>, Vec<_>) = peers.partition(|at| self.begins_room(*at));
        self.say_all(&first, pace)?;
        self.say_all(&second, pace)?;
        Ok(())
    }

    /// Has peers say so many messages, one room after the other and either end in turn; how long
    /// each was on its way.
    pub fn talk(&mut self, messages: usize, pace: Pace) -> Result<Vec<Duration>> {
        let rooms = self.peers.len() / 2;
        let speakers: Vec<_> = (0..messages).map(|n| 2 * (n % rooms) + (n / rooms) % 2).collect();
        self.say_all(&speakers, pace)
    }

    /// Has the peers of every other room leave in order. Nothing is heard of them after that.
    pub fn leave_every_other_room(&mut self) -> Result<()> {
        for (at, Peer { stream, member, .. }) in self.peers.iter_mut().enumerate() {
            if (at / 2).is_multiple_of(2) {
                let mut out = Vec::new();
                member.leave(&mut out);
                write(stream, &out)?;
            }
        }
        Ok(())
    }

    /// Lets time pass; pings are answered.
    pub fn idle(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left)?;
        }
        Ok(())
    }

    fn begins_room(&self, at: usize) -> bool {
        let room = at - at % 2;
        let begins = if self.peers[room].member.knows_partner() { room } else { room + 1 };
        at == begins
    }

    fn rooms_are_ready(&self) -> bool {
        let is_ready = |room: &[Peer]| room.iter().any(|peer| peer.member.knows_partner());
        self.peers.chunks(2).all(is_ready)
    }

    fn connect_some(&mut self, dialect: Dialect, peers_max: usize) -> Result<()> {
        while self.peers.len() < peers_max && self.peers.len() - self.progress.entered < AT_ONCE_MAX
        {
            let at = self.peers.len();
            let room = at / 2;
            let seat = if at.is_multiple_of(2) { Seat::First } else { Seat::Second };
            let member = Member::new(dialect, room, seat);
            let server = self.servers[at % 2];
            let mut stream = connection(server, room)?;
            let request = handshake::request(&server.to_string(), &member.path());
            stream.write_all(request.as_bytes()).context("asking for a websocket")?;
            stream.set_nonblocking(true).context("making a socket not block")?;
            let data = epoll::EventData::new_u64(at as u64);
            epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN)
                .context("waiting for a socket")?;
            self.peers.push(Peer { stream, line: Line::default(), member });
        }
        Ok(())
    }

    fn say_all(&mut self, speakers: &[usize], pace: Pace) -> Result<Vec<Duration>> {
        self.progress.ways = Vec::with_capacity(speakers.len());
        let mut out = Vec::new();
        let start = Instant::now();
        for (n, speaker) in speakers.iter().enumerate() {
            let due = start + Duration::from_secs(n as u64) / pace.per_second;
            // What is due is said a few at a time; what arrives is heard in between, however late it is.
            if n % SAID_AT_ONCE == 0 {
                self.turn(Duration::ZERO)?;
            }
            while let Some(early) = due.checked_duration_since(Instant::now()) {
                self.turn(early)?;
            }
            let Peer { stream, member, .. } = &mut self.peers[*speaker];
            out.clear();
            let sent_at = self.began.elapsed().as_nanos() as u64;
            ensure!(member.say(sent_at, pace.payload_bytes, &mut out), "a peer knows no other");
            write(stream, &out)?;
        }
        let planned = Duration::from_secs(speakers.len() as u64) / pace.per_second;
        ensure!(
            start.elapsed() < planned.mul_f64(LATE_MAX) + TURN,
            "the crowd is too slow: {planned:?} of talk took {:?}; let fewer programs run beside it",
            start.elapsed()
        );
        let deadline = Instant::now() + PATIENCE;
        while self.progress.ways.len() < speakers.len() {
            self.turn(TURN)?;
            let heard = self.progress.ways.len();
            ensure!(Instant::now() < deadline, "{heard} of {} messages arrived", speakers.len());
        }
        Ok(std::mem::take(&mut self.progress.ways))
    }

    /// Waits until somebody hears something, for so long at most, and hears it.
    fn turn(&mut self, wait: Duration) -> Result<()> {
        // In whole milliseconds, which every kernel knows how to wait for.
        let wait = Duration::from_millis(wait.as_micros().div_ceil(1000) as u64);
        let wait = Timespec::try_from(wait).context("a time to wait")?;
        let mut events = std::mem::take(&mut self.events);
        epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&wait))
            .context("waiting for sockets")?;
        for event in events.drain(..) {
            self.hear(event.data.u64() as usize)?;
        }
        self.events = events;
        Ok(())
    }

    fn hear(&mut self, at: usize) -> Result<()> {
        let Peer { stream, line, member } = &mut self.peers[at];
        let length = match stream.read(&mut self.bytes) {
            Ok(0) => return Err(anyhow!("the server closed the connection of peer {at}")),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).context("reading from the server"),
        };
        let now = self.began.elapsed();
        let was_in = member.is_in();
        let mut out = Vec::new();
        line.read(&self.bytes[..length], |heard| {
            if let Some(News::Signal(sent_at)) = member.hear(&heard, &mut out)? {
                self.progress.ways.push(now.saturating_sub(Duration::from_nanos(sent_at)));
            }
            Ok::<_, crate::frame::Broken>(())
        })
        .with_context(|| format!("what peer {at} heard"))?;
        self.progress.entered += usize::from(member.is_in() && !was_in);
        write(stream, &out)
    }
}

/// A server that takes less than the little that one peer says does not keep up.
fn write(stream: &mut TcpStream, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    stream.write_all(bytes).context("writing to the server")
}

/// Connections that have begun and are not in yet: fewer than any server's queue of them.
pub const AT_ONCE_MAX: usize = 64;

const EVENTS_MAX: usize = 1024;
const READ_BYTES_MAX: usize = 16 * 1024;

/// What a talk that is late says before it hears again.
const SAID_AT_ONCE: usize = 4;
const TURN: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_mins(2);

/// How much longer than planned a talk may take.
const LATE_MAX: f64 = 1.1;
