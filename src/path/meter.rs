//! What a path was like over the last seconds.
//!
//! It is pure. Whoever drives connections counts what goes over them ([`Counts`]), and hands that over
//! now and then; a [`Meter`] makes [`Figures`] of it. Nothing is sent to measure anything, but what was
//! counted is told to the other side.
//!
//! # What the figures are
//! - A [`Rate`] is what went over the path in a second, averaged over the last [`RATE_WINDOW`]: all that
//!   WebRTC, QUIC or a tunnel sent and received, repetitions and acknowledgements among it, without the
//!   headers of UDP and IP. It says what went, not what could have.
//! - A [`Loss`] is the share of the packets sent in the last [`LOSS_WINDOW`] that were lost: one way, from
//!   one peer to the other, and wherever they were dropped, a full queue among them. Fewer than
//!   [`PACKETS_MIN`] of them would say too little. Each direction has its own ([`Losses`]).
//!
//! Both stay as they were last known, until they are known anew or another path is taken.
//!
//! # Who knows what is lost
//! Of each packet one of both peers does, and tells the other ([`Tally`](crate::transfer::Tally)), if
//! that takes it; what is told is up to a second old.
//!
//! | packets of | who knows | how |
//! |---|---|---|
//! | QUIC | the sender | those that it holds for lost (RFC 9002, section 6.1) |
//! | DTLS, with all that WebRTC says | the receiver | the numbers that never came ([`Records`](super::Records)) |
//! | a tunnel, over TCP | nobody | what is lost there nobody could see |
//!
//! A browser's page sees neither numbers nor packets: what is lost on the way to it is not known. What
//! comes from it is counted as all else. Several connections are one path, and add up; where one of them
//! goes away, all begins anew.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// What was counted of a path since it came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// What was sent, in bytes.
    pub sent: u64,
    /// What was received, in bytes.
    pub received: u64,
    /// What became of the packets that were sent to the remote peer, as far as that is known.
    pub outgoing: Option<Packets>,
    /// The same of those that it sent.
    pub incoming: Option<Packets>,
}

/// What became of packets since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packets {
    /// All that were sent.
    pub sent: u64,
    /// Those of them that were lost.
    pub lost: u64,
}

/// What a path was like over the last seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Which share of what was sent was lost.
    pub losses: Losses,
    /// How much went over it.
    pub rate: Option<Rate>,
}

/// What was lost in either direction, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Of what was sent to the remote peer.
    pub outgoing: Option<Loss>,
    /// Of what it sent.
    pub incoming: Option<Loss>,
}

/// A share of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    per_million: u32,
}

/// In bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// To the remote peer.
    pub outgoing: u64,
    /// From it.
    pub incoming: u64,
}

/// Makes figures of what is counted of one path.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    samples: VecDeque<(Instant, Counts)>,
    figures: Figures,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.outgoing = Packets::sum(self.outgoing, other.outgoing);
        self.incoming = Packets::sum(self.incoming, other.incoming);
    }
}

impl Packets {
    /// Of both, as far as either is known. A remote peer may tell of any number.
    fn sum(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
        let sent = one.sent.saturating_add(other.sent);
        Some(Self { sent, lost: one.lost.saturating_add(other.lost) })
    }
}

impl Counts {
    /// Whether less was counted than before, as where a part of the path is gone. Fewer may be lost than
    /// before: some have come late.
    fn is_behind(&self, before: &Self) -> bool {
        let sent = |packets: Option<Packets>| packets.map_or(0, |it| it.sent);
        self.sent < before.sent
            || self.received < before.received
            || sent(self.outgoing) < sent(before.outgoing)
            || sent(self.incoming) < sent(before.incoming)
    }
}

impl Figures {
    /// What was lost in the direction in which more went.
    pub fn loss(&self) -> Option<Loss> {
        let Losses { outgoing, incoming } = self.losses;
        match self.rate {
            Some(rate) if rate.outgoing < rate.incoming => incoming,
            Some(_) => outgoing,
            None => outgoing.or(incoming),
        }
    }
}

