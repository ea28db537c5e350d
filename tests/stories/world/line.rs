//! The line between a terminal and the program: what it carries takes its time.

use super::questions::Answers;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A line to a terminal that is far away.
#[derive(Debug, Clone, Copy)]
pub struct Far {
    /// Bytes a second, towards the terminal.
    pub rate: u32,
    /// Each way.
    pub delay: Duration,
}

/// Towards the program: keys, and the terminal's answers.
#[derive(Clone)]
pub struct Inward {
    pieces: Sender<Piece>,
    /// How many pieces are on their way.
    underway: Arc<AtomicUsize>,
    answers: Answers,
    delay: Duration,
}

struct Piece {
    due: Instant,
    bytes: Vec<u8>,
    /// Between two of its bytes, if they come one by one.
    pause: Option<Duration>,
}

impl Inward {
    /// Into this device.
    pub fn new(writer: Box<dyn Write + Send>, answers: Answers, far: Option<Far>) -> Self {
        let (pieces, receiver) = channel();
        let underway = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&underway);
        std::thread::spawn(move || carry(&receiver, &left, writer));
        let delay = far.map_or(Duration::ZERO, |far| far.delay);
        Self { pieces, underway, answers, delay }
    }

    /// Keys.
    pub fn keys(&self, keys: &str) {
        self.carry(keys.into(), self.delay, None);
    }

    /// An answer of the terminal.
    pub fn answer(&self, answer: Vec<u8>) {
        match self.answers {
            Answers::Late(late) => self.carry(answer, self.delay + late, None),
            Answers::Split(pause) => self.carry(answer, self.delay, Some(pause)),
            _ => self.carry(answer, self.delay, None),
        }
    }

    /// How answers come.
    pub fn answers(&self) -> Answers {
        self.answers
    }

    /// Whether nothing is on its way to the program.
    pub fn is_idle(&self) -> bool {
        self.underway.load(Ordering::SeqCst) == 0
    }

    fn carry(&self, bytes: Vec<u8>, delay: Duration, pause: Option<Duration>) {
        self.underway.fetch_add(1, Ordering::SeqCst);
        // A line whose program is gone carries nothing.
        let _ = self.pieces.send(Piece { due: Instant::now() + delay, bytes, pause });
    }
}

/// Carries each piece when it is due, whole before the next.
fn carry(pieces: &Receiver<Piece>, left: &AtomicUsize, mut writer: Box<dyn Write + Send>) {
    let mut waiting: Vec<Piece> = Vec::new();
    loop {
        let now = Instant::now();
        let next = waiting.iter().map(|piece| piece.due).min();
        let patience = next.map_or(FOREVER, |due| due.saturating_duration_since(now));
        match pieces.recv_timeout(patience) {
            Ok(piece) => waiting.push(piece),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let Some(at) = waiting.iter().position(|piece| Some(piece.due) == next) else {
                    continue;
                };
                if write(&mut writer, &waiting.remove(at)).is_err() {
                    return;
                }
                left.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

fn write(writer: &mut impl Write, piece: &Piece) -> io::Result<()> {
    let Some(pause) = piece.pause else { return writer.write_all(&piece.bytes) };
    for byte in &piece.bytes {
        writer.write_all(&[*byte])?;
        sleep(pause);
    }
    Ok(())
}

/// Towards a terminal that is far away: takes what the program writes at once, as what stands on
/// the way does, and hands it over as the line carries it.
pub struct Outward {
    pieces: Receiver<(Instant, Vec<u8>)>,
}

impl Outward {
    /// From this device.
    pub fn new(mut output: Box<dyn Read + Send>, far: Far) -> Self {
        let (sender, pieces) = sync_channel(PIECES_MAX);
        std::thread::spawn(move || {
            let mut buffer = [0; PIECE_BYTES];
            let mut free_at = Instant::now();
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                let taken = Duration::from_secs_f64(length as f64 / f64::from(far.rate));
                free_at = free_at.max(Instant::now()) + taken;
                if sender.send((free_at + far.delay, buffer[..length].to_vec())).is_err() {
                    return;
                }
            }
        });
        Self { pieces }
    }
}

impl Read for Outward {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Ok((due, bytes)) = self.pieces.recv() else { return Ok(0) };
        sleep(due.saturating_duration_since(Instant::now()));
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

const FOREVER: Duration = Duration::from_hours(1);
/// Small, so that no queue moves by leaps.
const PIECE_BYTES: usize = 256;
/// An SSH daemon takes some two megabytes before it stops.
const PIECES_MAX: usize = 8192;
