//! How many files this process may have open, and the servers that it starts: a socket is one.

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit as far as this process may, which must be enough for so many peers.
///
/// The most that it may raise it to is the operator's to say.
pub fn allow_for(peers: usize) -> Result<()> {
    let needed = (peers + BESIDE) as u64;
    let limit = getrlimit(Resource::Nofile);
    let may = limit.maximum.unwrap_or(u64::MAX);
    ensure!(
        may >= needed,
        "{peers} peers need {needed} open files and {may} are allowed: raise `ulimit -Hn` as root, \
         or `nofile` in /etc/security/limits.conf, or let fewer come (--rooms)"
    );
    if limit.current.is_some_and(|current| current < needed) {
        let raised = Rlimit { current: Some(needed), maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised).context("raising the number of open files")?;
    }
    Ok(())
}

/// What else is open, in a server too.
const BESIDE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_allowed_and_too_many_are_said_to_be() {
        allow_for(20).expect("a few");
        let error = allow_for(usize::MAX / 2).expect_err("too many");
        assert!(error.to_string().contains("ulimit -Hn"), "{error}");
    }
}
