//! The clock, held against the server's. Nothing but the passwords of TURN servers needs it right:
//! they end at a time.

use super::finding::{Finding, Subject};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// `date` is what the server says of the time, as HTTP writes it.
pub(super) fn check(date: Option<&str>) -> Finding {
    judge(Timestamp::now(), date.and_then(read))
}

fn read(date: &str) -> Option<Timestamp> {
    rfc2822::parse(date).ok().map(|time| time.timestamp())
}

fn judge(here: Timestamp, there: Option<Timestamp>) -> Finding {
    let subject = Subject::Clock;
    let now = here.strftime("%Y-%m-%d %H:%M UTC");
    let Some(there) = there else {
        return if here.as_second() < EARLIEST {
            let text = format!("it is {now} here, which cannot be");
            subject.so_so(text, format!("set it: {ADVICE}"))
        } else {
            subject.good(format!("{now}; no server was asked whether that is right"))
        };
    };
    let off = here.as_second().saturating_sub(there.as_second());
    if off.abs() <= SECONDS_MAX {
        return subject.good("as the server's");
    }
    let way = if off > 0 { "ahead of" } else { "behind" };
    let text = format!("{} {way} the server's", span(off.unsigned_abs()));
    subject.so_so(text, format!("one of the two is wrong: {ADVICE}"))
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

const ADVICE: &str = "only TURN servers' passwords need it right, which end at a time";
/// 2026-01-01: this program is younger.
const EARLIEST: i64 = 1_767_225_600;
const SECONDS_MAX: i64 = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;

    fn judged(off: i64) -> Finding {
        let there = read("Thu, 26 Nov 2026 00:58:29 GMT").expect("a date of HTTP");
        let here = Timestamp::from_second(there.as_second() + off).expect("a time");
        judge(here, Some(there))
    }

    #[test]
    fn a_minute_is_nothing_and_more_is_told() {
        for off in [0, 60, -60] {
            assert_eq!(judged(off), Subject::Clock.good("as the server's"));
        }
        assert_eq!(judged(61).text, "61 s ahead of the server's");
        assert_eq!(judged(-7_199).text, "119 minutes behind the server's");
        assert_eq!(judged(200_000).text, "2 days ahead of the server's");
        assert_eq!(judged(61).verdict, Verdict::SoSo);
    }

    #[test]
    fn without_a_server_it_only_has_to_be_possible() {
        let at = |second| judge(Timestamp::from_second(second).expect("a time"), None).verdict;
        assert_eq!((at(0), at(EARLIEST)), (Verdict::SoSo, Verdict::Good));
        assert_eq!(read("yesterday"), None);
    }
}
