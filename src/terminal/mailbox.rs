//! What the thread of the terminal is told: the newest of each kind, so that nothing queues.

use super::paint::{Art, Scene, Work};
use std::io::{self, PipeReader, PipeWriter};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the thread is told, the newest of each.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// None once nobody takes it any more.
    mail: Mutex<Option<Mail>>,
    calls: PipeWriter,
}

/// What has come.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// What is to be seen.
    pub scene: Option<Scene>,
    /// Whether the terminal may show anything now.
    pub is_unknown: bool,
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
        Ok((Self { mail: Mutex::new(Some(Mail::default())), calls }, reader))
    }

    /// This is to be seen from now on.
    pub fn show(&self, scene: Scene) {
        self.tell(|mail| mail.scene = Some(scene));
    }

    /// What the terminal shows is not known any more.
    pub fn forget(&self) {
        self.tell(|mail| mail.is_unknown = true);
    }

    /// This is to be written as it is.
    pub fn control(&self, bytes: &[u8]) {
        self.tell(|mail| mail.controls.extend_from_slice(bytes));
    }

    /// This is to become of the terminal.
    pub fn order(&self, order: Order) {
        self.tell(|mail| mail.order = Some(order));
    }

    /// A still is worked out.
    pub fn hand_in(&self, work: Work, art: Art) {
        self.tell(|mail| mail.works.push((work, art)));
    }

    /// All that has come.
    pub fn take(&self) -> Mail {
        self.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Nothing is taken any more: whoever waits for an answer gets none.
    pub fn close(&self) {
        *self.lock() = None;
    }

    fn tell(&self, tell: impl FnOnce(&mut Mail)) {
        if let Some(mail) = &mut *self.lock() {
            tell(mail);
        }
        self.wake();
    }

    /// Has the thread look around.
    pub fn wake(&self) {
        let _ = io::Write::write(&mut &self.calls, &[0]);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Mail>> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
