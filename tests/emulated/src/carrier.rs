//! The process that carries packets: a thread for each machine, and orders on its standard input.

use crate::machine::{Holder, Port};
use crate::order::{Answer, Order};
use crate::way::Way;
use crate::{Line, Machine};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockWriteGuard, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tappers::linux::Tun;

/// Carries packets as it is ordered, and returns when no more orders come.
///
/// It is called in a process that [`Network`](crate::Network) has started, and in no other: its
/// standard input is a socket that goes both ways.
pub fn carry() {
    let socket = std::io::stdin().as_fd().try_clone_to_owned().expect("a socket");
    let mut answers = UnixStream::from(socket);
    let orders = BufReader::new(answers.try_clone().expect("a socket"));
    let mut street = None;
    for line in orders.lines() {
        let Ok(line) = line else { return };
        let order = serde_json::from_str(&line).expect("orders are ours");
        let answer = match (order, &mut street) {
            (Order::Lay(lines), street) => {
                let laid = Street::lay(&lines);
                let ids = laid.holders.iter().map(Holder::id).collect();
                *street = Some(laid);
                Answer::Laid(ids)
            }
            (order, Some(street)) => street.obey(&order),
            (order, None) => panic!("{order:?} before any machine is there"),
        };
        let answer = serde_json::to_string(&answer).expect("answers are plain");
        // Who gave the order may be gone.
        if writeln!(answers, "{answer}").is_err() {
            return;
        }
    }
}

/// All machines.
struct Street {
    holders: Vec<Holder>,
    /// Those further in, behind routers.
    behind: Vec<Holder>,
    /// By machine that has a second line, which of the two it uses.
    ports: HashMap<usize, Port>,
    shared: Arc<Shared>,
}

/// What the threads of all machines know.
struct Shared {
    houses: Vec<House>,
    addresses: RwLock<HashMap<IpAddr, usize>>,
    /// Between whom nothing goes, each both ways.
    parted: RwLock<HashSet<(usize, usize)>>,
}

struct House {
    way: Mutex<Way>,
    is_cut: AtomicBool,
    tun: OnceLock<Tun>,
}

impl Street {
    fn lay(lines: &[Line]) -> Self {
        let holders: Vec<_> = lines.iter().map(|_| Holder::begin()).collect();
        let house = |(at, line): (usize, &Line)| House {
            way: Mutex::new(Way::new(*line, at as u64 + 1, Instant::now())),
            is_cut: AtomicBool::new(false),
            tun: OnceLock::new(),
        };
        let houses = lines.iter().enumerate().map(house).collect();
        let addresses =
            (0..lines.len()).map(|at| (crate::network::address(at).into(), at)).collect();
        let (addresses, parted) = (RwLock::new(addresses), RwLock::default());
        let shared = Arc::new(Shared { houses, addresses, parted });
        for (at, holder) in holders.iter().enumerate() {
            let (shared, id) = (Arc::clone(&shared), holder.id());
            let (plugged, is_plugged) = mpsc::sync_channel(1);
            // It ends with the process.
            thread::spawn(move || {
                let tun = shared.houses[at].tun.get_or_init(|| Holder::plug(id));
                let _ = plugged.send(());
                shared.serve(at, tun);
            });
            is_plugged.recv().expect("the device is there");
            holder.widen();
            holder.address(crate::network::address(at));
        }
        Self { holders, behind: Vec::new(), ports: HashMap::new(), shared }
    }

