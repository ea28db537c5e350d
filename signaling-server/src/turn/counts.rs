//! What is counted of a relay, for those who run it.

/// Sums of all that was, and what stands. They tell nothing of any one client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// The allocations that there are.
    pub allocations: usize,
    /// The allocations that there were, those included.
    pub granted: u64,
    /// The allocations that were refused because a limit was reached, or for want of a socket.
    pub refused: u64,
    /// Bytes of data that clients sent to peers.
    pub bytes_to_peers: u64,
    /// Bytes of data that peers sent to clients.
    pub bytes_to_clients: u64,
    /// Datagrams that were dropped because their allocation was over its rate.
    pub dropped: u64,
    /// Requests that were left unanswered because their address asked too often.
    pub unanswered: u64,
}
