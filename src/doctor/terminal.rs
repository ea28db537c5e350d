//! The terminal: whether there is one, what it answered, and what pictures become in it.

use super::finding::{Finding, Subject};
use crate::json::Reader;
use crate::picture::cells::{Depth, Glyphs};
use crate::terminal::capabilities::{Capabilities, Environment, Graphics, Inside, Wishes};
use crate::terminal::{ask, is_there, known, size};
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// What there is.
#[derive(Debug)]
struct Seen {
    term: String,
    size: (u16, u16),
    asked: Asked,
    can: Capabilities,
}

/// Whether the terminal was asked what it can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It was.
    Yes,
    /// It is one that would print the questions, or another program is in front, or nothing but
    /// JSON is to be written to it.
    No,
}

pub(super) fn check(environment: &Environment, wishes: Wishes, reader: Reader) -> Finding {
    if !is_there() {
        return judge(None);
    }
    let has_questions = !Capabilities::probe(environment).is_empty() && is_in_front();
    let (asked, can) = match reader {
        Reader::Person if has_questions => (Asked::Yes, ask(environment, &wishes)),
        _ => (Asked::No, known(environment, wishes)),
    };
    let size = size().unwrap_or((80, 24));
    judge(Some(&Seen { term: environment.term.clone(), size, asked, can }))
}

/// Whether the terminal is this program's: whoever asks from behind is stopped by the system.
fn is_in_front() -> bool {
    // One that does not control this session has nobody in front.
    tcgetpgrp(std::io::stdin()).map_or(true, |front| front == getpgrp())
}

fn judge(seen: Option<&Seen>) -> Finding {
    let subject = Subject::Terminal;
    let Some(Seen { term, size: (columns, rows), asked, can }) = seen else {
        let text = "none here: standard input and output are not both one";
        return subject.so_so(text, "send, receive, snap, demo and --plain work without");
    };
    if term == "dumb" || term.is_empty() {
        let text = format!("{columns}x{rows}, which does not say that it can place a cursor");
        let advice = "everything is told in lines here; if it can do more, set TERM, as in \
                      TERM=xterm-256color";
        return subject.so_so(text, advice);
    }
    let text = format!("{}, {columns}x{rows}, {}; {}", name(term, can), colours(can), drawn(can));
    if *columns < COLUMNS_MIN || *rows < ROWS_MIN {
        let advice = format!("make the window larger: {COLUMNS_MIN}x{ROWS_MIN} is the least");
        return subject.so_so(text, advice);
    }
    match (can.inside, can.graphics) {
        (Some(Inside::Tmux), Graphics::Cells) => subject.so_so(
            text,
            "tmux passes no pixels on: --graphics kitty draws them through it, if the terminal \
             around it draws kitty's and tmux has `set -g allow-passthrough on`",
        ),
        (Some(Inside::Screen), Graphics::Cells) => {
            subject.so_so(text, "screen passes on neither pixels nor all colours: tmux passes more")
        }
        _ if *asked == Asked::Yes && !can.has_answered() => subject.so_so(
            format!("{text}; it answers nothing"),
            "what it can do is guessed: say it with --graphics, --cells and --color",
        ),
        _ => subject.good(text),
    }
}

fn name(term: &str, can: &Capabilities) -> String {
    match can.inside {
        Some(Inside::Tmux) => format!("{term} inside tmux"),
        Some(Inside::Screen) => format!("{term} inside screen"),
        None => term.to_owned(),
    }
}

fn colours(can: &Capabilities) -> &'static str {
    match can.depth {
        Depth::True => "24-bit colour",
        Depth::Ansi256 => "256 colours",
        Depth::Ansi16 => "16 colours",
        Depth::None => "no colours",
    }
}

fn drawn(can: &Capabilities) -> String {
    let cells = match can.glyphs {
        Glyphs::Half => "half-blocks",
        Glyphs::Block => "block elements",
        Glyphs::Sextant => "sextants",
        Glyphs::Octant => "octants",
    };
    let pixels = match can.graphics {
        Graphics::Kitty => "by kitty's graphics",
        Graphics::Iterm2 => "as iTerm2's images",
        Graphics::Sixel => "as sixels",
        Graphics::Cells => return format!("photos in {cells}"),
    };
    let size = can.cell_pixels.map(|(width, height)| format!(" (a cell is {width}x{height})"));
    format!("photos in pixels, {pixels}{}; the live picture in {cells}", size.unwrap_or_default())
}

/// The smallest screen that everything fits on.
const COLUMNS_MIN: u16 = 40;
const ROWS_MIN: u16 = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;
    use crate::terminal::input::Reply;

    fn judged(
        variables: &[(&str, &str)],
        size: (u16, u16),
        asked: Asked,
        replies: &[Reply],
    ) -> Finding {
        let environment = Environment::read(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let mut can = Capabilities::of(&environment, &Wishes::default());
        for reply in replies {
            can.learn(reply);
        }
        judge(Some(&Seen { term: environment.term, size, asked, can }))
    }

    const XTERM: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];

    #[test]
    fn a_terminal_that_answers_is_good_with_what_it_can_do() {
        let replies =
            [Reply::CellPixels { width: 8, height: 16 }, Reply::Attributes { sixel: true }];
        let found = judged(XTERM, (80, 24), Asked::Yes, &replies);
        assert_eq!(
            found,
            Subject::Terminal.good(
                "xterm-256color, 80x24, 24-bit colour; photos in pixels, as sixels (a cell is \
                 8x16); the live picture in block elements"
            )
        );
        assert_eq!(judged(XTERM, (80, 24), Asked::No, &[]).verdict, Verdict::Good);
    }

    #[test]
    fn one_that_never_answers_is_told_apart() {
        let found = judged(XTERM, (80, 24), Asked::Yes, &[]);
        assert_eq!(found.verdict, Verdict::SoSo);
        assert!(found.text.ends_with("photos in block elements; it answers nothing"), "{found:?}");
    }

    #[test]
    fn what_is_around_the_program_costs_something_that_is_said() {
        for (variable, word) in [("TMUX", "allow-passthrough"), ("STY", "tmux passes more")] {
            let variables = [XTERM, &[(variable, "1")]].concat();
            let replies = [Reply::Attributes { sixel: false }];
            let found = judged(&variables, (80, 24), Asked::Yes, &replies);
            assert_eq!(found.verdict, Verdict::SoSo);
            assert!(found.advice.expect("advice").contains(word));
        }
    }

    #[test]
    fn small_dumb_and_missing_ones_are_not_good_and_not_bad() {
        let small = judged(XTERM, (39, 24), Asked::No, &[]);
        let dumb = judged(&[("TERM", "dumb")], (80, 24), Asked::No, &[]);
        let unnamed = judged(&[], (80, 24), Asked::No, &[]);
        for found in [small, dumb, unnamed, judge(None)] {
            assert_eq!(found.verdict, Verdict::SoSo, "{found:?}");
        }
    }
}