impl Meter {
    /// Takes what is counted by now, while something moves: what the path has been like.
    pub fn observe(&mut self, counts: Counts, now: Instant) -> Figures {
        self.observe_at_rest(counts, now);
        self.figures.rate = self.rate(counts, now).or(self.figures.rate);
        self.figures
    }

    /// The same while nothing moves, or not any more: of what went before, more may be known by now.
    pub fn observe_at_rest(&mut self, counts: Counts, now: Instant) -> Figures {
        if self.samples.back().is_some_and(|(_, before)| counts.is_behind(before)) {
            self.samples.clear();
        }
        self.samples.retain(|(at, _)| now.saturating_duration_since(*at) <= LOSS_WINDOW);
        // Of those that come too fast, the last one counts.
        if let [.., (before, _), (last, _)] = *self.samples.make_contiguous()
            && last.saturating_duration_since(before) < SAMPLES_APART_MIN
        {
            self.samples.pop_back();
        }
        self.samples.push_back((now, counts));
        let losses = &mut self.figures.losses;
        if let Some((_, first)) = self.samples.front() {
            losses.outgoing = loss(counts.outgoing, first.outgoing).or(losses.outgoing);
            losses.incoming = loss(counts.incoming, first.incoming).or(losses.incoming);
        }
        self.figures
    }

    /// Whether nothing was taken for a while.
    pub fn is_due(&self, now: Instant) -> bool {
        self.samples
            .back()
            .is_none_or(|(at, _)| now.saturating_duration_since(*at) >= SAMPLES_APART_MIN)
    }

    fn rate(&self, counts: Counts, now: Instant) -> Option<Rate> {
        let age = |at: &Instant| now.saturating_duration_since(*at);
        let (at, first) = self.samples.iter().find(|(at, _)| age(at) <= RATE_WINDOW)?;
        let took = age(at);
        if took < RATE_SPAN_MIN {
            return None;
        }
        let a_second = |now: u64, before: u64| {
            (now.saturating_sub(before) as f64 / took.as_secs_f64()).round() as u64
        };
        Some(Rate {
            outgoing: a_second(counts.sent, first.sent),
            incoming: a_second(counts.received, first.received),
        })
    }
}

/// Of enough packets that were sent since `before`.
fn loss(now: Option<Packets>, before: Option<Packets>) -> Option<Loss> {
    let (now, before) = (now?, before.unwrap_or_default());
    let sent = now.sent.saturating_sub(before.sent);
    let lost = now.lost.saturating_sub(before.lost);
    (sent >= PACKETS_MIN).then(|| Loss::new(lost as f64 / sent as f64))
}

impl Loss {
    /// This share, from 0 to 1.
    pub fn new(share: f64) -> Self {
        Self { per_million: (share.clamp(0.0, 1.0) * 1e6).round() as u32 }
    }

    /// From 0 to 1.
    pub fn share(self) -> f64 {
        f64::from(self.per_million) / 1e6
    }
}

