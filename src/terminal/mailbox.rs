//! What the thread of the terminal is told: the newest of each kind, so that nothing queues.

use super::paint::{Art, Scene, Work};
use std::io::{self, PipeReader, PipeWriter};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the thread is told, the newest of each.
#[derive(Debug)]
pub(super) struct Mailbox {
    mail: Mutex<Mail>,
    calls: PipeWriter,
}

/// What has come.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// What is to be seen.
    pub scene: Option<Scene>,
    /// To be written as they are, such as whether the mouse is wanted.
    pub controls: Vec<u8>,
    /// Stills that are worked out.
    pub works: Vec<(Work, Art)>,
    /// What is to become of the terminal.
    pub order: Option<Order>,
}

/// What is to become of the terminal.
#[derive(Debug)]
pub(super) enum Order {
    /// It is given back. The answer comes when it is.
    Leave(SyncSender<()>),
    /// It is taken over again.
    Enter,
}

impl Mailbox {
    /// An empty one, and what becomes readable when something comes.
    pub fn new() -> io::Result<(Self, PipeReader)> {
        let (reader, calls) = io::pipe()?;
        // A call that finds others waiting is none.
        rustix::io::ioctl_fionbio(&calls, true)?;
        rustix::io::ioctl_fionbio(&reader, true)?;
        Ok((Self { mail: Mutex::default(), calls }, reader))
    }

    /// This is to be seen from now on.
    pub fn show(&self, scene: Scene) {
        self.lock().scene = Some(scene);
        self.call();
    }

    /// This is to be written as it is.
    pub fn control(&self, bytes: &[u8]) {
        self.lock().controls.extend_from_slice(bytes);
        self.call();
    }

    /// This is to become of the terminal.
    pub fn order(&self, order: Order) {
        self.lock().order = Some(order);
        self.call();
    }

    /// A still is worked out.
    pub fn hand_in(&self, work: Work, art: Art) {
        self.lock().works.push((work, art));
        self.call();
    }

    /// All that has come.
    pub fn take(&self) -> Mail {
        std::mem::take(&mut *self.lock())
    }

    fn call(&self) {
        let _ = io::Write::write(&mut &self.calls, &[0]);
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
