//! What was found of one thing.

use crate::report::{Report, Verdict};

/// A thing that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Terminal,
    Camera,
    SaveFolder,
    StateFolder,
    ConfigFile,
    Identity,
    Server,
    Clock,
    Stun,
    Turn,
    Udp,
    Lan,
}

/// How it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub subject: Subject,
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What to do, unless it is good.
    pub advice: Option<String>,
}

impl Subject {
    /// Stable, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Camera => "camera",
            Self::SaveFolder => "save_folder",
            Self::StateFolder => "state_folder",
            Self::ConfigFile => "config_file",
            Self::Identity => "identity",
            Self::Server => "server",
            Self::Clock => "clock",
            Self::Stun => "stun",
            Self::Turn => "turn",
            Self::Udp => "udp",
            Self::Lan => "lan",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::SaveFolder => "save folder",
            Self::StateFolder => "state folder",
            Self::ConfigFile => "config file",
            Self::Stun => "STUN",
            Self::Turn => "TURN",
            Self::Udp => "UDP",
            Self::Lan => "same network",
            other => other.name(),
        }
    }

    pub fn good(self, text: impl Into<String>) -> Finding {
        Finding { subject: self, verdict: Verdict::Good, text: text.into(), advice: None }
    }

    pub fn so_so(self, text: impl Into<String>, advice: impl Into<String>) -> Finding {
        self.with(Verdict::SoSo, text, advice)
    }

    pub fn bad(self, text: impl Into<String>, advice: impl Into<String>) -> Finding {
        self.with(Verdict::Bad, text, advice)
    }

    fn with(self, verdict: Verdict, text: impl Into<String>, advice: impl Into<String>) -> Finding {
        let advice = Some(advice.into());
        Finding { subject: self, verdict, text: text.into(), advice }
    }
}

impl Finding {
    /// Told to programs.
    pub fn report(self) -> Report {
        let Self { subject, verdict, text, advice } = self;
        Report::Check { subject: subject.name().to_owned(), verdict, text, advice }
    }
}
