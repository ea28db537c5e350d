//! A link is read out over the telephone, and one word is heard wrong.

use crate::world::launch::Launch;
use crate::world::terminal::{Terminal, key};
use crate::world::with_one_other_word;
use std::time::{Duration, Instant};

#[test]
fn who_has_a_word_wrong_is_told_so_and_those_inside_see_nothing_of_it() {
    let mut ann = Launch::of("Ann").open();
    let link = ann.link();
    let mut zoe = Launch::of("Zoë").join(&link);
    let before = [&mut ann, &mut zoe].map(settled);

    let came = Instant::now();
    let mut eve = Launch::of("Eve").join(&with_one_other_word(&link));
    eve.shows("no such room, or a word is wrong");
    let took = came.elapsed();
    assert!(took < TOLD, "it took {took:?}");
    assert!(!eve.words().contains("or the server is not honest"), "nobody is there with her");
    eve.press("q");
    assert_eq!(eve.ends(), 0);
    assert_eq!([&ann, &zoe].map(seen), before);
}

/// Once somebody is met and nothing is on its way to the screen any more: what is on it.
fn settled(terminal: &mut Terminal) -> Seen {
    terminal.shows("direct");
    terminal.press(key::ESC);
    terminal.shows_no_more("is here");
    seen(terminal)
}

/// What a person sees, and has been told, but for the live picture.
type Seen = (Vec<String>, Vec<String>);

fn seen(terminal: &Terminal) -> Seen {
    let rows = terminal.find("a screen", |screen| {
        let whole: Vec<String> = screen.rows(0, 80).collect();
        let beside: Vec<String> = screen.rows(PICTURE_COLUMNS, 80 - PICTURE_COLUMNS).collect();
        let row = |at: usize| if PICTURE_ROWS.contains(&at) { &beside[at] } else { &whole[at] };
        Some((0..whole.len()).map(|at| row(at).clone()).collect())
    });
    (rows, terminal.told(""))
}

/// Where the picture is in a window of 80 columns and 24 rows: at the left, in these rows.
const PICTURE_COLUMNS: u16 = 49;
const PICTURE_ROWS: std::ops::Range<usize> = 3..19;
/// For who waits to be let in.
const TOLD: Duration = Duration::from_secs(10);
