use super::*;
use crate::app::{Content, Order, Parcel};
use crate::errand::{Deserted, Room, Send, SendWishes};
use crate::text::FileName;
use crate::transfer::{MediaType, Proposal};
use bytes::Bytes;
use std::time::{Duration, Instant};

struct World {
    errand: Send,
    now: Instant,
}

impl World {
    fn new(wishes: SendWishes) -> Self {
        let now = Instant::now();
        Self { errand: Send::new(wishes, now), now }
    }

    /// A file is on its way to Ann and Ben, and it is the only one.
    fn sending_to_two() -> (Self, Who, Who) {
        let mut world = Self::new(wishes());
        let (ann, ben) = (who(1, "Ann"), who(2, "Ben"));
        world.hear(&room(RoomState::Joined, 2));
        world.hear(&here(&ann));
        world.hear(&here(&ben));
        world.supply("a.jpg");
        world.errand.exhausted(world.now);
        assert_eq!(world.orders(), [("o1".to_owned(), vec![1, 2])]);
        (world, ann, ben)
    }

    fn hear(&mut self, report: &Report) {
        self.errand.handle(report, self.now);
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.errand.handle_timeout(self.now);
    }

    fn supply(&mut self, name: &str) {
        assert!(self.errand.wants_parcel());
        self.errand.supply(Parcel {
            proposal: Proposal::new(FileName::new(name), MediaType::jpeg(), 1),
            content: Content::Bytes(Bytes::from_static(b"x")),
        });
    }

    /// What is asked of the room: which order, and to whom.
    fn orders(&mut self) -> Vec<(String, Vec<u64>)> {
        let orders = std::iter::from_fn(|| self.errand.poll_order());
        let sent = |order| match order {
            Order::Send { order, to, .. } => (order, to.iter().map(|to| to.0).collect()),
            other => panic!("{other:?}"),
        };
        orders.map(sent).collect()
    }

    fn code(&self) -> Option<Code> {
        code(self.errand.ending())
    }
}

fn wishes() -> SendWishes {
    SendWishes { prefix: "o".to_owned(), ..SendWishes::default() }
}

fn sent(order: &str, to: &Who, receipt: Receipt) -> Report {
    Report::Sent { order: Some(order.to_owned()), to: to.clone(), file: file("a.jpg", 1), receipt }
}

fn delivered(order: &str, to: &Who) -> Report {
    sent(order, to, Receipt::Delivered { digest: "00".to_owned() })
}

fn failed(order: &str, to: &Who, code: Code) -> Report {
    sent(order, to, Receipt::Failed { code, text: "why".to_owned() })
}

#[test]
fn everyone_who_is_there_is_waited_for_and_each_has_a_receipt() {
    let mut world = World::new(wishes());
    let (ann, ben) = (who(1, "Ann"), who(2, "Ben"));
    world.hear(&room(RoomState::Joined, 2));
    world.hear(&here(&ann));
    assert!(!world.errand.wants_parcel(), "Ben is on the way");
    world.hear(&here(&ben));
    world.supply("a.jpg");
    assert_eq!(world.orders(), [("o1".to_owned(), vec![1, 2])]);
    world.errand.exhausted(world.now);
    world.hear(&delivered("o1", &ann));
    assert_eq!(world.errand.ending(), None);
    world.hear(&delivered("o1", &ben));
    assert_eq!(world.errand.ending(), Some(&Ending::Done));
}

#[test]
fn who_stays_at_the_door_holds_nobody_up_for_long() {
    let mut world = World::new(wishes());
    world.hear(&room(RoomState::Joined, 2));
    world.hear(&here(&who(1, "Ann")));
    let until = world.errand.poll_timeout().expect("a deadline");
    world.wait(until - world.now);
    world.supply("a.jpg");
    assert_eq!(world.orders(), [("o1".to_owned(), vec![1])]);
}

#[test]
fn those_who_are_named_are_waited_for_and_nobody_else_is_sent_anything() {
    let to = vec!["Ann".to_owned(), "ben-b".to_owned()];
    let mut world = World::new(SendWishes { to, ..wishes() });
    world.hear(&room(RoomState::Joined, 3));
    for (connection, name) in [(1, "Ann"), (3, "Cid")] {
        world.hear(&here(&who(connection, name)));
    }
    assert!(!world.errand.wants_parcel());
    // By the beginning of the fingerprint, however it is written.
    let ben = Who { id: "BENB-bbbb".to_owned(), ..who(2, "Someone") };
    world.hear(&here(&ben));
    world.supply("a.jpg");
    assert_eq!(world.orders(), [("o1".to_owned(), vec![1, 2])]);
}

#[test]
fn so_many_are_waited_for_as_was_said() {
    let mut world = World::new(SendWishes { wait_for: Some(2), room: Room::Opened, ..wishes() });
    world.hear(&room(RoomState::Joined, 1));
    world.hear(&here(&who(1, "Ann")));
    world.wait(Duration::from_hours(1));
    assert!(!world.errand.wants_parcel() && world.errand.ending().is_none());
    world.hear(&room(RoomState::Joined, 2));
    world.hear(&here(&who(2, "Ben")));
    assert!(world.errand.wants_parcel());
}

