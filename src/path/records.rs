//! How many packets were sent to this side, and how many of them never came, told by the numbers on them.
//!
//! All that WebRTC says is in records of DTLS, one in a packet as a rule. Each tells, in the clear, an
//! epoch and a number that goes up by one (RFC 6347, section 4.1), whatever the record is of. So who
//! receives them knows how many were sent, as a receiver of RTP does (RFC 3550, appendix A.3): from the
//! first to the highest, of which those that came are no loss. What is of epoch 0 says nothing: it is
//! the handshake, which is sent again with the same meaning. Of DTLS 1.3, which hides its numbers
//! (RFC 9147, section 4.2.3), nothing is known.
//!
//! A late packet makes the loss smaller, and one that comes twice counts once, within the last
//! [`WINDOW`]: what is later than that, DTLS drops as a replay (RFC 6347, section 4.1.2.6). Here nobody
//! has proven yet who sent a packet. So one whose number is far from all others is not believed before
//! another one follows it, as RTP has it with new sources (RFC 3550, appendix A.1). Who sends several
//! may falsify a figure, and nothing else.

use super::Packets;

/// What is known of the records that came of one connection.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// What comes behind the highest position.
    next: u64,
    /// Which of the last before that came: the lowest bit is of the one just before.
    seen: u64,
    /// One that is far from all others.
    stray: Option<u64>,
    expected: u64,
    received: u64,
}

impl Records {
    /// Takes down the records of a datagram. Of one that has none, nothing.
    pub fn take(&mut self, datagram: &[u8]) {
        let mut rest = datagram;
        while let Some((position, after)) = split_record(rest) {
            if NUMBERED.contains(&position) {
                self.count(position);
            }
            rest = after;
        }
    }

    /// How many were sent and how many of them did not come, by now; nothing before some came.
    pub fn packets(&self) -> Option<Packets> {
        let lost = self.expected - self.received;
        (self.expected > 0).then_some(Packets { sent: self.expected, lost })
    }

    fn count(&mut self, position: u64) {
        let around = |width: u64| self.next.saturating_sub(width)..self.next.saturating_add(width);
        if around(WINDOW).contains(&position) {
            self.count_near(position);
        } else if position >= self.next || !around(GAP_MAX).contains(&position) {
            let stray = self.stray.replace(position);
            let is_before = |it: &u64| (1..=WINDOW).contains(&position.wrapping_sub(*it));
            if let Some(stray) = stray.filter(is_before) {
                self.stray = None;
                self.go_on_at(stray);
                self.count_near(stray);
                self.count_near(position);
            }
        }
    }

    /// Goes on at a position that is far from all others. All between were lost, if so many may be;
    /// otherwise it is another beginning.
    fn go_on_at(&mut self, position: u64) {
        let gap = position.checked_sub(self.next).filter(|gap| *gap <= GAP_MAX);
        self.expected += gap.unwrap_or(0);
        // What was before the beginning is never missed, nor counted.
        self.seen = if gap.is_some() { 0 } else { u64::MAX };
        self.next = position;
    }

    fn count_near(&mut self, position: u64) {
        if let Some(ahead) = position.checked_sub(self.next) {
            self.seen = self.seen.checked_shl(ahead as u32 + 1).unwrap_or(0) | 1;
            self.next = position + 1;
            self.expected += ahead + 1;
            self.received += 1;
        } else {
            let one = 1 << (self.next - 1 - position);
            self.received += u64::from(self.seen & one == 0);
            self.seen |= one;
        }
    }
}

/// The position of the first record, and what comes behind it. A position is an epoch and a number, one
/// behind the other.
fn split_record(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    // Of an alert, a handshake, or what is said: each takes a number.
    let [21..=23, 0xfe, 0xfd | 0xff, position @ .., high, low] = *header else { return None };
    let length = u16::from_be_bytes([high, low]);
    Some((u64::from_be_bytes(position), rest.get(usize::from(length)..)?))
}

