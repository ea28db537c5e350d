//! What was measured of each server, side by side, and what was aimed at.

use std::fmt::Write;
use std::time::Duration;

/// What one run of one server came to: bytes, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Memory of a server that nobody has come to.
    pub empty: f64,
    /// What a connection adds to that, when all are in and nothing happens.
    pub idle: f64,
    /// The same when all have talked.
    pub talked: f64,
    /// Processor time of one that comes in: connection, handshake, room.
    pub join_cpu: f64,
    /// Processor time of a message.
    pub message_cpu: f64,
    /// Processor time of what carries a message from one server to another.
    pub broker_message_cpu: f64,
    /// What the crowd itself spends on one, both ends.
    pub own_message_cpu: f64,
    /// How long half of the messages are on their way, at most.
    pub p50: f64,
    /// The same of 99 in a hundred, in the middle of all seconds: a burst of work beside spoils some.
    pub p99: f64,
    /// The same of 99 in a hundred of all.
    pub p99_of_all: f64,
    /// How fast peers came in.
    pub joins_per_second: f64,
    /// What memory grows by at most while a peer that does not read is flooded.
    pub flood: f64,
    /// How much the server took of that flood.
    pub poured: f64,
}

/// The servers of a run: a name and a run's figures each round, first what the others are held against.
#[derive(Debug)]
pub struct Column {
    /// The server's name.
    pub name: &'static str,
    /// A round's figures each.
    pub rounds: Vec<Figures>,
}

/// Which server a ratio is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Ours, divided by that of a server whose name begins so, is at most this.
    Ratio(&'static str, Percent),
    /// Ours is at most this, in the row's unit.
    AtMost(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Percent(u32);

struct Row {
    what: &'static str,
    of: fn(&Figures) -> f64,
    /// What a figure is multiplied by to be in the unit that `what` names.
    scale: f64,
    decimals: usize,
    targets: &'static [Target],
}

const ROWS: [Row; 13] = [
    Row {
        what: "memory a connection, idle, KiB",
        of: |it| it.idle,
        scale: 1.0 / 1024.0,
        decimals: 1,
        targets: &[Target::Ratio("matchbox", Percent(6)), Target::Ratio("peer", Percent(110))],
    },
    row("memory a connection after messages, KiB", |it| it.talked, 1.0 / 1024.0, 1),
    row("memory of an empty server, MiB", |it| it.empty, MIB, 1),
    row("CPU a connection, us", |it| it.join_cpu, 1e6, 0),
    Row {
        what: "CPU a message, us",
        of: |it| it.message_cpu,
        scale: 1e6,
        decimals: 1,
        targets: &[
            Target::Ratio("matchbox", Percent(65)),
            Target::Ratio("peer", Percent(45)),
            Target::Ratio("ours", Percent(300)),
        ],
    },
    row("the broker's CPU a message, us", |it| it.broker_message_cpu, 1e6, 1),
    Row {
        what: "a message's way, p50, ms",
        of: |it| it.p50,
        scale: 1e3,
        decimals: 2,
        targets: &[Target::Ratio("ours", Percent(300))],
    },
    Row {
        what: "a message's way, p99 of a second, ms",
        of: |it| it.p99,
        scale: 1e3,
        decimals: 2,
        targets: &[Target::Ratio("matchbox", Percent(70))],
    },
    row("a message's way, p99 of all, ms", |it| it.p99_of_all, 1e3, 2),
    row("connections a second", |it| it.joins_per_second, 1.0, 0),
    Row {
        what: "memory growth under a flood, MiB",
        of: |it| it.flood,
        scale: MIB,
        decimals: 1,
        targets: &[Target::AtMost(10)],
    },
    row("taken of a flood of 256 MiB, MiB", |it| it.poured, MIB, 1),
    row("the crowd's own CPU a message, us", |it| it.own_message_cpu, 1e6, 1),
];

const fn row(what: &'static str, of: fn(&Figures) -> f64, scale: f64, decimals: usize) -> Row {
    Row { what, of, scale, decimals, targets: &[] }
}

/// A table in Markdown: of each figure the middle of all rounds; of each ratio of ours, the first
/// column, to another the middle of its rounds, since machines are faster and slower by turns. Then a
/// line for each target.
pub fn table(columns: &[Column]) -> String {
    let mut text = String::from("| |");
    for Column { name, .. } in columns {
        let _ = write!(text, " {name} |");
    }
    for Column { name, .. } in &columns[1..] {
        let _ = write!(text, " {} to {name} |", columns[0].name);
    }
    let count = 2 * columns.len() - 1;
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(count));
    for row in ROWS.iter().filter(|it| it.is_measured(columns)) {
        let _ = write!(text, "| {} |", row.what);
        for column in columns {
            let _ = write!(text, " {} |", shown(row.figure(column), row.decimals));
        }
        for column in &columns[1..] {
            let _ = write!(text, " {} |", shown(row.ratio(&columns[0], column), 2));
        }
        text.push('\n');
    }
    text.push('\n');
    for row in &ROWS {
        for target in row.targets {
            text.push_str(&row.verdict(*target, columns));
        }
    }
    text
}

/// Nothing of what was not measured.
fn shown(figure: f64, decimals: usize) -> String {
    if figure.is_nan() { String::new() } else { format!("{figure:.decimals$}") }
}

impl Row {
    fn is_measured(&self, columns: &[Column]) -> bool {
        let mut rounds = columns.iter().flat_map(|it| &it.rounds);
        rounds.any(|it| !(self.of)(it).is_nan())
    }

    /// The middle of all rounds, in the row's unit.
    fn figure(&self, column: &Column) -> f64 {
        self.scale * median(column.rounds.iter().map(self.of).collect())
    }

    /// One to another, each round by itself.
    fn ratio(&self, one: &Column, other: &Column) -> f64 {
        let rounds = one.rounds.iter().zip(&other.rounds);
        median(rounds.map(|(one, other)| (self.of)(one) / (self.of)(other)).collect())
    }

    /// A line on a target; none if the server that it names was left out.
    fn verdict(&self, target: Target, columns: &[Column]) -> String {
        let ours = self.figure(&columns[0]);
        let (is, most, than) = match target {
            Target::AtMost(most) => (ours, f64::from(most), String::new()),
            Target::Ratio(name, Percent(most)) => {
                let Some(other) = columns[1..].iter().find(|it| it.name.starts_with(name)) else {
                    return String::new();
                };
                let than = format!(" of {}", other.name);
                (self.ratio(&columns[0], other), f64::from(most) / 100.0, than)
            }
        };
        let word = if is <= most { "met" } else { "MISSED" };
        format!("{word}: {}: {is:.2}{than}, at most {most:.2} is aimed at\n", self.what)
    }
}

/// The middle of what so large a share of times does not exceed in each run of so many of them.
///
/// What comes after the last whole run counts only where it is all there is.
pub fn percentile_of_runs(times: &[Duration], share: f64, run: usize) -> Duration {
    let of_run = |run: &[Duration]| {
        let mut sorted = run.to_vec();
        sorted.sort_unstable();
        percentile(&sorted, share)
    };
    let mut runs: Vec<_> = times.chunks_exact(run).map(of_run).collect();
    if runs.is_empty() {
        return of_run(times);
    }
    runs.sort_unstable();
    percentile(&runs, 0.5)
}

/// What so large a share of sorted times does not exceed.
pub fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or_default()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        length if length.is_multiple_of(2) => f64::midpoint(figures[middle - 1], figures[middle]),
        _ => figures[middle],
    }
}

