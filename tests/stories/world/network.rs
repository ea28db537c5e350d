//! A network of its own: two machines with a cable between them, and nothing else.
//!
//! Network namespaces, made without being root; whatever is sent there goes nowhere else.

use super::until;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Two machines. They go with this value.
pub struct Network {
    holder: Child,
    first: String,
    second: String,
    _folder: TempDir,
}

impl Network {
    /// Plugs the cable in.
    pub fn plug() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display().to_string();
        let mut command = Command::new("unshare");
        command.args(["-Urn", "sh", "-e", "-c", PLUG, "sh", &path]);
        // The other machine lasts as long as the first one waits for its input.
        command.stdin(Stdio::piped()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let holder = command.spawn().expect("unshare: tests/run installs util-linux");
        let first = holder.id().to_string();
        let second = until("two machines", || read(&folder.path().join("second")));
        Self { holder, first, second, _folder: folder }
    }

    /// How a program is run on the first machine, which is 10.77.0.1.
    pub fn first(&self) -> Vec<String> {
        enter(&self.first)
    }

    /// How a program is run on the second machine, which is 10.77.0.2.
    pub fn second(&self) -> Vec<String> {
        enter(&self.second)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Its input ends, and so does it, and the other machine with it.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

fn enter(pid: &str) -> Vec<String> {
    ["nsenter", "-t", pid, "-U", "-n", "--preserve-credentials"].map(str::to_owned).to_vec()
}

fn read(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.ends_with('\n').then(|| text.trim().to_owned())
}

/// Waits for the end of its input in place of sleeping.
const PLUG: &str = "
    ip link set lo up
    ip link add name wire1 type veth peer name wire2
    mkfifo \"$1/end\"
    unshare -n cat \"$1/end\" &
    second=$!
    exec 3>\"$1/end\"
    ip link set wire2 netns $second
    ip addr add 10.77.0.1/24 dev wire1
    ip link set wire1 up
    nsenter -t $second -n sh -e -c '
        ip link set lo up
        ip addr add 10.77.0.2/24 dev wire2
        ip link set wire2 up'
    echo $second >\"$1/second\"
    cat
    exec 3>&-
    wait
";
