//! The server is not honest: whatever it does with what it carries, photos go to nobody else.
//!
//! People see in a sentence what is not as it should be; their programs stay small, do what keys
//! say, and end when they are told to. What a server can do is keep people apart.

mod members;
mod messages;
mod replays;
mod rosters;
mod signals;

use crate::world::evil::Evil;
use crate::world::health::Health;
use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::rules::{Rule, honest};
use crate::world::server::Server;
use crate::world::terminal::Terminal;
use crate::world::{digest, files, only_file};
use std::path::{Path, PathBuf};

/// Ann, who opened a room on an evil server, and Zoë, whom she gave the link.
struct Scene {
    ann: Terminal,
    zoe: Terminal,
    /// What they held before anything went wrong.
    before: [Health; 2],
    link: String,
    evil: Evil,
    _server: Server,
}

/// The numbers of the lines, as people come.
const ANN: usize = 0;
const ZOE: usize = 1;
const BOB: usize = 2;

impl Scene {
    /// The server has a rule from the beginning.
    fn begin(rule: Rule) -> Self {
        Self::begin_with(rule, Launch::of("Zoë"))
    }

    fn begin_with(rule: Rule, zoe: Launch) -> Self {
        let server = Server::start();
        let evil = Evil::before(&server);
        evil.rule(rule);
        let ann = Launch::of("Ann").start(&["--server", &evil.url()]);
        let link = ann.link();
        evil.peer(ANN);
        ann.sees_the_camera();
        let zoe = zoe.join(&link);
        evil.peer(ZOE);
        zoe.sees_the_camera();
        let before = [ann.health(), zoe.health()];
        Self { ann, zoe, before, link, evil, _server: server }
    }

    /// They have met before the server does anything.
    fn met() -> Self {
        Self::met_with(Launch::of("Zoë"))
    }

    /// The same; Zoë is one who can come back as who she is.
    fn met_from(home: &Path) -> Self {
        Self::met_with(Launch::of("Zoë").env("HOME", &home.display().to_string()))
    }

    fn met_with(zoe: Launch) -> Self {
        let mut scene = Self::begin_with(honest(), zoe);
        scene.meet();
        scene.before = [scene.ann.health(), scene.zoe.health()];
        scene
    }

    /// They meet, whatever happens.
    fn meet(&self) {
        self.ann.meets("Zoë");
        self.zoe.meets("Ann");
    }

    /// Somebody else comes, whom the server does nothing to, and meets Ann.
    fn bob(&self) -> Peer {
        let bob = Peer::join("Bob", &self.link);
        bob.meets("Ann");
        self.ann.meets("Bob");
        bob
    }

    /// Ann sends a photo to who is here: these people have it, and nobody else has anything.
    fn sends(&mut self, to: &[Receiver], not_to: &[Receiver]) {
        self.ann.press("S");
        self.has(to);
        for Receiver { name, save } in not_to {
            assert!(files(save).is_empty(), "{name} has something");
        }
    }

    /// The photo of Ann's that is on its way arrives.
    fn has(&self, to: &[Receiver]) {
        for Receiver { name, .. } in to {
            self.ann.shows(&format!("✓ {name} has it"));
        }
        let sent = digest(&only_file(&self.ann.save));
        for Receiver { name, save } in to {
            assert_eq!(digest(&only_file(save)), sent, "{name}");
        }
    }

    /// Zoë sends a photo to who is here: Bob has it, and Ann has nothing.
    fn sends_from_zoe(&mut self, bob: &Peer) {
        self.zoe.press("S");
        self.zoe.shows("✓ Bob has it");
        assert_eq!(digest(&only_file(&bob.save)), digest(&only_file(&self.zoe.save)));
        assert!(files(&self.ann.save).is_empty(), "Ann has something");
    }

    /// Nothing has grown, keys are answered, and both end in order.
    fn ends_well(mut self) {
        for (terminal, before) in [&mut self.ann, &mut self.zoe].into_iter().zip(self.before) {
            terminal.is_as_well_as(before);
        }
        self.ann.quits();
        self.zoe.quits();
    }
}

/// Somebody, and where photos would lie.
struct Receiver {
    name: &'static str,
    save: PathBuf,
}

fn zoe(scene: &Scene) -> Receiver {
    Receiver { name: "Zoë", save: scene.zoe.save.clone() }
}

fn bob(bob: &Peer) -> Receiver {
    Receiver { name: "Bob", save: bob.save.clone() }
}

/// What all that follow begin with: the last of several at a time is shown.
const UNOPENED: &str = "a sealed message could not be opened: ";
/// One before it did not come.
const MISSING: &str = "a sealed message could not be opened: one before it is missing";
/// It was opened before.
const AGAIN: &str = "a sealed message could not be opened: it came a second time";
