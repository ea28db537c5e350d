//! Keys, answers, and both on slow lines.

use super::*;
use crossterm::event::{KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// What bytes are that come at once, and then nothing.
fn inputs(bytes: &[u8]) -> Vec<Input> {
    let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
    parser.handle(bytes, now, Expected::Nothing, &mut out);
    parser.handle_timeout(now + Duration::from_mins(1), &mut out);
    out
}

/// What bytes are that come one by one, each so long after the one before.
fn slowly(bytes: &[u8], pause: Duration, expected: Expected) -> Vec<Input> {
    let (mut parser, mut out, mut now) = (Parser::new(), Vec::new(), Instant::now());
    for byte in bytes {
        parser.handle(&[*byte], now, expected, &mut out);
        now += pause;
        parser.handle_timeout(now, &mut out);
    }
    out
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

fn plain(code: KeyCode) -> Input {
    key(code, KeyModifiers::NONE)
}

fn letter(c: char) -> Input {
    plain(KeyCode::Char(c))
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;

/// Each key, as some terminal sends it.
const KEYS: &[(&[u8], KeyCode, KeyModifiers)] = &[
    (b"a", KeyCode::Char('a'), NONE),
    (b"A", KeyCode::Char('A'), SHIFT),
    (b"?", KeyCode::Char('?'), NONE),
    ("é".as_bytes(), KeyCode::Char('é'), NONE),
    ("Ж".as_bytes(), KeyCode::Char('Ж'), SHIFT),
    ("写".as_bytes(), KeyCode::Char('写'), NONE),
    ("🦀".as_bytes(), KeyCode::Char('🦀'), NONE),
    (b"\x01", KeyCode::Char('a'), CTRL),
    (b"\x03", KeyCode::Char('c'), CTRL),
    (b"\x17", KeyCode::Char('w'), CTRL),
    (b"\x1a", KeyCode::Char('z'), CTRL),
    (b"\x1c", KeyCode::Char('4'), CTRL),
    (b"\x1f", KeyCode::Char('7'), CTRL),
    (b"\x00", KeyCode::Char(' '), CTRL),
    (b"\r", KeyCode::Enter, NONE),
    (b"\n", KeyCode::Enter, NONE),
    (b"\t", KeyCode::Tab, NONE),
    (b"\x7f", KeyCode::Backspace, NONE),
    (b"\x08", KeyCode::Backspace, NONE),
    (b"\x1b", KeyCode::Esc, NONE),
    (b"\x1bx", KeyCode::Char('x'), ALT),
    (b"\x1bX1\x18", KeyCode::Null, NONE),
    (b"\x1b\x7f", KeyCode::Backspace, ALT),
    (b"\x1b\r", KeyCode::Enter, ALT),
    (b"\x1b\x01", KeyCode::Char('a'), KeyModifiers::from_bits_retain(ALT.bits() | CTRL.bits())),
    (b"\x1b\xc3\xa9", KeyCode::Char('é'), ALT),
    (b"\x1b[A", KeyCode::Up, NONE),
    (b"\x1b[B", KeyCode::Down, NONE),
    (b"\x1b[C", KeyCode::Right, NONE),
    (b"\x1b[D", KeyCode::Left, NONE),
    (b"\x1b[H", KeyCode::Home, NONE),
    (b"\x1b[F", KeyCode::End, NONE),
    (b"\x1b[1;5A", KeyCode::Up, CTRL),
    (b"\x1b[1;2D", KeyCode::Left, SHIFT),
    (b"\x1b[2D", KeyCode::Left, SHIFT),
    (b"\x1b[1;3H", KeyCode::Home, ALT),
    (b"\x1bOA", KeyCode::Up, NONE),
    (b"\x1bOD", KeyCode::Left, NONE),
    (b"\x1bOH", KeyCode::Home, NONE),
    (b"\x1bOF", KeyCode::End, NONE),
    (b"\x1bO5A", KeyCode::Up, CTRL),
    (b"\x1bO1;2P", KeyCode::F(1), SHIFT),
    (b"\x1bOM", KeyCode::Enter, NONE),
    (b"\x1b[1~", KeyCode::Home, NONE),
    (b"\x1b[7~", KeyCode::Home, NONE),
    (b"\x1b[2~", KeyCode::Insert, NONE),
    (b"\x1b[3~", KeyCode::Delete, NONE),
    (b"\x1b[3;5~", KeyCode::Delete, CTRL),
    (b"\x1b[4~", KeyCode::End, NONE),
    (b"\x1b[8~", KeyCode::End, NONE),
    (b"\x1b[5~", KeyCode::PageUp, NONE),
    (b"\x1b[6~", KeyCode::PageDown, NONE),
    (b"\x1b[Z", KeyCode::BackTab, SHIFT),
    (b"\x1bOP", KeyCode::F(1), NONE),
    (b"\x1bOQ", KeyCode::F(2), NONE),
    (b"\x1bOR", KeyCode::F(3), NONE),
    (b"\x1bOS", KeyCode::F(4), NONE),
    (b"\x1b[[A", KeyCode::F(1), NONE),
    (b"\x1b[[E", KeyCode::F(5), NONE),
    (b"\x1b[11~", KeyCode::F(1), NONE),
    (b"\x1b[15~", KeyCode::F(5), NONE),
    (b"\x1b[17~", KeyCode::F(6), NONE),
    (b"\x1b[18~", KeyCode::F(7), NONE),
    (b"\x1b[19~", KeyCode::F(8), NONE),
    (b"\x1b[20~", KeyCode::F(9), NONE),
    (b"\x1b[21~", KeyCode::F(10), NONE),
    (b"\x1b[23~", KeyCode::F(11), NONE),
    (b"\x1b[24~", KeyCode::F(12), NONE),
    (b"\x1b[24;6~", KeyCode::F(12), KeyModifiers::from_bits_retain(SHIFT.bits() | CTRL.bits())),
    (b"\x1b[1;2P", KeyCode::F(1), SHIFT),
    // The place of the cursor is never asked for.
    (b"\x1b[1;2R", KeyCode::F(3), SHIFT),
    (b"\x1b[97u", KeyCode::Char('a'), NONE),
    (b"\x1b[97;5u", KeyCode::Char('a'), CTRL),
    (b"\x1b[97:65;2u", KeyCode::Char('A'), NONE),
    (b"\x1b[27u", KeyCode::Esc, NONE),
    (b"\x1b[13;3u", KeyCode::Enter, ALT),
    (b"\x1b[9;2u", KeyCode::BackTab, SHIFT),
    (b"\x1b[127u", KeyCode::Backspace, NONE),
    (b"\x1b[57376u", KeyCode::F(13), NONE),
    (b"\x1b[57359u", KeyCode::ScrollLock, NONE),
];

/// Each answer, as some terminal gives it.
fn replies() -> Vec<(&'static [u8], Reply)> {
    let version = |text: &str| Reply::Version(text.to_owned());
    vec![
        (b"\x1b[0n", Reply::Alive),
        (b"\x1b[?62;4;22c", Reply::Attributes { sixel: true }),
        (b"\x1b[?62;22c", Reply::Attributes { sixel: false }),
        (b"\x1b[?1;2c", Reply::Attributes { sixel: false }),
        (b"\x1b[?6c", Reply::Attributes { sixel: false }),
        (b"\x1bP>|XTerm(390)\x1b\\", version("XTerm(390)")),
        (b"\x1bP>|foot(1.22.0)\x1b\\", version("foot(1.22.0)")),
        (b"\x1bP>|tmux 3.3a\x07", version("tmux 3.3a")),
        (b"\x1b_Gi=4211;OK\x1b\\", Reply::Graphics { works: true }),
        (b"\x1b_Gi=4211,p=1;ENOENT:no\x1b\\", Reply::Graphics { works: false }),
        (b"\x1b[?2026;2$y", Reply::SynchronizedOutput { works: true }),
        (b"\x1b[?2026;0$y", Reply::SynchronizedOutput { works: false }),
        (b"\x1b[?2026;4$y", Reply::SynchronizedOutput { works: false }),
        (b"\x1bP1+r524742=382F382F38\x1b\\", Reply::TrueColour { works: true }),
        (b"\x1bP1+r524742\x1b\\", Reply::TrueColour { works: true }),
        (b"\x1bP0+r524742\x1b\\", Reply::TrueColour { works: false }),
        (b"\x1bP0+r\x1b\\", Reply::TrueColour { works: false }),
        (b"\x1b]11;rgb:1e1e/2020/ffff\x1b\\", Reply::Background([0x1e, 0x20, 0xff])),
        (b"\x1b]11;rgb:1e/20/ff\x07", Reply::Background([0x1e, 0x20, 0xff])),
        (b"\x1b]11;rgba:0000/8080/f/ffff\x07", Reply::Background([0, 0x80, 0xff])),
        (b"\x1b]11;#102030\x07", Reply::Background([0x10, 0x20, 0x30])),
        (b"\x1b[6;20;10t", Reply::CellPixels { width: 10, height: 20 }),
        (b"\x1b[4;480;800t", Reply::AreaPixels { width: 800, height: 480 }),
    ]
}

#[test]
fn every_key_is_that_key() {
    for (bytes, code, modifiers) in KEYS {
        let expected = match code {
            KeyCode::Null => Vec::new(),
            code => vec![key(*code, *modifiers)],
        };
        assert_eq!(inputs(bytes), expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn every_answer_is_that_answer() {
    for (bytes, reply) in replies() {
        assert_eq!(inputs(bytes), [Input::Reply(reply)], "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_is_no_answer_to_us_is_nothing() {
    let none: &[&[u8]] = &[
        b"\x1b[3n",
        b"\x1b[>41;390;0c",
        b"\x1b[?1u",
        b"\x1b[?1004;2$y",
        b"\x1b[12;40R",
        b"\x1b[6;0;0t",
        b"\x1b[6;99999;10t",
        b"\x1b[8;24;80t",
        b"\x1b[I",
        b"\x1b[O",
        b"\x1b_Gi=7;OK\x1b\\",
        b"\x1b_Gi=+4211;OK\x1b\\",
        b"\x1b]11;rgb:+1/2/3\x07",
        b"\x1b]11;blue\x07",
        b"\x1b]10;rgb:0/0/0\x07",
        b"\x1b]52;c;cXFx\x07",
        b"\x1bP1$r0m\x1b\\",
        b"\x1bP1+r436f=38\x1b\\",
        b"\x1b^private\x1b\\",
        b"\x1bXstart\x1b\\",
        b"\x1b[99999999999999999999u",
        b"\x1b[0u",
    ];
    for bytes in none {
        assert_eq!(inputs(bytes), [], "{}", bytes.escape_ascii());
    }
}

#[test]
fn keys_that_are_held_or_released_say_so() {
    for (bytes, kind) in [
        (b"\x1b[97;1:1u", KeyEventKind::Press),
        (b"\x1b[97;1:2u", KeyEventKind::Repeat),
        (b"\x1b[97;1:3u", KeyEventKind::Release),
    ] {
        let [Input::Key(key)] = inputs(bytes)[..] else { panic!("a key") };
        assert_eq!((key.code, key.kind), (KeyCode::Char('a'), kind));
    }
}

#[test]
fn the_mouse_is_heard_in_all_three_forms() {
    let left = MouseButton::Left;
    let mouse = |kind, column, row, modifiers| {
        vec![Input::Mouse(MouseEvent { kind, column, row, modifiers })]
    };
    assert_eq!(inputs(b"\x1b[<0;10;5M"), mouse(MouseEventKind::Down(left), 9, 4, NONE));
    assert_eq!(inputs(b"\x1b[<0;10;5m"), mouse(MouseEventKind::Up(left), 9, 4, NONE));
    assert_eq!(inputs(b"\x1b[<32;1;1M"), mouse(MouseEventKind::Drag(left), 0, 0, NONE));
    assert_eq!(inputs(b"\x1b[<35;0;300M"), mouse(MouseEventKind::Moved, 0, 299, NONE));
    assert_eq!(inputs(b"\x1b[<64;1;1M"), mouse(MouseEventKind::ScrollUp, 0, 0, NONE));
    assert_eq!(inputs(b"\x1b[<81;1;1M"), mouse(MouseEventKind::ScrollDown, 0, 0, CTRL));
    let right = MouseEventKind::Down(MouseButton::Right);
    assert_eq!(inputs(b"\x1b[<14;1;1M"), mouse(right, 0, 0, SHIFT | ALT));
    assert_eq!(inputs(b"\x1b[M !\""), mouse(MouseEventKind::Down(left), 0, 1, NONE));
    assert_eq!(inputs(b"\x1b[M#\xff\x21"), mouse(MouseEventKind::Up(left), 222, 0, NONE));
    assert_eq!(inputs(b"\x1b[32;4;5M"), mouse(MouseEventKind::Down(left), 3, 4, NONE));
}

#[test]
fn what_is_pasted_is_lines_of_text() {
    let pasted = inputs(b"\x1b[200~crane\r\nvelvet\x1b[31m\x07 \xc3\xa9\x1b[201~q");
    assert_eq!(pasted, [Input::Paste("crane\n\nvelvet[31m é".into()), letter('q')]);
    let endless = format!("\x1b[200~{}", "a".repeat(90_000)).into_bytes();
    let Some(Input::Paste(text)) = inputs(&endless).pop() else { panic!("it is over") };
    assert_eq!(text.len(), 64 << 10);
    let nested = inputs(b"\x1b[200~a\x1b[20\x1b[201~b");
    assert_eq!(nested, [Input::Paste("a[20".into()), letter('b')]);
}

#[test]
fn an_escape_alone_is_a_key_after_a_moment() {
    let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
    for (expected, patience) in [(Expected::Nothing, 25), (Expected::Answers, 300)] {
        parser.handle(b"\x1b", now, expected, &mut out);
        let due = now + Duration::from_millis(patience);
        let before = now + Duration::from_millis(patience - 1);
        assert_eq!(parser.poll_timeout(), Some(due));
        parser.handle_timeout(before, &mut out);
        assert_eq!(out, []);
        parser.handle_timeout(due, &mut out);
        assert_eq!(out.split_off(0), [plain(KeyCode::Esc)]);
        assert_eq!(parser.poll_timeout(), None);
    }
}

#[test]
fn an_escape_that_is_held_is_a_key_as_soon_as_no_answer_follows() {
    let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
    let later = now + Duration::from_millis(100);
    parser.handle(b"\x1b", now, Expected::Answers, &mut out);
    parser.handle(b"\x1b[0n", later, Expected::Answers, &mut out);
    assert_eq!(out.split_off(0), [plain(KeyCode::Esc), Input::Reply(Reply::Alive)]);
    parser.handle(b"\x1b", now, Expected::Answers, &mut out);
    parser.handle(b"q", later, Expected::Answers, &mut out);
    assert_eq!(out, [plain(KeyCode::Esc), letter('q')], "two keys, and not Alt");
}

#[test]
fn answers_that_come_byte_by_byte_are_never_keys() {
    for (bytes, reply) in replies() {
        for pause in [1, 20, 290] {
            let inputs = slowly(bytes, Duration::from_millis(pause), Expected::Answers);
            assert_eq!(inputs, [Input::Reply(reply.clone())], "{}", bytes.escape_ascii());
        }
    }
}

#[test]
fn an_answer_that_is_cut_for_seconds_is_still_one() {
    for (bytes, reply) in replies() {
        for (cut, expected) in
            (1..bytes.len()).flat_map(|cut| [(cut, Expected::Answers), (cut, Expected::Nothing)])
        {
            let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
            parser.handle(&bytes[..cut], now, expected, &mut out);
            let later = now + Duration::from_secs(4);
            parser.handle_timeout(later, &mut out);
            parser.handle(&bytes[cut..], later, expected, &mut out);
            let escape = (cut == 1).then(|| plain(KeyCode::Esc));
            let all: Vec<_> = escape.into_iter().chain([Input::Reply(reply.clone())]).collect();
            assert_eq!(out, all, "{} after {cut}", bytes.escape_ascii());
        }
    }
}

#[test]
fn the_rest_of_an_answer_is_swallowed_though_its_escape_became_a_key() {
    for (bytes, reply) in replies() {
        let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
        parser.handle(&bytes[..1], now, Expected::Answers, &mut out);
        let later = now + Duration::from_millis(400);
        parser.handle_timeout(later, &mut out);
        for byte in &bytes[1..] {
            parser.handle(&[*byte], later, Expected::Answers, &mut out);
        }
        parser.handle(b"q", later, Expected::Answers, &mut out);
        let expected = [plain(KeyCode::Esc), Input::Reply(reply), letter('q')];
        assert_eq!(out, expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn half_a_control_sequence_is_dropped_and_its_rest_still_known() {
    let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
    parser.handle(b"\x1b[?62;", now, Expected::Nothing, &mut out);
    parser.handle_timeout(now + Duration::from_secs(5), &mut out);
    assert_eq!(out, []);
    parser.handle(b"4c", now, Expected::Nothing, &mut out);
    assert_eq!(out, [Input::Reply(Reply::Attributes { sixel: true })]);
}

#[test]
fn what_only_begins_like_the_rest_of_an_answer_is_typed() {
    let late = Duration::from_millis(50);
    let esc = plain(KeyCode::Esc);
    let inputs = slowly(b"\x1b[0q", late, Expected::Nothing);
    assert_eq!(inputs, [esc.clone(), letter('['), letter('0'), letter('q')]);
    let inputs = slowly(b"\x1bPx", late, Expected::Nothing);
    assert_eq!(inputs, [esc.clone(), key(KeyCode::Char('P'), SHIFT), letter('x')]);
    let inputs = slowly(b"\x1bq", late, Expected::Nothing);
    assert_eq!(inputs, [esc.clone(), letter('q')]);
    let inputs = slowly(b"\x1b[\x1b[A", late, Expected::Answers);
    assert_eq!(inputs, [plain(KeyCode::Up)], "the first is no key, nor any beginning of one");
    let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
    parser.handle(b"\x1b", now, Expected::Nothing, &mut out);
    parser.handle_timeout(now + late, &mut out);
    parser.handle(b"P", now + late, Expected::Nothing, &mut out);
    parser.handle_timeout(now + Duration::from_secs(2), &mut out);
    assert_eq!(out, [esc, key(KeyCode::Char('P'), SHIFT)], "alone, after a while");
}

#[test]
fn a_string_without_an_end_does_not_eat_the_keyboard() {
    let (mut parser, mut out, now) = (Parser::new(), Vec::new(), Instant::now());
    parser.handle(b"\x1b]52;c;", now, Expected::Nothing, &mut out);
    parser.handle(b"never a key", now, Expected::Nothing, &mut out);
    parser.handle(b"q", now + Duration::from_secs(2), Expected::Nothing, &mut out);
    assert_eq!(out.split_off(0), [letter('q')], "by silence");
    let mut at = now;
    parser.handle(b"\x1bP>|", now, Expected::Nothing, &mut out);
    while out.is_empty() {
        at += Duration::from_millis(200);
        assert!(at < now + Duration::from_secs(11), "it goes on");
        parser.handle(b"x", at, Expected::Nothing, &mut out);
    }
    assert_eq!(out.split_off(0), [letter('x')], "by time");
    parser.handle(b"\x1b_", now, Expected::Nothing, &mut out);
    parser.handle(&vec![b'x'; (64 << 10) + 3], now, Expected::Nothing, &mut out);
    assert_eq!(out.split_off(0), [letter('x'), letter('x')], "by length");
    for (end, key) in [(&b"\x18"[..], None), (b"\x1a", None), (b"\x03", Some(inputs(b"\x03")))] {
        parser.handle(b"\x1bPq#0", now, Expected::Nothing, &mut out);
        parser.handle(end, now, Expected::Nothing, &mut out);
        assert_eq!(out.split_off(0), key.unwrap_or_default(), "by {}", end.escape_ascii());
        parser.handle(b"q", now, Expected::Nothing, &mut out);
        assert_eq!(out.split_off(0), [letter('q')]);
    }
    parser.handle(b"\x1b]0;title\x1b[A", now, Expected::Nothing, &mut out);
    assert_eq!(out, [plain(KeyCode::Up)], "by the next sequence");
}

#[test]
fn a_version_is_short_and_printable() {
    let long = [b"\x1bP>|\x01\xffname\x02", &[b'x'; 200][..], b"\x1b\\"].concat();
    let [Input::Reply(Reply::Version(text))] = &inputs(&long)[..] else { panic!("a version") };
    assert_eq!(text.len(), 64);
    assert!(text.starts_with("namexxx"), "{text}");
}

#[test]
fn broken_characters_are_nothing() {
    assert_eq!(inputs(b"\xff\xc3q\xe5\x86"), [letter('q')]);
    assert_eq!(inputs(b"\xed\xa0\x80\xc0\x80q\xc2\x85"), [letter('q')]);
}

/// Keys and answers, with what they are. An Esc is left out: it is one by what does not follow.
fn said() -> impl Strategy<Value = Vec<(Vec<u8>, Input)>> {
    let keys = KEYS.iter().filter(|(bytes, ..)| *bytes != b"\x1b");
    let keys = keys.filter(|(_, code, _)| *code != KeyCode::Null);
    let keys: Vec<_> =
        keys.map(|(bytes, code, modifiers)| (bytes.to_vec(), key(*code, *modifiers))).collect();
    let replies: Vec<_> =
        replies().into_iter().map(|(bytes, it)| (bytes.to_vec(), Input::Reply(it))).collect();
    let one = prop_oneof![prop::sample::select(keys), prop::sample::select(replies)];
    prop::collection::vec(one, 0..12)
}

fn expected() -> impl Strategy<Value = Expected> {
    prop_oneof![Just(Expected::Answers), Just(Expected::Nothing)]
}

proptest! {
    #[test]
    fn keys_and_answers_are_what_they_are_however_they_are_cut(
        said in said(),
        pauses in prop::collection::vec(prop::option::of(0..24_u64), 1..40),
        expected in expected(),
    ) {
        let bytes: Vec<u8> = said.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let (mut parser, mut out, mut now) = (Parser::new(), Vec::new(), Instant::now());
        // After each byte a pause, or none: then it comes together with the next.
        let mut piece = Vec::new();
        for (byte, pause) in bytes.iter().zip(pauses.iter().cycle()) {
            piece.push(*byte);
            if let Some(pause) = pause {
                parser.handle(&std::mem::take(&mut piece), now, expected, &mut out);
                now += Duration::from_millis(*pause);
                parser.handle_timeout(now, &mut out);
            }
        }
        parser.handle(&piece, now, expected, &mut out);
        let inputs: Vec<_> = said.into_iter().map(|(_, input)| input).collect();
        prop_assert_eq!(out, inputs);
    }

    #[test]
    fn answers_among_typed_keys_add_no_key(
        typed in prop::collection::vec(0..2_usize, 0..12),
        pauses in prop::collection::vec(0..700_u64, 1..30),
    ) {
        // A hand types letters and Esc; answers come in between, cut and late.
        let replies = replies();
        let (mut parser, mut out, mut now) = (Parser::new(), Vec::new(), Instant::now());
        let (mut heard, mut expected) = (0, Vec::new());
        for (at, escape) in typed.iter().enumerate() {
            let byte = if *escape == 1 { 0x1b } else { b'q' };
            parser.handle(&[byte], now, Expected::Answers, &mut out);
            expected.push(if *escape == 1 { plain(KeyCode::Esc) } else { letter('q') });
            now += Duration::from_millis(301);
            parser.handle_timeout(now, &mut out);
            let (bytes, _) = replies[at % replies.len()];
            // The line is slow within an answer, but not between its ESC and the rest.
            let half = 1 + bytes.len() / 2;
            for piece in [&bytes[..2], &bytes[2..half], &bytes[half..]] {
                parser.handle(piece, now, Expected::Answers, &mut out);
                now += Duration::from_millis(pauses[at % pauses.len()]);
                parser.handle_timeout(now, &mut out);
            }
            heard += 1;
        }
        let (replies, keys): (Vec<_>, Vec<_>) =
            out.into_iter().partition(|input| matches!(input, Input::Reply(_)));
        prop_assert_eq!(replies.len(), heard);
        prop_assert_eq!(keys, expected);
    }

    #[test]
    fn any_bytes_are_taken_with_bounded_memory(data in prop::collection::vec(any::<u8>(), 0..600)) {
        crate::fuzz::terminal_input(&data);
    }
}
