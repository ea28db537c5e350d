//! What the process takes up, as the kernel tells it: memory and file descriptors. Linux alone tells.

use std::fs;

use prometheus_client::registry::Registry;

use super::metrics::gauge;

/// Adds what is known, by the names that other programs have for it.
pub(super) fn register(registry: &mut Registry) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    // The folder is open while it is read.
    let open = fs::read_dir("/proc/self/fd").ok().map(|it| it.count().saturating_sub(1) as u64);
    for (name, help, value) in [
        ("resident_memory_bytes", "Resident memory", bytes(&status, "VmRSS:")),
        ("virtual_memory_bytes", "Virtual memory", bytes(&status, "VmSize:")),
        ("open_fds", "Open file descriptors", open),
        ("max_fds", "Most file descriptors that may be open", number(&limits, "Max open files")),
    ] {
        if let Some(value) = value {
            registry.register(name, help, gauge(value));
        }
    }
}

/// A quantity of `/proc/self/status`, which is in KiB (`proc_pid_status(5)`).
fn bytes(status: &str, name: &str) -> Option<u64> {
    number(status, name).map(|it| it * 1024)
}

/// What follows a name, of one line.
fn number(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        let status = "Name:\tx\nVmSize:\t    8796 kB\nVmRSS:\t    3460 kB\n";
        assert_eq!(bytes(status, "VmRSS:"), Some(3460 * 1024));
        assert_eq!(bytes(status, "VmSwap:"), None);
        let limits =
            "Max open files            1024                 4096                 files     \n";
        assert_eq!(number(limits, "Max open files"), Some(1024));
        let without =
            "Max open files            unlimited            unlimited            files     \n";
        assert_eq!(number(without, "Max open files"), None);
    }
}