/// Over how long a rate is averaged: long enough for a slow line, and short enough to be of now.
pub const RATE_WINDOW: Duration = Duration::from_secs(5);
/// Over how long packets are counted.
pub const LOSS_WINDOW: Duration = Duration::from_secs(10);
/// How many packets make a share of them: one in twenty of so many is told as 2 to 8 in a hundred.
pub const PACKETS_MIN: u64 = 200;
/// A moment's bytes are no rate.
const RATE_SPAN_MIN: Duration = Duration::from_millis(400);
/// There are no more samples of a window than this allows.
const SAMPLES_APART_MIN: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_counted_a_share_is_one_and_samples_are_few(
            steps in vec((0..20_000_u64, any::<[u32; 2]>(), any::<[Option<[u64; 2]>; 3]>()), 0..200)
        ) {
            let (mut now, mut meter) = (Instant::now(), Meter::default());
            for (millis, [sent, received], packets) in steps {
                now += Duration::from_millis(millis);
                let packets = packets.map(|it| it.map(|[sent, lost]| Packets { sent, lost }));
                let [outgoing, incoming, told] = packets;
                let mut counts =
                    Counts { sent: sent.into(), received: received.into(), outgoing, incoming };
                counts += Counts { outgoing: told, incoming: told, ..Counts::default() };
                let figures = meter.observe(counts, now);
                let Losses { outgoing, incoming } = figures.losses;
                for loss in [outgoing, incoming, figures.loss()].into_iter().flatten() {
                    prop_assert!((0.0..=1.0).contains(&loss.share()));
                }
                let most = u64::from(u32::MAX) * 1000 / RATE_SPAN_MIN.as_millis() as u64;
                prop_assert!(figures.rate.is_none_or(|it| it.outgoing.max(it.incoming) <= most + 1));
                prop_assert!(meter.samples.len() <= 102);
            }
        }
    }

    /// Counts of so many bytes each way, and packets that were sent.
    fn counts(sent: u64, received: u64, packets: Option<(u64, u64)>) -> Counts {
        let outgoing = packets.map(|(sent, lost)| Packets { sent, lost });
        Counts { sent, received, outgoing, incoming: None }
    }

    /// What a meter says last of samples, each so many milliseconds after the beginning.
    fn figures(samples: &[(u64, Counts)]) -> Figures {
        let (begun, mut meter) = (Instant::now(), Meter::default());
        let observe = |_, (at, counts): &(u64, Counts)| {
            meter.observe(*counts, begun + Duration::from_millis(*at))
        };
        samples.iter().fold(Figures::default(), observe)
    }

    fn rate(samples: &[(u64, Counts)]) -> Option<(u64, u64)> {
        figures(samples).rate.map(|rate| (rate.outgoing, rate.incoming))
    }

    fn loss(samples: &[(u64, Counts)]) -> Option<f64> {
        figures(samples).losses.outgoing.map(Loss::share)
    }

    #[test]
    fn a_rate_is_of_the_last_seconds_alone() {
        let bytes = |sent, received| counts(sent, received, None);
        assert_eq!(rate(&[(0, bytes(7, 7))]), None);
        assert_eq!(rate(&[(0, bytes(7, 7)), (399, bytes(5000, 7))]), None, "too soon");
        assert_eq!(rate(&[(0, bytes(0, 0)), (500, bytes(5000, 50))]), Some((10_000, 100)));
        // A megabyte a second, then nothing for as long as the window.
        let mut samples: Vec<_> = (0..=20).map(|it| (it * 500, bytes(it * 500_000, 0))).collect();
        assert_eq!(rate(&samples), Some((1_000_000, 0)));
        samples.extend((21..=30).map(|it| (it * 500, bytes(10_000_000, 0))));
        assert_eq!(rate(&samples), Some((0, 0)));
    }

    #[test]
    fn what_was_before_a_pause_is_no_part_of_a_rate_and_the_last_known_one_stays() {
        let bytes = |sent| counts(sent, 0, None);
        let before = [(0, bytes(0)), (1000, bytes(1000))];
        assert_eq!(rate(&before), Some((1000, 0)));
        let pause = [&before[..], &[(60_000, bytes(1500))]].concat();
        assert_eq!(rate(&pause), Some((1000, 0)));
        let again = [&pause[..], &[(61_000, bytes(9500))]].concat();
        assert_eq!(rate(&again), Some((8000, 0)));
    }

    #[test]
    fn a_loss_is_the_share_of_enough_packets() {
        let packets = |sent, lost| counts(0, 0, Some((sent, lost)));
        assert_eq!(loss(&[(0, packets(0, 0)), (500, packets(199, 10))]), None);
        assert_eq!(loss(&[(0, packets(0, 0)), (500, packets(200, 10))]), Some(0.05));
        assert_eq!(loss(&[(0, packets(1000, 900)), (500, packets(2000, 900))]), Some(0.0));
        // QUIC came about after the first look.
        assert_eq!(loss(&[(0, counts(0, 0, None)), (500, packets(400, 4))]), Some(0.01));
        // What was lost long ago is forgotten.
        let mut samples = vec![(0, packets(0, 0)), (500, packets(1000, 500))];
        samples.extend((2..=22).map(|it| (it * 500, packets(it * 1000, 500))));
        assert_eq!(loss(&samples), Some(0.0));
        assert_eq!(loss(&[(0, counts(0, 0, None)), (9000, counts(9, 9, None))]), None);
        // Some came late.
        assert_eq!(loss(&[(0, packets(1000, 90)), (500, packets(2000, 80))]), Some(0.0));
    }

    #[test]
    fn of_both_directions_the_loss_of_the_busier_one_is_the_one_to_tell() {
        let lost = |lost| Some(Packets { sent: 1000, lost });
        let both =
            |sent, received| Counts { sent, received, outgoing: lost(100), incoming: lost(10) };
        let told = |counts| figures(&[(0, Counts::default()), (500, counts)]).loss();
        assert_eq!(told(both(5000, 100)), Some(Loss::new(0.1)));
        assert_eq!(told(both(100, 5000)), Some(Loss::new(0.01)));
        let to_a_page = Counts { outgoing: None, ..both(5000, 100) };
        assert_eq!(told(to_a_page), None, "not what was lost of the acknowledgements");
        let losses = figures(&[(0, Counts::default()), (10, to_a_page)]);
        assert_eq!((losses.rate, losses.loss()), (None, Some(Loss::new(0.01))));
    }

    #[test]
    fn what_is_known_of_packets_when_nothing_moves_any_more_changes_no_rate() {
        let (begun, mut meter) = (Instant::now(), Meter::default());
        let at = |millis| begun + Duration::from_millis(millis);
        meter.observe(counts(0, 0, None), begun);
        let moving = meter.observe(counts(5000, 0, None), at(500));
        assert_eq!((moving.rate.map(|it| it.outgoing), moving.loss()), (Some(10_000), None));
        let known = meter.observe_at_rest(counts(5000, 0, Some((500, 5))), at(2000));
        assert_eq!((known.rate, known.loss()), (moving.rate, Some(Loss::new(0.01))));
    }

    #[test]
    fn what_counts_less_than_before_begins_anew() {
        let one = counts(10_000, 0, Some((1000, 100)));
        for less in [counts(9, 0, Some((2000, 100))), counts(20_000, 0, Some((900, 0)))] {
            let anew = Counts { sent: less.sent + 1000, ..less };
            assert_eq!(rate(&[(0, one), (500, less)]), None, "{less:?}");
            assert_eq!(rate(&[(0, one), (500, less), (1500, anew)]), Some((1000, 0)), "{less:?}");
        }
        assert_eq!(rate(&[(0, one), (500, counts(20_000, 0, None))]), None, "QUIC is gone");
    }

    #[test]
    fn samples_never_pile_up() {
        let (begun, mut meter) = (Instant::now(), Meter::default());
        for milli in 0..60_000 {
            let now = begun + Duration::from_millis(milli);
            let figures = meter.observe(counts(milli * 10, milli, None), now);
            let rate = figures.rate.map(|rate| (rate.outgoing, rate.incoming));
            assert!(rate.is_none_or(|rate| rate == (10_000, 1000)), "{milli}: {rate:?}");
        }
        let most = LOSS_WINDOW.as_millis() / SAMPLES_APART_MIN.as_millis() + 2;
        assert!(meter.samples.len() as u128 <= most, "{}", meter.samples.len());
    }

    #[test]
    fn counts_of_several_connections_add_up() {
        let mut sum = counts(1, 2, None);
        sum += counts(10, 20, Some((5, 1)));
        sum += counts(0, 0, Some((5, 0)));
        assert_eq!(sum, counts(11, 22, Some((10, 1))));
        sum += counts(0, 0, Some((u64::MAX, u64::MAX)));
        assert_eq!(sum, counts(11, 22, Some((u64::MAX, u64::MAX))), "as a remote peer tells it");
    }
}
