//! What a change of this machine's network means: whether it is one at all, and whether what went out
//! before still goes out as it did.
//!
//! It holds no socket and no clock. A [`Lookout`] is fed by what watches the network, which then looks
//! at the [`Surroundings`] when that is due; a [`Footing`] by whoever keeps up something that leaves
//! this machine, and sees from which address it would leave now.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Where this machine is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The addresses of interfaces that are up: those that others may know it by.
    pub addresses: BTreeSet<IpAddr>,
    /// From which of them it goes to the world, of each version of IP.
    pub ways_out: BTreeSet<IpAddr>,
}

/// Tells changes of the surroundings from all else that systems have to say of their network, and one
/// change from the next: an address seldom goes, or comes, alone.
#[derive(Debug)]
pub struct Lookout {
    last: Surroundings,
    stirred: Option<Stirred>,
}

#[derive(Debug, Clone, Copy)]
struct Stirred {
    first: Instant,
    last: Instant,
}

impl Lookout {
    /// Here, in the beginning.
    pub fn new(here: Surroundings) -> Self {
        Self { last: here, stirred: None }
    }

    /// Something of the network has changed: it is to be looked at a moment after the last of such.
    pub fn stir(&mut self, now: Instant) {
        let first = self.stirred.map_or(now, |stirred| stirred.first);
        self.stirred = Some(Stirred { first, last: now });
    }

    /// When to look.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let Stirred { first, last } = self.stirred?;
        Some((last + SETTLES).min(first + SETTLES_MAX))
    }

    /// This is what it looks like: whether that is another place than before.
    pub fn look(&mut self, here: Surroundings) -> bool {
        self.stirred = None;
        let before = std::mem::replace(&mut self.last, here);
        before != self.last
    }
}

/// From which address packets to one place go out.
#[derive(Debug)]
pub struct Footing {
    source: Option<IpAddr>,
    /// Since when none go out.
    gone: Option<Instant>,
}

/// What a change means to what goes out to one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Nothing: it goes out as before.
    Firm,
    /// It does not go out, for now.
    Gone,
    /// It goes out as before again, after so long.
    Back(Duration),
    /// It goes out from another address, where no answer to what was sent before arrives.
    Elsewhere,
}

impl Footing {
    /// They go out from here; from nowhere if that is not known.
    pub fn new(source: Option<IpAddr>) -> Self {
        Self { source, gone: None }
    }

    /// The network has changed, and they go out from here now, or not at all.
    pub fn handle(&mut self, source: Option<IpAddr>, now: Instant) -> Ground {
        let Some(source) = source else {
            if self.source.is_none() {
                // It never was known.
                return Ground::Firm;
            }
            self.gone.get_or_insert(now);
            return Ground::Gone;
        };
        let (before, gone) = (self.source.replace(source), self.gone.take());
        match gone {
            _ if before != Some(source) => Ground::Elsewhere,
            Some(since) => Ground::Back(now.saturating_duration_since(since)),
            None => Ground::Firm,
        }
    }

    /// Whether nothing goes out, as far as is known.
    pub fn is_gone(&self) -> bool {
        self.gone.is_some()
    }
}

/// Longer than it takes from an address to the way out over it.
const SETTLES: Duration = Duration::from_millis(100);
/// There are networks that never do.
const SETTLES_MAX: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn place(last: u8) -> Surroundings {
        let addresses = BTreeSet::from([address(last)]);
        Surroundings { ways_out: addresses.clone(), addresses }
    }

    #[test]
    fn it_is_looked_a_moment_after_the_last_of_several_changes() {
        let (now, mut lookout) = (Instant::now(), Lookout::new(place(1)));
        assert_eq!(lookout.poll_timeout(), None);
        lookout.stir(now);
        lookout.stir(now + 40 * MS);
        assert_eq!(lookout.poll_timeout(), Some(now + 40 * MS + SETTLES));
        assert!(lookout.look(place(2)));
        assert_eq!(lookout.poll_timeout(), None);
        lookout.stir(now + 500 * MS);
        assert!(!lookout.look(place(2)), "whatever has changed, it is the same place");
        assert!(lookout.look(Surroundings::default()), "there is no network any more");
        assert!(lookout.look(place(2)), "it is back");
    }

    #[test]
    fn ground_is_gone_back_or_elsewhere() {
        let (now, mut footing) = (Instant::now(), Footing::new(Some(address(1))));
        assert_eq!(footing.handle(Some(address(1)), now), Ground::Firm);
        assert_eq!(footing.handle(None, now), Ground::Gone);
        assert_eq!(footing.handle(None, now + 300 * MS), Ground::Gone);
        assert!(footing.is_gone());
        assert_eq!(footing.handle(Some(address(1)), now + 700 * MS), Ground::Back(700 * MS));
        assert!(!footing.is_gone());
        assert_eq!(footing.handle(Some(address(2)), now), Ground::Elsewhere);
        assert_eq!(footing.handle(Some(address(2)), now), Ground::Firm);
        footing.handle(None, now);
        assert_eq!(footing.handle(Some(address(3)), now), Ground::Elsewhere);
        let mut unknown = Footing::new(None);
        assert_eq!(unknown.handle(None, now), Ground::Firm);
        assert_eq!(unknown.handle(Some(address(1)), now), Ground::Elsewhere);
    }

    proptest! {
        #[test]
        fn a_network_that_never_settles_is_looked_at_all_the_same(
            pauses in prop::collection::vec(0..100_u32, 1..50),
        ) {
            let (begun, mut lookout) = (Instant::now(), Lookout::new(place(1)));
            let mut now = begun;
            lookout.stir(now);
            for pause in pauses {
                now += pause * MS;
                if lookout.poll_timeout().is_some_and(|at| at <= now) {
                    lookout.look(place(1));
                }
                lookout.stir(now);
                let at = lookout.poll_timeout().expect("it has stirred");
                prop_assert!(at <= now + SETTLES_MAX);
                prop_assert!(at <= now + SETTLES);
            }
        }
    }
}
