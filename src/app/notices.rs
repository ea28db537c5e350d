//! Messages to the person: the newest few, each for as long as it takes to read.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What kind of news a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It worked.
    Good,
    /// It is so.
    Info,
    /// It did not work.
    Bad,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What kind of news.
    pub mood: Mood,
    /// One sentence, with a way out where there is one.
    pub text: String,
    /// How many were said up to it.
    number: u64,
    deadline: Instant,
}

/// The messages that are shown, newest first.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    shown: VecDeque<Notice>,
    /// How many were said so far.
    said: u64,
    /// Since when, and how many were written to the log.
    logged: Option<(Instant, u32)>,
}

impl Notices {
    /// Shows a message; one that says the same is moved to the front.
    pub fn say(&mut self, mood: Mood, text: impl Into<String>, now: Instant) {
        let text = text.into();
        let shown = self.shown.len();
        self.shown.retain(|notice| notice.text != text);
        // What is said again while it is shown is not written down again.
        if self.shown.len() == shown && self.may_log(now) {
            tracing::info!(?mood, %text, "notice");
        }
        self.shown.truncate(NOTICES_MAX - 1);
        let stays = if mood == Mood::Bad { BAD_STAYS } else { STAYS };
        self.said += 1;
        self.shown.push_front(Notice { mood, text, number: self.said, deadline: now + stays });
    }

    /// Whether one more is written down: others can make this program say things, but not fill a
    /// disk with them.
    fn may_log(&mut self, now: Instant) -> bool {
        let (since, count) = self.logged.unwrap_or((now, 0));
        let over = now.saturating_duration_since(since) >= LOGGED_EACH;
        let (since, count) = if over { (now, 0) } else { (since, count) };
        self.logged = Some((since, count.saturating_add(1)));
        count < LOGGED_MAX
    }

    /// The newest message.
    pub fn newest(&self) -> Option<&Notice> {
        self.shown.front()
    }

    /// How many messages were said so far.
    pub fn said(&self) -> u64 {
        self.said
    }

    /// The messages that were said after so many, oldest first; of many, the newest few.
    pub fn since(&self, said: u64) -> impl Iterator<Item = &Notice> {
        self.shown.iter().rev().filter(move |notice| notice.number > said)
    }

    /// Takes the newest message away.
    pub fn dismiss(&mut self) {
        self.shown.pop_front();
    }

    /// When the next message goes by itself.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.shown.iter().map(|notice| notice.deadline).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.shown.retain(|notice| notice.deadline > now);
    }
}

const NOTICES_MAX: usize = 4;
/// As many notices are written to the log in such a time.
const LOGGED_MAX: u32 = 60;
const LOGGED_EACH: Duration = Duration::from_mins(1);
const STAYS: Duration = Duration::from_secs(6);
const BAD_STAYS: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_there_is_to_say_little_of_it_is_written_down() {
        let (mut notices, now) = (Notices::default(), Instant::now());
        let written = (0..10_000).filter(|_| notices.may_log(now)).count();
        assert_eq!(written, LOGGED_MAX as usize);
        assert!(notices.may_log(now + LOGGED_EACH), "later there is room again");
    }
}
