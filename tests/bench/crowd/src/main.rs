//! `tests/bench/crowd/run`: ours, matchbox's and `PeerJS`'s signaling servers under the same crowd.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use crowd::crowd::Pace;
use crowd::descriptors;
use crowd::figures::{Column, table};
use crowd::flood::Flood;
use crowd::measure::{Plan, measure};
use crowd::program::Program;
use crowd::soak::{self, Soak, soak};

/// Measures what a crowd of peers costs signaling servers, in turn.
#[derive(Debug, Parser)]
struct Cli {
    /// Where our server is
    #[arg(long, value_name = "FILE", default_value = "target/release/signaling-server")]
    ours: PathBuf,

    /// Where the other servers are installed
    #[arg(long, value_name = "DIR", default_value = "target/crowd")]
    peers: PathBuf,

    /// Leaves a server out; may be given again
    #[arg(long, value_name = "SERVER")]
    without: Vec<Peer>,

    /// Measures two of ours over a NATS server, with a peer of each room at either, beside one of ours, and no
    /// other servers
    #[arg(long, conflicts_with = "without")]
    bus: bool,

    /// Lets a tenth of the rooms come and go at ours for so many minutes instead, and relays beside that
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["without", "bus"])]
    soak: Option<u64>,

    /// How many rooms of two there are
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    #[arg(value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    rooms: usize,

    /// How many messages a second all peers send together
    #[arg(long, value_name = "N", default_value_t = 4_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,

    /// For how many seconds
    #[arg(long, value_name = "N", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,

    /// How often each server is measured; the middle counts
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    Matchbox,
    Peerjs,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crowd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    descriptors::allow_for(2 * cli.rooms)?;
    if let Some(minutes) = cli.soak {
        let secret = std::env::temp_dir().join(format!("crowd-{}", std::process::id()));
        std::fs::write(&secret, soak::SECRET).context("writing a secret")?;
        let program = Program::ours_with_turn(cli.ours, &secret)?;
        let ended = soak(
            &program,
            &Soak {
                rooms: (cli.rooms / 10).max(1),
                pace: Pace { per_second: cli.rate / 4, payload_bytes: 600 },
                messages: cli.rate as usize / 2,
                round: Duration::from_secs(10),
                time: Duration::from_mins(minutes),
            },
        );
        std::fs::remove_file(secret).context("removing a secret")?;
        return ended;
    }
    let mut programs = vec![Program::ours(cli.ours.clone())?];
    if cli.bus {
        programs.insert(0, Program::ours_twice(cli.ours)?);
    }
    if !cli.bus && !cli.without.contains(&Peer::Matchbox) {
        programs.push(Program::matchbox(&cli.peers)?);
    }
    if !cli.bus && !cli.without.contains(&Peer::Peerjs) {
        programs.push(Program::peerjs(&cli.peers)?);
    }
    let plan = Plan {
        rooms: cli.rooms,
        pace: Pace { per_second: cli.rate, payload_bytes: 600 },
        talk: Duration::from_secs(cli.seconds),
        settle: Duration::from_secs(3),
        flood: Flood {
            payload_bytes: 12_000,
            bytes_max: 256 * 1024 * 1024,
            time_max: Duration::from_secs(10),
        },
    };
    let mut columns: Vec<Column> =
        programs.iter().map(|it| Column { name: it.name, rounds: Vec::new() }).collect();
    for round in 0..cli.rounds as usize {
        // Each round begins with another, so that none is always the first.
        for turn in 0..programs.len() {
            let at = (round + turn) % programs.len();
            eprintln!("round {}: {}", round + 1, programs[at].name);
            columns[at].rounds.push(measure(&programs[at], &plan)?);
        }
    }
    println!(
        "{} peers in {} rooms, {} messages/s of 600 bytes, {} rounds of which the middle counts\n\n{}",
        2 * cli.rooms,
        cli.rooms,
        cli.rate,
        cli.rounds,
        table(&columns)
    );
    Ok(())
}
