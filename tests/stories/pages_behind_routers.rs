//! Whoever opens the page of a room behind a router hands photos to a terminal elsewhere, and takes some.
//! What is lost of what comes from a page is told at the terminal.

use crate::world::apart::{Apart, Place};
use crate::world::pictures::{grainy, photo};
use crate::world::{digest, only_file, read};
use emulated::{Line, Machine, Router};
use peersnap::report::Report;
use std::process::{Command, Stdio};
use std::time::Duration;

/// It is patient enough to carry whatever comes at once.
const LINE: Line =
    Line { queue_bytes: 8 << 20, ..Line::new(10_000_000, Duration::from_millis(50)) };
const PAGE: Machine = Machine(0);
const TERMINAL: Machine = Machine(1);
/// Tells a story of a page, and prints the digest of what came last.
const STORY: &str = "tests/stories/world/page.mjs";

/// A page and a terminal at these places exchange photos, and the page says how. What the terminal was
/// told last of what was lost: of what went to the page, and of what came from there.
fn exchange(page: Place, terminal: Place, how: &str) -> [Option<f64>; 2] {
    let apart = Apart::at(&[page, terminal], LINE);
    let receive = ["receive", apart.link(), "--once", "--json", "--out", "in"];
    let ben = apart.start(TERMINAL, "Ben", &receive).run();
    let home = tempfile::tempdir().expect("a folder for a browser");
    let path = home.path().join("a.jpg");
    let large = grainy(1200, 800);
    std::fs::write(&path, &large).expect("a file can be written");
    let enter = apart.network.enter(PAGE);
    let mut browser = Command::new(&enter[0]);
    browser.args(&enter[1..]).args(["node", STORY, apart.link(), "Ben", how]);
    browser.args([path.as_os_str(), "rack.jpg".as_ref()]).env("HOME", home.path());
    browser.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    std::thread::scope(|scope| {
        // It ends by itself, whatever does not come to pass.
        let browser = scope.spawn(|| browser.output().expect("nsenter: tests/run installs it"));
        let bens = ben.home.clone();
        let ben = ben.ends();
        assert_eq!(ben.status, Some(0), "{}", ben.err);
        assert_eq!(read(&only_file(&bens.join("in"))), large);

        let cat = apart.start(TERMINAL, "Cat", &["send", apart.link(), "rack.jpg"]);
        let cat = cat.file("rack.jpg", &photo([9, 8, 7])).run();
        let sent = digest(&cat.home.join("rack.jpg"));
        let cat = cat.ends();
        assert_eq!(cat.status, Some(0), "{}", cat.err);
        let told = browser.join().expect("no panic");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert_eq!(text(&told.stdout), sent, "{}", text(&told.stderr));
        let lost = |report: &Report| match report {
            Report::Path { loss, loss_in, .. } => Some([*loss, *loss_in]),
            _ => None,
        };
        ben.reports().iter().rev().find_map(lost).expect("it is told of a path")
    })
}

#[test]
fn a_page_behind_a_router_that_lets_nobody_in_is_reached_over_the_relay() {
    let strict = Place::Behind(Router::PortRestricted);
    let lost = exchange(Place::Behind(Router::Symmetric), strict, "relayed");
    assert_eq!(lost, [None, Some(0.0)], "a page cannot tell what it misses");
}

#[test]
fn a_page_where_no_udp_goes_through_is_reached_through_the_server() {
    let lost = exchange(Place::Behind(Router::NoUdp), Place::Open, "via server");
    assert_eq!(lost, [None, None], "over TCP nobody can");
}
