//! Who has connected to the daemon: what each is told, as long as it reads.

use crate::json;
use crate::report::Report;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// One that has connected; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClientId(pub u64);

/// A line on its way to a client.
pub(super) type Told = Arc<str>;

/// The way to one client.
#[derive(Debug)]
pub(super) struct Outbox {
    /// What is told to it.
    pub lines: mpsc::Sender<Told>,
    /// Ends it, once it has been told all of that.
    pub end: CancellationToken,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Clients {
    all: BTreeMap<ClientId, Client>,
}

#[derive(Debug)]
struct Client {
    outbox: Outbox,
    listens: Listens,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listens {
    /// To what it asked for.
    Answers,
    /// To all that happens.
    Everything,
}

impl Clients {
    /// Somebody has connected.
    pub fn add(&mut self, id: ClientId, outbox: Outbox) {
        self.all.insert(id, Client { outbox, listens: Listens::Answers });
    }

    /// From now on it is told all that happens.
    pub fn watch(&mut self, id: ClientId) {
        if let Some(client) = self.all.get_mut(&id) {
            client.listens = Listens::Everything;
        }
    }

    /// Tells one of them.
    pub fn tell(&mut self, id: ClientId, report: Report) {
        let told = line(report);
        if self.all.get(&id).is_some_and(|client| !client.tell(&told)) {
            self.end(id);
        }
    }

    /// Tells all that listen to everything. Who does not read is dropped.
    pub fn tell_all(&mut self, report: &Report) {
        let mut listening =
            self.all.values().filter(|it| it.listens == Listens::Everything).peekable();
        if listening.peek().is_some() {
            let told = line(report.clone());
            self.all.retain(|id, client| {
                let goes_on = client.listens == Listens::Answers || client.tell(&told);
                if !goes_on {
                    tracing::info!(client = id.0, "it does not read");
                }
                goes_on
            });
        }
    }

    /// Ends one of them, once it has been told what was said before.
    pub fn end(&mut self, id: ClientId) {
        self.all.remove(&id);
    }
}

impl Client {
    /// Whether there was room for it.
    fn tell(&self, told: &Told) -> bool {
        self.outbox.lines.try_send(Arc::clone(told)).is_ok()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.outbox.end.cancel();
    }
}

/// A report as a line, with its end.
pub(super) fn line(report: Report) -> Told {
    let mut line = json::line(report).encode();
    line.push('\n');
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Mood;

    fn notice() -> Report {
        Report::Notice { mood: Mood::Info, text: "so".to_owned() }
    }

    fn client(
        clients: &mut Clients,
        id: u64,
        room: usize,
    ) -> (mpsc::Receiver<Told>, CancellationToken) {
        let ((lines, told), end) = (mpsc::channel(room), CancellationToken::new());
        clients.add(ClientId(id), Outbox { lines, end: end.clone() });
        (told, end)
    }

    #[test]
    fn all_that_happens_is_told_to_those_who_listen_and_who_does_not_read_is_dropped() {
        let mut clients = Clients::default();
        let (mut quick, quick_end) = client(&mut clients, 1, 8);
        let (_slow, slow_end) = client(&mut clients, 2, 2);
        let (mut other, other_end) = client(&mut clients, 3, 8);
        clients.watch(ClientId(1));
        clients.watch(ClientId(2));
        for _ in 0..3 {
            clients.tell_all(&notice());
        }
        assert!(slow_end.is_cancelled(), "it had room for two");
        assert!(!quick_end.is_cancelled() && !other_end.is_cancelled());
        clients.tell(ClientId(3), notice());
        clients.tell(ClientId(9), notice());
        assert_eq!(std::iter::from_fn(|| quick.try_recv().ok()).count(), 3);
        assert_eq!(std::iter::from_fn(|| other.try_recv().ok()).count(), 1);
        clients.end(ClientId(1));
        assert!(quick_end.is_cancelled());
    }
}
