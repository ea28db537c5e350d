//! This machine as the system tells of it: its addresses, and what its processes have open.

use super::terminal::Terminal;
use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;

/// All addresses of all interfaces.
pub fn addresses() -> BTreeSet<IpAddr> {
    let trie = read_to_string("/proc/net/fib_trie").expect("a table of routes");
    let mut addresses = BTreeSet::new();
    let mut last = None;
    for line in trie.lines() {
        let address = line.split_whitespace().last().and_then(|word| word.parse::<Ipv4Addr>().ok());
        last = address.or(last);
        if line.contains("/32 host LOCAL") {
            addresses.extend(last.map(IpAddr::from));
        }
    }
    // A machine without version 6 has no such file.
    let v6 = read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let digits = v6.lines().filter_map(|line| line.split_whitespace().next());
    let v6 = digits.filter_map(|digits| u128::from_str_radix(digits, 16).ok());
    // `::1` stands in too much.
    addresses
        .extend(v6.filter(|bits| *bits != 1).map(|bits| IpAddr::from(Ipv6Addr::from_bits(bits))));
    addresses
}

/// The UDP ports that a program has.
pub fn udp_ports(terminal: &Terminal) -> BTreeSet<u16> {
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", terminal.pid())).expect("it runs");
    let open: Vec<String> = descriptors
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.display().to_string())
        .collect();
    let mut ports = BTreeSet::new();
    for table in ["/proc/net/udp", "/proc/net/udp6"] {
        for line in read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            let port =
                fields[1].rsplit(':').next().and_then(|hex| u16::from_str_radix(hex, 16).ok());
            if open.contains(&format!("socket:[{}]", fields[9])) {
                ports.extend(port);
            }
        }
    }
    ports
}

/// Sends a signal, by its name, to a process.
pub fn signal(pid: u32, name: &str) {
    let kill = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(kill.expect("kill runs").success(), "no {name} for {pid}");
}

/// Whether a process is stopped.
pub fn is_stopped(pid: u32) -> bool {
    let status = read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:\tT"))
}

/// The processes on whose command line this stands.
pub fn processes_that_name(text: &str) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("processes");
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut named: Vec<_> = ids
        .filter(|id| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            line.windows(text.len()).any(|window| window == text.as_bytes())
        })
        .collect();
    named.sort_unstable();
    named
}
