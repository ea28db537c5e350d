//! What was found, told to people: a column of things, one of verdicts, and sentences beside them.

use super::finding::Finding;
use crate::report::Verdict;
use crate::terminal;
use crate::terminal::capabilities::Environment;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _, stdout};
use unicode_width::UnicodeWidthStr;

/// How lines are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    colour: bool,
    /// The columns there are; as many as it takes where nobody looks.
    width: Option<usize>,
}

impl Table {
    /// As it suits standard output.
    pub fn of(environment: &Environment) -> Self {
        let is_terminal = stdout().is_terminal();
        let colour = is_terminal && !environment.no_color && environment.term != "dumb";
        let width = terminal::size().ok().filter(|_| is_terminal);
        Self { colour, width: width.map(|(columns, _)| usize::from(columns)) }
    }

    pub fn print(self, finding: &Finding) -> io::Result<()> {
        let mut out = stdout().lock();
        out.write_all(self.lines(finding).as_bytes())?;
        out.flush()
    }

    fn lines(self, finding: &Finding) -> String {
        let (verdict, colour) = match finding.verdict {
            Verdict::Good => ("good", "32"),
            Verdict::SoSo => ("so-so", "33"),
            Verdict::Bad => ("bad", "31"),
        };
        let word = format!("{verdict:<VERDICT_COLUMNS$}");
        let word = if self.colour { format!("\x1b[{colour}m{word}\x1b[0m") } else { word };
        let mut lines = format!("{:<LABEL_COLUMNS$}{word}", finding.subject.label());
        let found = self.wrapped(&printable(&finding.text), 0).into_iter();
        let advice = finding.advice.iter().flat_map(|text| {
            let rows = self.wrapped(&printable(text), ARROW.width()).into_iter().enumerate();
            rows.map(|(at, row)| if at == 0 { format!("{ARROW}{row}") } else { format!("  {row}") })
        });
        for (at, row) in found.chain(advice).enumerate() {
            // Writing to a string does not fail.
            let indent = if at == 0 { 0 } else { LABEL_COLUMNS + VERDICT_COLUMNS };
            let _ = writeln!(lines, "{:indent$}{row}", "");
        }
        lines
    }

    /// The text in rows that fit beside the columns before them, broken between words.
    fn wrapped(self, text: &str, indent: usize) -> Vec<String> {
        let before = LABEL_COLUMNS + VERDICT_COLUMNS + indent;
        let width = self
            .width
            .map_or(usize::MAX, |width| width.saturating_sub(before).max(ROW_COLUMNS_MIN));
        let mut rows = vec![String::new()];
        for word in text.split(' ') {
            let row = rows.last_mut().expect("there is one from the start");
            if row.is_empty() {
                row.push_str(word);
            } else if row.width() + 1 + word.width() <= width {
                row.push(' ');
                row.push_str(word);
            } else {
                rows.push(word.to_owned());
            }
        }
        rows
    }
}

/// The text without what a terminal might take for an order, as names of files may have.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Before what to do.
const ARROW: &str = "→ ";
const LABEL_COLUMNS: usize = 14;
const VERDICT_COLUMNS: usize = 7;
const ROW_COLUMNS_MIN: usize = 20;

#[cfg(test)]
mod tests {
    use super::super::finding::Subject;
    use super::*;

    #[test]
    fn columns_line_up_and_long_sentences_go_on_beside_them() {
        let table = Table { colour: false, width: Some(60) };
        let good = Subject::Udp.good("packets get through");
        let long = "somebody holds it who does not want to give it away today";
        let bad = Subject::SaveFolder.bad(long, "ask nicely");
        assert_eq!(
            [good, bad].map(|finding| table.lines(&finding)).concat(),
            "UDP           good   packets get through\n\
             save folder   bad    somebody holds it who does not want to\n\
             \x20                    give it away today\n\
             \x20                    → ask nicely\n"
        );
        let endless = Table { colour: false, width: None };
        assert_eq!(endless.lines(&Subject::Udp.good(long)).lines().count(), 1);
        let small = Table { colour: false, width: Some(45) };
        let advice = small.lines(&Subject::Udp.so_so("", long));
        assert!(advice.ends_with("\n                       it away today\n"), "{advice}");
    }

    #[test]
    fn the_verdict_alone_is_coloured_and_nothing_gives_orders() {
        let table = Table { colour: true, width: None };
        let finding = Subject::Lan.so_so("a\x1b[2Jb", "c");
        let lines = table.lines(&finding);
        assert!(lines.starts_with("same network  \x1b[33mso-so  \x1b[0ma [2Jb\n"), "{lines:?}");
    }
}
