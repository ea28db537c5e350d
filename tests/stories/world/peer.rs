//! Another person in the room, without a terminal: the program's own loop inside this process.

use super::PATIENCE;
use peersnap::app::camera::CameraSpec;
use peersnap::app::{self, Action, App, Author, Content, Event, Parcel, ReceiptState};
use peersnap::config::Config;
use peersnap::picture::{Metadata, Quality};
use peersnap::shell::{Entrance, Shell, Wanted};
use peersnap::terminal::capabilities::Wishes;
use peersnap::text::{FileName, SafeText};
use peersnap::transfer::{MediaType, Proposal};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A person whose program is driven from here.
pub struct Peer {
    /// Where photos are saved.
    pub save: PathBuf,
    name: String,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
    runtime: Runtime,
    _home: TempDir,
}

enum Order {
    /// Done at once.
    Do(Box<dyn FnOnce(&mut Shell) + Send>),
    /// Looked at after everything that happens, until it is satisfied.
    Watch(Watch),
}

struct Watch {
    /// Answers by itself; true when it has.
    look: Box<dyn FnMut(&App) -> bool + Send>,
    deadline: Instant,
    /// What is known when the time is up.
    failed: Sender<String>,
}

/// A file to hand over.
pub struct Offer {
    pub name: &'static str,
    pub media_type: &'static str,
    pub size: u64,
    pub content: Content,
}

impl Offer {
    /// These bytes.
    pub fn of(name: &'static str, media_type: &'static str, bytes: Vec<u8>) -> Self {
        let size = bytes.len() as u64;
        Self { name, media_type, size, content: Content::Bytes(bytes.into()) }
    }
}

impl Peer {
    /// Joins a room.
    pub fn join(name: &str, link: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder for a person");
        let save = home.path().join("photos");
        let config = Config {
            server: None,
            no_lan: true,
            listen: None,
            public_url: None,
            certificate: None,
            name: SafeText::new(name),
            camera: CameraSpec::Test,
            quality: Quality::default(),
            metadata: Metadata::Cleaned,
            save: save.clone(),
            plain: false,
            wishes: Wishes::default(),
            usual_wishes: Wishes::default(),
            log: None,
            state: Some(home.path().join("state")),
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let shell = runtime.block_on(async {
            let entrance =
                Entrance::find(Wanted::This(link.to_owned()), &config).await.expect("a room link");
            Shell::start(entrance, &config).expect("a room can be entered")
        });
        let (orders, inbox) = mpsc::channel(8);
        let task = runtime.spawn(live(shell, inbox));
        Self { save, name: name.to_owned(), orders, task, runtime, _home: home }
    }

    /// Does what a key would.
    pub fn act(&self, action: Action) {
        self.order(move |shell| shell.act(action));
    }

    /// Offers a file to everyone here, as a person does who may send more than photos.
    pub fn offer(&self, offer: Offer) {
        let media_type = MediaType::try_from(offer.media_type.to_owned()).expect("a media type");
        let name = FileName::new(offer.name);
        let proposal = Proposal::new(name, media_type, offer.size);
        let content = offer.content;
        self.order(move |shell| propose(shell, &proposal, &content));
    }

    /// Sends a file, as a person does.
    pub fn sends(&self, offer: Offer) {
        let media_type = MediaType::try_from(offer.media_type.to_owned()).expect("a media type");
        let proposal = Proposal::new(FileName::new(offer.name), media_type, offer.size);
        let parcel = Parcel { proposal, content: offer.content };
        self.order(move |shell| {
            let sent = shell.app.hand_over(parcel, Instant::now());
            for effect in sent.into_iter().flat_map(|(_, effects)| effects) {
                shell.io.perform(effect);
            }
        });
    }

    /// Waits until the app has come so far.
    pub fn until(&self, what: &str, so: impl Fn(&App) -> bool + Send + 'static) {
        self.find(what, move |app| so(app).then_some(()));
    }

    /// Waits until something is known to the app, and says what it is.
    pub fn find<T: Send + 'static>(
        &self,
        what: &str,
        look: impl Fn(&App) -> Option<T> + Send + 'static,
    ) -> T {
        let (answer, answers) = channel();
        let (failed, failure) = channel();
        let look = Box::new(move |app: &App| {
            let Some(found) = look(app) else { return false };
            // Who asked may have given up.
            let _ = answer.send(found);
            true
        });
        let watch = Watch { look, deadline: Instant::now() + PATIENCE, failed };
        self.give(Order::Watch(watch));
        // The watch is dropped once it has answered, one way or the other.
        answers.recv().unwrap_or_else(|_| {
            let known = failure.try_recv().unwrap_or_else(|_| "its program has ended".to_owned());
            panic!("{} waits in vain for this: {what}\n{known}", self.name)
        })
    }

