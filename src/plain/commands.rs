//! Lines as commands: the keys of the TUI, and the words behind them.

use super::answers;
use crate::app::{Action, App, Listed, RoomPhase, Shot, Strokes};
use crate::qr::Ink;
use zeroize::Zeroizing;

/// What a line asks for.
pub(super) enum Command {
    /// This is done, in order.
    Act(Vec<Action>),
    /// What lies at these paths is sent.
    Send(String),
    /// The room of these words, or of this link, is joined.
    Join(Zeroizing<String>),
    /// This is told.
    Tell(Vec<String>),
}

/// What a line asks for now.
pub(super) fn read(line: &str, app: &App) -> Command {
    let line = line.trim();
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let act = |action| Command::Act(vec![action]);
    let tell = |sentence: &str| Command::Tell(vec![sentence.to_owned()]);
    match (first, rest) {
        ("", "") => act(Action::Send),
        ("s", "") => act(Action::Snap),
        ("S", "") => act(Action::SnapAndSend),
        ("y" | "n", "") if app.transfers.asked().is_none() => tell("nothing is offered"),
        ("y", "") => act(Action::Accept),
        ("n", "") => act(Action::Decline),
        ("x", "") => act(Action::Cancel),
        ("transfers", "") => Command::Tell(answers::transfers(app)),
        ("pause", number) => on_row(number, Action::Rest, app),
        ("continue", number) => on_row(number, Action::GoOn, app),
        ("x", number) => on_row(number, Action::Cancel, app),
        ("again", number) => on_row(number, Action::Again, app),
        ("widen", number) => on_row(number, Action::Widen, app),
        ("to", "everyone") => to(&[], app),
        ("to", "") => Command::Tell(vec![answers::whom(app)]),
        ("to", names) => match answers::named(names, app) {
            Ok(ids) => to(&ids, app),
            Err(why) => Command::Tell(vec![why]),
        },
        ("send", "") => tell("send, then the paths of files"),
        ("send", paths) => Command::Send(paths.to_owned()),
        ("c", "") => act(Action::Camera),
        ("i", "") => Command::Tell(answers::invitation(app)),
        ("qr", how) => code(how, app),
        ("v", "") => Command::Tell(vec![answers::newest(app)]),
        ("t", "") => Command::Tell(answers::who(app)),
        ("t", number) => trust(number, app),
        ("?", "") => Command::Tell(answers::help()),
        ("q", "") => act(Action::Quit),
        ("esc", "") if matches!(app.shot, Shot::Held(_)) => act(Action::Back),
        ("esc", "") => tell("no photo is held"),
        ("j", "") => tell("j, then the six words of a room, or its link"),
        ("j", words) => Command::Join(Zeroizing::new(words.to_owned())),
        // Asked which room, one may well say just that.
        _ if app.room.phase == RoomPhase::Outside && line.len() > LETTERS_OF_NO_ROOM => {
            Command::Join(Zeroizing::new(line.to_owned()))
        }
        _ => tell("that is no command: ? tells what there is"),
    }
}

/// Trusts the peer of this number in what [`answers::who`] tells, or takes that back.
fn trust(number: &str, app: &App) -> Command {
    let count = app.room.peers().count();
    match number.parse::<usize>() {
        Ok(number) if (1..=count).contains(&number) => {
            let down = std::iter::repeat_n(Action::Down, number - 1);
            let chosen = std::iter::once(Action::Who).chain(down);
            Command::Act(chosen.chain([Action::Trust, Action::Back]).collect())
        }
        _ => Command::Tell(vec!["t, then the number of someone that t tells of".to_owned()]),
    }
}

/// The link as a code, drawn as is said.
fn code(how: &str, app: &App) -> Command {
    let (mut ink, mut strokes) = (Ink::Light, Strokes::Halves);
    for word in how.split_whitespace() {
        match word {
            "dark" => ink = Ink::Light,
            "light" => ink = Ink::Dark,
            "ascii" => strokes = Strokes::Ascii,
            _ => return Command::Tell(vec![CODE.to_owned()]),
        }
    }
    Command::Tell(answers::code(ink, strokes, app))
}

/// Does this to the row of this number in what [`answers::transfers`] tells.
fn on_row(number: &str, action: Action, app: &App) -> Command {
    let count = app.ledger().len();
    match number.parse::<usize>() {
        Ok(number) if (1..=count).contains(&number) => {
            let down = std::iter::repeat_n(Action::Down, number - 1);
            let chosen = std::iter::once(Action::Transfers).chain(down);
            Command::Act(chosen.chain([action, Action::Back]).collect())
        }
        _ => Command::Tell(vec!["that needs a number that transfers tells".to_owned()]),
    }
}

/// Has what is sent go to these alone, known by their fingerprints; to everyone, if there are none.
fn to(ids: &[String], app: &App) -> Command {
    let id_of = |listed: &Listed| match listed {
        Listed::Here(connection) => {
            app.room.by_connection(*connection).map(|peer| peer.who().id).unwrap_or_default()
        }
        Listed::Away(id) => id.clone(),
    };
    let (mut seen, mut actions) = (Vec::new(), Vec::new());
    let others: Vec<_> = app.listed().iter().map(id_of).enumerate().collect();
    // From below: whoever is not here and not chosen any more goes from the list.
    for (at, id) in others.into_iter().rev() {
        // Of two terminals of the same person one stands for both.
        if ids.contains(&id) == app.is_chosen(&id) || seen.contains(&id) {
            continue;
        }
        actions.push(Action::Who);
        actions.extend(std::iter::repeat_n(Action::Down, at));
        actions.extend([Action::Mark, Action::Back]);
        seen.push(id);
    }
    Command::Act(actions)
}

