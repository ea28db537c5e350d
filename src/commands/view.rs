//! `peersnap view`: pictures into plain scrollback.
//!
//! What the terminal can do is taken from the environment alone: a question to the terminal
//! may never be answered. Inside tmux and screen, and where nothing is known, pictures are
//! half-blocks; with `NO_COLOR`, characters.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use image::DynamicImage;

use crate::picture::{Grid, Light, Limits, RgbImage, decode, fit_cells, probe, ramp, scale};

/// Prints each picture under its name. One that cannot be shown is told in a sentence, the
/// others are shown all the same; then the whole is a failure.
pub fn view(files: &[PathBuf]) -> anyhow::Result<()> {
    let terminal = Terminal::detect(|name| env::var(name).ok(), io::stdout().is_terminal());
    let mut failed = 0;
    for path in files {
        if let Err(error) = show(path, terminal) {
            failed += 1;
            writeln!(io::stderr(), "{}: {error:#}", path.display()).context("writing to stderr")?;
        }
    }
    match failed {
        0 => Ok(()),
        1 if files.len() == 1 => bail!("the picture cannot be shown"),
        _ => bail!("{failed} of {} pictures cannot be shown", files.len()),
    }
}

fn show(path: &Path, terminal: Terminal) -> anyhow::Result<()> {
    let limits = Limits::default();
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to tell that it is too long.
    File::open(path)?.take(limits.bytes + 1).read_to_end(&mut bytes)?;
    let image = decode(&bytes, &limits)?;
    let kind = probe(&bytes)?.kind.extension().to_uppercase();
    let (width, height) = image.dimensions();
    let size = bytes.len().div_ceil(1000);
    let title = format!("{}  {kind} {width}x{height}  {size} KB", name(path));
    print(&title, &image, terminal).context("writing to the terminal")
}

/// The file's name without what a terminal might take for an order.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    name.chars().filter(|c| !c.is_control()).collect()
}

fn print(title: &str, image: &RgbImage, terminal: Terminal) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{title}")?;
    let (columns, rows) = viuer::terminal_size();
    // The title and the next prompt stay in sight.
    let (columns, rows) = (u32::from(columns), u32::from(rows.saturating_sub(2).max(1)));
    // Small pictures are not blown up.
    let (columns, rows) = (columns.min(image.width()), rows.min(image.height().div_ceil(2)));
    let (width, height) = fit_cells(image.width(), image.height(), columns, rows);
    let (dots_across, dots_down) = match terminal {
        Terminal::Kitty | Terminal::Iterm => (CELL_WIDTH, CELL_HEIGHT / 2),
        Terminal::Cells | Terminal::Characters => (1, 1),
    };
    // An even height: of an odd one, viuer loses half a row.
    let small = scale(image, width * dots_across, height * dots_down, Light::Linear);
    if terminal == Terminal::Characters {
        let mut out = io::stdout().lock();
        for line in ramp::lines(&Grid::of(&small), ramp::ASCII) {
            writeln!(out, "{line}")?;
        }
        return Ok(out.flush()?);
    }
    let config = viuer::Config {
        absolute_offset: false,
        width: Some(width),
        height: Some(height / 2),
        use_kitty: terminal == Terminal::Kitty,
        use_iterm: terminal == Terminal::Iterm,
        ..viuer::Config::default()
    };
    viuer::print(&DynamicImage::ImageRgb8(small), &config)?;
    Ok(())
}

/// How pictures reach the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Terminal {
    /// kitty's graphics protocol.
    Kitty,
    /// iTerm2's inline images.
    Iterm,
    /// Half-blocks, in 24-bit colour where `COLORTERM` says so, else in 256 colours.
    Cells,
    /// A character a cell.
    Characters,
}

impl Terminal {
    /// From the environment; `variable` looks one up.
    fn detect(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> Self {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let is = |name: &str, values: &[&str]| {
            variable(name).is_some_and(|value| values.contains(&value.as_str()))
        };
        let term = variable("TERM").unwrap_or_default();
        let inside =
            set("TMUX") || set("STY") || ["tmux", "screen"].iter().any(|t| term.starts_with(t));
        if set("NO_COLOR") || term == "dumb" {
            Self::Characters
        } else if inside || !is_terminal {
            // Into a file or a pager: what any terminal shows later.
            Self::Cells
        } else if set("KITTY_WINDOW_ID") || is("TERM", &["xterm-kitty", "xterm-ghostty"]) {
            Self::Kitty
        } else if is("TERM_PROGRAM", &["iTerm.app", "WezTerm"]) {
            Self::Iterm
        } else {
            Self::Cells
        }
    }
}

/// Dots of a cell, about; terminals scale to the cells they are told.
const CELL_WIDTH: u32 = 10;
/// An even number.
const CELL_HEIGHT: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> Terminal {
        let look_up = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Terminal::detect(look_up, true)
    }

    #[test]
    fn terminals_that_draw_pictures_are_known_by_their_environment() {
        assert_eq!(detect(&[("TERM", "xterm-kitty")]), Terminal::Kitty);
        assert_eq!(detect(&[("TERM_PROGRAM", "WezTerm")]), Terminal::Iterm);
        assert_eq!(detect(&[("TERM", "xterm-256color")]), Terminal::Cells);
        assert_eq!(detect(&[]), Terminal::Cells);
    }

    #[test]
    fn inside_tmux_and_screen_pictures_are_cells() {
        assert_eq!(detect(&[("KITTY_WINDOW_ID", "1"), ("TMUX", "/tmp/x")]), Terminal::Cells);
        assert_eq!(
            detect(&[("TERM_PROGRAM", "WezTerm"), ("TERM", "screen.xterm")]),
            Terminal::Cells
        );
    }

    #[test]
    fn without_colour_pictures_are_characters() {
        assert_eq!(detect(&[("NO_COLOR", "1"), ("TERM", "xterm-kitty")]), Terminal::Characters);
        assert_eq!(detect(&[("NO_COLOR", ""), ("TERM", "xterm-kitty")]), Terminal::Kitty);
    }

    #[test]
    fn good_pictures_are_shown_though_one_is_bad() {
        let folder = tempfile::tempdir().expect("a folder");
        let bad = folder.path().join("bad.jpg");
        std::fs::write(&bad, "no picture").expect("written");
        let error = view(&[bad.clone(), folder.path().join("missing.jpg")]).expect_err("both bad");
        assert_eq!(error.to_string(), "2 of 2 pictures cannot be shown");
        assert_eq!(view(&[bad]).expect_err("bad").to_string(), "the picture cannot be shown");
    }

    #[test]
    fn a_name_gives_no_orders_to_the_terminal() {
        assert_eq!(name(Path::new("/x/a\u{1b}]52;c;evil\u{7}.png")), "a]52;c;evil.png");
    }
}
