//! What the threads of a camera hand to each other: the newest frame, and how big a preview is
//! wanted. Latest wins: nothing queues, and nobody waits for a reader.
//!
//! A frame is taken only from the capture thread whose turn it is. One that hangs in its device
//! is abandoned by giving the turn to another; should it wake up, it learns that here and ends.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::app::camera::PreviewSize;
use crate::picture::Frame;

/// Whose frames are taken: the number of a capture thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn(u64);

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// It is the newest now.
    Kept,
    /// It is another's turn: close the source and end.
    Abandoned,
}

/// What the preview thread is to do next.
pub(super) enum PreviewWork {
    /// Make this frame a preview that fits.
    Make(Arc<Frame>, PreviewSize),
    /// Show nothing: there are no frames.
    Blank,
    /// End.
    Close,
}

/// What the preview thread has done last, so that it is woken for news alone.
#[derive(Default)]
pub(super) struct Done {
    frame: Option<Arc<Frame>>,
    size: PreviewSize,
}

#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    turn: Turn,
    newest: Option<Arc<Frame>>,
    /// How many frames were kept, over all turns.
    kept: u64,
    last: Option<Instant>,
    size: PreviewSize,
    /// Callers in [`Shared::wait_beyond`].
    waiting: usize,
    closed: bool,
}

impl Shared {
    /// Gives the turn to a new capture thread; frames so far are forgotten.
    pub fn next_turn(&self) -> Turn {
        let mut state = self.lock();
        state.turn = Turn(state.turn.0 + 1);
        self.forget(&mut state);
        state.turn
    }

    /// The newest frame is too old to be shown or snapped.
    pub fn forget_frames(&self) {
        self.forget(&mut self.lock());
    }

    fn forget(&self, state: &mut State) {
        state.newest = None;
        state.last = None;
        self.news.notify_all();
    }

    /// Makes this frame the newest.
    pub fn publish(&self, turn: Turn, frame: Frame) -> Published {
        let mut state = self.lock();
        if state.turn != turn || state.closed {
            return Published::Abandoned;
        }
        state.newest = Some(Arc::new(frame));
        state.kept += 1;
        state.last = Some(Instant::now());
        // Nobody is woken for frames that nobody looks at.
        if state.size.is_wanted() || state.waiting > 0 {
            self.news.notify_all();
        }
        Published::Kept
    }

    /// Whether this thread's frames are still wanted.
    pub fn is_turn_of(&self, turn: Turn) -> bool {
        let state = self.lock();
        state.turn == turn && !state.closed
    }

    pub fn newest(&self) -> Option<Arc<Frame>> {
        self.lock().newest.clone()
    }

    /// When the newest frame came.
    pub fn last(&self) -> Option<Instant> {
        self.lock().last
    }

    /// How many frames have come, and the newest of them once they are more than `seen`.
    /// `None` when there is none in time.
    pub fn wait_beyond(&self, seen: u64, timeout: Duration) -> Option<(u64, Arc<Frame>)> {
        let mut state = self.lock();
        state.waiting += 1;
        let (mut state, _) = self
            .news
            .wait_timeout_while(state, timeout, |s| {
                !s.closed && (s.kept <= seen || s.newest.is_none())
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        let newest = state.newest.clone().filter(|_| state.kept > seen)?;
        Some((state.kept, newest))
    }

    pub fn set_preview_size(&self, size: PreviewSize) {
        let mut state = self.lock();
        if state.size != size {
            state.size = size;
            self.news.notify_all();
        }
    }

    /// Waits until there is something to do for the preview.
    pub fn wait_preview(&self, done: &mut Done) -> PreviewWork {
        let idle = |state: &mut State| {
            let same_frame = match (&state.newest, &done.frame) {
                (None, None) => true,
                // A picture from disk comes again and again: the same bytes.
                (Some(a), Some(b)) => a.data.as_ptr() == b.data.as_ptr(),
                _ => false,
            };
            let nothing_to_make = same_frame && state.size == done.size;
            !state.closed
                && (nothing_to_make || (state.newest.is_some() && !state.size.is_wanted()))
        };
        let state = self.news.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        done.frame.clone_from(&state.newest);
        done.size = state.size;
        match &state.newest {
            _ if state.closed => PreviewWork::Close,
            Some(frame) => PreviewWork::Make(Arc::clone(frame), state.size),
            None => PreviewWork::Blank,
        }
    }

    /// Ends all threads; they notice at their next frame or word.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.newest = None;
        self.news.notify_all();
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// No panic can leave the state half written, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::FrameKind;

    fn frame(seq: u64) -> Frame {
        let data = vec![seq as u8].into();
        Frame {
            data,
            original: None,
            kind: FrameKind::Gray,
            width: 1,
            height: 1,
            stride: 1,
            at: Instant::now(),
            seq,
        }
    }

    #[test]
    fn the_newest_frame_wins() {
        let shared = Shared::default();
        let turn = shared.next_turn();
        for seq in 0..3 {
            assert_eq!(shared.publish(turn, frame(seq)), Published::Kept);
        }
        assert_eq!(shared.newest().map(|frame| frame.seq), Some(2));
    }

    #[test]
    fn a_thread_whose_turn_is_over_is_told_to_end() {
        let shared = Shared::default();
        let old = shared.next_turn();
        shared.publish(old, frame(0));
        let new = shared.next_turn();
        assert!(shared.newest().is_none());
        assert_eq!(shared.publish(old, frame(1)), Published::Abandoned);
        assert_eq!(shared.publish(new, frame(2)), Published::Kept);
    }

    #[test]
    fn waiting_for_a_frame_ends_with_the_camera() {
        let shared = Shared::default();
        assert!(shared.wait_beyond(0, Duration::ZERO).is_none());
        shared.publish(shared.next_turn(), frame(7));
        assert_eq!(
            shared.wait_beyond(0, Duration::ZERO).map(|(kept, f)| (kept, f.seq)),
            Some((1, 7))
        );
        shared.close();
        assert!(shared.wait_beyond(1, Duration::from_mins(1)).is_none());
    }

    #[test]
    fn the_preview_is_made_once_a_frame_and_size() {
        let shared = Shared::default();
        let mut done = Done::default();
        let turn = shared.next_turn();
        shared.publish(turn, frame(1));
        shared.set_preview_size(PreviewSize { columns: 8, rows: 4, ..PreviewSize::default() });
        assert!(matches!(shared.wait_preview(&mut done), PreviewWork::Make(f, _) if f.seq == 1));
        shared.publish(turn, frame(2));
        assert!(matches!(shared.wait_preview(&mut done), PreviewWork::Make(f, _) if f.seq == 2));
        shared.set_preview_size(PreviewSize { columns: 4, rows: 2, ..PreviewSize::default() });
        assert!(
            matches!(shared.wait_preview(&mut done), PreviewWork::Make(_, s) if s.columns == 4)
        );
        shared.forget_frames();
        assert!(matches!(shared.wait_preview(&mut done), PreviewWork::Blank));
        shared.close();
        assert!(matches!(shared.wait_preview(&mut done), PreviewWork::Close));
    }
}
