//! Terminals as they are, by what they set and what they answer.

use super::*;
use proptest::prelude::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::read(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn of(variables: &[(&str, &str)]) -> Capabilities {
    Capabilities::of(&environment(variables), &Wishes::default())
}

/// What is known after these answers, over SSH: the terminal's type alone is forwarded.
fn over_ssh(replies: &[Reply]) -> Capabilities {
    let mut all = of(&[("TERM", "xterm-256color")]);
    for reply in replies {
        all.learn(reply);
    }
    all
}

fn version(text: &str) -> Reply {
    Reply::Version(text.to_owned())
}

fn probe(variables: &[(&str, &str)]) -> String {
    String::from_utf8(Capabilities::probe(&environment(variables))).expect("text")
}

const SIXEL: Reply = Reply::Attributes { sixel: true };
const NO_SIXEL: Reply = Reply::Attributes { sixel: false };
const KITTY: Reply = Reply::Graphics { works: true };

#[test]
fn colours_are_counted_from_what_is_said_to_what_is_known() {
    let depth = |variables: &[(&str, &str)]| of(variables).depth;
    assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Depth::True);
    assert_eq!(depth(&[("TERM", "alacritty")]), Depth::True);
    assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Ansi256);
    assert_eq!(depth(&[("TERM", "linux")]), Depth::Ansi16);
    assert_eq!(depth(&[("TERM", "vt220")]), Depth::None);
    assert_eq!(depth(&[("TERM", "dumb"), ("COLORTERM", "truecolor")]), Depth::None);
    assert_eq!(depth(&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")]), Depth::None);
    assert_eq!(depth(&[("TERM", "xterm-kitty"), ("NO_COLOR", "")]), Depth::True);
    let inside = [("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("STY", "1.pts")];
    assert_eq!(depth(&inside), Depth::Ansi256, "screen cannot");
}

#[test]
fn true_colour_is_learned_where_nothing_is_forwarded() {
    assert_eq!(over_ssh(&[Reply::TrueColour { works: true }]).depth, Depth::True);
    assert_eq!(over_ssh(&[Reply::TrueColour { works: false }]).depth, Depth::Ansi256);
    assert_eq!(over_ssh(&[version("VTE(7600)")]).depth, Depth::True);
    assert_eq!(over_ssh(&[version("XTerm(390)")]).depth, Depth::Ansi256, "until it says so");
    assert_eq!(over_ssh(&[version("tmux 3.3a")]).depth, Depth::Ansi256);
    assert_eq!(over_ssh(&[version("unheard of 1")]).depth, Depth::Ansi256);
    let mut plain = of(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
    plain.learn(&Reply::TrueColour { works: true });
    assert_eq!(plain.depth, Depth::None, "whatever it can");
}

#[test]
fn the_finest_glyphs_are_those_that_the_terminal_draws_itself() {
    for (answer, glyphs) in [
        ("kitty(0.40.0)", Glyphs::Octant),
        ("kitty(0.39.1)", Glyphs::Sextant),
        ("kitty(0.19.2)", Glyphs::Block),
        ("foot(1.22.0)", Glyphs::Octant),
        ("foot(1.19.0)", Glyphs::Sextant),
        ("ghostty 1.2.0", Glyphs::Octant),
        ("ghostty 1.0.2-main+5cb2fa6f", Glyphs::Sextant),
        ("WezTerm 20240203-110809-5046fc22", Glyphs::Sextant),
        ("VTE(7600)", Glyphs::Sextant),
        ("VTE(6003)", Glyphs::Block),
        ("XTerm(390)", Glyphs::Block),
        ("Konsole 23.08.5", Glyphs::Block),
        ("", Glyphs::Block),
    ] {
        assert_eq!(over_ssh(&[version(answer)]).glyphs, glyphs, "{answer}");
    }
    assert_eq!(of(&[("TERM", "linux")]).glyphs, Glyphs::Half);
    assert_eq!(of(&[("TERM", "st-256color")]).glyphs, Glyphs::Half);
    let ghostty = [("TERM", "xterm-ghostty"), ("TERM_PROGRAM", "ghostty")];
    assert_eq!(of(&ghostty).glyphs, Glyphs::Sextant, "of a version that is not known");
    let tmux = [("TERM", "tmux-256color"), ("VTE_VERSION", "7600")];
    assert_eq!(of(&tmux).glyphs, Glyphs::Block, "who knows what is around it");
}

#[test]
fn stills_are_drawn_by_the_best_that_answers() {
    let graphics = |replies: &[Reply]| over_ssh(replies).graphics;
    assert_eq!(graphics(&[]), Graphics::Cells);
    assert_eq!(graphics(&[KITTY, version("kitty(0.40.0)"), NO_SIXEL]), Graphics::Kitty);
    assert_eq!(graphics(&[KITTY, SIXEL]), Graphics::Kitty);
    assert_eq!(graphics(&[SIXEL, KITTY]), Graphics::Kitty, "in whatever order");
    assert_eq!(graphics(&[version("foot(1.22.0)"), SIXEL]), Graphics::Sixel);
    assert_eq!(graphics(&[Reply::Graphics { works: false }, NO_SIXEL]), Graphics::Cells);
    let wezterm = version("WezTerm 20240203-110809-5046fc22");
    assert_eq!(graphics(&[KITTY, wezterm, SIXEL]), Graphics::Iterm2);
    assert_eq!(graphics(&[version("iTerm2 3.5.0"), SIXEL]), Graphics::Iterm2);
    assert_eq!(graphics(&[KITTY, version("Konsole 23.08.5"), SIXEL]), Graphics::Sixel);
}

#[test]
fn what_the_environment_promises_is_taken_back_if_no_answer_bears_it_out() {
    let mut all = of(&[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")]);
    assert_eq!(all.graphics, Graphics::Kitty, "at once");
    assert!(all.learn(&NO_SIXEL), "something else was started in it");
    assert_eq!(all.graphics, Graphics::Cells);
    let mut all = of(&[("TERM", "xterm-kitty")]);
    assert!(!all.clone().learn(&Reply::Alive));
    all.learn(&KITTY);
    all.learn(&NO_SIXEL);
    assert_eq!(all.graphics, Graphics::Kitty);
}

#[test]
fn inside_tmux_and_screen_stills_are_cells_unless_wished_otherwise() {
    for variables in [
        &[("TERM", "screen-256color"), ("TMUX", "/tmp/x")][..],
        &[("TERM", "screen.xterm-256color"), ("TERM_PROGRAM", "WezTerm")],
        &[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")],
    ] {
        let mut all = of(variables);
        all.learn(&KITTY);
        all.learn(&SIXEL);
        assert_eq!((all.graphics, all.passthrough), (Graphics::Cells, false), "{variables:?}");
        let kitty = Wishes { graphics: Some(Wish::This(Graphics::Kitty)), ..Wishes::default() };
        let all = Capabilities::of(&environment(variables), &kitty);
        assert_eq!((all.graphics, all.passthrough), (Graphics::Kitty, true), "{variables:?}");
    }
    let all = over_ssh(&[version("tmux 3.4"), SIXEL]);
    assert_eq!((all.inside, all.graphics), (Some(Inside::Tmux), Graphics::Cells));
    let screen = over_ssh(&[version("GNU Screen(5.0.0)")]);
    assert_eq!(screen.inside, Some(Inside::Screen));
}

#[test]
fn what_is_wished_for_holds_whatever_is_learned() {
    let wishes = Wishes {
        graphics: Some(Wish::This(Graphics::Sixel)),
        cells: Some(Wish::This(Glyphs::Half)),
        color: Some(Wish::This(Depth::Ansi16)),
    };
    let mut all = Capabilities::of(&environment(&[("TERM", "dumb"), ("NO_COLOR", "1")]), &wishes);
    all.learn(&version("kitty(0.40.0)"));
    all.learn(&KITTY);
    let found = (all.graphics, all.glyphs, all.depth);
    assert_eq!(found, (Graphics::Sixel, Glyphs::Half, Depth::Ansi16));
    let auto = Wishes { graphics: Some(Wish::Auto), ..Wishes::default() };
    let all = Capabilities::of(&environment(&[("TERM", "xterm-kitty")]), &auto);
    assert_eq!(all.graphics, Graphics::Kitty);
}

#[test]
fn sizes_the_ground_and_whole_frames_are_learned() {
    let mut all = of(&[("TERM", "xterm-256color")]);
    assert!(all.learn(&Reply::CellPixels { width: 10, height: 20 }));
    assert!(!all.learn(&Reply::CellPixels { width: 10, height: 20 }), "nothing new");
    assert!(all.learn(&Reply::AreaPixels { width: 800, height: 480 }));
    assert!(all.learn(&Reply::SynchronizedOutput { works: true }));
    assert!(all.learn(&Reply::Background([30, 30, 46])));
    assert_eq!((all.cell_pixels, all.area_pixels), (Some((10, 20)), Some((800, 480))));
    assert_eq!((all.synchronized, all.dark), (true, Some(true)));
    all.learn(&Reply::Background([253, 246, 227]));
    assert_eq!(all.dark, Some(false));
}

#[test]
fn a_terminal_is_asked_for_what_it_does_not_print() {
    let all = probe(&[("TERM", "xterm-256color")]);
    for question in ["\x1b_Gi=4211,", "\x1b[>q", "\x1b[?2026$p", "\x1bP+q524742", "\x1b]11;?"] {
        assert!(all.contains(question), "{all:?}");
    }
    assert!(all.ends_with("\r\x1b[2K\x1b[c"), "what may have been printed is cleared: {all:?}");
    let known = probe(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]);
    assert!(!known.contains("+q"), "it is known already: {known:?}");
    assert_eq!(probe(&[("TERM", "tmux-256color")]), "\x1b[>q\x1b[c");
    assert_eq!(probe(&[("TERM", "screen")]), "\x1b[>q\x1b[c");
    for term in ["linux", "vt220", "ansi", "cygwin", "cons25", "eterm-color"] {
        assert_eq!(probe(&[("TERM", term)]), "\x1b[c", "{term}");
    }
    let apple = probe(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")]);
    assert_eq!(apple, "\x1b]11;?\x1b\\\x1b[c");
    assert_eq!(probe(&[("TERM", "dumb")]), "");
    assert_eq!(probe(&[]), "");
}

#[test]
fn wishes_are_read_as_they_are_written() {
    let graphics = |text: &str| text.parse::<Wish<Graphics>>();
    assert_eq!(graphics("auto"), Ok(Wish::Auto));
    assert_eq!(graphics("iterm2"), Ok(Wish::This(Graphics::Iterm2)));
    assert_eq!(graphics("x"), Err("say auto, kitty, iterm2, sixel or cells".to_owned()));
    for name in ["auto", "half", "block", "sextant", "octant"] {
        assert_eq!(name.parse::<Wish<Glyphs>>().expect("known").to_string(), name);
    }
    for name in ["auto", "true", "256", "16", "none"] {
        assert_eq!(name.parse::<Wish<Depth>>().expect("known").to_string(), name);
    }
}

#[test]
fn the_kind_of_terminal_is_short_and_plain() {
    let kind = |term: &str, program: &str| {
        environment(&[("TERM", term), ("TERM_PROGRAM", program)]).kind()
    };
    assert_eq!(kind("xterm-256color", "WezTerm"), "xterm-256color WezTerm");
    assert_eq!(kind("xterm-256color", ""), "xterm-256color");
    assert_eq!(kind("", "\u{1b}]0;x\u{7}"), "unknown 0x");
    assert!(kind(&"x".repeat(500), &"y".repeat(500)).len() <= 65);
}

proptest! {
    #[test]
    fn no_version_panics(text in "\\PC*") {
        over_ssh(&[version(&text)]);
    }
}
