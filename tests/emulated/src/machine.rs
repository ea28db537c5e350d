//! A machine: a network namespace that lasts as long as a process waits in it, with a TUN device.

use crate::Router;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use tappers::linux::Tun;
use tappers::{DeviceState, Interface};

/// A process that holds a network namespace until its input ends, as when this process does.
pub(crate) struct Holder(Child);

/// One of the two devices that a machine may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// Its own.
    First,
    /// One that was lent to it.
    Second,
}

impl Port {
    fn device(self) -> &'static str {
        match self {
            Self::First => DEVICE,
            Self::Second => "line1",
        }
    }
}

impl Holder {
    /// Makes a namespace.
    pub(crate) fn begin() -> Self {
        let mut child = Command::new("unshare")
            .args(["-n", "sh", "-e", "-c", "ip link set lo up; echo ready; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare: tests/run installs util-linux");
        let mut line = String::new();
        let output = child.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("it is text");
        assert_eq!(line, "ready\n", "no namespace, or no ip: tests/run installs iproute2");
        Self(child)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Moves this thread there for good, and opens the device that the machine's packets go by.
    pub(crate) fn plug(id: u32) -> Tun {
        let space = File::open(format!("/proc/{id}/ns/net")).expect("a machine that is there");
        move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("a namespace of the same user");
        let name = Interface::new(DEVICE).expect("a name that is short enough");
        let tun = Tun::create_named(name).expect("/dev/net/tun can be opened");
        tun.set_nonblocking(true).expect("a device can be made so");
        tun.set_state(DeviceState::Up).expect("a device of our own");
        tun
    }

    /// Gives its device an address, the only one.
    pub(crate) fn address(&self, address: Ipv4Addr) {
        self.address_of(DEVICE, address);
    }

    fn address_of(&self, device: &str, address: Ipv4Addr) {
        self.ip(&["addr", "flush", "dev", device]);
        self.ip(&["addr", "add", &format!("{address}/24"), "dev", device, "noprefixroute"]);
        // One way out for all; TCP is as most systems have it, whatever this one prefers.
        let address = address.to_string();
        self.ip(&["route", "add", "default", "dev", device, "src", &address, "congctl", "cubic"]);
    }

    /// Takes a device down, as when its cable is pulled: the way out over it goes with that.
    pub(crate) fn down(&self, port: Port) {
        self.ip(&["link", "set", "dev", port.device(), "down"]);
    }

    /// Brings it up with an address, as who asks for one then does.
    pub(crate) fn up(&self, port: Port, address: Ipv4Addr) {
        self.ip(&["link", "set", "dev", port.device(), "up"]);
        self.address_of(port.device(), address);
    }

    /// Hands its own device to another machine, as a second one.
    pub(crate) fn lend(&self, to: &Self) {
        self.ip(&["link", "set", "dev", DEVICE, "down"]);
        let (to, name) = (to.id().to_string(), Port::Second.device());
        self.ip(&["link", "set", "dev", DEVICE, "netns", &to, "name", name]);
    }

    /// Takes its address of version 4 away.
    pub(crate) fn drop_address(&self) {
        self.ip(&["-4", "addr", "flush", "dev", DEVICE]);
    }

    /// Gives its device an address of version 6 besides.
    pub(crate) fn address_6(&self, address: Ipv6Addr) {
        // Nobody else has it: it is of use at once.
        self.ip(&["addr", "add", &format!("{address}/64"), "dev", DEVICE, "nodad"]);
        self.ip(&["-6", "route", "add", "default", "dev", DEVICE]);
    }

    /// Makes a router of it, and a machine behind that, in a network of this number.
    pub(crate) fn route(&self, router: Router, network: u8) -> Self {
        let inner = Self::begin();
        let [gateway, machine] = [1, 2].map(|it| Ipv4Addr::new(192, 168, network, it).to_string());
        let id = inner.id().to_string();
        let pair = ["link", "add", INWARDS, "type", "veth", "peer", "name", DEVICE, "netns"];
        self.ip(&[&pair[..], &[&id]].concat());
        self.ip(&["addr", "add", &format!("{gateway}/24"), "dev", INWARDS]);
        self.ip(&["link", "set", INWARDS, "up"]);
        inner.ip(&["addr", "add", &format!("{machine}/24"), "dev", DEVICE]);
        inner.ip(&["link", "set", DEVICE, "up"]);
        inner.ip(&["route", "add", "default", "via", &gateway, "congctl", "cubic"]);
        self.run(&["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"], "");
        self.run(&["nft", "-f", "-"], &router.rules(DEVICE, &machine));
        inner
    }

    /// Lets bursts wait in the device until they are read.
    pub(crate) fn widen(&self) {
        self.ip(&["link", "set", "dev", DEVICE, "txqueuelen", "4000"]);
    }

    fn ip(&self, words: &[&str]) {
        self.run(&[&["ip"], words].concat(), "");
    }

    /// Runs a program there, which reads this.
    fn run(&self, words: &[&str], input: &str) {
        let id = self.id().to_string();
        // Some have what is root's in no path of theirs.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        let mut command = Command::new("nsenter");
        command.args(["-t", &id, "-n"]).args(words).env("PATH", path).stdin(Stdio::piped());
        let mut child = command.spawn().expect("nsenter of util-linux");
        // One that does not read has ended, with an error that is told below.
        let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
        assert!(child.wait().expect("a child").success(), "{words:?} {input}");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What leads out of a machine, and of a router.
const DEVICE: &str = "line0";
/// What leads further in.
const INWARDS: &str = "lan0";
