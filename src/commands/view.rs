//! `peersnap view`: pictures into plain scrollback.
//!
//! The terminal is asked what it can do, and not waited for long. viuer prints what a terminal on
//! this machine is known to take; what goes over a line goes in fewer bytes than it would send, and
//! cells are fitted better than half-blocks are.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use image::DynamicImage;

use crate::config::state_folder;
use crate::io::display;
use crate::json::{self, Reader};
use crate::picture::{CellShape, Light, Limits, RgbImage, decode, fit_cells, probe, scale};
use crate::report::{Code, Report};
use crate::terminal::capabilities::{Capabilities, Environment, Graphics, Wishes};
use crate::terminal::{self, paint::print};

/// Prints each picture under its name. One that cannot be shown is told in a sentence, the
/// others are shown all the same; then the whole is a failure.
///
/// Programs are told of each what it is, and nothing is drawn.
pub fn view(files: &[PathBuf], said: Wishes, reader: Reader) -> anyhow::Result<Option<Code>> {
    if reader == Reader::Program {
        return tell(files);
    }
    let mut can = capabilities(said);
    if !io::stdout().is_terminal() && said.graphics.is_none() {
        // Into a file or a pager: what any terminal shows later.
        can.graphics = Graphics::Cells;
    }
    let mut failed = 0;
    for path in files {
        if let Err(error) = show(path, &can) {
            failed += 1;
            writeln!(io::stderr(), "{}: {error:#}", path.display()).context("writing to stderr")?;
        }
    }
    match failed {
        0 => Ok(None),
        1 if files.len() == 1 => bail!("the picture cannot be shown"),
        _ => bail!("{failed} of {} pictures cannot be shown", files.len()),
    }
}

/// What the terminal can do; it is asked, and not waited for long.
pub fn capabilities(said: Wishes) -> Capabilities {
    let environment = Environment::read(|name| env::var(name).ok());
    let wishes = display::remember(state_folder().as_deref(), &environment.kind(), said);
    terminal::ask(&environment, &wishes)
}

/// Each picture that could be shown, or why it cannot; what was wrong with any, told already.
fn tell(files: &[PathBuf]) -> anyhow::Result<Option<Code>> {
    let mut code = None;
    for path in files {
        let report = match read(path) {
            Ok((bytes, image)) => {
                let (size, (width, height)) = (bytes.len() as u64, image.dimensions());
                Report::Shown { path: path.clone(), size, width, height }
            }
            Err(error) => {
                code = Some(Code::Failed);
                let unread = error.downcast_ref::<io::Error>().is_some();
                Report::Error {
                    code: if unread { Code::Disk } else { Code::Failed },
                    text: format!("{error:#}"),
                    file: Some(path.to_string_lossy().into_owned()),
                    peer: None,
                    transfer: None,
                }
            }
        };
        json::print(report).context("writing to standard output")?;
    }
    Ok(code)
}

/// A picture's bytes and pixels, within limits.
fn read(path: &Path) -> anyhow::Result<(Vec<u8>, RgbImage)> {
    let limits = Limits::default();
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to tell that it is too long.
    File::open(path)?.take(limits.bytes + 1).read_to_end(&mut bytes)?;
    let image = decode(&bytes, &limits)?;
    Ok((bytes, image))
}

/// Prints a picture under its name.
fn show(path: &Path, can: &Capabilities) -> anyhow::Result<()> {
    let (bytes, image) = read(path)?;
    let kind = probe(&bytes)?.kind.extension().to_uppercase();
    let (width, height) = image.dimensions();
    let size = bytes.len().div_ceil(1000);
    let title = format!("{}  {kind} {width}x{height}  {size} KB", name(path));
    writeln!(io::stdout().lock(), "{title}").context("writing to the terminal")?;
    print(&image, can).context("writing to the terminal")
}

/// Prints a picture that was told of already.
pub fn draw(path: &Path, can: &Capabilities) -> anyhow::Result<()> {
    let (_, image) = read(path)?;
    print(&image, can).context("writing to the terminal")
}

/// The file's name without what a terminal might take for an order.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    name.chars().filter(|c| !c.is_control()).collect()
}

fn print(image: &RgbImage, can: &Capabilities) -> anyhow::Result<()> {
    let (columns, rows) = viuer::terminal_size();
    // The title and the next prompt stay in sight.
    let (columns, rows) = (columns, rows.saturating_sub(2).max(1));
    if is_for_viuer(can) {
        return print_with_viuer(image, (columns, rows), can);
    }
    let mut out = io::stdout().lock();
    out.write_all(&print::still(image, (columns, rows), can))?;
    Ok(out.flush()?)
}

/// Whether viuer comes to the same about the terminal, and sends nothing over a line: it asks
/// terminals itself, and waits for an answer for ever.
fn is_for_viuer(can: &Capabilities) -> bool {
    let is_here = env::var_os("SSH_CONNECTION").is_none() && io::stdout().is_terminal();
    match can.graphics {
        Graphics::Kitty => is_here && !can.passthrough && can.answers_kitty(),
        Graphics::Iterm2 => is_here && viuer::is_iterm_supported(),
        Graphics::Sixel | Graphics::Cells => false,
    }
}

/// Made as large as it is shown first: viuer hands on all of a picture, 64 MB of a large one.
fn print_with_viuer(
    image: &RgbImage,
    (columns, rows): (u16, u16),
    can: &Capabilities,
) -> anyhow::Result<()> {
    let (columns, rows) = (u32::from(columns).min(image.width()), u32::from(rows));
    let rows = rows.min(image.height().div_ceil(2));
    let shape =
        can.cell_pixels.map_or_else(CellShape::default, |(w, h)| CellShape::of_pixels(w, h));
    let (columns, rows) = fit_cells(image.dimensions(), (columns, rows), shape);
    // An even height: of an odd one, viuer loses half a row.
    let small = scale(image, columns * CELL_WIDTH, rows * CELL_HEIGHT, Light::Linear);
    let config = viuer::Config {
        absolute_offset: false,
        width: Some(columns),
        height: Some(rows),
        ..viuer::Config::default()
    };
    viuer::print(&DynamicImage::ImageRgb8(small), &config)?;
    Ok(())
}

/// Dots of a cell, about; terminals scale to the cells they are told.
const CELL_WIDTH: u32 = 10;
/// An even number.
const CELL_HEIGHT: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_pictures_are_shown_though_one_is_bad() {
        let folder = tempfile::tempdir().expect("a folder");
        let bad = folder.path().join("bad.jpg");
        std::fs::write(&bad, "no picture").expect("written");
        let error = view(
            &[bad.clone(), folder.path().join("missing.jpg")],
            Wishes::default(),
            Reader::Person,
        )
        .expect_err("both bad");
        assert_eq!(error.to_string(), "2 of 2 pictures cannot be shown");
        assert_eq!(
            view(&[bad], Wishes::default(), Reader::Person).expect_err("bad").to_string(),
            "the picture cannot be shown"
        );
    }

    #[test]
    fn a_name_gives_no_orders_to_the_terminal() {
        assert_eq!(name(Path::new("/x/a\u{1b}]52;c;evil\u{7}.png")), "a]52;c;evil.png");
    }
}
