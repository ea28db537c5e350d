//! Arguments, put as the parser takes them.

use super::Cli;
use crate::seal::words;
use clap::CommandFactory as _;
use std::ffi::OsString;

/// The arguments as the parser takes them.
pub(super) fn arranged(arguments: Vec<OsString>) -> Vec<OsString> {
    json_behind_its_command(with_room_in_one(arguments))
}

/// `--json` may stand before a command too, where the parser has any other option mean a room.
fn json_behind_its_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let commands = Cli::command();
    let is_command = |word: &OsString| {
        word.to_str().is_some_and(|word| commands.find_subcommand(word).is_some())
    };
    if arguments.get(1).is_some_and(|first| first == "--json")
        && arguments.get(2).is_some_and(is_command)
    {
        arguments.swap(1, 2);
    }
    arguments
}

/// The six words of a room that stand one by one become one argument: the first of them may be the
/// name of a command too, as `snap` and `view` are.
///
/// Six in a row from the first on are a room in any case; only behind those that a room is named to
/// it begins with the second.
fn with_room_in_one(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_word = |argument: &OsString| argument.to_str().is_some_and(words::is_word);
    let run_from = |at: usize, arguments: &[OsString]| {
        arguments[at..].iter().take_while(|argument| is_word(argument)).count()
    };
    let named = |first: &OsString| ROOM_FOLLOWS.iter().any(|command| first == command);
    let begins = arguments.get(1).is_some_and(named) && run_from(1, &arguments) != words::WORDS;
    let mut at = if begins { 2 } else { 1 };
    while at < arguments.len() {
        let run = run_from(at, &arguments);
        if run == words::WORDS {
            let words: Vec<_> = arguments.drain(at..at + run).collect();
            arguments.insert(at, words.join("-".as_ref()));
            return arguments;
        }
        at += run.max(1);
    }
    arguments
}

/// Commands that a room may be named to.
const ROOM_FOLLOWS: [&str; 4] = ["join", "send", "receive", "daemon"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, Join};
    use clap::Parser as _;
    use std::time::Duration;

    fn read(line: &str) -> Cli {
        let arguments = line.split(' ').map(Into::into).collect();
        Cli::try_parse_from(arranged(arguments)).expect("a command line")
    }

    #[test]
    fn the_words_of_a_room_may_stand_one_by_one_and_begin_like_a_command() {
        let room = "snap-velvet-orbit-ladder-energy-quick";
        let words = room.replace('-', " ");
        for line in [
            format!("peersnap {words}"),
            format!("peersnap {room}"),
            format!("peersnap --name Ann {words} --quality 80"),
        ] {
            let cli = read(&line);
            assert_eq!((cli.room, cli.command.is_none()), (vec![room.to_owned()], true), "{line}");
        }
        let few = read("peersnap crane velvet orbit");
        assert_eq!(few.room, ["crane", "velvet", "orbit"], "what is wrong with it is said later");
        let plain = read(&format!("peersnap --plain {words}"));
        assert_eq!((plain.room, plain.options.plain), (vec![room.to_owned()], Some(true)));
        assert_eq!(read("peersnap --plain=no").options.plain, Some(false));
        assert!(matches!(read("peersnap view a.jpg").command, Some(Command::View(_))));
        for line in ["peersnap --json cameras", "peersnap cameras --json"] {
            let cli = read(line);
            assert!(cli.json && matches!(cli.command, Some(Command::Cameras)), "{line}");
        }
        let room_of_json = read(&format!("peersnap --json {words}"));
        assert_eq!((room_of_json.json, room_of_json.room), (true, vec![room.to_owned()]));
        let Some(Command::Join(Join { room: joined, .. })) =
            read(&format!("peersnap join {words}")).command
        else {
            panic!("a command")
        };
        assert_eq!(joined, [room]);
    }

    #[test]
    fn a_room_of_words_is_one_argument_behind_the_commands_that_take_one() {
        let room = "crane-velvet-orbit-ladder-energy-quick";
        let words = room.replace('-', " ");
        let Some(Command::Receive(receive)) = read(&format!("peersnap receive {words} -")).command
        else {
            panic!("a command")
        };
        assert_eq!(receive.room, [room, "-"]);
        let line = format!("peersnap send --camera --every 10s {words} a.jpg");
        let Some(Command::Send(send)) = read(&line).command else { panic!("a command") };
        assert_eq!(send.room_and_files, [room, "a.jpg"]);
        assert_eq!((send.camera, send.every), (Some(None), Some(Duration::from_secs(10))));
        // Six words are a room even if the first of them is a command too.
        let cli = read("peersnap receive velvet orbit ladder energy quick");
        assert!(cli.command.is_none());
        assert_eq!(cli.room, ["receive-velvet-orbit-ladder-energy-quick"]);
    }
}
