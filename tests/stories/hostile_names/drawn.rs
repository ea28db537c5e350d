//! An evening with somebody of any name, who hands over files of any name: drawn as the program
//! draws it, without the world around it.

use super::orders::Orders;
use peersnap::app::event::{Closed, Route};
use peersnap::app::{
    Action, App, Attendance, ConnectionId, Effect, EntryId, Event, PeerEvent, PictureSize,
    Settings, SignalingEvent, Snap,
};
use peersnap::link::{Destination, Place, Reach, RoomLink, Way};
use peersnap::path::PathKind;
use peersnap::picture::cells::{Depth, Glyphs};
use peersnap::picture::{Photo, PhotoKind, RgbImage};
use peersnap::seal::{Identity, Met, PublicKey, Remote};
use peersnap::terminal::Backend;
use peersnap::terminal::paint::{Means, Painter, Scene};
use peersnap::text::{FileName, SafeText};
use peersnap::transfer::{
    Device, Digest, Direction, End, MediaType, Proposal, Reason, TransferId, Violation,
};
use peersnap::ui::{self, Theme};
use ratatui::Terminal;
use ratatui::layout::Size;
use signaling_server::protocol::PeerId;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vt100::{Parser, Screen};
use zeroize::Zeroizing;

/// The screen after one step of an evening.
pub struct Drawn {
    /// Which step, at which size.
    pub step: String,
    pub screen: Screen,
    /// What the terminal did that nobody sees in its cells, up to then.
    pub orders: BTreeSet<String>,
    /// What was sent to it for this step.
    pub bytes: Vec<u8>,
}

/// A terminal of this size, and the program in it.
struct Evening {
    app: App,
    entry: EntryId,
    /// To whoever has the name, and to Zoë.
    connections: [ConnectionId; 2],
    now: Instant,
    size: (u16, u16),
    screen: Terminal<Backend>,
    painter: Painter,
    terminal: Parser<Orders>,
    drawn: Vec<Drawn>,
}

/// All that happens, at this size: whatever somebody's name is part of.
pub fn evening(size: (u16, u16), now: Instant, name: &SafeText, file: &FileName) -> Vec<Drawn> {
    let mut evening = Evening::begin(size, now);
    let connections = evening.connections;
    let [them, zoe] = connections;
    let said = |connection, event| Event::Peer { connection, event };
    let them = |event| said(them, event);
    let zoe = |event| said(zoe, event);
    let round_trip = Some(Duration::from_millis(3));
    let direct = Route { round_trip, ..Route::of(PathKind::Direct) };
    let proposal = |media_type: &str, size| {
        let media_type = MediaType::try_from(media_type.to_owned()).expect("a media type");
        Proposal::new(file.clone(), media_type, size)
    };
    let number = TransferId;
    let (incoming, outgoing) = (Direction::Incoming, Direction::Outgoing);
    let whole = End::Done(Digest([7; 32]));

    let somebody = Remote { name: name.clone(), key: key(1) };
    let looks_like =
        |met| Event::Met { connection: connections[0], key: key(1), met, unkept: None };
    let come = [
        them(PeerEvent::Proven(somebody)),
        looks_like(Met::New),
        them(PeerEvent::Open(Device::Terminal)),
    ];
    evening.step("somebody comes", come);
    let known = Remote { name: SafeText::new("Zoë"), key: key(2) };
    let met = Met::Known { trusted: false };
    let met = Event::Met { connection: connections[1], key: key(2), met, unkept: None };
    let reached = [zoe(PeerEvent::Proven(known)), met, zoe(PeerEvent::Open(Device::Terminal))];
    evening.step("somebody else comes", reached);
    evening.step("is reached", [them(PeerEvent::Route(direct))]);
    evening.step("is among those who are here", [Event::Action(Action::Who)]);
    let trusted = looks_like(Met::Known { trusted: true });
    evening.step("is trusted", [trusted, Event::Action(Action::Back)]);
    let proposed = |transfer, proposal| them(PeerEvent::Proposed { transfer, proposal, held: 0 });
    evening.step("sends a photo", [proposed(number(0), proposal("image/jpeg", 9_000))]);
    let moved = PeerEvent::Progress { direction: incoming, transfer: number(0), offset: 4_000 };
    evening.step("has sent half of it", [them(moved)]);
    let path = Some("/photos/x".into());
    let ended = |transfer, end, path| PeerEvent::Ended { direction: incoming, transfer, end, path };
    evening.step("has sent a photo", [them(ended(number(0), whole, path))]);
    evening.step("offers a file", [proposed(number(1), proposal("application/pdf", 9_000))]);
    evening.step("is declined", [Event::Action(Action::Decline)]);
    evening.step("sends too much", [proposed(number(2), proposal("image/jpeg", 9_000))]);
    let failed = ended(number(2), End::Local(Reason::DiskFull), None);
    evening.step("is stopped", [them(failed)]);
    evening.step("is looked at", [Event::Action(Action::View)]);
    evening.step("is seen", [evening.decoded()]);
    evening.step("is left again", [Event::Action(Action::Back)]);

    evening.step("gets a photo", [Event::Action(Action::SnapAndSend), Event::Snapped(Ok(snap()))]);
    let item = evening.newest();
    let offered = |transfer| PeerEvent::Offered { item, transfer };
    let accepted = |transfer| PeerEvent::Accepted { transfer, offset: 0 };
    let (to_them, to_zoe) = (number(0), number(0));
    let under_way = [
        them(offered(to_them)),
        zoe(offered(to_zoe)),
        them(accepted(to_them)),
        them(PeerEvent::Progress { direction: outgoing, transfer: to_them, offset: 2 }),
    ];
    evening.step("takes a photo", under_way);
    let stopped = End::Remote(Reason::Person);
    let out = |end| PeerEvent::Ended { direction: outgoing, transfer: to_them, end, path: None };
    evening.step("does not take it", [them(out(stopped)), zoe(out(whole))]);
    evening.step("is far away", [them(PeerEvent::Unreachable)]);
    let barred = PeerEvent::Closed(Closed::Violated(Violation::Chunk));
    evening.step("breaks the protocol", [them(barred)]);
    let event = SignalingEvent::Left(THEM);
    evening.step("goes", [Event::Signaling { entry: evening.entry, event }]);
    evening.drawn
}

