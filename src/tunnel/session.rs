//! What is said through a tunnel, and how much of it may be under way: sans-IO.

use super::Number;
use super::cipher::Direction;
use super::keys::Keys;
use crate::transfer::message::CONTROL_BYTES_MAX;
use signaling_server::protocol::FRAME_DATA_BYTES_MAX;
use std::collections::VecDeque;

/// One end of a tunnel: takes frames and what is to be said, gives what was heard and frames.
pub struct Session {
    number: Number,
    sealing: Direction,
    opening: Direction,
    /// Sealed, and yet to be sent.
    frames: VecDeque<Vec<u8>>,
    /// Frames of the kinds that are taken, since the beginning: sent, and taken by the other side.
    sent: u32,
    taken: u32,
    /// The same the other way round.
    heard: u32,
    told: u32,
    /// The beginning of a control message.
    part: Vec<u8>,
}

/// What was heard. What is a message or a part of one is to be [taken](Session::take).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A control message.
    Control(Vec<u8>),
    /// A chunk.
    Chunk(Vec<u8>),
    /// An answer to a ping: what that said.
    Pong([u8; 8]),
    /// The other side says no more.
    Bye,
}

/// Why a tunnel is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A frame did not open: another is missing, or it is somebody else's.
    #[error("a frame does not open")]
    Sealed,
    /// A frame opened, and is none of this protocol.
    #[error("a frame is not of this protocol")]
    Malformed,
    /// More came than may be under way.
    #[error("more came than may be under way")]
    Flood,
}

impl Session {
    /// With these keys, of that number.
    pub fn new(number: Number, keys: &Keys) -> Self {
        Self {
            number,
            sealing: Direction::new(&keys.sealing),
            opening: Direction::new(&keys.opening),
            frames: VecDeque::new(),
            sent: 0,
            taken: 0,
            heard: 0,
            told: 0,
            part: Vec::new(),
        }
    }

    /// Whether something more may be said: a control message, or a chunk.
    pub fn has_room(&self) -> bool {
        // The two parts of a long control message may be one too many: they are counted beforehand.
        self.under_way() + 1 < UNTAKEN_MAX
    }

    /// Whether all that was said is taken.
    pub fn is_flushed(&self) -> bool {
        self.under_way() == 0 && self.frames.is_empty()
    }

    /// Says a control message of at most [`CONTROL_BYTES_MAX`].
    pub fn control(&mut self, text: &[u8]) {
        let mut rest = text;
        while rest.len() > DATA_BYTES_MAX {
            let (part, more) = rest.split_at(DATA_BYTES_MAX);
            self.push_counted(PART, part);
            rest = more;
        }
        self.push_counted(CONTROL, rest);
    }

    /// Says a chunk of at most [`CHUNK_BYTES_MAX`].
    pub fn chunk(&mut self, chunk: &[u8]) {
        self.push_counted(CHUNK, chunk);
    }

    /// Asks whether the other side is there.
    pub fn ping(&mut self, what: [u8; 8]) {
        self.push(PING, &what);
    }

    /// Says that no more will be said.
    pub fn bye(&mut self) {
        self.push(BYE, &[]);
    }

    /// What was heard last was handed on.
    pub fn take(&mut self) {
        self.told += 1;
        self.push(TAKEN, &self.told.to_be_bytes());
    }

    /// The next frame to be sent.
    pub fn poll_frame(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }

    /// Takes a frame; after an error there is nothing more to be done with the tunnel.
    pub fn handle_frame(&mut self, frame: &[u8]) -> Result<Option<Heard>, Broken> {
        let sealed = frame.get(NUMBER_BYTES..).ok_or(Broken::Sealed)?;
        let text = self.opening.open(sealed).ok_or(Broken::Sealed)?;
        let (kind, data) = text.split_first().ok_or(Broken::Malformed)?;
        Ok(match *kind {
            PING => {
                // A ping that is not answered yet is answered by this.
                if self.frames.len() < FRAMES_MAX {
                    self.push(PONG, eight(data)?.as_slice());
                }
                None
            }
            PONG => Some(Heard::Pong(eight(data)?)),
            TAKEN => {
                let taken = data.try_into().map(u32::from_be_bytes);
                let taken = taken.map_err(|_| Broken::Malformed)?;
                if taken < self.taken || taken > self.sent {
                    return Err(Broken::Malformed);
                }
                self.taken = taken;
                None
            }
            PART => {
                self.count()?;
                self.gather(data)?;
                self.take();
                None
            }
            CONTROL => {
                self.count()?;
                self.gather(data)?;
                Some(Heard::Control(std::mem::take(&mut self.part)))
            }
            CHUNK => {
                self.count()?;
                Some(Heard::Chunk(data.to_vec()))
            }
            BYE => Some(Heard::Bye),
            _ => return Err(Broken::Malformed),
        })
    }

    fn under_way(&self) -> u32 {
        self.sent - self.taken
    }

    fn count(&mut self) -> Result<(), Broken> {
        self.heard += 1;
        if self.heard - self.told > UNTAKEN_MAX { Err(Broken::Flood) } else { Ok(()) }
    }

    fn gather(&mut self, data: &[u8]) -> Result<(), Broken> {
        if self.part.len() + data.len() > CONTROL_BYTES_MAX {
            return Err(Broken::Malformed);
        }
        self.part.extend_from_slice(data);
        Ok(())
    }

    fn push_counted(&mut self, kind: u8, data: &[u8]) {
        self.sent += 1;
        self.push(kind, data);
    }

    fn push(&mut self, kind: u8, data: &[u8]) {
        let text = [&[kind], data].concat();
        let mut frame = self.number.0.to_be_bytes().to_vec();
        frame.extend(self.sealing.seal(&text));
        self.frames.push_back(frame);
    }
}

