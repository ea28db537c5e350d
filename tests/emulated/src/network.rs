//! A test's side of a network: it orders, and runs programs on machines.

use crate::order::{Answer, Order};
use crate::{Carried, Line, Machine, Router};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

/// Machines with lines between them. They go with this value.
pub struct Network {
    carrier: Child,
    orders: BufReader<UnixStream>,
    holders: Vec<u32>,
    addresses: Vec<Ipv4Addr>,
    /// By machine, whose line it has besides its own.
    spares: HashMap<usize, usize>,
}

impl Network {
    /// Makes a machine for each line, the first 10.77.0.1, the next 10.77.0.2.
    ///
    /// The carrier is a command that ends up in [`carry`](crate::carry).
    pub fn lay(carrier: &[&str], lines: &[Line]) -> Self {
        let (near, far) = UnixStream::pair().expect("two sockets");
        let carrier = Command::new("unshare")
            .arg("-Urn")
            .args(carrier)
            .stdin(OwnedFd::from(far))
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare: tests/run installs util-linux");
        let addresses = (0..lines.len()).map(address).collect();
        let orders = BufReader::new(near);
        let mut network =
            Self { carrier, orders, holders: Vec::new(), addresses, spares: HashMap::new() };
        match network.order(&Order::Lay(lines.to_vec())) {
            Answer::Laid(holders) => network.holders = holders,
            other => panic!("{other:?} is no answer to that"),
        }
        network
    }

    /// How a program is run on this machine: these words, and then its own.
    pub fn enter(&self, machine: Machine) -> Vec<String> {
        let holder = self.holders[machine.0].to_string();
        ["nsenter", "-t", &holder, "-U", "-n", "--preserve-credentials"].map(str::to_owned).into()
    }

    /// The same for programs that need a real root's rights there, such as sshd. It works for root
    /// alone.
    pub fn enter_as_root(&self, machine: Machine) -> Vec<String> {
        let holder = self.holders[machine.0].to_string();
        ["nsenter", "-t", &holder, "-n"].map(str::to_owned).into()
    }

    /// The address of a machine.
    pub fn address(&self, machine: Machine) -> Ipv4Addr {
        self.addresses[machine.0]
    }

    /// Gives a machine another line, for all that it sends from now on.
    pub fn change(&mut self, machine: Machine, line: Line) {
        self.order(&Order::Change(machine, line));
    }

    /// Cuts the line of a machine: nothing gets out or in, and the machine does not notice.
    pub fn cut(&mut self, machine: Machine) {
        self.order(&Order::Cut(machine));
    }

    /// Mends it.
    pub fn mend(&mut self, machine: Machine) {
        self.order(&Order::Mend(machine));
    }

    /// Has nothing go from one machine to the other any more, as where each is behind a firewall of its
    /// own; others reach both.
    pub fn part(&mut self, one: Machine, other: Machine) {
        self.order(&Order::Part(one, other));
    }

    /// Has everything go between the two again.
    pub fn join(&mut self, one: Machine, other: Machine) {
        self.order(&Order::Join(one, other));
    }

    /// Takes a machine's address away and gives it another one of 10.77.0.0/24.
    pub fn readdress(&mut self, machine: Machine, address: Ipv4Addr) {
        self.order(&Order::Readdress(machine, address));
        self.addresses[machine.0] = address;
    }

    /// Takes down what a machine's line hangs on, as when a cable is pulled: the machine notices, and has
    /// no way out any more.
    pub fn down(&mut self, machine: Machine) {
        self.order(&Order::Down(machine));
    }

    /// Brings it up again, with the same address.
    pub fn up(&mut self, machine: Machine) {
        self.order(&Order::Up(machine, self.addresses[machine.0]));
    }

    /// Has the line of one machine, on which nothing runs, lead to another besides its own. It is down
    /// until that one [switches](Self::switch) to it.
    pub fn lend(&mut self, spare: Machine, to: Machine) {
        self.order(&Order::Lend(spare, to));
        self.spares.insert(to.0, spare.0);
    }

    /// Takes down the line that a machine uses, and brings up the other one of the two that it has, with
    /// that one's address.
    pub fn switch(&mut self, machine: Machine) {
        let spare = self.spares[&machine.0];
        self.addresses.swap(machine.0, spare);
        self.order(&Order::Switch(machine, self.addresses[machine.0]));
    }

    /// Puts a router between a machine and its line. The machine's [address](Self::address) is the
    /// router's from then on; what ran on it stays there.
    pub fn put_behind(&mut self, machine: Machine, router: Router) {
        match self.order(&Order::Behind(machine, router)) {
            Answer::Moved(holder) => self.holders[machine.0] = holder,
            other => panic!("{other:?} is no answer to that"),
        }
    }

    /// Gives a machine an address of version 6 beside its other one.
    pub fn add_version_6(&mut self, machine: Machine) -> Ipv6Addr {
        let address = self.addresses[machine.0].to_ipv6_mapped().segments();
        let address = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, address[6], address[7]);
        self.order(&Order::AddVersion6(machine, address));
        address
    }

    /// Takes a machine's address of version 4 away.
    pub fn drop_version_4(&mut self, machine: Machine) {
        self.order(&Order::DropVersion4(machine));
    }

    /// What a machine has sent so far, and what became of it.
    pub fn carried(&mut self, machine: Machine) -> Carried {
        match self.order(&Order::Count(machine)) {
            Answer::Counted(carried) => carried,
            other => panic!("{other:?} is no answer to that"),
        }
    }

    fn order(&mut self, order: &Order) -> Answer {
        let order = serde_json::to_string(order).expect("orders are plain");
        let mut answer = String::new();
        let told = writeln!(self.orders.get_mut(), "{order}");
        let read = told.and_then(|()| self.orders.read_line(&mut answer));
        assert!(matches!(read, Ok(1..)), "nobody carries packets any more: {order}");
        serde_json::from_str(&answer).expect("answers are ours")
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Orders end, and so does the carrier, and the machines with it.
        let _ = self.orders.get_ref().shutdown(std::net::Shutdown::Both);
        let _ = self.carrier.wait();
    }
}

/// Which address a machine has in the beginning.
pub(crate) fn address(at: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, u8::try_from(at + 1).expect("fewer than 255 machines"))
}
