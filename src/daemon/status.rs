//! `peersnap status`: how the room in the background is, for people and programs.

use super::client::Client;
use super::none_runs;
use super::request::Request;
use crate::json::{self, Reader};
use crate::path::{Figures, Loss, Losses, Rate};
use crate::report::{PeerState, Report, RoomState, Standing, Taken, TransferRef, Way, Who};
use crate::ui::format;
use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use std::io::{Write as _, stdout};

/// Tells how the daemon and its room are.
pub async fn status(reader: Reader) -> anyhow::Result<()> {
    let mut client =
        Client::connect().await.context("reaching the daemon")?.ok_or_else(none_runs)?;
    client.request(&Request::Status).await.context("asking the daemon")?;
    let mut reports = Vec::new();
    while let Some(report) = client.next().await.context("listening to the daemon")? {
        reports.push(report);
    }
    if reader == Reader::Program {
        return Ok(reports.into_iter().try_for_each(json::print)?);
    }
    write!(stdout(), "{}", tell(&reports, &TimeZone::system()))?;
    Ok(())
}

/// What a person is told when the room is open.
pub(super) fn opened(daemon: &Report, room: &Report) -> String {
    let mut rows = Rows::default();
    rows.room(room);
    rows.save(daemon);
    rows.text.push_str(
        "\nThe room stays open: `peersnap attach` looks into it, `peersnap status` tells\n\
         how it is, `peersnap daemon --stop` ends it.",
    );
    rows.text
}

/// How all of it is, in rows.
fn tell(reports: &[Report], zone: &TimeZone) -> String {
    let mut rows = Rows::default();
    for report in reports {
        match report {
            Report::Room { state, others, text, .. } => {
                let alone = *state == RoomState::Joined && *others == 0;
                rows.row("state", if alone { "waiting for someone" } else { text });
                rows.room(report);
            }
            Report::Peer { peer, state, trust, .. } => {
                let moves = reports.iter().any(|report| moves(report, peer));
                let path = reports.iter().find_map(|report| path(report, peer, moves));
                let path = path.unwrap_or_else(|| reached(*state).to_owned());
                rows.row("peer", &format!("{}, {path}, {}", peer.name, known(*trust)));
            }
            Report::Proposal { transfer, from, file, answer: Taken::Asked } => {
                let size = format::amount(file.size, file.files);
                rows.row(
                    way(*transfer),
                    &format!("{} from {}, {size}, not taken yet", file.name, from.name),
                );
            }
            Report::Progress { transfer, peer, name, offset, size, rate } => {
                let word = if transfer.way == Way::In { "from" } else { "to" };
                let (offset, size) = (format::bytes(*offset), format::bytes(*size));
                let rate = format::bytes(*rate as u64);
                let text = format!("{name} {word} {}, {offset} of {size}, {rate}/s", peer.name);
                rows.row(way(*transfer), &text);
            }
            _ => {}
        }
    }
    for report in reports {
        if let Report::Daemon { since, attached, pid, .. } = report {
            rows.save(report);
            let since = since.parse::<Timestamp>().map(|at| at.to_zoned(zone.clone()));
            let since = since.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
            rows.row("since", &format!("{}, process {pid}", since.unwrap_or_default()));
            let none = "none: `peersnap attach` shows the room";
            rows.row("terminal", if *attached { "attached" } else { none });
        }
    }
    rows.text
}

/// Text in two columns.
#[derive(Default)]
struct Rows {
    text: String,
}

impl Rows {
    fn row(&mut self, what: &str, text: &str) {
        let _ = writeln!(self.text, "{what:WHAT_COLUMNS$}{text}");
    }

    fn room(&mut self, room: &Report) {
        if let Report::Room { words, link, .. } = room {
            for (what, text) in [("words", words), ("link", link)] {
                if let Some(text) = text {
                    self.row(what, text);
                }
            }
        }
    }

    fn save(&mut self, daemon: &Report) {
        if let Report::Daemon { save, .. } = daemon {
            self.row("save", &save.display().to_string());
        }
    }
}

/// How a peer is reached, and, while something moves, what went over the path in the last seconds.
fn path(report: &Report, of: &Who, moves: bool) -> Option<String> {
    let Report::Path { peer, kind, via, round_trip_ms, loss, loss_in, rate_out, rate_in, why } =
        report
    else {
        return None;
    };
    if peer.connection != of.connection {
        return None;
    }
    let mut told = vec![kind.text(via, &of.name)];
    told.extend(round_trip_ms.map(|ms| format!("{ms:.0} ms")));
    if moves {
        let rate = rate_out.zip(*rate_in);
        let rate = rate.map(|(outgoing, incoming)| Rate { outgoing, incoming });
        let [outgoing, incoming] = [loss, loss_in].map(|share| share.map(Loss::new));
        told.extend(format::figures(Figures { rate, losses: Losses { outgoing, incoming } }));
    }
    let why = why.map(|it| format!(": {}", it.text(&of.name))).unwrap_or_default();
    Some(format!("{}{why}", told.join(", ")))
}

/// Whether something moves to or from a peer.
fn moves(report: &Report, of: &Who) -> bool {
    matches!(report, Report::Progress { peer, .. } if peer.connection == of.connection)
}

