//! Each of two people is told what the way to the other is like: through whose hands it leads, how long
//! it is, what goes over it and what is lost there. Lines are as far, as slow and as lossy as is asked
//! for, and count what they lose: that is what has to be told, to the one who sends and to the other.

use crate::world::apart::Apart;
use crate::world::errand::Errand;
use emulated::{Line, Machine};
use peersnap::report::{HopKind, PathKind, Report, Verdict};
use std::time::{Duration, Instant};

const ROUND_TRIP: Duration = Duration::from_millis(50);
const LINE: Line = Line::new(20_000_000, ROUND_TRIP);
const ANN: Machine = Machine(0);
const BEN: Machine = Machine(1);

/// What somebody was told of the way.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    kind: PathKind,
    via: Vec<(HopKind, String)>,
    round_trip_ms: Option<f64>,
    loss: Option<f64>,
    loss_in: Option<f64>,
    rate_out: Option<u64>,
    rate_in: Option<u64>,
}

/// How Ann sent Ben a file.
struct Went {
    /// What she was told meanwhile, and what he was.
    told: [Vec<Told>; 2],
    /// Which share of her packets was lost in truth.
    lost: f64,
    /// How much went in a second at least, in bytes.
    rate: f64,
}

impl Told {
    fn of(report: &Report) -> Option<Self> {
        let Report::Path { kind, via, round_trip_ms, loss, loss_in, rate_out, rate_in, .. } =
            report
        else {
            return None;
        };
        Some(Self {
            kind: *kind,
            via: via.iter().map(|hop| (hop.kind, hop.at.to_string())).collect(),
            round_trip_ms: *round_trip_ms,
            loss: *loss,
            loss_in: *loss_in,
            rate_out: *rate_out,
            rate_in: *rate_in,
        })
    }
}

impl Went {
    /// What either was told last.
    fn last(&self) -> [&Told; 2] {
        self.told.each_ref().map(|told| told.last().expect("each is told of a path"))
    }

    /// Both were told that this share of Ann's packets is lost, give or take that much.
    fn told_loss(&self, lost: f64, bound: f64) {
        let [ann, ben] = self.last();
        let [ann, ben] = [ann.loss, ben.loss_in].map(|loss| loss.expect("it is known"));
        let is_near = |one: f64, other: f64| (one - other).abs() < bound;
        let is_so = is_near(ann, lost) && is_near(ben, lost) && is_near(ann, ben);
        assert!(is_so, "{ann} is told to her, {ben} to him, and {lost} lost");
    }

    /// They were told of a rate that the line has, and that the file took.
    fn has_rates(&self) {
        let [anns, bens] = &self.told;
        let most = |rates: Vec<u64>| rates.into_iter().max().unwrap_or(0) as f64;
        let out = most(anns.iter().filter_map(|it| it.rate_out).collect());
        let coming = most(bens.iter().filter_map(|it| it.rate_in).collect());
        let line = LINE.bits_per_second as f64 / 8.0;
        // What waits in a queue, or finds no room there, was sent too; and what has waited for a busy
        // machine comes at once.
        assert!((self.rate..line * 1.3).contains(&out), "{out} {} {anns:?}", self.rate);
        assert!((self.rate..line * 1.3).contains(&coming), "{coming} {} {bens:?}", self.rate);
        for told in anns.iter().filter(|it| it.rate_out.is_some()) {
            assert!(told.rate_in < told.rate_out, "acknowledgements alone come in: {told:?}");
        }
    }
}

/// Ann sends Ben a file that takes some seconds.
fn send(apart: Apart) -> Went {
    send_large(apart, SIZE)
}