impl Evening {
    fn begin(size: (u16, u16), now: Instant) -> Self {
        let settings = Settings {
            name: SafeText::new("Ann"),
            key: key(0),
            reach: Reach::Nowhere,
            folder: "/photos".into(),
            photo_bytes_max: 32_000_000,
            attendance: Attendance::Person,
            run: 1,
        };
        let mut app = App::new(settings);
        let room: RoomLink = LINK.parse().expect("a link");
        let (words, place) = (room.words, Place::Here { server: room.server, others: vec![] });
        let entered = app.update(Event::Enter(Destination { words, place, way: Way::Open }), now);
        let [Effect::Enter { entry, .. }] = entered[..] else { panic!("{entered:?}") };
        let peers = vec![THEM, PeerId(2)];
        let event = SignalingEvent::Welcome { id: PeerId(3), peers, ice_servers: Vec::new() };
        let met = app.update(Event::Signaling { entry, event }, now);
        let [Effect::Connect { connection: them, .. }, Effect::Connect { connection: zoe, .. }] =
            met[..]
        else {
            panic!("{met:?}")
        };
        let connections = [them, zoe];
        let screen = Terminal::new(Backend::new(Size::from(size))).expect("a grid in memory");
        let painter = Painter::new(MEANS, 0, now);
        let cells = |n: u16| n.try_into().expect("a screen has rows and columns");
        // This one wraps lines always, where the program has the terminal not do so: what goes over
        // the edge must have somewhere to go.
        let columns = cells(size.0 + BEYOND_THE_EDGE);
        let (rows, orders) = (cells(size.1), Orders::default());
        let terminal = Parser::new_with_callbacks(rows, columns, 0, orders);
        let drawn = Vec::new();
        Self { app, entry, connections, now, size, screen, painter, terminal, drawn }
    }

    fn newest(&self) -> peersnap::app::ItemId {
        self.app.trail.iter().next().map(|item| item.id).expect("the trail is not empty")
    }

    /// The large picture of the newest photo, as it is when it has been read.
    fn decoded(&self) -> Event {
        let picture = Ok(Arc::new(RgbImage::from_pixel(8, 6, image::Rgb([9, 99, 199]))));
        Event::Decoded { item: self.newest(), size: PictureSize::Large, picture }
    }

    /// Something happens, and then the screen is drawn over the last one.
    fn step<const N: usize>(&mut self, step: &str, events: [Event; N]) {
        for event in events {
            self.app.update(event, self.now);
        }
        let mut pictures = Vec::new();
        let theme = Theme::of(MEANS.depth);
        let draw = |frame: &mut ratatui::Frame<'_>| {
            pictures = ui::render(&self.app, frame, theme, self.now);
        };
        self.screen.draw(draw).expect("a grid takes everything");
        let grid = self.screen.backend().grid().clone();
        self.painter.set_scene(Scene { grid, pictures });
        while let Some(work) = self.painter.poll_work() {
            let art = work.run();
            self.painter.handle_work(&work, art);
        }
        let mut bytes = Vec::new();
        while let Some(mut chunk) = self.painter.poll_transmit(self.now) {
            // What the program asks the terminal is not for these eyes.
            chunk.truncate(chunk.len() - QUESTION.len());
            bytes.append(&mut chunk);
            self.painter.handle_answer(self.now);
        }
        self.terminal.process(&bytes);
        let screen = self.terminal.screen().clone();
        let orders = self.terminal.callbacks().0.clone();
        let step = format!("{step}, at {}x{}", self.size.0, self.size.1);
        self.drawn.push(Drawn { step, screen, orders, bytes });
    }
}

fn snap() -> Snap {
    let bytes = vec![0; 4].into();
    let photo = Arc::new(Photo { bytes, kind: PhotoKind::Jpeg, width: 8, height: 6 });
    let picture = Arc::new(RgbImage::from_pixel(8, 6, image::Rgb([199, 99, 9])));
    Snap { name: FileName::new("peersnap-20260101-101112.jpg"), photo, picture }
}

fn key(number: u8) -> PublicKey {
    Identity::from_secret(&Zeroizing::new([number; 32])).public()
}

const LINK: &str = "http://192.0.2.7:8765/#crane-velvet-orbit-ladder-energy-quick";
const BEYOND_THE_EDGE: u16 = 40;
/// At the end of each chunk.
const QUESTION: &[u8] = b"\x1b[5n";
const MEANS: Means =
    Means { depth: Depth::True, glyphs: Glyphs::Block, pixels: None, synchronized: false };
/// Whoever has the name.
const THEM: PeerId = PeerId(1);