fn reached(state: PeerState) -> &'static str {
    match state {
        PeerState::Connecting => "being connected to",
        PeerState::Open => "connected",
        PeerState::Doubted => "connected, and sent nothing before you trust it",
        PeerState::Unreachable => "not heard of for a while",
        PeerState::Barred => "disconnected",
        PeerState::Left => "gone",
    }
}

fn known(trust: Standing) -> &'static str {
    match trust {
        Standing::Unknown => "not looked up yet",
        Standing::New => "here for the first time",
        Standing::Met => "not trusted",
        Standing::Trusted => "trusted",
        Standing::Changed => "not who was of this name before",
    }
}

fn way(transfer: TransferRef) -> &'static str {
    match transfer.way {
        Way::In => "coming",
        Way::Out => "going",
    }
}

const WHAT_COLUMNS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obstacle::Obstacle;
    use crate::path::Hop;
    use crate::report::{Device, File, PathKind};

    fn who(connection: u64, name: &str) -> Who {
        Who { connection, name: name.to_owned(), id: "ABCD".to_owned() }
    }

    fn daemon(attached: bool) -> Report {
        let since = "2026-11-26T08:05:00.000Z".to_owned();
        Report::Daemon { pid: 42, since, attached, save: "/home/ann/photos".into() }
    }

    fn room() -> Report {
        Report::Room {
            state: RoomState::Joined,
            others: 2,
            words: Some("crane velvet orbit ladder energy quick".to_owned()),
            link: Some("http://192.0.2.7/#crane-velvet-orbit-ladder-energy-quick".to_owned()),
            text: "3 in the room".to_owned(),
        }
    }

    #[test]
    fn the_room_is_told_in_rows() {
        let (zoe, ben) = (who(1, "Zoë"), who(2, "Ben"));
        let transfer = |way, number| TransferRef { connection: 1, way, number };
        let file = File {
            name: "report.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 2_100_000,
            width: None,
            height: None,
            files: None,
        };
        let reports = [
            daemon(false),
            room(),
            Report::Peer {
                peer: zoe.clone(),
                state: PeerState::Open,
                trust: Standing::Trusted,
                device: Some(Device::Phone),
            },
            Report::Path {
                peer: zoe.clone(),
                kind: PathKind::Direct,
                via: Vec::new(),
                round_trip_ms: Some(11.6),
                loss: Some(0.004),
                loss_in: Some(0.1),
                rate_out: Some(4_200_000),
                rate_in: Some(31_000),
                why: None,
            },
            Report::Peer {
                peer: ben.clone(),
                state: PeerState::Connecting,
                trust: Standing::New,
                device: None,
            },
            Report::Proposal {
                transfer: transfer(Way::In, 1),
                from: zoe.clone(),
                file: file.clone(),
                answer: Taken::Asked,
            },
            Report::Progress {
                transfer: transfer(Way::Out, 2),
                peer: zoe,
                name: "a.jpg".to_owned(),
                offset: 1_000_000,
                size: 3_100_000,
                rate: 4_200_000.0,
            },
        ];
        let told = tell(&reports, &TimeZone::UTC);
        let expected = "\
            state     3 in the room\n\
            words     crane velvet orbit ladder energy quick\n\
            link      http://192.0.2.7/#crane-velvet-orbit-ladder-energy-quick\n\
            peer      Zoë, direct, 12 ms, 4.2 MB/s out, 31 KB/s in, 0.4 % lost, trusted\n\
            peer      Ben, being connected to, here for the first time\n\
            coming    report.pdf from Zoë, 2.1 MB, not taken yet\n\
            going     a.jpg to Zoë, 1.0 MB of 3.1 MB, 4.2 MB/s\n\
            save      /home/ann/photos\n\
            since     2026-11-26 08:05, process 42\n\
            terminal  none: `peersnap attach` shows the room\n";
        assert_eq!(told, expected);
        assert!(tell(&[daemon(true)], &TimeZone::UTC).ends_with("terminal  attached\n"));
    }

    #[test]
    fn who_is_not_reached_directly_is_told_with_the_relay_and_why() {
        let ben = who(2, "Ben");
        let relayed = "192.0.2.7:50000".parse().expect("an address");
        let path = |via| Report::Path {
            peer: ben.clone(),
            kind: PathKind::Relayed,
            via,
            round_trip_ms: Some(48.2),
            loss: None,
            loss_in: None,
            // Nothing moves: what was known last is of the past.
            rate_out: Some(1),
            rate_in: Some(1),
            why: Some(Obstacle::Routers),
        };
        let state = PeerState::Open;
        let peer = Report::Peer { peer: ben.clone(), state, trust: Standing::Met, device: None };
        let told = tell(&[peer, path(vec![Hop::their_relay(relayed)])], &TimeZone::UTC);
        let expected = "peer      Ben, relayed by 192.0.2.7:50000 (Ben's), 48 ms: neither router lets \
                        the other in, not trusted\n";
        assert_eq!(told, expected);
    }

    #[test]
    fn who_opens_a_room_is_told_how_others_join_and_what_to_do_next() {
        let told = opened(&daemon(false), &room());
        let rows: Vec<_> = told.lines().collect();
        assert_eq!(rows[0], "words     crane velvet orbit ladder energy quick");
        assert!(rows[1].ends_with("/#crane-velvet-orbit-ladder-energy-quick"));
        assert_eq!(rows[2], "save      /home/ann/photos");
        assert!(told.contains("`peersnap attach`") && told.contains("`peersnap daemon --stop`"));
    }
}
