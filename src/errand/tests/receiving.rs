use super::*;
use crate::app::{Answer, Order};
use crate::errand::{Accept, Folders, Receive, ReceiveWishes};
use crate::transfer::Reason;
use proptest::prelude::*;
use std::time::{Duration, Instant};

const ANY: ReceiveWishes = ReceiveWishes {
    accept: Accept::Photos,
    folders: Folders::Taken,
    size_max: None,
    count: None,
    time: None,
};

fn transfer(connection: u64, number: u32) -> TransferRef {
    TransferRef { connection, way: Way::In, number }
}

fn offer(from: &Who, number: u32, file: File) -> Report {
    let transfer = transfer(from.connection, number);
    Report::Proposal { transfer, from: from.clone(), file, answer: Taken::Asked }
}

fn received(from: &Who, number: u32, file: File) -> Report {
    Report::Received {
        transfer: transfer(from.connection, number),
        from: from.clone(),
        file,
        digest: "00".to_owned(),
        path: "/photos/a".into(),
    }
}

fn failed(from: &Who, number: u32, code: Code) -> Report {
    Report::Error {
        code,
        text: "why".to_owned(),
        file: None,
        peer: Some(from.clone()),
        transfer: Some(transfer(from.connection, number)),
    }
}

fn answers(errand: &mut Receive) -> Vec<(u32, Answer)> {
    let orders = std::iter::from_fn(|| errand.poll_order());
    let answer = |order| match order {
        Order::Answer { transfer, answer, .. } => (transfer.0, answer),
        other => panic!("{other:?}"),
    };
    orders.map(answer).collect()
}

/// What is said to a file of this name and size.
fn said(wishes: ReceiveWishes, state: PeerState, trust: Standing, name: &str, size: u64) -> Answer {
    let (mut errand, ann) = (Receive::new(wishes, Instant::now()), who(1, "Ann"));
    errand.handle(&peer(&ann, state, trust));
    errand.handle(&offer(&ann, 7, file(name, size)));
    let answers = answers(&mut errand);
    assert_eq!(answers.len(), 1);
    answers[0].1
}

#[test]
fn a_folder_is_no_photo_and_is_not_taken_where_there_is_no_place_for_one() {
    let all = ReceiveWishes { accept: Accept::All, ..ANY };
    let none = ReceiveWishes { folders: Folders::Declined, ..all.clone() };
    for (wishes, answer) in [
        (ANY, Answer::Decline(Reason::Person)),
        (all, Answer::Accept),
        (none, Answer::Decline(Reason::Person)),
    ] {
        let (zoe, mut errand) = (who(1, "Zoë"), Receive::new(wishes, Instant::now()));
        errand.handle(&here(&zoe));
        let folder = File { files: Some(2), ..file("photos.jpg", 10) };
        errand.handle(&offer(&zoe, 1, folder));
        assert_eq!(answers(&mut errand), [(1, answer)]);
    }
}

#[test]
fn what_is_taken_depends_on_what_it_is_and_who_offers_it() {
    use Answer::{Accept as Yes, Decline as No};
    let (open, doubted) = (PeerState::Open, PeerState::Doubted);
    let all = ReceiveWishes { accept: Accept::All, ..ANY };
    let trusted = ReceiveWishes { accept: Accept::Trusted, ..ANY };
    let small = ReceiveWishes { size_max: Some(10), ..all.clone() };
    for (wishes, state, trust, name, size, answer) in [
        (&ANY, open, Standing::New, "a.jpg", 100, Yes),
        (&ANY, open, Standing::Trusted, "a.pdf", 100, No(Reason::Person)),
        (&ANY, open, Standing::Met, "a.jpg", 32_000_001, No(Reason::TooLarge)),
        (&ANY, doubted, Standing::Changed, "a.jpg", 100, No(Reason::Person)),
        (&all, open, Standing::New, "a.pdf", 1 << 40, Yes),
        (&all, doubted, Standing::Changed, "a.pdf", 1, No(Reason::Person)),
        (&trusted, open, Standing::Met, "a.jpg", 100, No(Reason::Person)),
        (&trusted, open, Standing::Trusted, "a.pdf", 100, Yes),
        (&small, open, Standing::Met, "a.pdf", 11, No(Reason::TooLarge)),
        (&small, open, Standing::Met, "a.pdf", 10, Yes),
    ] {
        let said = said(wishes.clone(), state, trust, name, size);
        assert_eq!(said, answer, "{wishes:?} {state:?} {trust:?} {name} {size}");
    }
}

#[test]
fn what_a_daemon_takes_for_others_counts_only_if_it_is_wished_for_here() {
    let wishes = ReceiveWishes { accept: Accept::Trusted, count: Some(1), ..ANY };
    let (mut errand, ann, bob) =
        (Receive::new(wishes, Instant::now()), who(1, "Ann"), who(2, "Bob"));
    errand.handle(&here(&ann));
    errand.handle(&peer(&bob, PeerState::Open, Standing::Trusted));
    for (from, counts) in [(&ann, false), (&bob, true)] {
        let transfer = transfer(from.connection, 0);
        let (from, file) = (from.clone(), file("a.jpg", 1));
        let answer = Taken::Taken;
        errand.handle(&Report::Proposal {
            transfer,
            from: from.clone(),
            file: file.clone(),
            answer,
        });
        let received = received(&from, 0, file);
        assert_eq!(errand.ignores(&received), !counts);
        errand.handle(&received);
        assert_eq!(errand.ending().is_some(), counts);
        assert_eq!(answers(&mut errand), []);
    }
}

