//! `cargo bench`: what the promises with numbers come to on this machine.
//!
//! Machines differ and are noisy: each figure stands beside a peer's, taken in turn in the same
//! run, and what counts is the ratio. Names of benchmarks given as arguments run those alone.
//! `print-still` and `print-live` are none of them: they serve `stills/` and `live/`. Nor is `ssh`,
//! which takes ten minutes, with `draw-live` and `throttle`, which serve it; nor `soak`, which takes
//! seven and has figures of its own; nor those on machines of their own (`lines`, which takes ten,
//! `small` and `crowd`), with `carry`, which serves them.

mod cells;
mod clip;
mod connect;
mod crowd;
mod draw_live;
mod lines;
mod live_cost;
mod path;
mod photo;
mod preview;
mod print_live;
mod print_still;
mod seal;
mod small;
mod soak;
mod ssh;
mod throttle;
mod throughput;
mod world;

use std::time::Duration;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    match wanted.split_first() {
        Some((word, rest)) if word == "print-still" => return print_still::run(rest),
        Some((word, rest)) if word == "print-live" => return print_live::run(rest),
        Some((word, rest)) if word == "draw-live" => return draw_live::run(rest),
        // Words of a command are its own, those with dashes too.
        Some((word, _)) if word == "throttle" => {
            return throttle::run(&std::env::args().skip(2).collect::<Vec<_>>());
        }
        Some((word, rest)) if word == "ssh" => return ssh::run(rest),
        Some((word, rest)) if word == "soak" => return soak::run(rest),
        Some((word, rest)) if word == "lines" => return lines::run(rest),
        Some((word, _)) if word == "small" => return small::run(),
        Some((word, _)) if word == "crowd" => return crowd::run(),
        Some((word, _)) if word == "carry" => return emulated::carry(),
        _ => {}
    }
    let benchmarks: [(&str, fn()); 8] = [
        ("throughput", throughput::run),
        ("connect", connect::run),
        ("photo", photo::run),
        ("path", path::run),
        ("preview", preview::run),
        ("seal", seal::run),
        ("cells", cells::run),
        ("live", live_cost::run),
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
