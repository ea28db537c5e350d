//! What a person has wished for on terminals of a kind, in a file of the state folder.
//!
//! Who says once that pictures are to be sixels here need not say it again. The file may be lost
//! without harm: one that cannot be read is told of in the log, and written anew.

use crate::terminal::capabilities::Wishes;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// By the kind of terminal.
type Kinds = BTreeMap<String, Wishes>;

/// What is said now, and else what was said before on terminals of this kind: what is said now is
/// remembered. Without a folder nothing is.
pub fn remember(folder: Option<&Path>, kind: &str, said: Wishes) -> Wishes {
    let Some(folder) = folder else { return said };
    save(folder, kind, said);
    said.or(load(folder, kind))
}

/// What was wished for on terminals of this kind.
pub fn load(folder: &Path, kind: &str) -> Wishes {
    read(&folder.join(FILE)).remove(kind).unwrap_or_default()
}

/// Remembers what is said now, besides what was said before; what is to be found out again is
/// forgotten.
pub fn save(folder: &Path, kind: &str, said: Wishes) {
    if said == Wishes::default() {
        return;
    }
    if let Err(error) = change(folder, kind, said) {
        tracing::warn!(%error, "what is wished of the terminal is not remembered");
    }
}

fn change(folder: &Path, kind: &str, said: Wishes) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(FILE);
    let before = read(&path);
    let mut kinds = before.clone();
    let wishes = said.or(kinds.remove(kind).unwrap_or_default()).explicit();
    if wishes != Wishes::default() {
        while kinds.len() >= KINDS_MAX {
            kinds.pop_first();
        }
        kinds.insert(kind.to_owned(), wishes);
    }
    if kinds != before {
        let text = toml::to_string(&kinds).map_err(io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&path).map_err(|error| error.error)?;
    }
    Ok(())
}

fn read(path: &Path) -> Kinds {
    let read = std::fs::read_to_string(path);
    let kinds = read.and_then(|text| toml::from_str(&text).map_err(io::Error::other));
    kinds.unwrap_or_else(|error| {
        if error.kind() != ErrorKind::NotFound {
            tracing::warn!(path = %path.display(), %error, "what was wished of the terminal is lost");
        }
        Kinds::new()
    })
}

const FILE: &str = "display.toml";
/// More than anybody works at.
const KINDS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::capabilities::{Graphics, Wish};
    use tempfile::tempdir;

    fn wishes(graphics: Wish<Graphics>) -> Wishes {
        Wishes { graphics: Some(graphics), ..Wishes::default() }
    }

    #[test]
    fn what_is_wished_once_holds_on_terminals_of_that_kind() {
        let folder = tempdir().expect("a folder");
        let folder = folder.path().join("state");
        assert_eq!(load(&folder, "xterm"), Wishes::default());
        let sixel = wishes(Wish::This(Graphics::Sixel));
        save(&folder, "xterm", sixel);
        let half = Wishes { cells: "half".parse().ok(), ..Wishes::default() };
        save(&folder, "xterm", half);
        assert_eq!(load(&folder, "xterm"), sixel.or(half), "both");
        assert_eq!(load(&folder, "xterm WezTerm"), Wishes::default(), "another kind");
        save(&folder, "xterm", Wishes::default());
        assert_eq!(load(&folder, "xterm"), sixel.or(half), "nothing was said");
    }

    #[test]
    fn auto_is_forgotten() {
        let folder = tempdir().expect("a folder");
        save(folder.path(), "xterm", wishes(Wish::This(Graphics::Cells)));
        save(folder.path(), "xterm", wishes(Wish::Auto));
        assert_eq!(load(folder.path(), "xterm"), Wishes::default());
        let text = std::fs::read_to_string(folder.path().join(FILE)).expect("there");
        assert_eq!(text, "");
    }

    #[test]
    fn a_damaged_file_is_written_anew() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        for damaged in ["xterm = 3", "[xterm]\ngraphics = 'x'", "\u{0}["] {
            std::fs::write(&path, damaged).expect("written");
            assert_eq!(load(folder.path(), "xterm"), Wishes::default());
            let kitty = wishes(Wish::This(Graphics::Kitty));
            save(folder.path(), "xterm-256color WezTerm", kitty);
            assert_eq!(load(folder.path(), "xterm-256color WezTerm"), kitty);
        }
    }

    #[test]
    fn the_file_does_not_grow_with_every_terminal_there_is() {
        let folder = tempdir().expect("a folder");
        for number in 0..KINDS_MAX * 2 {
            save(folder.path(), &format!("{number:03}"), wishes(Wish::This(Graphics::Cells)));
        }
        assert_eq!(read(&folder.path().join(FILE)).len(), KINDS_MAX);
        assert_eq!(load(folder.path(), "127"), wishes(Wish::This(Graphics::Cells)));
    }
}
