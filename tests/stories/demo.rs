//! A newcomer sees everything work without anybody else.

use crate::world::command::run;
use crate::world::files;
use crate::world::launch::Launch;
use crate::world::pictures::colours;
use crate::world::shown::{TRAIL, words};

#[test]
fn without_a_terminal_each_step_is_told_and_photos_go_both_ways() {
    let save = tempfile::tempdir().expect("a folder");
    let folder = save.path().display().to_string();
    let ran = run(&["demo", "--listen", "127.0.0.1:0", "--camera", "test", "--save", &folder]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let told: Vec<_> = ran.stdout.lines().collect();
    for step in
        ["room", "proven", "connected", "proposed", "accepted", "chunks", "receipt", "received"]
    {
        let found = told.iter().any(|line| line.split(' ').next() == Some(step));
        assert!(found, "no step {step:?} in\n{}", ran.stdout);
    }
    let line = |step: &str| told.iter().find(|line| line.starts_with(step)).copied();
    assert!(line("room").is_some_and(|line| line.contains("http://127.0.0.1:")));
    assert!(line("proven").is_some_and(|line| line.contains("Demo knows the words")));
    assert!(line("accepted").is_some_and(|line| line.contains("64,000 bytes")));
    for step in ["receipt", "received"] {
        let digest = line(step).and_then(|line| line.rsplit("digest ").next());
        let digest = digest.expect("a digest");
        assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{digest}");
    }
    assert_eq!(told.last().map(|line| line.starts_with("done")), Some(true));
    assert_eq!(files(save.path()).len(), 2, "a photo of ours, and one of theirs");
}

#[test]
fn in_a_terminal_the_other_one_greets_with_a_photo_and_answers_ours() {
    let mut ann = Launch::of("Ann").start(&["demo", "--listen", "127.0.0.1:0"]);
    ann.meets("Demo");
    ann.until("its photo in the trail", |screen| {
        words(screen).contains("Demo now") && colours(screen, TRAIL) > 8
    });
    ann.press("S");
    ann.shows("✓ Demo");
    ann.until("its answer in the trail", |screen| words(screen).matches("Demo now").count() == 2);
    ann.press("q");
    assert_eq!(ann.ends(), 0);
    assert!(ann.is_given_back());
}
