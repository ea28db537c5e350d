//! What holds of the packets that are counted, whoever sent what. See [`crate::fuzz`].

use super::records::{GAP_MAX, WINDOW};
use super::{Records, unwrapped};

/// Datagrams, each behind its length.
pub(crate) fn datagrams(data: &[u8]) {
    let (mut records, mut sent, mut rest) = (Records::default(), 0, data);
    while let Some((length, after)) = rest.split_first() {
        let datagram;
        (datagram, rest) = after.split_at(usize::from(*length).min(after.len()));
        let carried = unwrapped(datagram);
        assert!(carried.len() <= datagram.len());
        records.take(carried);
        let packets = records.packets().unwrap_or_default();
        assert!(packets.lost <= packets.sent);
        let most = carried.len() as u64 / RECORD_BYTES_MIN * (GAP_MAX + WINDOW + 1);
        assert!((sent..=sent + most).contains(&packets.sent), "{packets:?} after {sent}");
        sent = packets.sent;
    }
}

/// A header alone.
const RECORD_BYTES_MIN: u64 = 13;
