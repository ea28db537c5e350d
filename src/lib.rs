//! peersnap: take a photo in any terminal and hand it to everyone in your room, peer to peer.
//!
//! This page is the map. The program is a functional core in an imperative shell: what it knows
//! and decides is pure and easy to test; what touches the world is thin, one place for each thing.
//!
//! ```text
//!  key ──ui::keymap──► Action ┐                                 ┌► ui::render(&App) ► terminal
//!  camera ──newest frame──────┤► Event ► App::update(event, now) ┤
//!  signaling, peers ──mpsc────┘                                 └► Vec<Effect> ► Io::perform ► Event …
//!
//!              task of a remote peer:  data channels ⇄ transfer::Session ⇄ io::storage
//! ```
//!
//! | layer | modules | never |
//! |---|---|---|
//! | decides | [`app`], [`transfer`], [`negotiation`], [`tunnel`], [`seal`], [`link`], [`text`], [`report`] | a clock, a socket, a file, a task |
//! | sees | [`picture`], [`ui`]; [`scene`], [`terminal::paint`] | changes what it draws, waits for anything |
//! | does | [`io`]: [`camera`](io::camera), [`lan`](io::lan), [`signaling`](io::signaling), [`peer`](io::peer), [`storage`](io::storage) and others; [`terminal`] | decides what is next |
//! | holds together | [`shell`], [`run`], [`plain`], [`errand`], [`daemon`], [`commands`], [`doctor`], `main`; [`cli`], [`config`], [`logging`], [`json`] | rules of its own |
//!
//! The wire formats are [`signaling_server::protocol`] (peer and server), [`negotiation::Signal`],
//! closed by the [`seal`] (peer and peer, through the server), and [`transfer::message`] (peer and
//! peer, directly, or where nothing else is open in the frames of a [`tunnel`] through the server).
//!
//! # The way into a room
//! 1. Six words, typed or in a link, become a [`link::Destination`]: [`app::Effect::Enter`]. The
//!    [`guide`](io::guide) derives the room's id and key of the words, off the loop, and finds the
//!    server: the link's, the configured one, or one that is announced on the same network.
//! 2. The server is told the id and nothing else. Whoever it says is there is a count, until a
//!    hello of theirs opens with the key: [`app::PeerEvent::Proven`].
//! 3. A peer that has proven to know the words is looked up among those met before
//!    ([`app::Effect::Meet`]), and connected to. Only then is it here.
//!
//! # A picture's way to the screen
//! 1. [`ui`] draws words into a buffer of cells, leaves holes for pictures and hands those over
//!    ([`scene::Placed`]). That is all the loop does: it never waits for the terminal.
//! 2. A thread that alone owns the terminal takes the newest scene. [`terminal::paint`] knows what
//!    the terminal shows, and says what to write next: words first, then pictures, no faster than
//!    the terminal answers. Stills are worked out beside it, as cells or pixels.
//! 3. What the terminal says comes back through [`terminal::input`]: keys to the loop, answers to
//!    the pace and to what is known of the terminal. How the line is doing ([`mod@line`]) tells the
//!    loop when a smaller preview is wanted.
//!
//! # Who is in a room
//! Around the same [`shell`] stand a person at a terminal ([`run`]), a person who reads and types
//! lines ([`plain`]), and an [`errand`] that a script sends or receives by. An errand knows the room
//! by what is told to programs, the [`report`], and so cares not whether this program is in it or the
//! [`daemon`], which keeps a room open with nobody there and hands it to whoever attaches.
//!
//! # A photo's way
//! 1. `s`: [`app::Effect::Snap`]; the camera's newest frame becomes a [`picture::Photo`], off the
//!    loop. A frame that is a JPEG stays as it is.
//! 2. Enter: [`app::Effect::Propose`] for each peer that is here, or that is chosen, but for who goes
//!    by the name of someone trusted without being it. For who is not here, or is lost before it came,
//!    it waits in the trail, with a receipt that says so. Each peer's task
//!    hands it to its [`transfer::Session`], which proposes, and asks for chunks as the line
//!    takes them.
//! 3. The receiver's app accepts photos by itself; chunks go from the channel to the storage's
//!    thread, never through the app.
//! 4. Whole and equal, the file is synced and renamed into the save folder; only then the receipt
//!    goes back, and the trail of both sides shows it. What became of it is an [`app::Record`], which
//!    the [`history`](io::history) brings back in the next run.
//!
//! # A file's way
//! 1. `f`: [`app::Effect::Look`]; a [`folder`](io::folder) is read beside the loop, and the picture of
//!    the chosen file decoded, the newest wish alone. A path that is pasted is read in each way that it
//!    may be meant, looked for, and asked about.
//! 2. Enter: [`app::Effect::Pack`]. Of each file comes a [`app::Parcel`], as it does for an errand
//!    ([`parcels`](io::parcels)): of a picture without where and with what it was taken.
//! 3. [`app::App::hand_over`]: from here on it goes the way of a photo; but who is offered it is asked.
//!
//! # When the network changes
//! 1. The system says that something is another way; [`io::network`] looks at it once it has settled, and
//!    tells the app if it is another place than before ([`network::Lookout`]).
//! 2. [`app::Effect::CheckNetwork`]: the signaling socket and each connection see whether what they send
//!    still leaves this machine as it did ([`network::Footing`]). A socket that may be deaf by now is asked,
//!    for a moment, and made anew; a connection is not to be relied upon.
//! 3. [`app::Effect::Reconnect`], as soon as the server is known to carry signals: another connection is
//!    offered at once, and what is under way goes on over that. The other side hears who is back
//!    ([`app::Effect::Returned`]), and gives up what was said in vain.
//!
//! # What holds at all times
//! - Nothing a remote peer or the server sends panics, names a path, steers the terminal, reaches
//!   the log as it came, or grows anything without a bound: it is parsed once, at the edge, into
//!   types that cannot be wrong. What each of them may send is tried out in the module `fuzz`, which
//!   tests alone are built with.
//! - Whoever has not proven to know the words costs a seal, and is shown as a number.
//! - Every queue is bounded or keeps the newest alone; what cannot keep up is slowed, or ended.
//! - Every task is owned by [`io::Io`], ends by its token, and is waited for at the end.
//! - Losing the server breaks no connection; losing a peer breaks no other; losing a connection ends no
//!   transfer.
//! - A file or folder in the save folder is whole. What is not yet whole has a hidden name, and of a large one
//!   what was verified stays for the next time, also after a power cut.
//! - What is in memory of a file that goes out is bounded, to however many it goes; one that changes
//!   meanwhile ends the transfer.

pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod daemon;
pub mod doctor;
pub mod errand;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod io;
pub mod json;
pub mod line;
pub mod link;
pub mod logging;
pub mod negotiation;
pub mod network;
pub mod obstacle;
pub mod path;
pub mod picture;
pub mod plain;
pub mod qr;
pub mod report;
pub mod run;
pub mod scene;
pub mod seal;
pub mod shell;
pub mod terminal;
pub mod text;
pub mod transfer;
pub mod tunnel;
pub mod ui;
