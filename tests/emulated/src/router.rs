//! What stands between a machine and its line: a router that translates addresses, and lets some
//! of what comes in.
//!
//! The kernel does the work, by rules of nftables in a namespace of the router's own. The words for
//! what they do are those of RFC 3489 (section 5), which people know routers by; RFC 4787 calls the
//! first three endpoint-independent mappings with three kinds of filtering.

use serde::{Deserialize, Serialize};

/// A kind of router. TCP goes out through all of them, if nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Router {
    /// Whoever knows a port that was sent from reaches it.
    FullCone,
    /// So do those whose address was sent something from there.
    AddressRestricted,
    /// So do those whose port, too, was sent something from there.
    PortRestricted,
    /// The same, and each address and port is sent to from another port.
    Symmetric,
    /// No UDP goes through.
    NoUdp,
    /// Nothing goes through but TCP to port 443.
    WebOnly,
    /// Two that are [port restricted](Self::PortRestricted), one behind the other, as where a provider
    /// translates addresses once more.
    Double,
}

impl Router {
    /// What stands there, from the line inwards.
    pub(crate) fn stages(self) -> &'static [Self] {
        match self {
            Self::FullCone => &[Self::FullCone],
            Self::AddressRestricted => &[Self::AddressRestricted],
            Self::PortRestricted => &[Self::PortRestricted],
            Self::Symmetric => &[Self::Symmetric],
            Self::NoUdp => &[Self::NoUdp],
            Self::WebOnly => &[Self::WebOnly],
            Self::Double => &[Self::PortRestricted; 2],
        }
    }

    /// The rules of nftables of one stage, which has one machine behind it. Its way out is `out`.
    pub(crate) fn rules(self, out: &str, behind: &str) -> String {
        let masquerade =
            if self == Self::Symmetric { "masquerade fully-random" } else { "masquerade" };
        // What may come in beside answers: which ports were sent from, and to whom.
        let (seen, note, lets_in) = match self {
            Self::FullCone => ("inet_service", "udp sport", "udp dport"),
            Self::AddressRestricted => {
                ("ipv4_addr . inet_service", "ip daddr . udp sport", "ip saddr . udp dport")
            }
            _ => ("inet_service", "", ""),
        };
        let mut rules = vec![
            "table ip router".to_owned(),
            format!("set ip router seen {{ type {seen}; flags dynamic,timeout; timeout 2m; }}"),
            "chain ip router before { type nat hook prerouting priority dstnat; }".to_owned(),
            "chain ip router own { type filter hook input priority filter; }".to_owned(),
            "chain ip router through { type filter hook forward priority filter; }".to_owned(),
            "chain ip router after { type nat hook postrouting priority srcnat; }".to_owned(),
            format!("rule ip router after oifname {out} {masquerade}"),
            // It answers nobody itself. It would keep in mind who was refused, and send to them from
            // another port.
            format!("rule ip router own iifname {out} drop"),
        ];
        if !note.is_empty() {
            rules.push(format!("rule ip router through oifname {out} update @seen {{ {note} }}"));
            rules.push(format!(
                "rule ip router before iifname {out} {lets_in} @seen dnat to {behind}"
            ));
        }
        match self {
            Self::NoUdp => rules.push("rule ip router through meta l4proto udp drop".to_owned()),
            Self::WebOnly => {
                rules
                    .push(format!("rule ip router through oifname {out} meta l4proto != tcp drop"));
                rules.push(format!("rule ip router through oifname {out} tcp dport != 443 drop"));
            }
            _ => {}
        }
        format!("add {}\n", rules.join("\nadd "))
    }
}
