//! What an errand tells, and to whom: a person on standard error, or a program on standard output.

use super::sentences::Sentences;
use super::writer::Writer;
use crate::json;
use crate::qr::{Ink, QrCode};
use crate::report::{Receipt, Report, TransferRef, Way};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::Path;

/// The voice of an errand.
pub struct Voice {
    manner: Manner,
    /// Standard output, where lines go there.
    out: Option<Writer>,
    invites: Invites,
}

enum Manner {
    /// A program reads.
    Json,
    /// A person does.
    Person { sentences: Sentences, bars: Option<Bars> },
}

/// Whether others are told how to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invites {
    /// They are.
    Yes,
    /// They were told by somebody else.
    No,
}

/// What standard output is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Reports.
    Json,
    /// Paths of files.
    Paths,
    /// Something else, or nothing.
    Other,
}

impl Voice {
    /// Begins to speak.
    pub fn start(output: Output, invites: Invites) -> Self {
        let out = (output != Output::Other).then(|| Writer::start(stdout()));
        let bars = stderr().is_terminal().then(Bars::default);
        let manner = match output {
            Output::Json => Manner::Json,
            _ => Manner::Person { sentences: Sentences::default(), bars },
        };
        Self { manner, out, invites }
    }

    /// Tells what happened.
    pub async fn tell(&mut self, report: &Report) {
        match (&mut self.manner, &self.out) {
            (Manner::Json, Some(out)) => {
                let line = json::line(report.clone()).encode();
                if matches!(report, Report::Progress { .. }) {
                    out.mention(line);
                } else {
                    out.say(line).await;
                }
            }
            (Manner::Person { sentences, bars }, _) => {
                if let Some(bars) = bars {
                    bars.follow(report);
                }
                if let Some(line) = sentences.of(report) {
                    say(bars.as_ref(), &line);
                }
                if let Report::Room { words: Some(words), link: Some(link), .. } = report
                    && self.invites == Invites::Yes
                {
                    self.invites = Invites::No;
                    invite(bars.as_ref(), words, link);
                }
            }
            (Manner::Json, None) => {}
        }
    }

    /// Tells all of it.
    pub async fn tell_all(&mut self, reports: &[Report]) {
        for report in reports {
            self.tell(report).await;
        }
    }

    /// Prints the path of a file that came, where that is what is wanted.
    pub async fn path(&self, path: &Path) {
        if let (Manner::Person { .. }, Some(out)) = (&self.manner, &self.out) {
            out.say(path.display().to_string()).await;
        }
    }

    /// Draws on the terminal without anything in between.
    pub fn suspended<T>(&self, draw: impl FnOnce() -> T) -> T {
        match &self.manner {
            Manner::Person { bars: Some(bars), .. } => bars.all.suspend(draw),
            _ => draw(),
        }
    }

    /// Waits until nobody reads standard output any more.
    pub async fn gone(&self) {
        match &self.out {
            Some(out) => out.gone().await,
            None => std::future::pending().await,
        }
    }

    /// Waits until all is written; whether it was.
    pub async fn finish(self) -> std::io::Result<()> {
        match self.out {
            Some(out) => out.finish().await,
            None => Ok(()),
        }
    }
}

fn say(bars: Option<&Bars>, line: &str) {
    // Standard error may be a terminal that is gone: there is nobody left to tell.
    match bars {
        Some(bars) => drop(bars.all.println(line)),
        None => drop(writeln!(stderr(), "{line}")),
    }
}

/// How others join. The code only where somebody looks, and only if it fits.
fn invite(bars: Option<&Bars>, words: &str, link: &str) {
    say(bars, &format!("room: {words}"));
    say(bars, &format!("link: {link}"));
    let (Some(_), Some(code)) = (bars, QrCode::of(link)) else { return };
    let rows = code.halves(Ink::Dark);
    let fits = crossterm::terminal::size().is_ok_and(|(columns, lines)| {
        usize::from(lines) > rows.len() && usize::from(columns) >= code.side()
    });
    if fits {
        for row in rows {
            say(bars, &format!("{BLACK_ON_WHITE}{row}{RESET}"));
        }
    }
}

/// A bar for each transfer that takes long enough to be seen.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    each: BTreeMap<TransferRef, ProgressBar>,
}

impl Bars {
    fn follow(&mut self, report: &Report) {
        match report {
            Report::Progress { transfer, peer, name, offset, size, .. } => {
                let bar = self.each.entry(*transfer).or_insert_with(|| {
                    let way = if transfer.way == Way::Out { "to" } else { "from" };
                    let bar = ProgressBar::new(*size).with_style(style());
                    self.all.add(bar.with_message(format!("{name} {way} {}", peer.name)))
                });
                bar.set_position(*offset);
                if offset == size {
                    self.end(|of| of == transfer);
                }
            }
            Report::Received { transfer, .. } | Report::Error { transfer: Some(transfer), .. } => {
                self.end(|of| of == transfer);
            }
            Report::Sent { to, receipt: Receipt::Failed { .. }, .. } => {
                self.end(|of| of.connection == to.connection && of.way == Way::Out);
            }
            _ => {}
        }
    }

    fn end(&mut self, which: impl Fn(&TransferRef) -> bool) {
        for (_, bar) in self.each.extract_if(.., |of, _| which(of)) {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{wide_msg} {bar:24} {decimal_bytes:>9} of {decimal_total_bytes:<9} {decimal_bytes_per_sec:>11} {eta:>4}",
    )
    .expect("a template of this file")
    .progress_chars("━╸─")
}

/// Of the 256 colours: those that themes leave alone.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";
