//! The same for longer: what `tests/endurance/run` runs, a case after the other.

use super::kills::{Chances, kills};
use super::sending::Went;
use super::{lines, moving, room};
use emulated::Line;
use std::time::{Duration, Instant};

const RATE: u64 = 20_000_000;
const LINE: Line = Line::new(RATE, Duration::from_millis(50));
/// Takes ten seconds and some on a line that is whole.
const SIZE: u64 = 24 << 20;

/// A room holds sixteen, and those that were killed for a minute more.
const A_FILE: u64 = 12;

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
fn the_relay_beside_the_direct_way() {
    crate::behind_routers::the_relay_beside_the_direct_way();
}

#[test]
#[ignore = "takes minutes: tests/endurance/run runs it"]
fn a_sender_that_moves() {
    told("another address", moving::moves(LINE, SIZE), least(LINE, Duration::ZERO));
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
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let count = number("ENDURANCE_KILLS").unwrap_or(200);
    let seed = number("ENDURANCE_SEED").unwrap_or(1);
    println!("{count} kills, from ENDURANCE_SEED={seed}");
    let begun = Instant::now();
    let files = kills(LINE, SIZE, count, A_FILE, &mut Chances(seed));
    let took = begun.elapsed().as_secs_f64();
    println!("{:<44} {took:>7.1} s", format!("{count} kills, of {files} files each is whole"));
}
