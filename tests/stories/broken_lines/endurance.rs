//! The same for longer: what `tests/endurance/run` runs, a case after the other.

use super::kills::{Chances, kills};
use super::sending::{ANN, BEN, Went};
use super::{lines, moving, room};
use crate::moving::{self as moving_on, Change};
use emulated::Line;
use std::time::{Duration, Instant};

const RATE: u64 = 20_000_000;
const LINE: Line = Line::new(RATE, Duration::from_millis(50));
/// Takes ten seconds and some on a line that is whole.
const SIZE: u64 = 24 << 20;

/// A room holds sixteen, and those that were killed for a minute more.
const A_FILE: u64 = 12;

/// How long it may take from when a network works again until bytes move again.
const CHANGED_NETWORK_MAX: Duration = Duration::from_secs(3);

/// A number of the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|it| it.parse().ok())
}

/// Says how a case went.
fn told(case: &str, (took, sent): Went, least: Duration) {
    let over = took.saturating_sub(least).as_secs_f64();
    let again = sent.saturating_sub(SIZE) as f64 / 1e6;
    println!("{case:<44} {:>7.1} s {over:>7.1} s more {again:>7.2} MB more", took.as_secs_f64());
}

/// What it takes at least, with nothing but the file on a line that rests for so long.
fn least(line: Line, rests: Duration) -> Duration {
    Duration::from_secs_f64(SIZE as f64 * 8.0 / line.bits_per_second as f64) + rests
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn lines_that_are_cut() {
    for seconds in [1, 10, 60] {
        let time = Duration::from_secs(seconds);
        told(&format!("cut for {seconds} s"), lines::cut(LINE, SIZE, time), least(LINE, time));
    }
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn lines_that_are_lossy_and_far() {
    for round_trip in [10, 50, 200] {
        for loss in [0.0, 0.001, 0.01, 0.05] {
            let line = Line::new(RATE, Duration::from_millis(round_trip)).losing(loss);
            let case = format!("{round_trip} ms, {}% lost", loss * 100.0);
            told(&case, lines::nothing(line, SIZE), least(line, Duration::ZERO));
        }
    }
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn each_pair_of_places() {
    crate::behind_routers::each_pair();
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn pairs_of_places_with_loss() {
    crate::behind_routers::some_pairs_with_loss();
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn the_relay_beside_the_direct_way() {
    crate::behind_routers::the_relay_beside_the_direct_way();
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn a_sender_that_moves() {
    told("another address", moving::moves(LINE, SIZE), least(LINE, Duration::ZERO));
}

/// Median and worst of a change, while a file is under way and while nothing is.
#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn a_network_that_changes() {
    let times = number("ENDURANCE_CHANGES").unwrap_or(10) as usize;
    let mut worst_of_all = Duration::ZERO;
    let mut tell = |case: &str, round_trip: u64, mut took: Vec<Duration>| {
        took.sort_unstable();
        let [median, worst] =
            [took[took.len() / 2], took[took.len() - 1]].map(|it| it.as_secs_f64());
        println!("{case:<56} {round_trip:>3} ms {median:>6.2} s, at worst {worst:>6.2} s");
        worst_of_all = worst_of_all.max(took[took.len() - 1]);
    };
    let down = |seconds| Change::Down(Duration::from_secs(seconds));
    let changes = [
        ("another address", Change::Address),
        ("down for 1 s", down(1)),
        ("down for 5 s", down(5)),
        ("another line", Change::Line),
    ];
    for round_trip in [0, 50] {
        let line = Line::new(8_000_000, Duration::from_millis(round_trip));
        for (name, change) in changes {
            for (whose, who) in [("sender", ANN), ("receiver", BEN)] {
                let took = moving_on::while_a_file_is_under_way(line, who, change, times);
                tell(&format!("{name}, the {whose}'s, a file under way"), round_trip, took);
            }
            let took = moving_on::while_nothing_is_under_way(line, change, times);
            tell(&format!("{name}, nothing under way"), round_trip, took);
        }
    }
    assert!(worst_of_all <= CHANGED_NETWORK_MAX, "{worst_of_all:?} at worst");
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn a_receiver_that_sleeps() {
    let time = Duration::from_secs(90);
    told("a receiver that sleeps for 90 s", lines::sleeps(LINE, SIZE, time), least(LINE, time));
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn a_full_room_of_which_some_are_killed() {
    let begun = Instant::now();
    room::some_are_killed(Line::new(100_000_000, Duration::from_millis(50)), 8 << 20, 3);
    println!("{:<44} {:>7.1} s", "3 of 16 killed", begun.elapsed().as_secs_f64());
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn either_end_is_killed() {
    let count = number("ENDURANCE_KILLS").unwrap_or(200);
    let seed = number("ENDURANCE_SEED").unwrap_or(1);
    println!("{count} kills, from ENDURANCE_SEED={seed}");
    let begun = Instant::now();
    let files = kills(LINE, SIZE, count, A_FILE, &mut Chances(seed));
    let took = begun.elapsed().as_secs_f64();
    println!("{:<44} {took:>7.1} s", format!("{count} kills, of {files} files each is whole"));
}