    fn obey(&mut self, order: &Order) -> Answer {
        let house = |at: &Machine| &self.shared.houses[at.0];
        match order {
            Order::Lay(_) => panic!("the machines are there already"),
            Order::Change(at, line) => house(at).way().line = *line,
            Order::Cut(at) => house(at).is_cut.store(true, Ordering::Relaxed),
            Order::Mend(at) => house(at).is_cut.store(false, Ordering::Relaxed),
            Order::Part(one, other) => {
                let mut parted = self.shared.parted.write().unwrap_or_else(PoisonError::into_inner);
                parted.extend([(one.0, other.0), (other.0, one.0)]);
            }
            Order::Join(one, other) => {
                let mut parted = self.shared.parted.write().unwrap_or_else(PoisonError::into_inner);
                parted.remove(&(one.0, other.0));
                parted.remove(&(other.0, one.0));
            }
            Order::Count(at) => return Answer::Counted(house(at).way().carried),
            Order::Readdress(at, address) => {
                let mut all = self.shared.addresses();
                all.retain(|_, other| *other != at.0);
                all.insert((*address).into(), at.0);
                self.holders[at.0].address(*address);
            }
            Order::AddVersion6(at, address) => {
                self.shared.addresses().insert((*address).into(), at.0);
                self.holders[at.0].address_6(*address);
            }
            Order::DropVersion4(at) => {
                self.shared.addresses().retain(|address, of| *of != at.0 || address.is_ipv6());
                self.holders[at.0].drop_address();
            }
            Order::Down(at) => self.holders[at.0].down(self.port(*at)),
            Order::Up(at, address) => self.holders[at.0].up(self.port(*at), *address),
            Order::Lend(spare, to) => {
                self.holders[spare.0].lend(&self.holders[to.0]);
                self.ports.insert(to.0, Port::First);
            }
            Order::Switch(at, address) => {
                let (from, to) = match self.port(*at) {
                    Port::First => (Port::First, Port::Second),
                    Port::Second => (Port::Second, Port::First),
                };
                self.holders[at.0].down(from);
                self.holders[at.0].up(to, *address);
                self.ports.insert(at.0, to);
            }
            Order::Behind(at, router) => {
                let outer = &self.holders[at.0];
                let mut further_in = Vec::new();
                for (network, stage) in (1..).zip(router.stages()) {
                    further_in.push(further_in.last().unwrap_or(outer).route(*stage, network));
                }
                let machine = further_in.last().map(Holder::id);
                self.behind.extend(further_in);
                return machine.map_or(Answer::Done, Answer::Moved);
            }
        }
        Answer::Done
    }
}

impl Street {
    /// Which line a machine uses.
    fn port(&self, at: Machine) -> Port {
        self.ports.get(&at.0).copied().unwrap_or(Port::First)
    }
}

impl Shared {
    fn addresses(&self) -> RwLockWriteGuard<'_, HashMap<IpAddr, usize>> {
        self.addresses.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries what a machine sends, for as long as this process lasts.
    fn serve(&self, at: usize, tun: &Tun) {
        let house = &self.houses[at];
        let mut packet = [0; PACKET_BYTES];
        loop {
            let wakes_at = {
                let mut way = house.way();
                let now = Instant::now();
                while let Ok(length) = tun.recv(&mut packet) {
                    way.send(&packet[..length], now);
                }
                while let Some(packet) = way.arrived(now) {
                    if !self.deliver(at, &packet) {
                        way.carried.lost.add(&packet);
                    }
                }
                way.wakes_at()
            };
            // What comes meanwhile is carried together: a wake-up costs more than a packet does.
            if wakes_at.is_some() {
                thread::sleep(GRAIN);
            }
            let left = wakes_at.map(|at| at.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            let mut devices = [PollFd::new(tun, PollFlags::IN)];
            // A signal that comes in between is no harm.
            let _ = poll(&mut devices, left.as_ref());
        }
    }

    /// Whether the packet got where it was to go.
    fn deliver(&self, from: usize, packet: &[u8]) -> bool {
        let Some(to) = destination(packet) else { return false };
        let all = self.addresses.read().unwrap_or_else(PoisonError::into_inner);
        let Some(&to) = all.get(&to) else { return false };
        let parted = self.parted.read().unwrap_or_else(PoisonError::into_inner);
        let is_parted = parted.contains(&(from, to));
        let (from, to) = (&self.houses[from], &self.houses[to]);
        let cut = from.is_cut.load(Ordering::Relaxed) || to.is_cut.load(Ordering::Relaxed);
        !is_parted && !cut && to.tun.get().is_some_and(|tun| tun.send(packet).is_ok())
    }
}

/// Where a packet is to go: RFC 791 (section 3.1), RFC 8200 (section 3).
fn destination(packet: &[u8]) -> Option<IpAddr> {
    match packet.first()? >> 4 {
        4 => packet.get(16..)?.first_chunk().map(|it: &[u8; 4]| Ipv4Addr::from(*it).into()),
        6 => packet.get(24..)?.first_chunk().map(|it: &[u8; 16]| Ipv6Addr::from(*it).into()),
        _ => None,
    }
}

impl House {
    fn way(&self) -> MutexGuard<'_, Way> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Larger than a TUN device sends.
const PACKET_BYTES: usize = 2048;
/// What a packet may be late.
const GRAIN: Duration = Duration::from_micros(500);