/// Which tunnel a frame is of.
pub fn number_of(frame: &[u8]) -> Option<Number> {
    frame.first_chunk().map(|bytes| Number(u32::from_be_bytes(*bytes)))
}

fn eight(data: &[u8]) -> Result<[u8; 8], Broken> {
    data.try_into().map_err(|_| Broken::Malformed)
}

/// The longest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = FRAME_DATA_BYTES_MAX;
/// The longest chunk, in bytes, its header included.
pub const CHUNK_BYTES_MAX: usize = DATA_BYTES_MAX;
/// The most frames of messages that may be under way. With [`FRAME_BYTES_MAX`] it makes the rate: 128
/// KiB for each round trip between the two.
pub const UNTAKEN_MAX: u32 = 8;

const NUMBER_BYTES: usize = 4;
const TAG_BYTES: usize = 16;
const DATA_BYTES_MAX: usize = FRAME_BYTES_MAX - NUMBER_BYTES - TAG_BYTES - 1;
/// Beyond that, pings go unanswered.
const FRAMES_MAX: usize = 32;

const PING: u8 = 0;
const PONG: u8 = 1;
const TAKEN: u8 = 2;
const PART: u8 = 3;
const CONTROL: u8 = 4;
const CHUNK: u8 = 5;
const BYE: u8 = 6;

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

#[cfg(test)]
mod tests {
    use super::super::{Secret, Side};
    use super::*;
    use proptest::prelude::*;

    fn two() -> [Session; 2] {
        let secrets = [1, 2].map(|byte| Secret::new([byte; 32]));
        let shares = [secrets[0].share(), secrets[1].share()];
        let number = Number(5);
        let one = secrets[0].agree(Side::Offerer, number, shares[1]).expect("a good share");
        let other = secrets[1].agree(Side::Answerer, number, shares[0]).expect("a good share");
        [Session::new(number, &one), Session::new(number, &other)]
    }

    /// Carries all frames of one to the other; what that heard, all of it taken.
    fn carry(from: &mut Session, to: &mut Session) -> Vec<Heard> {
        let mut all = Vec::new();
        while let Some(frame) = from.poll_frame() {
            assert!(frame.len() <= FRAME_BYTES_MAX);
            assert_eq!(number_of(&frame), Some(Number(5)));
            if let Some(heard) = to.handle_frame(&frame).expect("it opens") {
                if matches!(heard, Heard::Control(_) | Heard::Chunk(_)) {
                    to.take();
                }
                all.push(heard);
            }
        }
        all
    }

    #[test]
    fn messages_arrive_whole_and_in_order_and_are_acknowledged() {
        let [mut one, mut other] = two();
        let long = vec![b'x'; CONTROL_BYTES_MAX];
        let chunk = vec![7; CHUNK_BYTES_MAX];
        one.control(b"hello");
        one.control(&long);
        one.chunk(&chunk);
        one.ping(*b"12345678");
        one.bye();
        assert!(!one.is_flushed());
        let heard = carry(&mut one, &mut other);
        let all = [
            Heard::Control(b"hello".to_vec()),
            Heard::Control(long),
            Heard::Chunk(chunk),
            Heard::Bye,
        ];
        assert_eq!(heard, all);
        assert_eq!(carry(&mut other, &mut one), [Heard::Pong(*b"12345678")]);
        assert!(one.is_flushed() && other.is_flushed());
    }

    #[test]
    fn so_much_may_be_under_way_and_more_ends_it() {
        let [mut one, mut other] = two();
        let mut count = 0;
        while one.has_room() {
            one.chunk(b"chunk");
            count += 1;
        }
        assert_eq!(count, UNTAKEN_MAX - 1, "so that a control message of two parts has room");
        one.control(&[b'x'; DATA_BYTES_MAX]);
        let frames: Vec<_> = std::iter::from_fn(|| one.poll_frame()).collect();
        for frame in &frames {
            assert!(other.handle_frame(frame).is_ok());
        }
        one.chunk(b"one too many");
        let frame = one.poll_frame().expect("it was said");
        assert_eq!(other.handle_frame(&frame), Err(Broken::Flood));
    }

    #[test]
    fn what_is_lost_changed_said_twice_or_ones_own_does_not_open() {
        for spoil in 0..4 {
            let [mut one, mut other] = two();
            one.control(b"first");
            one.control(b"second");
            let first = one.poll_frame().expect("it was said");
            let mut frame = one.poll_frame().expect("it was said");
            match spoil {
                0 => {}
                1 => {
                    other.handle_frame(&first).expect("it opens");
                    *frame.last_mut().expect("it is long") ^= 1;
                }
                2 => {
                    other.handle_frame(&first).expect("it opens");
                    frame.clone_from(&first);
                }
                _ => {
                    assert_eq!(one.handle_frame(&first), Err(Broken::Sealed));
                    continue;
                }
            }
            assert_eq!(other.handle_frame(&frame), Err(Broken::Sealed));
        }
    }

    #[test]
    fn acknowledgements_of_what_was_never_said_end_it() {
        let [mut one, mut other] = two();
        other.take();
        let frame = other.poll_frame().expect("it was said");
        assert_eq!(one.handle_frame(&frame), Err(Broken::Malformed));
    }

    proptest! {
        #[test]
        fn whatever_opens_is_taken_or_ends_it(kind: u8, data in prop::collection::vec(any::<u8>(), 0..40)) {
            let [mut one, mut other] = two();
            one.push(kind, &data);
            let frame = one.poll_frame().expect("it was said");
            let _ = other.handle_frame(&frame);
            prop_assert!(other.frames.len() <= 1 && other.part.len() <= 40);
        }
    }
}
