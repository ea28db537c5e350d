//! A machine: a network namespace that lasts as long as a process waits in it, with a TUN device.

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use tappers::linux::Tun;
use tappers::{DeviceState, Interface};

/// A process that holds a network namespace until its input ends, as when this process does.
pub(crate) struct Holder(Child);

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
        self.ip(&["addr", "flush", "dev", DEVICE]);
        self.ip(&["addr", "add", &format!("{address}/24"), "dev", DEVICE, "noprefixroute"]);
        // One way out for all; TCP is as most systems have it, whatever this one prefers.
        let address = address.to_string();
        self.ip(&["route", "add", "default", "dev", DEVICE, "src", &address, "congctl", "cubic"]);
    }

    /// Lets bursts wait in the device until they are read.
    pub(crate) fn widen(&self) {
        self.ip(&["link", "set", "dev", DEVICE, "txqueuelen", "4000"]);
    }

    fn ip(&self, words: &[&str]) {
        let id = self.id().to_string();
        let status = Command::new("nsenter").args(["-t", &id, "-n", "ip"]).args(words).status();
        assert!(status.expect("nsenter of util-linux").success(), "ip {words:?}");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

const DEVICE: &str = "line0";
