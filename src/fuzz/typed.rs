//! What a person types or pastes to get into a room.

use crate::link::{Destination, Place, Reach, RoomLink, ServerUrl};
use crate::seal::words::{self, Typed, WORDS, complete};
use crate::seal::{RoomWords, WordsError};
use signaling_server::protocol::RoomId;

/// A link, words, or the beginning of either.
pub(super) fn room_input(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.contains('#')
        && let Ok(link) = text.parse::<RoomLink>()
    {
        assert_eq!(link.to_string().parse(), Ok(link));
    }
    let room = RoomId::try_from("a-room".to_owned()).expect("a room id");
    if let Ok(server) = text.parse::<ServerUrl>() {
        assert_eq!(server.to_string().parse(), Ok(server.clone()));
        assert!(server.websocket(&room).starts_with("ws"));
    }
    if let Ok(Destination { words, place, .. }) = Destination::join(&text, &Reach::Network) {
        // Either it says itself where it leads, or it is words and nothing else.
        let alone = text.parse() == Ok(words);
        assert_eq!(alone, place == Place::Network);
    }
    let parsed = text.parse::<RoomWords>();
    match words::check(&text) {
        Ok(Typed::Whole(words)) => {
            assert_eq!(words.to_string().parse(), Ok(words.clone()));
            assert_eq!(parsed, Ok(words));
        }
        Ok(Typed::Part(known)) => {
            assert!(known <= WORDS && parsed.is_err());
        }
        Err(error) => {
            assert!(error.to_string().len() < SENTENCE_BYTES_MAX, "{error}");
            // Both look from the left: too many words may hide a wrong one behind them.
            let same = parsed == Err(error.clone()) || matches!(error, WordsError::Count(_));
            assert!(same && parsed.is_err(), "{error:?} and {parsed:?}");
        }
    }
    let last = text.rsplit([' ', '-', ',']).next().unwrap_or_default();
    for word in complete(last).take(8) {
        assert!(word.starts_with(&last.to_ascii_lowercase()), "{word} for {last:?}");
    }
}

/// A word is named in it, and a word that is near, both bounded.
const SENTENCE_BYTES_MAX: usize = 2048;