const HEADER_BYTES: usize = 13;
/// From the first position of epoch 1. The last position of all has none behind it.
const NUMBERED: std::ops::Range<u64> = 1 << 48..u64::MAX;
/// How far from the highest a packet is near: within what DTLS lets come late.
pub const WINDOW: u64 = 64;
/// How many may be lost at a time: several times what SCTP has under way.
pub const GAP_MAX: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// A record of this kind, epoch and number, with some bytes in it.
    fn record(kind: u8, epoch: u16, number: u64) -> Vec<u8> {
        let mut record = vec![kind, 0xfe, 0xfd];
        record.extend_from_slice(&((u64::from(epoch) << 48) | number).to_be_bytes());
        record.extend_from_slice(&[0, 3, 7, 7, 7]);
        record
    }

    fn said(number: u64) -> Vec<u8> {
        record(23, 1, number)
    }

    /// How many were sent, and lost, if those came that have these numbers.
    fn counted(numbers: impl IntoIterator<Item = u64>) -> Option<(u64, u64)> {
        let mut records = Records::default();
        numbers.into_iter().for_each(|number| records.take(&said(number)));
        records.packets().map(|it| (it.sent, it.lost))
    }

    proptest! {
        #[test]
        fn whatever_comes_no_more_is_lost_than_was_sent_and_one_record_adds_no_more_than_a_gap(
            datagrams in vec(
                prop_oneof![
                    vec(any::<u8>(), 0..60),
                    (20..26_u8, 0..4_u16, prop_oneof![0..300_u64, 9_000..12_000_u64])
                        .prop_map(|(kind, epoch, number)| record(kind, epoch, number)),
                    any::<(u8, u16, u64)>()
                        .prop_map(|(kind, epoch, number)| record(kind, epoch, number >> 16)),
                ],
                0..200,
            ),
        ) {
            let (mut records, mut sent) = (Records::default(), 0);
            for datagram in &datagrams {
                records.take(datagram);
                let packets = records.packets().unwrap_or_default();
                prop_assert!(packets.lost <= packets.sent);
                prop_assert!((sent..=sent + GAP_MAX + WINDOW + 1).contains(&packets.sent));
                sent = packets.sent;
            }
        }

        #[test]
        fn what_is_lost_is_known_however_the_rest_is_mixed_up_and_repeated(
            first in 0..1_u64 << 47,
            fates in vec((prop::bool::weighted(0.9), 0..WINDOW / 2, any::<bool>()), 100..400),
        ) {
            let numbered = (first + 2..).zip(&fates);
            let mut came = vec![(0, first), (0, first + 1)];
            for (number, (comes, delay, twice)) in numbered {
                let copies = if *twice { 2 } else { 1 };
                let times = usize::from(*comes) * copies;
                came.extend(std::iter::repeat_n((number + delay, number), times));
            }
            came.sort_unstable();
            let last = came.iter().map(|(_, number)| *number).max().expect("two at least");
            let lost = (0..).zip(&fates).filter(|(at, (comes, ..))| !comes && first + 2 + at < last);
            let expected = Some((last - first + 1, lost.count() as u64));
            prop_assert_eq!(counted(came.into_iter().map(|(_, number)| number)), expected);
        }

        #[test]
        fn one_that_is_forged_changes_nothing(
            at in 3..100_usize,
            epoch in any::<u16>(),
            number in any::<u64>(),
        ) {
            let mut records = Records::default();
            for genuine in 0..400 {
                if genuine as usize == at {
                    records.take(&record(23, epoch, number >> 16));
                }
                records.take(&said(genuine));
            }
            prop_assert_eq!(records.packets(), Some(Packets { sent: 400, lost: 0 }));
        }
    }

    #[test]
    fn what_does_not_come_is_lost_until_it_does() {
        assert_eq!(counted([]), None);
        assert_eq!(counted([5]), None, "one that nothing follows");
        assert_eq!(counted(5..105), Some((100, 0)));
        assert_eq!(counted((5..105).filter(|it| it % 10 != 0)), Some((100, 10)));
        assert_eq!(counted([5, 6, 9]), Some((5, 2)));
        assert_eq!(counted([5, 6, 9, 7, 7, 9]), Some((5, 1)));
        assert_eq!(counted((5..105).chain([20])), Some((100, 0)), "a replay");
        assert_eq!(counted([5, 6, 4, 3]), Some((2, 0)), "what was before the beginning");
    }

    #[test]
    fn a_long_gap_is_lost_once_another_one_follows() {
        let before = 0..10;
        let far = 10 + 500;
        assert_eq!(counted(before.clone().chain([far])), Some((10, 0)));
        assert_eq!(counted(before.clone().chain([far, far + 1])), Some((512, 500)));
        let late = before.clone().chain([far, far + 1, far - 1, 10]);
        assert_eq!(counted(late), Some((512, 499)), "one came late, one too late");
        let anew = 10 + GAP_MAX + 1;
        assert_eq!(counted(before.chain(anew..anew + 20)), Some((30, 0)), "another beginning");
    }

    #[test]
    fn with_another_epoch_it_begins_anew_and_the_sums_go_on() {
        let mut records = Records::default();
        for epoch in [1, 2] {
            for number in [3, 4, 6, 7] {
                records.take(&record(23, epoch, number));
            }
        }
        assert_eq!(records.packets(), Some(Packets { sent: 10, lost: 2 }));
    }

    #[test]
    fn each_record_of_a_datagram_counts_and_those_of_the_handshake_do_not() {
        let mut records = Records::default();
        records.take(&[said(0), said(1), record(21, 1, 3), vec![23, 0xfe]].concat());
        assert_eq!(records.packets(), Some(Packets { sent: 4, lost: 1 }));
        let before = records.packets();
        let cut = said(9);
        for other in [&record(22, 0, 4)[..], &record(64, 1, 4), &cut[..cut.len() - 1], &[], &[23]] {
            records.take(other);
            records.take(other);
        }
        assert_eq!(records.packets(), before);
        // The last message of a handshake is of epoch 1, and takes a number there.
        records.take(&record(22, 1, 4));
        assert_eq!(records.packets(), Some(Packets { sent: 5, lost: 1 }));
    }
}
