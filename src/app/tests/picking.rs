//! Files that are chosen in the picker.

use super::*;
use crate::app::files::{Entry, Found, Hidden, Kind, Look, LookId, Order, Query, Refused, Seen};
use crate::text::PathText;
use std::path::Path;

fn entry(name: &str, kind: Kind) -> Entry {
    Entry { name: name.into(), text: PathText::of(name), kind, age: Some(Duration::from_mins(2)) }
}

fn file(name: &str, size: u64) -> Entry {
    entry(name, Kind::File { size })
}

fn folder(name: &str) -> Entry {
    entry(name, Kind::Folder)
}

impl World {
    /// What was asked to be looked at since, and nothing else was asked for.
    fn looks(&mut self) -> Vec<(LookId, Look)> {
        let look = |effect| match effect {
            Effect::Look { look, at } => (look, at),
            other => panic!("{other:?}"),
        };
        self.asked().into_iter().map(look).collect()
    }

    fn query(&mut self) -> (LookId, Query) {
        match self.looks().pop() {
            Some((look, Look::Folder(query))) => (look, query),
            other => panic!("{other:?}"),
        }
    }

    fn sees(&mut self, look: LookId, folder: &str, entries: Vec<Entry>) {
        let found = Found { folder: folder.into(), entries, more: 0 };
        self.update(Event::Looked { look, seen: Seen::Folder(Ok(found)) });
    }

    /// In the picker, where these are.
    fn picks(entries: Vec<Entry>) -> Self {
        let (mut world, _) = World::with_ben();
        world.asked();
        world.act(Action::Files);
        let (look, query) = world.query();
        assert_eq!(query.folder, None, "it begins in the working directory");
        world.sees(look, "/home/ann", entries);
        world
    }

    fn picker(&self) -> &Picker {
        let Screen::Files(picker) = &self.app.screen else { panic!("{:?}", self.app.screen) };
        picker
    }

    fn listed(&self) -> Vec<&str> {
        self.picker().from(0).map(|(_, entry)| entry.text.as_str()).collect()
    }

    fn chosen(&self) -> &str {
        self.picker().chosen().map_or("", |entry| entry.text.as_str())
    }

    fn types(&mut self, text: &str) {
        text.chars().for_each(|c| self.act(Action::Type(c)));
    }

