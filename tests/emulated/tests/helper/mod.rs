//! This program run anew, for one of its helpers.

use emulated::{Machine, Network};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// A helper on a machine, which is told something, and answers. It ends with this value.
pub struct Helper(Child);

impl Helper {
    /// Of this name.
    pub fn begin(network: &Network, machine: Machine, name: &str) -> Self {
        let mut words = network.enter(machine);
        words.extend(this(name));
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(command.spawn().expect("nsenter: tests/run installs util-linux"))
    }

    /// Tells it something, and says what it answers.
    pub fn tell(&mut self, words: &str) -> String {
        let input = self.0.stdin.as_mut().expect("it is piped");
        writeln!(input, "{words}").expect("somebody reads");
        let output = self.0.stdout.as_mut().expect("it is piped");
        let mut answers = BufReader::with_capacity(1, output).lines().map_while(Result::ok);
        let told = |line: String| line.strip_prefix("told ").map(str::to_owned);
        answers.find_map(told).expect("an answer")
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A network with these lines, whose packets this program's `it_carries` carries.
pub fn lay(lines: &[emulated::Line]) -> Network {
    let carrier = this("it_carries");
    Network::lay(&carrier.iter().map(String::as_str).collect::<Vec<_>>(), lines)
}

fn this(name: &str) -> Vec<String> {
    let this = std::env::current_exe().expect("this program").display().to_string();
    [this.as_str(), "--exact", name, "--ignored", "--nocapture"].map(str::to_owned).into()
}
