//! One server, from its start to its end: what the crowd costs it.

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::crowd::{Crowd, Pace};
use crate::dialect::Dialect;
use crate::figures::{Figures, percentile, percentile_of_runs};
use crate::flood::Flood;
use crate::process::{cpu_of, cpu_since, resident_of};
use crate::program::Program;

/// How large a crowd, how much it says, and how it floods.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rooms of two.
    pub rooms: usize,
    /// What they say, after a greeting.
    pub pace: Pace,
    /// For how long.
    pub talk: Duration,
    /// How long nothing happens before memory is looked at.
    pub settle: Duration,
    /// What one peer pours into another.
    pub flood: Flood,
}

/// Measures a program, which is started twice: for the crowd, and for the flood.
pub fn measure(program: &Program, plan: &Plan) -> Result<Figures> {
    let running = program.start()?;
    let mut figures = crowd_at(running.address, running.pid(), program.dialect, plan)
        .with_context(|| format!("a crowd at {}", program.name))?;
    drop(running);
    let running = program.start()?;
    let outcome = plan
        .flood
        .pour(running.address, running.pid(), program.dialect)
        .with_context(|| format!("a flood at {}", program.name))?;
    figures.flood = outcome.growth as f64;
    figures.poured = outcome.poured as f64;
    Ok(figures)
}

/// Measures what a crowd costs a server that has just started, all but the flood.
pub fn crowd_at(server: SocketAddrV4, pid: u32, dialect: Dialect, plan: &Plan) -> Result<Figures> {
    let own = std::process::id();
    let peers = 2 * plan.rooms;
    let empty = resident_of(pid)?;
    let (before, began) = (cpu_of(pid)?, Instant::now());
    let mut crowd = Crowd::enter(server, dialect, plan.rooms)?;
    let (entering, join_cpu) = (began.elapsed(), cpu_since(pid, before)?);
    crowd.idle(plan.settle)?;
    let idle = resident_of(pid)?;

    crowd.greet(plan.pace)?;
    let messages = plan.pace.per_second as usize * plan.talk.as_millis() as usize / 1000;
    let (before, own_before) = (cpu_of(pid)?, cpu_of(own)?);
    let mut ways = crowd.talk(messages, plan.pace)?;
    let (talk_cpu, own_cpu) = (cpu_since(pid, before)?, cpu_since(own, own_before)?);
    let talked = resident_of(pid)?;

    let p99 = percentile_of_runs(&ways, 0.99, plan.pace.per_second as usize);
    ways.sort_unstable();
    let each = |whole: Duration, count: usize| whole.as_secs_f64() / count as f64;
    Ok(Figures {
        empty: empty as f64,
        idle: idle.saturating_sub(empty) as f64 / peers as f64,
        talked: talked.saturating_sub(empty) as f64 / peers as f64,
        join_cpu: each(join_cpu, peers),
        message_cpu: each(talk_cpu, messages),
        own_message_cpu: each(own_cpu, messages),
        p50: percentile(&ways, 0.50).as_secs_f64(),
        p99: p99.as_secs_f64(),
        p99_of_all: percentile(&ways, 0.99).as_secs_f64(),
        joins_per_second: peers as f64 / entering.as_secs_f64(),
        flood: f64::NAN,
        poured: f64::NAN,
    })
}