    /// Waits until this person is connected.
    pub fn meets(&self, name: &str) {
        let wanted = name.to_owned();
        self.until(&format!("{name} is connected"), move |app| {
            app.room.receivers().any(|peer| peer.label().as_str() == wanted)
        });
    }

    /// Waits until the camera has a picture, so that a photo can be taken.
    pub fn sees_the_camera(&self) {
        super::until("a frame of the camera", || {
            let (answer, answers) = channel();
            self.order(move |shell| {
                let _ = answer.send(shell.io.camera.snap().is_some());
            });
            answers.recv().expect("an answer").then_some(())
        });
    }

    /// Waits until the newest of what was sent is this far on its way to that person.
    pub fn has_receipt(&self, name: &str, state: ReceiptState) {
        let name = SafeText::new(name);
        self.until(&format!("{state:?} for {name}"), move |app| {
            let newest = app.trail.iter().find(|item| item.author == Author::Local);
            let mut receipts = newest.into_iter().flat_map(|item| &item.receipts);
            receipts.any(|receipt| receipt.name == name && receipt.state == state)
        });
    }

    /// Waits until all of so many files that were sent have arrived.
    pub fn has_receipts(&self, count: usize) {
        self.until(&format!("{count} receipts"), move |app| {
            let receipts = app.trail.iter().flat_map(|item| &item.receipts);
            receipts.filter(|it| it.state == ReceiptState::Delivered).count() == count
        });
    }

    /// Waits until the newest notice has this text.
    pub fn is_told(&self, text: &str) {
        let wanted = text.to_owned();
        self.until(&format!("it tells {text:?}"), move |app| {
            app.notices.newest().is_some_and(|notice| notice.text.contains(&wanted))
        });
    }

    /// Waits until a file of this person has come in; where it lies.
    pub fn receives_from(&self, name: &str) -> PathBuf {
        let author = Author::Remote(SafeText::new(name));
        self.find(&format!("a photo from {name}"), move |app| {
            let item = app.trail.iter().find(|item| item.author == author)?;
            match &item.content {
                Content::File(path) | Content::Folder(path, _) => Some(path.clone()),
                Content::Bytes(_) => None,
            }
        })
    }

    /// Leaves the room in an orderly way.
    pub fn leave(self) {
        let Self { orders, task, runtime, name, .. } = self;
        drop(orders);
        let ended = runtime.block_on(async { tokio::time::timeout(PATIENCE, task).await });
        ended.unwrap_or_else(|_| panic!("{name} does not leave")).expect("no panic in a peer");
    }

    fn order(&self, order: impl FnOnce(&mut Shell) + Send + 'static) {
        self.give(Order::Do(Box::new(order)));
    }

    fn give(&self, order: Order) {
        let given = self.orders.blocking_send(order);
        assert!(given.is_ok(), "the program of {} has ended", self.name);
    }
}

/// The program's loop, with orders in place of keys.
async fn live(mut shell: Shell, mut inbox: mpsc::Receiver<Order>) {
    let mut watches: Vec<Watch> = Vec::new();
    loop {
        let deadline = watches.iter().map(|watch| watch.deadline).min();
        let wake = deadline.unwrap_or_else(|| Instant::now() + Duration::from_hours(1));
        tokio::select! {
            event = shell.next() => shell.handle(event),
            order = inbox.recv() => match order {
                Some(Order::Do(order)) => order(&mut shell),
                Some(Order::Watch(watch)) => watches.push(watch),
                None => break,
            },
            () = tokio::time::sleep_until(wake.into()) => {}
        }
        watches.retain_mut(|watch| {
            let over = Instant::now() >= watch.deadline;
            if (watch.look)(&shell.app) {
                return false;
            }
            if over {
                let (room, notices) = (&shell.app.room, &shell.app.notices);
                let _ = watch.failed.send(format!("{room:#?}\n{notices:#?}"));
            }
            !over
        });
    }
    shell.close().await;
}

/// Sends any file to everyone.
fn propose(shell: &mut Shell, proposal: &Proposal, content: &Content) {
    let to = shell.app.room.receivers().map(|peer| peer.connection).collect();
    let parcel = Parcel { proposal: proposal.clone(), content: content.clone() };
    shell.apply(Event::Order(app::Order::Send { order: "a test's".to_owned(), parcel, to }));
}
