//! What can be wrong with a sealed message.

/// Why a message did not open. Nothing has changed by it: the session that stands goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is not in the form. Somebody has a fault in their program: let it go.
    #[error("a sealed message could not be opened: it is damaged")]
    Malformed,
    /// It is of another version of the seal: one side is to be updated.
    #[error(
        "a sealed message could not be opened: it is of version {0}, this program knows version 1; update whichever is older"
    )]
    Version(u8),
    /// It was sealed with another key, or for another place, or changed on its way: someone came
    /// in without the words, or the server is not honest.
    #[error(
        "a sealed message could not be opened: it was sealed with other words, or changed on its way; is the server one you know?"
    )]
    WrongKey,
    /// It is not signed by the peer that it is said to be from: a member poses as another.
    #[error("a sealed message could not be opened: its sender poses as someone else")]
    BadSignature,
    /// It was opened before. Nothing is lost: let it go.
    #[error("a sealed message could not be opened: it came a second time")]
    Replayed,
    /// One before it did not come. No other will open: negotiate again, with a new
    /// [`Seal`](super::Seal).
    #[error("a sealed message could not be opened: one before it is missing")]
    Missing,
    /// A hello of somebody else than the peer whose session stands. It may be an old one: while the
    /// connection stands, let it go; if it is lost, begin a new [`Seal`](super::Seal).
    #[error("someone else says hello in place of the one who is here")]
    OtherIdentity,
}

/// Why a signal is not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No hello was heard, or one is owed ([`Seal::poll_hello`](super::Seal::poll_hello)) and goes
    /// first.
    #[error("nobody has said hello yet")]
    NotReady,
    /// Longer than the server carries once it is sealed: about 12,000 bytes.
    #[error("a signal is too long to be sealed")]
    TooLong,
}