#[test]
fn an_offer_waits_until_it_is_known_who_makes_it() {
    let (mut errand, ann) = (Receive::new(ANY, Instant::now()), who(1, "Ann"));
    errand.handle(&peer(&ann, PeerState::Connecting, Standing::Unknown));
    errand.handle(&offer(&ann, 0, file("a.jpg", 1)));
    assert_eq!(answers(&mut errand), []);
    errand.handle(&here(&ann));
    assert_eq!(answers(&mut errand), [(0, Answer::Accept)]);
}

#[test]
fn of_two_offers_one_is_taken_and_the_other_only_if_that_fails() {
    let wishes = ReceiveWishes { count: Some(1), ..ANY };
    let (mut errand, ann) = (Receive::new(wishes, Instant::now()), who(1, "Ann"));
    errand.handle(&here(&ann));
    for number in [0, 1] {
        errand.handle(&offer(&ann, number, file("a.jpg", 1)));
    }
    assert_eq!(answers(&mut errand), [(0, Answer::Accept)]);
    errand.handle(&failed(&ann, 0, Code::CutOff));
    assert_eq!(answers(&mut errand), [(1, Answer::Accept)]);
    assert_eq!(errand.ending(), None);
    errand.handle(&received(&ann, 1, file("a.jpg", 1)));
    assert_eq!(errand.ending(), Some(&Ending::Done));
}

#[test]
fn a_full_disk_ends_what_has_a_number_to_reach_and_not_what_goes_on_for_ever() {
    for (count, expected) in [(Some(2), Some(Code::Disk)), (None, None)] {
        let wishes = ReceiveWishes { count, ..ANY };
        let (mut errand, ann) = (Receive::new(wishes, Instant::now()), who(1, "Ann"));
        errand.handle(&here(&ann));
        errand.handle(&offer(&ann, 0, file("a.jpg", 1)));
        errand.handle(&failed(&ann, 0, Code::Disk));
        assert_eq!(code(errand.ending()), expected);
    }
}

#[test]
fn time_is_over_and_why_nothing_came_is_told_as_far_as_it_is_known() {
    let (start, ann) = (Instant::now(), who(1, "Ann"));
    let time = Duration::from_secs(9);
    let end = |count, reports: &[Report]| {
        let wishes = ReceiveWishes { count, time: Some(time), ..ANY };
        let mut errand = Receive::new(wishes, start);
        for report in reports {
            errand.handle(report);
        }
        errand.handle_timeout(start + time / 2);
        assert_eq!(errand.ending(), None);
        assert_eq!(errand.poll_timeout(), Some(start + time));
        errand.handle_timeout(start + time);
        errand.ending().cloned()
    };
    assert_eq!(end(None, &[]), Some(Ending::Done));
    let joined = || room(RoomState::Joined, 0);
    for (reports, expected) in [
        (vec![joined()], Code::NobodyCame),
        (vec![joined(), here(&ann)], Code::NobodyCame),
        (vec![joined(), room(RoomState::Empty, 0)], Code::NoSuchRoom),
        (vec![room(RoomState::Lost, 0)], Code::Server),
        (vec![here(&ann), offer(&ann, 0, file("a.jpg", 9))], Code::CutOff),
    ] {
        assert_eq!(code(end(Some(1), &reports).as_ref()), Some(expected), "{reports:?}");
    }
}

#[test]
fn to_be_stopped_is_the_end_of_what_has_no_other() {
    for (count, expected) in [(None, None), (Some(1), Some(Code::Interrupted))] {
        let mut errand = Receive::new(ReceiveWishes { count, ..ANY }, Instant::now());
        errand.interrupt(Code::Interrupted);
        assert!(errand.ending().is_some());
        assert_eq!(code(errand.ending()), expected);
    }
}

proptest! {
    #[test]
    fn never_more_than_asked_for_is_taken_and_each_offer_is_answered_once(
        steps in prop::collection::vec((0_u64..3, 0_u8..5), 0..60),
        count in 1_u32..5,
    ) {
        let wishes = ReceiveWishes { count: Some(count), ..ANY };
        let mut errand = Receive::new(wishes, Instant::now());
        let (mut next, mut open, mut done) = (0, Vec::new(), 0);
        for (connection, step) in steps {
            let from = who(connection, "Ann");
            match step {
                0 => errand.handle(&here(&from)),
                1 => {
                    errand.handle(&offer(&from, next, file("a.jpg", 1)));
                    next += 1;
                }
                2 => {
                    if let Some((connection, number)) = open.pop() {
                        errand.handle(&received(&who(connection, "Ann"), number, file("a.jpg", 1)));
                        done += 1;
                    }
                }
                3 => {
                    if let Some((connection, number)) = open.pop() {
                        errand.handle(&failed(&who(connection, "Ann"), number, Code::CutOff));
                    }
                }
                _ => errand.handle(&peer(&from, PeerState::Left, Standing::Met)),
            }
            while let Some(order) = errand.poll_order() {
                let Order::Answer { connection, transfer, answer } = order else { unreachable!() };
                prop_assert_eq!(answer, Answer::Accept);
                prop_assert!(!open.contains(&(connection.0, transfer.0)));
                open.push((connection.0, transfer.0));
            }
            prop_assert!(open.len() as u32 + done <= count);
            prop_assert_eq!(errand.ending().is_some(), done == count);
            if done == count {
                break;
            }
        }
    }
}