const CODE: &str = "qr, then light if the terminal is light, and ascii if half-blocks have gaps";
/// A command that was mistyped.
const LETTERS_OF_NO_ROOM: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::PathKind;
    use crate::transfer::Direction;
    use crate::ui::tests::world::{World, flat};
    use proptest::prelude::*;

    fn actions(line: &str, app: &App) -> Vec<Action> {
        match read(line, app) {
            Command::Act(actions) => actions,
            _ => Vec::new(),
        }
    }

    fn told(line: &str, app: &App) -> String {
        match read(line, app) {
            Command::Tell(sentences) => sentences.join("\n"),
            _ => String::new(),
        }
    }

    #[test]
    fn the_keys_are_commands_and_an_empty_line_is_enter() {
        let world = World::joined(0);
        for (line, action) in [
            ("", Action::Send),
            ("s", Action::Snap),
            (" S ", Action::SnapAndSend),
            ("x\r", Action::Cancel),
            ("c", Action::Camera),
            ("q", Action::Quit),
        ] {
            assert_eq!(actions(line, &world.app), [action], "{line:?}");
        }
        assert_eq!(told("xyz", &world.app), "that is no command: ? tells what there is");
        assert_eq!(told("s now", &world.app), "that is no command: ? tells what there is");
    }

    #[test]
    fn what_makes_no_sense_now_says_so() {
        let mut world = World::joined(0);
        assert_eq!(told("y", &world.app), "nothing is offered");
        assert_eq!(told("esc", &world.app), "no photo is held");
        world.snap("a.jpg", 10, flat(4, 2, [1, 2, 3]));
        assert_eq!(actions("esc", &world.app), [Action::Back]);
    }

    #[test]
    fn files_are_sent_by_their_paths_as_they_are_typed() {
        let world = World::joined(0);
        let paths = |line: &str| match read(line, &world.app) {
            Command::Send(paths) => paths,
            _ => String::new(),
        };
        assert_eq!(paths("send a.txt 'b c.txt' "), "a.txt 'b c.txt'");
        assert_eq!(told("send", &world.app), "send, then the paths of files");
    }

    #[test]
    fn someone_is_trusted_by_the_number_that_is_told() {
        let mut world = World::joined(2);
        world.open(0, "Zoë", PathKind::Direct, 3);
        world.open(1, "Bob", PathKind::Relayed, 30);
        let second = [Action::Who, Action::Down, Action::Trust, Action::Back];
        assert_eq!(actions("t 2", &world.app), second);
        for wrong in ["t 0", "t 3", "t x", "t -1"] {
            assert!(told(wrong, &world.app).starts_with("t, then the number"), "{wrong}");
        }
    }

    #[test]
    fn a_transfer_is_paused_by_the_number_that_is_told() {
        let mut world = World::joined(1);
        world.open(0, "Zoë", PathKind::Direct, 3);
        world.snap("a.jpg", 10, flat(4, 2, [1, 2, 3]));
        let (_, transfers) = world.send(&[0]);
        world.progress(0, Direction::Outgoing, transfers[0], 5);
        assert_eq!(told("transfers", &world.app), "1: under way: a.jpg to Zoë, 50 percent");
        let pause = [Action::Transfers, Action::Rest, Action::Back];
        assert_eq!(actions("pause 1", &world.app), pause);
        let go_on = [Action::Transfers, Action::GoOn, Action::Back];
        assert_eq!(actions("continue 1", &world.app), go_on);
        assert_eq!(told("pause 2", &world.app), "that needs a number that transfers tells");
        assert_eq!(told("pause", &world.app), "that needs a number that transfers tells");
    }

    #[test]
    fn whom_one_sends_to_is_said_by_names() {
        let mut world = World::joined(2);
        world.open(0, "Zoë", PathKind::Direct, 3);
        world.open(1, "Bob", PathKind::Relayed, 30);
        let mut say = |line: &str| {
            for action in actions(line, &world.app) {
                world.act(action);
            }
            told("to", &world.app)
        };
        assert_eq!(say(""), "what you send goes to everyone");
        assert_eq!(say("to bob"), "what you send goes to Bob alone");
        assert_eq!(say("to zoë, Bob"), "what you send goes to Bob, Zoë alone");
        assert_eq!(say("to Zoë"), "what you send goes to Zoë alone");
        assert_eq!(say("to everyone"), "what you send goes to everyone");
        assert_eq!(told("to Eve", &world.app), "Eve is not here: t tells who is");
    }

    #[test]
    fn a_room_is_joined_by_its_words_and_asked_for_one_even_by_these_alone() {
        let world = World::joined(0);
        let words = |line: &str, app: &App| match read(line, app) {
            Command::Join(words) => words.to_string(),
            _ => String::new(),
        };
        let six = "crane velvet orbit ladder energy quick";
        assert_eq!(words(&format!("j  {six}"), &world.app), six);
        assert_eq!(words(six, &world.app), "", "here it may be anything");
        let outside = App::new(world.app.settings.clone());
        assert_eq!(words(six, &outside), six);
        assert_eq!(told("sss", &outside), "that is no command: ? tells what there is");
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "\\PC*") {
            let _ = read(&line, &World::joined(1).app);
        }
    }
}