/// The same with one of so many bytes.
fn send_large(mut apart: Apart, size: usize) -> Went {
    let receive = ["receive", apart.link(), "--once", "--accept", "all", "--json", "--out", "in"];
    let ben = apart.start(BEN, "Ben", &receive).run();
    let ann = apart.start(ANN, "Ann", &["send", apart.link(), "large.bin", "--json"]);
    let file: Vec<_> = (0..size).map(|at| (at / 7) as u8).collect();
    let begun = Instant::now();
    let ann = ann.file("large.bin", &file).run().ends();
    let rate = size as f64 / begun.elapsed().as_secs_f64();
    assert_eq!(ann.status, Some(0), "{}{}", ann.text(), ann.err);
    let ben = ben.ends();
    assert_eq!(ben.status, Some(0), "{}{}", ben.text(), ben.err);
    let told = [ann, ben].map(|ended| ended.reports().iter().filter_map(Told::of).collect());
    let carried = apart.network.carried(ANN);
    let lost = carried.dropped.packets + carried.lost.packets;
    let lost = lost as f64 / carried.sent.packets as f64;
    Went { told, lost, rate }
}

#[test]
fn what_goes_over_a_good_way_and_that_nothing_is_lost_there_is_told_as_it_is() {
    let went = send(Apart::with(&[LINE, LINE]));
    for told in went.last() {
        assert_eq!((told.kind, &told.via[..]), (PathKind::Direct, &[][..]));
    }
    // It overtakes the line for a moment, in the beginning; and what comes late on a busy machine is held
    // for lost.
    went.told_loss(went.lost, 0.04);
    let [ann, ben] = went.last();
    assert_eq!((ann.loss_in, ben.loss), (None, None), "he has sent next to nothing");
    went.has_rates();
}

#[test]
fn what_is_lost_on_the_way_is_told() {
    let went = send(Apart::with(&[LINE.losing(0.05), LINE]));
    went.told_loss(went.lost, 0.04);
    went.told_loss(0.05, 0.04);
}

/// What Ann says to Ben goes over a relay, on lines like these.
fn send_over_relay(lines: &[Line; 2], size: usize) -> Went {
    let went = send_large(Apart::with_relay(lines).behind_firewalls(), size);
    assert_eq!(went.last().map(|told| told.kind), [PathKind::Relayed; 2]);
    went
}

#[test]
fn what_is_lost_on_the_way_to_a_relay_is_told_to_both() {
    let went = send_over_relay(&[LINE.losing(0.03), LINE], SIZE / 3);
    went.told_loss(0.03, 0.02);
    // What acknowledges her packets comes over a line that loses nothing.
    let [ann, ben] = went.last();
    for loss in [ann.loss_in, ben.loss] {
        assert!(loss.is_some_and(|it| it < 0.005), "{loss:?}");
    }
}

#[test]
fn over_a_relay_on_lines_that_lose_nothing_none_is_told_to_be_lost() {
    // Slow enough for a busy machine to take all of it, and patient enough to carry it.
    let line = Line { queue_bytes: SIZE, ..Line::new(5_000_000, ROUND_TRIP) };
    let [ann, ben] = send_over_relay(&[line, line], SIZE / 4).last().map(Clone::clone);
    assert_eq!((ann.loss, ben.loss_in), (Some(0.0), Some(0.0)));
}

#[test]
fn the_relay_is_named_and_whose_it_is() {
    let went = send(Apart::with_relay(&[LINE, LINE]).behind_firewalls());
    let [ann, ben] = went.last();
    for told in [ann, ben] {
        assert_eq!(told.kind, PathKind::Relayed, "{told:?}");
        assert!(!told.via.is_empty(), "{told:?}");
        for (kind, at) in &told.via {
            let port = at.strip_prefix("10.77.0.3:").unwrap_or_else(|| panic!("{told:?}"));
            // The server's own, or the one that it gave the other.
            assert_eq!(*kind == HopKind::OwnRelay, port == "3478", "{told:?}");
        }
    }
    let has = |told: &Told, wanted| told.via.iter().any(|(kind, _)| *kind == wanted);
    for (one, other) in [(ann, ben), (ben, ann)] {
        let seen = (has(one, HopKind::OwnRelay), has(other, HopKind::TheirRelay));
        assert_eq!(seen.0, seen.1, "{one:?} {other:?}");
    }
    went.has_rates();
}

#[test]
fn the_server_is_named_where_all_goes_through_it_and_no_loss_is_told() {
    let went = send(Apart::with(&[LINE, LINE]).behind_firewalls());
    for told in went.last() {
        let server = [(HopKind::Server, "10.77.0.3:443".to_owned())];
        assert_eq!((told.kind, &told.via[..]), (PathKind::Server, &server[..]));
    }
    let is_unknown = |told: &Told| told.loss.is_none() && told.loss_in.is_none();
    assert!(went.told.iter().flatten().all(is_unknown), "{:?}", went.told);
    went.has_rates();
}

