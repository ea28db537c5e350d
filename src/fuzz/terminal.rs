//! Any bytes, as if a terminal had sent them, in pieces and with pauses.

use crate::terminal::input::{Expected, Input, Parser};
use crossterm::event::KeyCode;
use std::time::{Duration, Instant};

/// The first byte says whether answers are out, the second where the rest is cut.
///
/// Cut or not, the same comes of it; what is kept is bounded; and whatever came, a key that is
/// pressed a while later is that key.
pub(crate) fn terminal_input(data: &[u8]) {
    let [first, second, data @ ..] = data else { return };
    let expected = if first & 1 == 0 { Expected::Nothing } else { Expected::Answers };
    let begin = Instant::now();
    let (mut whole, mut cut) = (Parser::new(), Parser::new());
    let (mut of_whole, mut of_cut) = (Vec::new(), Vec::new());
    // Pieces of one to sixteen bytes, between which less time passes than anything waits for.
    let size = usize::from(second % 16) + 1;
    let mut now = begin;
    for piece in data.chunks(size) {
        now += Duration::from_micros(u64::from(first >> 1));
        whole.handle(piece, now, expected, &mut of_whole);
        for byte in piece {
            cut.handle(&[*byte], now, expected, &mut of_cut);
            assert!(cut.kept() <= KEPT_MAX, "{} are kept", cut.kept());
            cut.handle_timeout(now, &mut of_cut);
        }
        assert_eq!(whole.poll_timeout(), cut.poll_timeout());
        assert!(cut.poll_timeout().is_none_or(|at| at > now), "it was due");
    }
    assert_eq!(of_whole, of_cut);
    for input in &of_whole {
        if let Input::Paste(text) = input {
            let steers = |c: char| c.is_control() && c != '\n';
            assert!(text.len() <= KEPT_MAX * 3 && !text.contains(steers), "{text:?}");
        }
    }
    whole.handle(b"", now, Expected::Nothing, &mut of_whole);
    while let Some(deadline) = whole.poll_timeout() {
        assert!(deadline > now, "it goes on without an end");
        now = deadline;
        whole.handle_timeout(now, &mut of_whole);
    }
    let mut after = Vec::new();
    whole.handle(b"q", now, Expected::Nothing, &mut after);
    let last = after.last();
    let is_q = |it: &Input| matches!(it, Input::Key(key) if key.code == KeyCode::Char('q') && key.modifiers.is_empty());
    assert!(last.is_some_and(is_q), "{last:?} after {:?}", data.escape_ascii().to_string());
}

/// In bytes.
const KEPT_MAX: usize = (64 << 10) + 8;
