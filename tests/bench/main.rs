//! `cargo bench`: what the promises with numbers come to on this machine.
//!
//! Machines differ and are noisy: each figure stands beside a peer's, taken in turn in the same
//! run, and what counts is the ratio. Names of benchmarks given as arguments run those alone.
//! `print-still` is none of them: it serves `stills/measure.py`.

mod cells;
mod connect;
mod photo;
mod preview;
mod print_still;
mod seal;
mod throughput;
mod world;

use std::time::Duration;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if wanted.first().is_some_and(|word| word == "print-still") {
        return print_still::run(&wanted[1..]);
    }
    let benchmarks: [(&str, fn()); 6] = [
        ("throughput", throughput::run),
        ("connect", connect::run),
        ("photo", photo::run),
        ("preview", preview::run),
        ("seal", seal::run),
        ("cells", cells::run),
    ];
    for (name, run) in benchmarks {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            println!("\n{name}");
            run();
        }
    }
}

/// The middle of some measurements.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A line of a table.
fn row(what: &str, figure: &str) {
    println!("  {what:<52} {figure:>14}");
}
