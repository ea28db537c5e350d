//! What is said between a test and the process that carries packets for it: a line of JSON each.

use crate::{Carried, Line, Machine, Router};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What is to be done. Each is answered once, when it is done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// The first of all, and no other: make machines, with these lines.
    Lay(Vec<Line>),
    Change(Machine, Line),
    Cut(Machine),
    Mend(Machine),
    Part(Machine, Machine),
    Join(Machine, Machine),
    Readdress(Machine, Ipv4Addr),
    AddVersion6(Machine, Ipv6Addr),
    DropVersion4(Machine),
    Down(Machine),
    /// With this address.
    Up(Machine, Ipv4Addr),
    /// The first's line, to the second.
    Lend(Machine, Machine),
    Switch(Machine, Ipv4Addr),
    Behind(Machine, Router),
    Count(Machine),
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The machines are there; a process on each.
    Laid(Vec<u32>),
    Done,
    /// Its machine is another process now.
    Moved(u32),
    Counted(Carried),
}
