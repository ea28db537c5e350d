//! The capture thread: opens one source, reads it until it fails or its turn is over, drops it.
//!
//! One thread a source, never joined: a camera that stalls holds its thread for as long as it
//! likes. What goes wrong is a word to the supervisor, which decides what comes next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use tracing::debug;

use super::choice::{Choice, Opened};
use super::query::CameraInfo;
use super::shared::{Published, Shared, Turn};
use super::source::{Facts, SourceError};
use crate::app::camera::CameraFault;

/// Frames lost in a row until a source is opened anew.
const MAX_LOST: u32 = 5;

/// How a choice becomes a source; [`Choice::open`] but for tests.
pub(super) type Open =
    dyn Fn(Choice, &mut dyn FnMut(&CameraInfo)) -> Result<Opened, CameraFault> + Send + Sync;

/// What a capture thread is given.
#[derive(Clone)]
pub(super) struct Work {
    pub shared: Arc<Shared>,
    pub open: Arc<Open>,
    pub words: SyncSender<Word>,
    /// Without a frame for so long, a source has stalled.
    pub stall: Duration,
}

/// What the supervisor hears.
pub(super) enum Word {
    /// A person wants the next source.
    Switch,
    /// The camera is closed.
    Close,
    /// From the capture thread of this turn.
    From(Turn, News),
}

/// What a capture thread tells.
pub(super) enum News {
    /// A camera is about to be opened; that may hang.
    Trying(CameraInfo),
    /// The first frame came, or the first one after a stall.
    Live { choice: Choice, facts: Facts, instead: Option<CameraFault> },
    /// The source is closed; the thread has ended.
    Failed(CameraFault),
}

/// Starts the thread of this turn. Should it not start, that is told like any other failure.
pub(super) fn spawn(turn: Turn, choice: Choice, work: &Work) {
    let words = work.words.clone();
    let work = work.clone();
    let run = move || {
        let fault = match catch_unwind(AssertUnwindSafe(|| capture(turn, choice, &work))) {
            Ok(Ok(())) => return debug!(?turn, "turn is over"),
            Ok(Err(fault)) => fault,
            Err(_) => CameraFault::Other("its driver did what it should not".to_owned()),
        };
        work.tell(turn, News::Failed(fault));
    };
    if let Err(error) = thread::Builder::new().name("camera".to_owned()).spawn(run) {
        // The supervisor itself calls this: it must not wait for room in its own channel.
        let failed = News::Failed(CameraFault::Other(error.to_string()));
        let _ = words.try_send(Word::From(turn, failed));
    }
}

/// Ends well when the turn is over, else with what is wrong.
fn capture(turn: Turn, choice: Choice, work: &Work) -> Result<(), CameraFault> {
    let mut trying = |info: &CameraInfo| work.tell(turn, News::Trying(info.clone()));
    let Opened { mut source, choice, instead } = (work.open)(choice, &mut trying)?;
    let mut latest: Option<Instant> = None;
    let mut lost = 0;
    while work.shared.is_turn_of(turn) {
        match source.next() {
            Ok(frame) => {
                lost = 0;
                if work.shared.publish(turn, frame) == Published::Abandoned {
                    break;
                }
                if latest.is_none_or(|at| at.elapsed() >= work.stall) {
                    let (choice, facts) = (choice.clone(), source.facts().clone());
                    let instead = instead.clone();
                    work.tell(turn, News::Live { choice, facts, instead });
                }
                latest = Some(Instant::now());
            }
            Err(SourceError::Gone(fault)) => return Err(fault),
            Err(SourceError::Frame(why)) => {
                lost += 1;
                debug!(lost, why, "frame lost");
                if lost == MAX_LOST {
                    return Err(CameraFault::Other(why));
                }
            }
        }
    }
    Ok(())
}

impl Work {
    /// Without a supervisor nobody needs to hear it.
    fn tell(&self, turn: Turn, news: News) {
        let _ = self.words.send(Word::From(turn, news));
    }
}
