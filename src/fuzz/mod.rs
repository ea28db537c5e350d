//! What anyone may send us, tried out: each body here takes any bytes, makes of them what a peer, a
//! server, a terminal or a person could say, and panics if something that should hold does not.
//!
//! Compiled for tests, which run every input kept in `tests/fuzz/corpus`, and for `tests/fuzz`,
//! which looks for others with libFuzzer. Nothing else uses this. A body that needs the insides of
//! a module stands in that module.
//!
//! | target | what comes in | what must hold |
//! |---|---|---|
//! | `requests` | a line a socket, to the server's rooms | replies reach who is in; rooms empty out |
//! | `replies` | what a server says | it is written as it was read |
//! | `bus` | what other servers say, and what happens here | peers hear of each other in order; rooms empty out |
//! | `relay` | datagrams of clients and of those outside | nothing goes where it may not; all ends in time |
//! | `frames` | what goes through a tunnel, made up or spoilt | what was said is heard; no more waits than may |
//! | `sealed` | hellos and signals, damaged, repeated, forged | what opens was sealed, once, in order |
//! | `control` | lines of the control channel, and a person's answers | transfers end, and are bounded |
//! | `chunks` | messages of the bulk channel | files are written in order, within size and window |
//! | `manifests` | what is in a folder | every file stays in it, and each byte is of one |
//! | `datagrams` | packets from anywhere, a relay's among them | no more are lost than sent; one adds few |
//! | `room_input` | a room's link or words, as typed | checked as it is read; written as it is meant |
//! | `safe_text`, `file_names` | names | clean, within bounds, cleaned once |
//! | `pictures` | files | within limits; cleaned without a change to the pixels |
//! | `terminal_input` | what a terminal sends | cut or not, the same; no key is eaten for ever |

mod bus;
mod folders;
mod pictures;
mod relays;
mod rooms;
mod terminal;
mod transfers;
mod typed;

pub(crate) use terminal::terminal_input;

/// Takes any bytes; panics if something does not hold.
pub type Body = fn(&[u8]);

/// Each target by its name.
pub const TARGETS: &[(&str, Body)] = &[
    ("requests", rooms::requests),
    ("replies", rooms::replies),
    ("bus", bus::bus),
    ("relay", relays::relay),
    ("frames", crate::tunnel::fuzz::frames),
    ("sealed", crate::seal::fuzz::sealed),
    ("control", transfers::control),
    ("chunks", transfers::chunks),
    ("manifests", folders::manifests),
    ("datagrams", crate::path::fuzz::datagrams),
    ("room_input", typed::room_input),
    ("safe_text", crate::text::fuzz::safe_text),
    ("file_names", crate::text::fuzz::file_names),
    ("pictures", pictures::pictures),
    ("terminal_input", terminal_input),
];

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_kept_input_passes() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
        for (target, body) in TARGETS {
            let inputs = std::fs::read_dir(corpus.join(target)).expect("inputs to begin with");
            let count = inputs.map(|input| {
                let path = input.expect("an entry").path();
                println!("{}", path.display());
                body(&std::fs::read(path).expect("an input"));
            });
            assert!(count.count() > 0, "nothing to begin with for {target}");
        }
        let folders = std::fs::read_dir(corpus).expect("the inputs");
        let folders: BTreeSet<_> = folders.map(|it| it.expect("an entry").file_name()).collect();
        assert_eq!(folders, TARGETS.iter().map(|(name, _)| (*name).into()).collect());
    }
}
