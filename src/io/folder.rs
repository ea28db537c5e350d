//! Folders of this machine, as a person looks through them for a file to send: what is in one, and
//! what lies at a path.
//!
//! Nothing is opened here but folders. All of it waits for the disk, so it is done beside the loop.
//! A folder may hold more than anybody reads: of very many entries the first are listed, in the
//! order that is asked for, and the others are counted.

use crate::app::files::{Entry, Found, Hidden, Kind, Known, Order, Query, Refused, reads_like};
use crate::text::PathText;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, fs, io};

/// What is in a folder, or a sentence on why it cannot be read.
pub fn list(query: &Query) -> Result<Found, String> {
    let folder = match &query.folder {
        Some(folder) => folder.clone(),
        None => env::current_dir().map_err(|it| format!("there is no working directory: {it}"))?,
    };
    let unread = |error: io::Error| format!("{} cannot be read: {error}", PathText::of(&folder));
    let mut all = fs::read_dir(&folder).map_err(unread)?;
    let mut names: Vec<(bool, OsString)> = Vec::new();
    // What vanishes meanwhile is left out.
    for entry in all.by_ref().take(READ_MAX).filter_map(Result::ok) {
        let name = entry.file_name();
        if is_wanted(&name, query) {
            let is_folder = entry.file_type().is_ok_and(|it| it.is_dir());
            names.push((!is_folder, name));
        }
    }
    let unlisted = names.len().saturating_sub(LISTED_MAX);
    let more = unlisted + usize::from(all.next().is_some());
    names.sort_by_cached_key(|(rank, name)| {
        (*rank, name.to_string_lossy().to_lowercase(), name.clone())
    });
    if query.order == Order::Name {
        names.truncate(LISTED_MAX);
    }
    let now = SystemTime::now();
    let facts = names.into_iter().filter_map(|(rank, name)| {
        let (kind, age) = look(&folder.join(&name), now)?;
        Some((rank, name, kind, age))
    });
    let mut facts: Vec<_> = facts.collect();
    if query.order == Order::Newest {
        facts.sort_by_key(|(rank, _, _, age)| (*rank, age.unwrap_or(Duration::MAX)));
        facts.truncate(LISTED_MAX);
    }
    let entry = |(_, name, kind, age)| Entry { text: PathText::of(&name), name, kind, age };
    let entries = facts.into_iter().map(entry).collect();
    Ok(Found { folder, entries, more })
}

/// What lies at these paths. Those that do not begin at the root begin in the working directory, or
/// with `~/` at home.
pub fn known(readings: Vec<Vec<PathBuf>>) -> Vec<Vec<Known>> {
    let now = SystemTime::now();
    let known = |said: PathBuf| {
        let found = whole(&said).and_then(|path| Some((look(&path, now)?.0, path)));
        match found {
            Some((kind, path)) => Known { path, kind: Some(kind) },
            None => Known { path: said, kind: None },
        }
    };
    readings.into_iter().map(|paths| paths.into_iter().map(known).collect()).collect()
}

fn is_wanted(name: &OsStr, query: &Query) -> bool {
    let is_hidden = name.as_bytes().starts_with(b".");
    (query.hidden == Hidden::Shown || !is_hidden)
        && reads_like(&name.to_string_lossy(), &query.narrow)
}

/// What lies there, and how long ago it was changed; `None` if nothing does.
fn look(path: &Path, now: SystemTime) -> Option<(Kind, Option<Duration>)> {
    let own = match path.symlink_metadata() {
        Ok(facts) => facts,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Some((Kind::Refused(Refused::Unseen), None));
        }
        Err(_) => return None,
    };
    let is_link = own.is_symlink();
    let facts = if is_link { path.metadata().ok() } else { Some(own) };
    let Some(facts) = facts else { return Some((Kind::Refused(Refused::DeadLink), None)) };
    let kind = if facts.is_file() {
        Kind::File { size: facts.len() }
    } else if !facts.is_dir() {
        Kind::Refused(Refused::NotFile)
    } else if is_link {
        Kind::Refused(Refused::FolderLink)
    } else {
        Kind::Folder
    };
    // What is said to be of the future is new.
    let age = facts.modified().ok().map(|at| now.duration_since(at).unwrap_or_default());
    Some((kind, age))
}

fn whole(path: &Path) -> Option<PathBuf> {
    match path.strip_prefix("~") {
        Ok(rest) => Some(env::home_dir()?.join(rest)),
        Err(_) => std::path::absolute(path).ok(),
    }
}

