//! A machine that moves from one network to the next, and has another address there.

use super::sending::{ANN, Sending, Went};
use emulated::Line;
use std::net::Ipv4Addr;
use std::time::Duration;

/// The sender comes to have another address, as on its way from one network to the next.
pub fn moves(line: Line, size: u64) -> Went {
    let mut sending = Sending::begin(line, size);
    sending.is_at(size / 3);
    sending.breaks();
    sending.apart.network.readdress(ANN, Ipv4Addr::new(10, 77, 0, 100));
    sending.ends()
}

#[test]
fn a_file_arrives_though_its_sender_moves_to_another_address() {
    moves(Line::new(10_000_000, Duration::from_millis(20)), 4 << 20);
}