#[test]
fn nobody_comes_in_time_and_why_is_told_as_far_as_it_is_known() {
    let (ann, joined) = (who(1, "Ann"), room(RoomState::Joined, 0));
    for (reports, expected) in [
        (vec![], Code::NobodyCame),
        (vec![joined.clone(), room(RoomState::Empty, 0)], Code::NoSuchRoom),
        (vec![room(RoomState::Lost, 0)], Code::Server),
        (vec![joined.clone(), peer(&ann, PeerState::Connecting, Standing::Met)], Code::NobodyCame),
        (vec![joined, peer(&ann, PeerState::Doubted, Standing::Changed)], Code::Refused),
        (vec![room(RoomState::Refused, 0)], Code::Refused),
    ] {
        let mut world = World::new(wishes());
        for report in &reports {
            world.hear(report);
        }
        world.wait(Duration::from_secs(10));
        assert_eq!(world.code(), Some(expected), "{reports:?}");
    }
}

#[test]
fn what_was_cut_goes_out_again_to_whom_it_was_for_once_that_one_is_back() {
    let (mut world, ann, ben) = World::sending_to_two();
    world.hear(&failed("o1", &ann, Code::CutOff));
    world.hear(&peer(&ann, PeerState::Left, Standing::Met));
    // That Ben is told of again does not make him stand in for Ann, though she has his key.
    world.hear(&here(&Who { id: ann.id.clone(), ..ben.clone() }));
    assert_eq!(world.orders(), []);
    let back = Who { connection: 9, ..ann };
    world.hear(&here(&back));
    assert_eq!(world.orders(), [("o1".to_owned(), vec![9])]);
    world.hear(&delivered("o1", &ben));
    world.hear(&delivered("o1", &back));
    assert_eq!(world.errand.ending(), Some(&Ending::Done));
}

#[test]
fn who_is_back_before_the_old_connection_is_given_up_gets_it_too() {
    let mut world = World::new(wishes());
    let ann = who(1, "Ann");
    world.hear(&room(RoomState::Joined, 1));
    world.hear(&here(&ann));
    world.supply("a.jpg");
    world.orders();
    let back = Who { connection: 2, ..ann.clone() };
    world.hear(&here(&back));
    assert_eq!(world.orders(), [], "it may be another program of hers");
    world.hear(&peer(&ann, PeerState::Left, Standing::Met));
    world.hear(&failed("o1", &ann, Code::CutOff));
    assert_eq!(world.orders(), [("o1".to_owned(), vec![2])]);
}

#[test]
fn who_does_not_come_back_is_given_up_and_what_failed_worst_is_told() {
    let (mut world, ann, ben) = World::sending_to_two();
    world.hear(&failed("o1", &ben, Code::Refused));
    world.hear(&failed("o1", &ann, Code::CutOff));
    assert_eq!(world.errand.ending(), None);
    let until = world.errand.poll_timeout().expect("a deadline");
    world.wait(until - world.now);
    assert_eq!(world.code(), Some(Code::CutOff));
}

#[test]
fn who_is_lost_in_the_middle_is_waited_for_as_long_as_was_said() {
    let long = Duration::from_mins(3);
    let mut world = World::new(SendWishes { wait: Some(long), ..wishes() });
    let ann = who(1, "Ann");
    world.hear(&room(RoomState::Joined, 1));
    world.hear(&here(&ann));
    world.supply("a.jpg");
    world.errand.exhausted(world.now);
    world.hear(&failed("o1", &ann, Code::CutOff));
    assert_eq!(world.errand.poll_timeout(), Some(world.now + long));
    world.wait(long);
    assert_eq!(world.code(), Some(Code::CutOff));
}

#[test]
fn few_are_under_way_at_once_and_none_while_nobody_is_here() {
    let mut world = World::new(wishes());
    let ann = who(1, "Ann");
    world.hear(&room(RoomState::Joined, 1));
    world.hear(&here(&ann));
    let mut count = 0;
    while world.errand.wants_parcel() {
        world.supply("a.jpg");
        count += 1;
        assert!(count < 100);
    }
    world.hear(&delivered("o1", &ann));
    assert!(world.errand.wants_parcel());
    world.hear(&peer(&ann, PeerState::Left, Standing::Met));
    assert!(!world.errand.wants_parcel());
}

#[test]
fn who_has_left_for_good_ends_what_is_not_all_sent_but_not_what_a_camera_goes_on_with() {
    let deserted = [(Deserted::Ends, Some(Code::CutOff)), (Deserted::Waits, None)];
    for (deserted, expected) in deserted {
        let mut world = World::new(SendWishes { deserted, ..wishes() });
        let ann = who(1, "Ann");
        world.hear(&room(RoomState::Joined, 1));
        world.hear(&here(&ann));
        world.supply("a.jpg");
        world.hear(&delivered("o1", &ann));
        world.hear(&peer(&ann, PeerState::Left, Standing::Met));
        world.wait(Duration::from_mins(1));
        assert_eq!(world.code(), expected);
    }
}

#[test]
fn a_camera_that_is_stopped_has_done_what_it_was_to_do() {
    let (mut world, ann) = (World::new(wishes()), who(1, "Ann"));
    world.hear(&room(RoomState::Joined, 1));
    world.hear(&here(&ann));
    world.supply("a.jpg");
    world.hear(&delivered("o1", &ann));
    world.errand.interrupt(Code::Terminated);
    assert_eq!(world.errand.ending(), Some(&Ending::Done));
    let mut world = World::new(wishes());
    world.errand.interrupt(Code::Terminated);
    assert_eq!(world.code(), Some(Code::Terminated));
}
