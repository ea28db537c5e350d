//! The manual for those who run a server names all that there is, and nothing else.

use std::collections::BTreeSet;

use crate::monitoring::get;
use crate::process::{Running, program};

const MANUAL: &str = include_str!("../../README.md");

/// Words that start so, of a text.
fn words<'a>(text: &'a str, starts: &[&str]) -> BTreeSet<&'a str> {
    let is_of_a_word = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let words = text.split(|it| !is_of_a_word(it));
    words.filter(|word| starts.iter().any(|it| word.starts_with(it) && word != it)).collect()
}

#[test]
fn every_flag_is_in_the_manual_and_every_flag_of_the_manual_is_there() {
    let help = program().arg("--help").output().expect("it runs");
    let help = String::from_utf8(help.stdout).expect("text");
    let flags = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line
            .get(4..)
            .filter(|_| line.starts_with("-h, ") || line.starts_with("-V, "))
            .unwrap_or(line);
        line.starts_with("--").then(|| line.split([' ', '[']).next().expect("one word"))
    });
    let all: BTreeSet<&str> = flags.filter(|it| !["--help", "--version"].contains(it)).collect();
    assert!(all.len() > 25, "{all:?}");
    let named: BTreeSet<&str> = words(MANUAL, &["--"])
        .into_iter()
        .filter(|it| !["---", "--now", "--help"].contains(it))
        .collect();
    assert_eq!(named, all);
}

#[tokio::test]
async fn every_metric_is_in_the_manual_and_every_metric_of_the_manual_is_there() {
    let arguments = ["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    let turn = ["--turn", "127.0.0.1:0", "--turn-allow-private"];
    // Nobody is there, which is told too.
    let bus = ["--bus", "nats://127.0.0.1:9"];
    let (_running, place) = Running::with_metrics(&[&arguments[..], &turn, &bus].concat());
    let answer = get(place, "/metrics").await;
    let text = answer.split_once("\r\n\r\n").expect("a body").1;
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let all: BTreeSet<&str> =
        samples.map(|line| line.split(['{', ' ']).next().expect("a name")).collect();
    assert!(all.len() > 25, "{all:?}");
    assert_eq!(words(MANUAL, &["signaling_", "turn_", "process_"]), all);
}