const MIB: f64 = 1.0 / (1024.0 * 1024.0);

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(of: f64) -> Figures {
        Figures {
            empty: of,
            idle: of,
            talked: of,
            join_cpu: of,
            message_cpu: of,
            broker_message_cpu: f64::NAN,
            own_message_cpu: of,
            p50: of,
            p99: of,
            p99_of_all: of,
            joins_per_second: of,
            flood: of,
            poured: of,
        }
    }

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 0.50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 0.99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 0.99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 0.99), Duration::ZERO);
    }

    #[test]
    fn a_run_that_is_spoilt_does_not_count() {
        let quick = [1, 2, 3, 4].map(Duration::from_millis);
        let spoilt = [90, 2, 3, 99].map(Duration::from_millis);
        let all = [quick, spoilt, quick].concat();
        assert_eq!(percentile_of_runs(&all, 0.99, 4), Duration::from_millis(4));
        assert_eq!(percentile_of_runs(&all[..6], 0.99, 4), Duration::from_millis(4));
        assert_eq!(percentile_of_runs(&all, 0.99, 100), Duration::from_millis(99));
    }

    #[test]
    fn the_middle_of_rounds_stands_for_all() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![9.0, 1.0]) - 5.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_target_is_met_or_missed_and_none_is_told_of_who_is_left_out() {
        let columns = [
            Column { name: "ours", rounds: vec![figures(1.0), figures(3.0), figures(2.0)] },
            Column {
                name: "matchbox_server",
                rounds: vec![figures(2.0), figures(5.0), figures(4.0)],
            },
        ];
        let table = table(&columns);
        assert!(table.contains("| CPU a message, us | 2000000.0 | 4000000.0 | 0.50 |"), "{table}");
        assert!(table.contains("met: CPU a message, us: 0.50 of matchbox_server"), "{table}");
        assert!(table.contains("MISSED: memory a connection, idle, KiB: 0.50"), "{table}");
        assert!(
            table.contains("met: memory growth under a flood, MiB: 0.00, at most 10"),
            "{table}"
        );
        assert!(!table.contains("peer") && !table.contains("broker"), "{table}");
    }
}
