//! One server, from its start to its end: what the crowd costs it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::crowd::{Crowd, Pace};
use crate::dialect::Dialect;
use crate::figures::{Figures, percentile, percentile_of_runs};
use crate::flood::Flood;
use crate::process::{cpu_of_all, cpu_since, resident_of_all};
use crate::program::{Program, Servers};

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
    let mut figures = crowd_at(&running.servers, program.dialect, plan)
        .with_context(|| format!("a crowd at {}", program.name))?;
    drop(running);
    let running = program.start()?;
    let outcome = plan
        .flood
        .pour(&running.servers, program.dialect)
        .with_context(|| format!("a flood at {}", program.name))?;
    figures.flood = outcome.growth as f64;
    figures.poured = outcome.poured as f64;
    Ok(figures)
}

/// Measures what a crowd costs servers that have just started, all but the flood.
pub fn crowd_at(servers: &Servers, dialect: Dialect, plan: &Plan) -> Result<Figures> {
    let pids = &servers.pids;
    let (own, broker) = ([std::process::id()], Vec::from_iter(servers.broker));
    let peers = 2 * plan.rooms;
    let empty = resident_of_all(pids)?;
    let (before, began) = (cpu_of_all(pids)?, Instant::now());
    let mut crowd = Crowd::enter(servers.addresses, dialect, plan.rooms)?;
    let (entering, join_cpu) = (began.elapsed(), cpu_since(pids, before)?);
    crowd.idle(plan.settle)?;
    let idle = resident_of_all(pids)?;

    crowd.greet(plan.pace)?;
    let messages = plan.pace.per_second as usize * plan.talk.as_millis() as usize / 1000;
    let (before, own_before) = (cpu_of_all(pids)?, cpu_of_all(&own)?);
    let broker_before = cpu_of_all(&broker)?;
    let mut ways = crowd.talk(messages, plan.pace)?;
    let (talk_cpu, own_cpu) = (cpu_since(pids, before)?, cpu_since(&own, own_before)?);
    let broker_cpu = cpu_since(&broker, broker_before)?;
    let talked = resident_of_all(pids)?;

    let p99 = percentile_of_runs(&ways, 0.99, plan.pace.per_second as usize);
    ways.sort_unstable();
    let each = |whole: Duration, count: usize| whole.as_secs_f64() / count as f64;
    Ok(Figures {
        empty: empty as f64,
        idle: idle.saturating_sub(empty) as f64 / peers as f64,
        talked: talked.saturating_sub(empty) as f64 / peers as f64,
        join_cpu: each(join_cpu, peers),
        message_cpu: each(talk_cpu, messages),
        broker_message_cpu: servers.broker.map_or(f64::NAN, |_| each(broker_cpu, messages)),
        own_message_cpu: each(own_cpu, messages),
        p50: percentile(&ways, 0.50).as_secs_f64(),
        p99: p99.as_secs_f64(),
        p99_of_all: percentile(&ways, 0.99).as_secs_f64(),
        joins_per_second: peers as f64 / entering.as_secs_f64(),
        flood: f64::NAN,
        poured: f64::NAN,
    })
}
