//! A program is run for each file that came: told of it, stopped when it hangs, reported when it
//! fails.

use crate::world::errand::{Ended, Errand, Start};
use crate::world::peer::{Offer, Peer};
use crate::world::pictures::photo;
use crate::world::{digest, files, until};
use peersnap::report::{Code, Report};

fn receive(arguments: &[&str]) -> Errand {
    Start::of("Ben", &[&["receive", "--out", "in"], arguments].concat()).opening().run()
}

fn send(errand: &Errand, count: usize) {
    let ann = Peer::join("Ann", &errand.link());
    ann.meets("Ben");
    for _ in 0..count {
        ann.offer(Offer::of(
            "a; touch owned $(touch owned) -x.jpg",
            "image/jpeg",
            photo([1, 2, 3]),
        ));
    }
    ann.has_receipts(count);
}

#[test]
fn it_is_told_of_the_file_in_its_environment_and_no_name_is_a_command() {
    let say = "printf '%s\\n' \"$PEERSNAP_NAME|$PEERSNAP_TYPE|$PEERSNAP_SIZE|$PEERSNAP_FROM\" \
               \"$PEERSNAP_PATH\" \"$PEERSNAP_DIGEST\" \"$PEERSNAP_FROM_ID\" > facts";
    let ben = receive(&["--once", "--print-path", "--exec-shell", "--exec", say]);
    send(&ben, 1);
    let home = ben.home.clone();
    let ended = ben.ends();
    assert_eq!(ended.status, Some(0), "{}", ended.err);
    let facts = std::fs::read_to_string(home.join("facts")).expect("it ran");
    let facts: Vec<_> = facts.lines().collect();
    let size = photo([1, 2, 3]).len();
    assert_eq!(facts[0], format!("a; touch owned $(touch owned) -x.jpg|image/jpeg|{size}|Ann"));
    assert_eq!(facts[1], ended.text().trim_end());
    assert_eq!(facts[2], digest(facts[1].as_ref()));
    assert_eq!(facts[3].len(), "aaaa-bbbb-cccc-dddd".len());
    assert!(!home.join("owned").exists());
}

#[test]
fn words_are_split_and_no_shell_is_asked() {
    let ben = receive(&["--once", "--exec", "sh -c 'echo \"$1\" > said' sh '$HOME; two words'"]);
    send(&ben, 1);
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    let said = std::fs::read_to_string(home.join("said")).expect("it ran");
    assert_eq!(said, "$HOME; two words\n");
}

#[test]
fn one_that_fails_and_one_that_is_not_there_are_told_and_the_others_run() {
    let fail_first = "test -e ran || { touch ran; exit 7; }";
    for (arguments, count) in [
        (&["--exec-jobs", "1", "--exec-shell", "--exec", fail_first][..], "2"),
        (&["--exec", "no-such-program"], "1"),
    ] {
        let ben = receive(&[&["--json", "--count", count], arguments].concat());
        send(&ben, count.parse().expect("a number"));
        let home = ben.home.clone();
        let ended = ben.ends();
        assert_eq!(ended.status, Some(Code::Hook.status().into()));
        let hooks = hooks(&ended);
        assert_eq!(hooks.len().to_string(), count, "{hooks:?}");
        assert_eq!(hooks.iter().filter(|(_, text)| text.is_some()).count(), 1);
        assert_eq!(files(&home.join("in")).len().to_string(), count, "files are kept");
    }
}

#[test]
fn one_that_hangs_is_stopped_with_all_that_it_started() {
    let hang = "sleep 1000 & echo $! > child; trap '' TERM; wait; sleep 1000";
    let ben =
        receive(&["--json", "--once", "--exec-timeout", "300ms", "--exec-shell", "--exec", hang]);
    send(&ben, 1);
    let home = ben.home.clone();
    let ended = ben.ends();
    assert_eq!(ended.status, Some(Code::Hook.status().into()));
    let hooks = hooks(&ended);
    let text = hooks[0].1.as_deref().unwrap_or_default();
    assert!(text.contains("took longer than 300ms: it was stopped"), "{text}");
    let child = std::fs::read_to_string(home.join("child")).expect("it ran");
    let stat = format!("/proc/{}/stat", child.trim());
    until("its child is gone", || {
        let stat = std::fs::read_to_string(&stat).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    });
}

#[test]
fn one_that_floods_holds_nothing_up_and_stays_off_standard_output() {
    let flood = "head -c 3000000 /dev/zero | tr '\\0' x; echo";
    let ben = receive(&["--count", "3", "--print-path", "--exec-shell", "--exec", flood]);
    send(&ben, 3);
    let ended = ben.ends();
    assert_eq!(ended.status, Some(0));
    assert_eq!(ended.text().lines().count(), 3);
    assert!(ended.err.len() > 9_000_000);
}

#[test]
fn so_many_run_at_once_and_no_more() {
    // Each waits for another to be there: three would never end, were there only two.
    let count = "echo $$ >> begun; until [ $(wc -l < begun) -ge 2 ]; do sleep 0.02; done; \
                 ls run* 2>/dev/null | wc -l >> seen; touch run$$; sleep 0.2; rm run$$";
    let ben = receive(&["--count", "6", "--exec-jobs", "2", "--exec-shell", "--exec", count]);
    send(&ben, 6);
    let home = ben.home.clone();
    assert_eq!(ben.ends().status, Some(0));
    let seen = std::fs::read_to_string(home.join("seen")).expect("they ran");
    let others: Vec<u32> = seen.lines().filter_map(|line| line.trim().parse().ok()).collect();
    assert_eq!(others.len(), 6);
    assert!(others.iter().all(|others| *others < 2), "{others:?}");
}

/// What was told of hooks: exit status and sentence.
fn hooks(ended: &Ended) -> Vec<(Option<i32>, Option<String>)> {
    let reports = ended.reports();
    let hooks = reports.into_iter().filter_map(|report| match report {
        Report::Hook { status, text, .. } => Some((status, text)),
        _ => None,
    });
    hooks.collect()
}
