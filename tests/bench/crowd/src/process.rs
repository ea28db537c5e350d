//! What a process has cost so far: its processor time and its memory, as Linux counts them.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::param::clock_ticks_per_second;

/// The same of several processes together.
pub fn cpu_of_all(pids: &[u32]) -> Result<Duration> {
    pids.iter().map(|pid| cpu_of(*pid)).sum()
}

/// Time on processors so far, user's and system's, of all threads.
pub fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = read(pid, "stat")?;
    let ticks = cpu_ticks(&stat).with_context(|| format!("no times of process {pid}"))?;
    Ok(Duration::from_secs(ticks) / clock_ticks_per_second() as u32)
}

/// Time on processors since they had spent so much.
pub fn cpu_since(pids: &[u32], before: Duration) -> Result<Duration> {
    Ok(cpu_of_all(pids)?.saturating_sub(before))
}

/// The same of several processes together.
pub fn resident_of_all(pids: &[u32]) -> Result<u64> {
    pids.iter().map(|pid| resident_of(*pid)).sum()
}

/// Resident memory, in bytes.
pub fn resident_of(pid: u32) -> Result<u64> {
    let status = read(pid, "status")?;
    resident(&status).with_context(|| format!("no resident memory of process {pid}"))
}

fn read(pid: u32, file: &str) -> Result<String> {
    let file = format!("/proc/{pid}/{file}");
    fs::read_to_string(&file).with_context(|| format!("the server has ended: {file}"))
}

/// Fields 14 and 15 of `stat` (proc(5)); the program's name, field 2, may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(14 - 3);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "42 (a ) b 1) S 1 42 42 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0 100 1 2\n";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("42 (a) S 1"), None);
    }

    #[test]
    fn memory_is_in_bytes() {
        assert_eq!(resident("VmPeak:\t 9 kB\nVmRSS:\t    1234 kB\n"), Some(1234 * 1024));
        assert_eq!(resident("VmPeak:\t 9 kB\n"), None);
    }

    #[test]
    fn this_process_has_cost_something() {
        let pid = std::process::id();
        assert!(resident_of(pid).expect("its memory") > 0);
        let before = cpu_of(pid).expect("its times");
        while cpu_of(pid).expect("its times") == before {}
    }
}