/// What this one was told last, once it is so.
fn last_so(errand: &Errand, what: &str, is_so: impl Fn(&Told) -> bool) -> Told {
    errand.find(what, || {
        let last = errand.reports().iter().rev().find_map(Told::of);
        last.filter(&is_so)
    })
}

/// As long as the line is, and no longer than a busy machine makes it.
fn is_of_the_line(told: &Told) -> bool {
    let line = ROUND_TRIP.as_secs_f64() * 1000.0;
    told.round_trip_ms.is_some_and(|it| (line..line * 2.0).contains(&it))
}

#[test]
fn between_two_who_send_nothing_the_round_trip_alone_is_told() {
    let apart = Apart::with(&[LINE, LINE]);
    let receive = ["receive", apart.link(), "--json", "--out", "in"];
    let both = [(ANN, "Ann"), (BEN, "Ben")].map(|(at, name)| apart.start(at, name, &receive).run());
    for errand in &both {
        let told = last_so(errand, "the round trip", is_of_the_line);
        let losses = (told.loss, told.loss_in);
        assert_eq!((told.kind, losses), (PathKind::Direct, (None, None)));
        assert_eq!((told.rate_out, told.rate_in), (None, None));
    }
}

#[test]
fn when_all_is_still_again_the_round_trip_is_that_of_the_still_line() {
    // A photo takes a second, and stands in its own way.
    let slow = Line::new(400_000, ROUND_TRIP);
    let apart = Apart::with(&[slow, slow]);
    let receive = ["receive", apart.link(), "--json", "--out", "in"];
    let ben = apart.start(BEN, "Ben", &receive).run();
    let every = ["--camera=test", "--every", "10m", "--json"];
    let ann = [&["send", apart.link()], &every[..]].concat();
    let ann = apart.start(ANN, "Ann", &ann).run();
    ann.reports_so("a receipt", |it| matches!(it, Report::Sent { .. }).then_some(()));
    let has_rate = |told: &Told| told.rate_out.is_some() && told.rate_in.is_some();
    for errand in [&ann, &ben] {
        let what = "the round trip at rest, and the rate before";
        last_so(errand, what, |told| is_of_the_line(told) && has_rate(told));
    }
}

#[test]
fn the_doctor_tells_how_far_stun_and_the_relay_are() {
    let apart = Apart::with_relay(&[LINE, LINE]);
    let server = apart.link().split('#').next().expect("a link");
    let doctor = ["doctor", "--server", server, "--camera", "test", "--json"];
    let ended = apart.start(ANN, "Ann", &doctor).run().ends();
    let reports = ended.reports();
    let found = |wanted: &str| {
        let found = reports.iter().find_map(|report| match report {
            Report::Check { subject, verdict, text, .. } if subject == wanted => {
                Some((*verdict, text.clone()))
            }
            _ => None,
        });
        found.unwrap_or_else(|| panic!("nothing of {wanted}: {}", ended.text()))
    };
    let (verdict, text) = found("stun");
    assert_eq!(verdict, Verdict::Good, "{text}");
    // The server's own line is short: half of a round trip there and back is Ann's.
    let time =
        text.rsplit_once("10.77.0.3:3478 answers in ").and_then(|it| it.1.strip_suffix(" ms"));
    let time: u32 = time.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("{text}"));
    assert!((25..45).contains(&time), "{text}");
    let (verdict, text) = found("turn");
    assert_eq!(verdict, Verdict::Good, "{text}");
    let time = text
        .rsplit_once(": 10.77.0.3:3478, ")
        .and_then(|it| it.1.strip_suffix(" ms there and back"));
    let time: u32 = time.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("{text}"));
    // It goes the same way, through more hands. Nothing is lost: that would be told.
    assert!((25..75).contains(&time), "{text}");
}

/// What takes some seconds, in bytes.
const SIZE: usize = 12_000_000;
