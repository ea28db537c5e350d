//! What may come through a tunnel, from whoever holds its keys and from whoever carries it. See
//! [`crate::fuzz`].

use super::super::{Secret, Side};
use super::{
    Broken, CHUNK, CHUNK_BYTES_MAX, CONTROL, CONTROL_BYTES_MAX, DATA_BYTES_MAX, FRAME_BYTES_MAX,
    Heard, NUMBER_BYTES, Number, PART, Session, TAKEN, UNTAKEN_MAX, number_of,
};

/// Steps of two bytes, some with what follows: what Ann says and takes, what Bob says, who has the keys
/// and need not keep to the protocol, and what the server makes of that.
pub(crate) fn frames(data: &[u8]) {
    let mut world = World::new();
    let mut rest = data;
    for _ in 0..STEPS_MAX {
        let Some(([step, number], after)) = rest.split_first_chunk() else { return };
        let (more, others) = after.split_at(usize::from(*number).min(after.len()));
        let mut takes_more = true;
        let alive = match step % 10 {
            0 => world.say(|ann| ann.control(more)),
            1 => world.say(|ann| ann.chunk(more)),
            2 => world.say(|ann| ann.ping([*number; 8])),
            3 => world.say(|ann| ann.control(&vec![*number; CONTROL_BYTES_MAX])),
            4 => {
                takes_more = false;
                world.take()
            }
            5 => {
                takes_more = false;
                world.bob_says(number % 8, &vec![*number; DATA_BYTES_MAX])
            }
            6 => {
                takes_more = false;
                world.bob_acknowledges(u32::from(*number))
            }
            7 => world.bob_says(number % 8, more),
            8 => world.server_makes_up(more),
            _ => world.server_spoils(usize::from(*number)),
        };
        if !alive {
            return;
        }
        world.holds();
        rest = if takes_more { others } else { after };
    }
}

struct World {
    ann: Session,
    bob: Session,
    /// What Bob has said of a control message that is not over.
    part: Vec<u8>,
    /// How many messages and parts Ann has heard, and how many of these she has taken.
    heard: u32,
    taken: u32,
    /// Whether Bob has acknowledged what he had not heard: then more comes than he can take.
    has_lied: bool,
}

impl World {
    fn new() -> Self {
        let [ann, bob] = [1, 2].map(|byte| Secret::new([byte; 32]));
        let of = |own: &Secret, side, other: &Secret| {
            Session::new(NUMBER, &own.agree(side, NUMBER, other.share()).expect("a good share"))
        };
        let (ann, bob) = (of(&ann, Side::Offerer, &bob), of(&bob, Side::Answerer, &ann));
        Self { ann, bob, part: Vec::new(), heard: 0, taken: 0, has_lied: false }
    }

    /// Ann says something, where there is room for it; Bob hears all.
    fn say(&mut self, say: impl FnOnce(&mut Session)) -> bool {
        if self.ann.has_room() {
            say(&mut self.ann);
        }
        while let Some(frame) = self.ann.poll_frame() {
            assert!(frame.len() <= FRAME_BYTES_MAX && number_of(&frame) == Some(NUMBER));
            match self.bob.handle_frame(&frame) {
                Ok(Some(Heard::Control(_) | Heard::Chunk(_))) => self.bob.take(),
                Ok(_) => {}
                Err(error) => {
                    assert!(self.has_lied && error == Broken::Flood, "{error} of Ann's");
                    return false;
                }
            }
        }
        true
    }

    fn take(&mut self) -> bool {
        if self.taken < self.heard {
            self.taken += 1;
            self.ann.take();
        }
        true
    }

    fn bob_says(&mut self, kind: u8, data: &[u8]) -> bool {
        if !self.bob_acknowledged() {
            return false;
        }
        self.bob.sent += u32::from(matches!(kind, PART | CONTROL | CHUNK));
        self.bob.push(kind, data);
        let frame = self.bob.poll_frame().expect("it was said");
        match self.ann.handle_frame(&frame) {
            Ok(heard) => {
                self.hears(kind, data, heard.as_ref());
                true
            }
            Err(error) => {
                assert_ne!(error, Broken::Sealed, "it opens");
                false
            }
        }
    }

    /// Ann hears what Bob has answered by himself.
    fn bob_acknowledged(&mut self) -> bool {
        while let Some(frame) = self.bob.poll_frame() {
            if let Err(error) = self.ann.handle_frame(&frame) {
                assert!(self.has_lied && error == Broken::Malformed, "{error} of Bob's");
                return false;
            }
        }
        true
    }

    fn hears(&mut self, kind: u8, data: &[u8], heard: Option<&Heard>) {
        match kind {
            PART => {
                self.part.extend(data);
                // It is taken by itself.
                (self.heard, self.taken) = (self.heard + 1, self.taken + 1);
                assert_eq!(heard, None);
            }
            CONTROL => {
                self.heard += 1;
                let whole = [&std::mem::take(&mut self.part), data].concat();
                assert!(whole.len() <= CONTROL_BYTES_MAX);
                assert_eq!(heard, Some(&Heard::Control(whole)));
            }
            CHUNK => {
                self.heard += 1;
                assert!(data.len() <= CHUNK_BYTES_MAX);
                assert_eq!(heard, Some(&Heard::Chunk(data.to_vec())));
            }
            _ => {}
        }
    }

    fn bob_acknowledges(&mut self, taken: u32) -> bool {
        self.has_lied |= taken > self.bob.told;
        self.bob_says(TAKEN, &taken.to_be_bytes())
    }

    /// It has no keys.
    fn server_makes_up(&mut self, frame: &[u8]) -> bool {
        assert_eq!(self.ann.handle_frame(frame), Err(Broken::Sealed));
        false
    }

    /// A frame of Bob's that it has changed, or that it sends for the second time.
    fn server_spoils(&mut self, at: usize) -> bool {
        if !self.bob_acknowledged() {
            return false;
        }
        self.bob.ping([0; 8]);
        let mut frame = self.bob.poll_frame().expect("it was said");
        if at == 0 {
            assert_eq!(self.ann.handle_frame(&frame), Ok(None));
        } else {
            let length = frame.len() - NUMBER_BYTES;
            frame[NUMBER_BYTES + at % length] ^= 1 << (at % 8);
        }
        assert_eq!(self.ann.handle_frame(&frame), Err(Broken::Sealed));
        false
    }

    fn holds(&self) {
        assert!(self.heard - self.taken <= UNTAKEN_MAX, "more may wait than was agreed");
        assert!(self.ann.part.len() <= CONTROL_BYTES_MAX);
        assert!(self.ann.taken <= self.ann.sent && self.ann.under_way() <= UNTAKEN_MAX);
        assert!(self.ann.frames.len() <= STEPS_MAX, "one frame for one that came");
    }
}

const NUMBER: Number = Number(5);
const STEPS_MAX: usize = 200;
