//! Over SSH, as most people use it: a real sshd, a real ssh, nothing of the local terminal forwarded
//! but its type and size.

use crate::world::launch::Launch;
use crate::world::peer::Peer;
use crate::world::pictures::colours;
use crate::world::shown::{TRAIL, words};
use crate::world::ssh::ssh;

#[test]
fn a_photo_taken_over_ssh_is_seen_by_the_other_and_one_that_comes_is_shown() {
    let folder = tempfile::tempdir().expect("a folder for keys");
    let mut ann = Launch::of("Ann").through(&ssh(folder.path())).open();
    let ben = Peer::join("Ben", &ann.link());
    ann.meets("Ben");
    ann.sees_the_camera();
    ann.press("S");
    ben.receives_from("Ann");
    ann.shows("✓ Ben");
    ben.sees_the_camera();
    ben.act(peersnap::app::Action::SnapAndSend);
    ann.until("the photo in the trail", |screen| {
        words(screen).contains("Ben now") && colours(screen, TRAIL) > 8
    });
    ann.press("q");
    assert_eq!(ann.ends(), 0);
    assert!(ann.is_given_back());
}
