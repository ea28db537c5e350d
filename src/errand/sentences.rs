//! What a person is told of an errand, on standard error: a sentence for what matters, and nothing
//! for the rest.

use crate::report::{CameraState, Code, Hop, PathKind, Receipt, Report, RoomState, Who};
use crate::ui::format;
use std::collections::BTreeMap;

/// What was told, so that nothing is told twice.
#[derive(Debug, Default)]
pub struct Sentences {
    paths: BTreeMap<u64, PathKind>,
    /// What the app will say too, of a file that was told of.
    told: Option<String>,
}

impl Sentences {
    /// The sentence for what happened, if it has one.
    pub fn of(&mut self, report: &Report) -> Option<String> {
        match report {
            Report::Room { state: RoomState::Empty | RoomState::Lost, text, .. } => {
                Some(text.clone())
            }
            Report::Path { peer, kind, via, round_trip_ms, .. } => {
                self.path(peer, *kind, via, *round_trip_ms)
            }
            Report::Received { from, file, path, .. } => {
                self.told = Some(format!("{} from {}", file.name, from.name));
                let size = format::amount(file.size, file.files);
                let place = match clean(path) {
                    stdout if stdout == "-" => String::new(),
                    place => format!(": {place}"),
                };
                Some(format!("{} from {}, {size}{place}", file.name, from.name))
            }
            Report::Notice { text, .. } => {
                let is_told = self.told.take_if(|told| told == text).is_some();
                (!is_told).then(|| text.clone())
            }
            Report::Sent { to, file, receipt, .. } => {
                let sentence = match receipt {
                    Receipt::Delivered { .. } => format!("{} has {}", to.name, file.name),
                    Receipt::Failed { code: Code::Refused, text } if text == "declined" => {
                        format!("{} did not take {}", to.name, file.name)
                    }
                    Receipt::Failed { text, .. } => {
                        format!("{} did not reach {}: {text}", file.name, to.name)
                    }
                };
                self.told = Some(sentence.clone());
                Some(sentence)
            }
            Report::Camera { state: CameraState::Live, text } => {
                Some(format!("the camera is {text}"))
            }
            Report::Camera { state: CameraState::Trouble, text }
            | Report::Error { text, transfer: None, .. } => Some(text.clone()),
            Report::Hook { text, .. } => text.clone(),
            _ => None,
        }
    }

    fn path(
        &mut self,
        peer: &Who,
        kind: PathKind,
        via: &[Hop],
        round_trip: Option<f64>,
    ) -> Option<String> {
        if self.paths.insert(peer.connection, kind) == Some(kind) {
            return None;
        }
        let how = kind.sentence(via, &peer.name);
        let time = round_trip.map(|ms| format!(", {ms:.0} ms there and back")).unwrap_or_default();
        Some(format!("{} is reached {how}{time}", peer.name))
    }
}

/// A path without what a terminal might take for an order.
fn clean(path: &std::path::Path) -> String {
    path.to_string_lossy().chars().filter(|c| !c.is_control()).collect()
}
