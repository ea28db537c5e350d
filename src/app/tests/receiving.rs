//! Photos and files that come in.

use super::*;

#[test]
fn photos_are_taken_without_asking_and_other_files_are_asked_for() {
    let (mut world, ben) = World::with_ben();
    let propose = |transfer, proposal| PeerEvent::Proposed { transfer, proposal, held: 0 };
    world.peer(ben, propose(TransferId(0), proposal("a.jpg", "image/jpeg", 1000)));
    assert!(matches!(world.asked()[..], [Effect::Accept { transfer: TransferId(0), .. }]));
    world.peer(ben, propose(TransferId(1), proposal("big.jpg", "image/jpeg", 1001)));
    world.peer(ben, propose(TransferId(2), proposal("a.zip", "application/zip", 10)));
    assert!(world.asked().is_empty());
    assert_eq!(world.app.transfers.asked().map(|t| t.transfer), Some(TransferId(1)));
    world.act(Action::Decline);
    assert!(matches!(world.asked()[..], [Effect::Decline { transfer: TransferId(1), .. }]));
}

#[test]
fn a_folder_is_asked_for_whatever_its_sender_says_that_it_is() {
    let (mut world, ben) = World::with_ben();
    let folder = Proposal { files: Some(2), ..proposal("photos", "image/jpeg", 10) };
    let (transfer, held) = (TransferId(0), 0);
    world.peer(ben, PeerEvent::Proposed { transfer, proposal: folder, held });
    assert!(world.asked().is_empty());
    world.act(Action::Accept);
    let (direction, path) = (Direction::Incoming, Some(PathBuf::from("/photos/photos")));
    let end = End::Done(Digest([0; 32]));
    world.peer(ben, PeerEvent::Ended { direction, transfer, end, path });
    let newest = world.app.trail.iter().next().expect("it came");
    assert!(matches!(&newest.content, Content::Folder(..)));
}

#[test]
fn each_answer_is_for_another_file() {
    let (mut world, ben) = World::with_ben();
    for transfer in [0, 1] {
        let (transfer, proposal) = (TransferId(transfer), proposal("a.zip", "application/zip", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal, held: 0 });
    }
    world.act(Action::Decline);
    world.act(Action::Accept);
    assert!(matches!(
        world.asked()[..],
        [
            Effect::Decline { transfer: TransferId(0), .. },
            Effect::Accept { transfer: TransferId(1), .. }
        ]
    ));
}

#[test]
fn a_photo_that_came_is_shown_and_a_damaged_one_is_told() {
    let (mut world, ben) = World::with_ben();
    let receive = |world: &mut World, end, path: Option<&str>| {
        let (transfer, proposal) = (TransferId(0), proposal("a.jpg", "image/jpeg", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal, held: 0 });
        let (direction, path) = (Direction::Incoming, path.map(PathBuf::from));
        world.peer(ben, PeerEvent::Ended { direction, transfer, end, path });
    };
    receive(&mut world, End::Done(Digest([0; 32])), Some("/photos/a.jpg"));
    assert!(matches!(world.asked()[..], [Effect::Accept { .. }, Effect::Decode { .. }]));
    assert_eq!(world.notice(), "a.jpg from Ben");
    receive(&mut world, End::Local(Reason::Digest), None);
    assert_eq!(world.notice(), "a.jpg from Ben did not arrive: damaged on the way");
    receive(&mut world, End::Local(Reason::DiskFull), None);
    assert_eq!(world.notice(), "a.jpg could not be saved: check space and rights of /photos");
    assert_eq!(world.app.trail.iter().len(), 1);
}

#[test]
fn a_photo_on_the_full_screen_follows_the_choice() {
    let (mut world, ben) = World::with_ben();
    for at in 0..3 {
        let (transfer, proposal) = (TransferId(at), proposal("a.jpg", "image/jpeg", 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal, held: 0 });
        let (direction, end) = (Direction::Incoming, End::Done(Digest([0; 32])));
        let path = Some(PathBuf::from(format!("/photos/{at}.jpg")));
        world.peer(ben, PeerEvent::Ended { direction, transfer, end, path });
    }
    world.asked();
    world.act(Action::View);
    world.act(Action::Down);
    let decodes = world.asked();
    assert!(matches!(decodes[..], [Effect::Decode { .. }, Effect::Decode { .. }]));
    assert_eq!(world.app.trail.chosen_at(), 1);
    world.act(Action::Up);
    world.act(Action::Up);
    assert_eq!(world.app.trail.chosen_at(), 0);
    world.act(Action::Back);
    assert!(matches!(world.app.screen, Screen::Room));
}

#[test]
fn a_picture_that_cannot_be_shown_is_a_notice_and_a_file() {
    let (mut world, ben) = World::with_ben();
    for (name, media_type, told) in
        [("a.pdf", "application/pdf", false), ("a.jpg", "image/jpeg", true)]
    {
        let (transfer, proposal) = (TransferId(0), proposal(name, media_type, 10));
        world.peer(ben, PeerEvent::Proposed { transfer, proposal, held: 0 });
        let (direction, end) = (Direction::Incoming, End::Done(Digest([0; 32])));
        world.peer(ben, PeerEvent::Ended { direction, transfer, end, path: Some("/x".into()) });
        let item = world.app.trail.chosen().expect("it is there").id;
        let picture = Err("not a picture".to_owned());
        world.update(Event::Decoded { item, size: PictureSize::Small, picture });
        let notice = format!("{name} from Ben is kept as a file: not a picture");
        assert_eq!(world.notice() == notice, told, "{name}: {}", world.notice());
    }
}
