//! Why a file did not come to whom it was for.

use crate::transfer::Reason;

/// What ended a transfer early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The person there did not take it, or stopped it.
    Declined,
    /// The person who sent it stopped it.
    Stopped,
    /// The connection was lost for good.
    Lost,
    /// The program ended before it was over.
    CutOff,
    /// The room was left before it could go out.
    RoomLeft,
    /// One of the two programs could not go on.
    Failed(Reason),
}

impl Fault {
    /// What a peer of ours says of a file that goes out to it.
    pub(super) fn of_remote(reason: Reason) -> Self {
        if reason == Reason::Person { Self::Declined } else { Self::Failed(reason) }
    }

    /// What this side says of a file that goes out.
    pub(super) fn of_local(reason: Reason) -> Self {
        if reason == Reason::Person { Self::Stopped } else { Self::Failed(reason) }
    }

    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Stopped => "stopped",
            Self::Lost => "connection lost",
            Self::CutOff => "cut off",
            Self::RoomLeft => "the room was left",
            Self::Failed(reason) => why(reason),
        }
    }
}

/// The words for why a transfer ended, said to its sender or receiver.
pub(crate) fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Person => "stopped",
        Reason::TooLarge => "too large",
        Reason::Busy => "too many transfers at once",
        Reason::DiskFull => "disk full",
        Reason::Storage => "the file could not be read or written",
        Reason::Digest => "damaged on the way",
        Reason::Changed => "the file changed meanwhile",
    }
}
