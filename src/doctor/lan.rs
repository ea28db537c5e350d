//! The same network: whether rooms can be announced and found there.

use super::finding::{Finding, Subject};
use crate::io::lan::try_multicast;
use std::io;
use std::time::Duration;

/// `no_lan` is whether it is to be left alone.
pub(super) fn check(no_lan: bool) -> Finding {
    if no_lan {
        return Subject::Lan.good("left alone, as no_lan says: rooms are joined by their links");
    }
    judge(&try_multicast(PATIENCE))
}

fn judge(tried: &io::Result<()>) -> Finding {
    let subject = Subject::Lan;
    match tried {
        Ok(()) => subject.good("rooms can be announced by multicast, and found"),
        Err(error) => {
            let why = match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    "what is said to all is not heard".to_owned()
                }
                _ => error.to_string(),
            };
            subject.so_so(
                format!("rooms are not found by their words alone: {why}"),
                "hand their links around instead, or name a server with --server",
            )
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    #[test]
    fn without_multicast_there_are_links() {
        assert_eq!(judge(&Ok(())).verdict, Verdict::Good);
        let silent = judge(&Err(io::ErrorKind::WouldBlock.into()));
        assert_eq!(silent.verdict, Verdict::SoSo);
        assert!(silent.text.ends_with("what is said to all is not heard"));
        assert!(check(true).text.starts_with("left alone"));
    }
}