/// As many entries are listed.
const LISTED_MAX: usize = 10_000;
/// As many are looked at: a name takes at most 255 bytes.
const READ_MAX: usize = 200_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::time::UNIX_EPOCH;
    use tempfile::TempDir;

    fn folder(names: &[&str]) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = folder.path().join(name.trim_end_matches('/'));
            if name.ends_with('/') {
                fs::create_dir(path).expect("room");
            } else {
                fs::write(path, name).expect("room");
            }
        }
        folder
    }

    fn query(folder: &TempDir) -> Query {
        Query {
            folder: Some(folder.path().to_owned()),
            hidden: Hidden::Out,
            order: Order::Name,
            narrow: String::new(),
        }
    }

    fn names(query: &Query) -> Vec<String> {
        let found = list(query).expect("a folder");
        found.entries.iter().map(|entry| entry.text.to_string()).collect()
    }

    #[test]
    fn folders_come_first_then_files_and_hidden_ones_when_asked_for() {
        let folder = folder(&["b.txt", "A.txt", "z/", "m/", ".dot", ".git/"]);
        let query = query(&folder);
        assert_eq!(names(&query), ["m", "z", "A.txt", "b.txt"]);
        let all = Query { hidden: Hidden::Shown, ..query.clone() };
        assert_eq!(names(&all), [".git", "m", "z", ".dot", "A.txt", "b.txt"]);
        assert_eq!(names(&Query { narrow: "TXT".into(), ..query }), ["A.txt", "b.txt"]);
    }

    #[test]
    fn the_newest_come_first_when_asked_for() {
        let folder = folder(&["old", "new", "older"]);
        for (name, seconds) in [("old", 2000), ("new", 3000), ("older", 1000)] {
            let file = File::options().write(true).open(folder.path().join(name)).expect("a file");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("a time");
        }
        let newest = Query { order: Order::Newest, ..query(&folder) };
        assert_eq!(names(&newest), ["new", "old", "older"]);
        let age = list(&newest).expect("a folder").entries[0].age;
        assert!(age.is_some_and(|age| age > Duration::from_secs(1_000_000_000)), "{age:?}");
    }

    #[test]
    fn a_link_is_what_it_leads_to_if_that_is_a_file_and_nothing_else_but_files_goes_out() {
        let folder = folder(&["a file", "folder/"]);
        let at = |name: &str| folder.path().join(name);
        symlink("a file", at("to file")).expect("room");
        symlink("folder", at("to folder")).expect("room");
        symlink("nothing", at("to nothing")).expect("room");
        symlink("/dev/null", at("to device")).expect("room");
        let _socket = UnixListener::bind(at("socket")).expect("room");
        let kinds: Vec<_> = list(&query(&folder)).expect("a folder").entries;
        let kinds: Vec<_> = kinds.iter().map(|it| (it.text.as_str(), it.kind)).collect();
        assert_eq!(
            kinds,
            [
                ("folder", Kind::Folder),
                ("a file", Kind::File { size: 6 }),
                ("socket", Kind::Refused(Refused::NotFile)),
                ("to device", Kind::Refused(Refused::NotFile)),
                ("to file", Kind::File { size: 6 }),
                ("to folder", Kind::Refused(Refused::FolderLink)),
                ("to nothing", Kind::Refused(Refused::DeadLink)),
            ]
        );
    }

    #[test]
    fn a_name_that_is_no_text_is_shown_clean_and_found_by_what_it_is() {
        let folder = folder(&[]);
        let name = OsStr::from_bytes(b"a\xff\x1b[31m\xe2\x80\xae.txt");
        fs::write(folder.path().join(name), "abc").expect("room");
        let found = list(&query(&folder)).expect("a folder");
        assert_eq!(found.entries[0].text.as_str(), "a\u{fffd}.txt");
        assert_eq!(found.entries[0].name, name);
        assert_eq!(found.entries[0].kind, Kind::File { size: 3 });
    }

    #[test]
    fn a_folder_that_is_gone_or_is_none_says_so() {
        let folder = folder(&["a"]);
        for name in ["gone", "a"] {
            let path = folder.path().join(name);
            let why = list(&Query { folder: Some(path), ..query(&folder) }).expect_err(name);
            assert!(why.contains(&format!("{name} cannot be read: ")), "{why}");
        }
    }

    #[test]
    fn of_very_many_the_first_are_listed_and_the_rest_is_counted() {
        let folder = folder(&[]);
        for number in 0..LISTED_MAX + 3 {
            File::create(folder.path().join(format!("{number:05}"))).expect("room");
        }
        let found = list(&query(&folder)).expect("a folder");
        assert_eq!((found.entries.len(), found.more), (LISTED_MAX, 3));
        assert_eq!(found.entries[LISTED_MAX - 1].text.as_str(), "09999");
        let narrow = Query { narrow: "10002".into(), ..query(&folder) };
        let found = list(&narrow).expect("a folder");
        assert_eq!((found.entries.len(), found.more), (1, 0), "every one can be found");
    }

    #[test]
    fn what_is_said_is_looked_for_and_told_as_it_was_said_if_it_is_not_there() {
        let folder = folder(&["a b"]);
        let there = folder.path().join("a b");
        let readings = vec![
            vec![folder.path().join("a"), "b".into()],
            vec![there.clone(), "Cargo.toml".into(), "~".into(), "".into(), "a\0b".into()],
        ];
        let known = known(readings);
        assert_eq!(known[0][0], Known { path: folder.path().join("a"), kind: None });
        assert_eq!(known[0][1], Known { path: "b".into(), kind: None });
        assert_eq!(known[1][0], Known { path: there, kind: Some(Kind::File { size: 3 }) });
        assert!(known[1][1].path.is_absolute() && known[1][1].kind.is_some());
        assert_eq!(known[1][3].kind, None);
        assert_eq!(known[1][4].kind, None);
    }
}
