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
    deadline: Instant,
}

/// The messages that are shown, newest first.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    shown: VecDeque<Notice>,
}

impl Notices {
    /// Shows a message; one that says the same is moved to the front.
    pub fn say(&mut self, mood: Mood, text: impl Into<String>, now: Instant) {
        let text = text.into();
        tracing::info!(?mood, %text, "notice");
        self.shown.retain(|notice| notice.text != text);
        self.shown.truncate(NOTICES_MAX - 1);
        let stays = if mood == Mood::Bad { BAD_STAYS } else { STAYS };
        self.shown.push_front(Notice { mood, text, deadline: now + stays });
    }

    /// The newest message.
    pub fn newest(&self) -> Option<&Notice> {
        self.shown.front()
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
const STAYS: Duration = Duration::from_secs(6);
const BAD_STAYS: Duration = Duration::from_secs(15);