    fn packs(&mut self) -> Vec<PathBuf> {
        match self.asked().pop() {
            Some(Effect::Pack(paths)) => paths,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_is_narrowed_to_chosen_and_sent_to_who_is_here() {
    let mut world = World::picks(vec![folder("raw"), file("a.pdf", 10), file("b.pdf", 20)]);
    world.types("b.P");
    assert_eq!(world.listed(), ["b.pdf"]);
    world.act(Action::Submit);
    assert!(matches!(world.app.screen, Screen::Room));
    assert_eq!(world.packs(), [Path::new("/home/ann/b.pdf")]);
    let parcel = Parcel {
        proposal: proposal("b.pdf", "application/pdf", 20),
        content: Content::File("/home/ann/b.pdf".into()),
    };
    let told = Some("b.pdf goes out without a link in it: a".to_owned());
    world.update(Event::Packed(Ok(Packed { parcel, told: told.clone() })));
    assert!(matches!(world.asked()[..], [Effect::Propose { .. }]));
    assert_eq!(Some(world.notice()), told.as_deref());
    world.update(Event::Packed(Err("c.pdf cannot be read: it is gone".into())));
    assert_eq!(world.notice(), "c.pdf cannot be read: it is gone");
}

#[test]
fn marked_ones_go_out_together_wherever_they_lie() {
    let mut world = World::picks(vec![folder("raw"), file("a.pdf", 10), file("b.pdf", 20)]);
    world.act(Action::Last);
    world.act(Action::Mark);
    world.act(Action::First);
    world.act(Action::Submit);
    let (look, query) = world.query();
    assert_eq!(query.folder.as_deref(), Some(Path::new("/home/ann/raw")));
    world.sees(look, "/home/ann/raw", vec![folder("old"), file("c.raw", 5)]);
    world.act(Action::Mark);
    world.act(Action::Submit);
    let expected = ["/home/ann/b.pdf", "/home/ann/raw/old"].map(PathBuf::from);
    assert_eq!(world.packs(), expected);
}

#[test]
fn a_mark_is_taken_back_and_a_marked_folder_is_not_opened() {
    let mut world = World::picks(vec![folder("raw"), file("a.pdf", 10)]);
    world.act(Action::Mark);
    assert_eq!(world.chosen(), "a.pdf", "the next one is chosen");
    world.act(Action::Up);
    world.act(Action::Submit);
    assert_eq!(world.packs(), [Path::new("/home/ann/raw")]);
    world.act(Action::Files);
    let (look, _) = world.query();
    world.sees(look, "/home/ann", vec![folder("raw"), file("a.pdf", 10)]);
    world.act(Action::Mark);
    world.act(Action::Up);
    world.act(Action::Mark);
    assert!(world.picker().marked.is_empty());
}

#[test]
fn what_never_goes_out_says_why() {
    let refused = |why| Kind::Refused(why);
    let mut world = World::picks(vec![
        entry("pipe", refused(Refused::NotFile)),
        entry("to folder", refused(Refused::FolderLink)),
    ]);
    world.act(Action::Submit);
    let not_file = "pipe is not a file: devices, pipes and sockets are not sent";
    assert_eq!(world.notice(), not_file);
    world.act(Action::Down);
    world.act(Action::Mark);
    assert_eq!(world.notice(), "to folder is a link to a folder: only links to files are sent");
    assert!(world.asked().is_empty() && world.picker().marked.is_empty());
}

#[test]
fn the_way_up_leads_to_the_folder_one_came_from_and_the_next_time_begins_there() {
    let mut world = World::picks(vec![file("a.pdf", 10)]);
    world.act(Action::Parent);
    let (look, query) = world.query();
    assert_eq!(query.folder.as_deref(), Some(Path::new("/home")));
    world.sees(look, "/home", vec![folder("aaa"), folder("ann"), folder("ben")]);
    assert_eq!(world.chosen(), "ann");
    world.act(Action::Back);
    world.act(Action::Files);
    let (_, query) = world.query();
    assert_eq!(query.folder.as_deref(), Some(Path::new("/home")));
}

#[test]
fn while_a_folder_is_read_nothing_of_the_one_before_is_chosen_and_only_the_newest_counts() {
    let mut world = World::picks(vec![folder("raw"), file("a.pdf", 10)]);
    world.act(Action::Open);
    let (old, _) = world.query();
    world.act(Action::Submit);
    world.act(Action::Mark);
    assert!(world.asked().is_empty());
    world.act(Action::Parent);
    let (new, query) = world.query();
    assert_eq!(query.folder.as_deref(), Some(Path::new("/home/ann")));
    world.sees(old, "/home/ann/raw", vec![file("c.raw", 5)]);
    assert_eq!(world.listed(), ["raw", "a.pdf"], "that is not waited for any more");
    world.sees(new, "/home/ann", vec![folder("raw")]);
    assert_eq!(world.chosen(), "raw");
}

#[test]
fn a_folder_that_is_gone_says_so_and_the_way_up_is_open() {
    let mut world = World::picks(vec![folder("raw")]);
    world.act(Action::Hidden);
    let (look, query) = world.query();
    assert_eq!(query.hidden, Hidden::Shown);
    let gone = "/home/ann cannot be read: it is gone".to_owned();
    world.update(Event::Looked { look, seen: Seen::Folder(Err(gone.clone())) });
    assert_eq!(world.picker().listing, Listing::Unreadable(gone));
    world.act(Action::Submit);
    assert!(world.asked().is_empty());
    world.act(Action::Parent);
    assert_eq!(world.query().1.folder.as_deref(), Some(Path::new("/home")));
}

#[test]
fn another_order_keeps_what_is_chosen() {
    let mut world = World::picks(vec![file("a", 1), file("b", 2), file("c", 3)]);
    world.act(Action::Down);
    world.act(Action::Sort);
    let (look, query) = world.query();
    assert_eq!(query.order, Order::Newest);
    world.sees(look, "/home/ann", vec![file("c", 3), file("a", 1), file("b", 2)]);
    assert_eq!(world.chosen(), "b");
}

#[test]
fn of_a_folder_with_more_than_is_listed_what_is_typed_is_looked_for_in_all() {
    let mut world = World::picks(vec![]);
    world.act(Action::Hidden);
    let (look, _) = world.query();
    let found = |entries, more| Found { folder: "/home/ann".into(), entries, more };
    let first = found(vec![file("a1", 1), file("a2", 1)], 90_000);
    world.update(Event::Looked { look, seen: Seen::Folder(Ok(first)) });
    world.types("z");
    let (look, query) = world.query();
    assert_eq!(query.narrow, "z");
    let whole = found(vec![file("xz", 1), file("zz", 1)], 0);
    world.update(Event::Looked { look, seen: Seen::Folder(Ok(whole)) });
    assert_eq!(world.listed(), ["xz", "zz"]);
    world.types("z");
    assert_eq!(world.listed(), ["zz"]);
    assert!(world.asked().is_empty(), "all of those are known");
    world.act(Action::Erase);
    world.act(Action::Erase);
    assert_eq!(world.query().1.narrow, "");
}

#[test]
fn the_picture_of_the_chosen_file_is_looked_for_once_and_only_the_newest_is_shown() {
    let mut world = World::picks(vec![file("a.jpg", 1), file("b.jpg", 1), file("c.pdf", 1)]);
    let first = world.looks();
    assert!(matches!(&first[..], [(_, Look::Picture(path))] if path.ends_with("a.jpg")));
    world.act(Action::Down);
    let second = world.looks();
    assert!(matches!(&second[..], [(_, Look::Picture(path))] if path.ends_with("b.jpg")));
    let shown = |world: &World| {
        world.picker().beside.as_ref().is_some_and(|it| matches!(it.picture, Picture::Ready(_)))
    };
    let picture = || Seen::Picture(Ok(Arc::new(RgbImage::new(4, 4))));
    world.update(Event::Looked { look: first[0].0, seen: picture() });
    assert!(!shown(&world));
    world.update(Event::Looked { look: second[0].0, seen: picture() });
    assert!(shown(&world));
    world.types("b");
    assert!(world.asked().is_empty() && shown(&world), "it is there already");
    world.act(Action::EraseWord);
    world.act(Action::Last);
    assert!(world.picker().beside.is_none());
}

#[test]
fn esc_lists_all_again_and_then_goes_back() {
    let mut world = World::picks(vec![file("a", 1), file("b", 1)]);
    world.types("b");
    world.act(Action::Back);
    assert_eq!(world.listed(), ["a", "b"]);
    assert_eq!(world.chosen(), "b");
    world.act(Action::Back);
    assert!(matches!(world.app.screen, Screen::Room));
}

#[test]
fn without_a_room_what_is_marked_stays_marked() {
    let mut world = World::picks(vec![file("a", 1)]);
    world.app.room = Room::default();
    world.act(Action::Mark);
    world.act(Action::Submit);
    assert_eq!(world.notice(), "no room yet: j joins one");
    assert_eq!(world.picker().marked.len(), 1);
}

#[test]
fn no_more_are_marked_than_go_out_at_once() {
    let all = (0..70).map(|number| file(&format!("{number:02}"), 1)).collect();
    let mut world = World::picks(all);
    (0..70).for_each(|_| world.act(Action::Mark));
    assert_eq!(world.picker().marked.len(), 64);
    assert_eq!(world.notice(), "64 are marked: more do not go out at once");
}

proptest::proptest! {
    #[test]
    fn no_keys_panic(keys in proptest::collection::vec((0..16, proptest::char::any()), 0..200)) {
        let mut world = World::picks(vec![folder("raw"), file("a.jpg", 1), file("ab.txt", 2)]);
        for (key, c) in keys {
            let action = match key {
                0 => Action::Up,
                1 => Action::Down,
                2 => Action::PageUp,
                3 => Action::PageDown,
                4 => Action::First,
                5 => Action::Last,
                6 => Action::Mark,
                7 => Action::Erase,
                8 => Action::EraseWord,
                9 => Action::Hidden,
                10 => Action::Sort,
                11 => Action::Parent,
                12 => Action::Open,
                13 => Action::Files,
                _ => Action::Type(c),
            };
            world.act(action);
            for effect in world.asked() {
                if let Effect::Look { look, at: Look::Folder(query) } = effect {
                    let entries = vec![folder("raw"), file("a.jpg", 1)];
                    let found = Found {
                        folder: query.folder.unwrap_or_else(|| "/home".into()),
                        entries,
                        more: usize::from(query.narrow.len() == 1),
                    };
                    world.update(Event::Looked { look, seen: Seen::Folder(Ok(found)) });
                }
            }
            let picker = world.picker();
            proptest::prop_assert!(picker.at() < picker.len().max(1) && picker.narrow.len() < 256);
        }
    }
}
