//! What is asked of a daemon: one JSON object a line. It answers with reports, as every command
//! tells them with `--json`.
//!
//! ```text
//! {"request":"hello","v":1}
//! {"request":"watch"}
//! {"request":"send","order":"a","path":"/tmp/a.jpg","file":{"name":"a.jpg","type":"image/jpeg",...},"to":[1]}
//! ```
//! The first line is the hello; the answer to it is a `daemon` and a `room` report. A line that is
//! none of these is answered by an `error`, and the end.

use crate::app::{Answer, ConnectionId, Content, Order, Parcel};
use crate::picture::Metadata;
use crate::report::{File, TransferRef, Way};
use crate::terminal::capabilities::Wishes;
use crate::text::FileName;
use crate::transfer::{Dimensions, MediaType, Proposal, Reason, TransferId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One thing that is asked of a daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// The first of all.
    Hello {
        /// Which [`VERSION`] is spoken.
        v: u32,
    },
    /// How all of it is, and from then on whatever happens.
    Watch,
    /// How all of it is, and then the end.
    Status,
    /// Sends a file, or a folder.
    Send {
        /// What whoever asks calls it: reports of it say so.
        order: String,
        /// Where it lies; whole from the root.
        path: PathBuf,
        /// What it is.
        file: File,
        /// To which connections.
        to: Vec<u64>,
        /// When it was changed last, in seconds since 1970, if that is to be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        modified: Option<i64>,
        /// Whether it is a program.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        executable: bool,
        /// Of a folder, whether its pictures go with what they tell: where, when and with what they
        /// were taken.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep_exif: bool,
    },
    /// Takes a file that is offered.
    Accept {
        /// Which.
        transfer: TransferRef,
    },
    /// Does not take a file that is offered.
    Decline {
        /// Which.
        transfer: TransferRef,
        /// Why not.
        reason: Reason,
    },
    /// Stops what was asked for by this name.
    Cancel {
        /// The name.
        order: String,
    },
    /// Shows the room in a terminal: its input and its output come with this line, as `SCM_RIGHTS`.
    Attach {
        /// The variables that terminals are known by.
        environment: BTreeMap<String, String>,
        /// What is wished of it.
        wishes: Wishes,
    },
    /// The terminal's window has another size.
    Resized,
    /// The shell is wanted for a while: the terminal is to be given back.
    Suspend,
    /// Whoever attached the terminal goes on, and it is to be taken over again.
    Continued,
    /// The terminal is to be given back for good.
    Detach,
    /// Ends the daemon.
    Stop,
}

/// Why a line is no request, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is none of those that are known.
    #[error("this is no request: {0}")]
    Unknown(String),
    /// What it speaks of cannot be.
    #[error("{0} cannot be")]
    Impossible(&'static str),
}

impl Request {
    /// Reads a line, without its end.
    pub fn decode(line: &[u8]) -> Result<Self, RequestError> {
        serde_json::from_slice(line).map_err(|error| RequestError::Unknown(error.to_string()))
    }

    /// The line, without its end.
    ///
    /// Fails where a path is no text.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// What is asked of the app, if it is.
    pub fn order(self) -> Result<Option<Order>, RequestError> {
        Ok(Some(match self {
            Self::Send { order, path, file, to, modified, executable, keep_exif } => {
                let mut parcel = parcel(path, file, Metadata::of_flag(keep_exif))?;
                (parcel.proposal.modified, parcel.proposal.executable) = (modified, executable);
                Order::Send { order, parcel, to: to.into_iter().map(ConnectionId).collect() }
            }
            Self::Accept { transfer } => answer(transfer, Answer::Accept)?,
            Self::Decline { transfer, reason } => answer(transfer, Answer::Decline(reason))?,
            Self::Cancel { order } => Order::Cancel { order },
            _ => return Ok(None),
        }))
    }
}

fn parcel(path: PathBuf, file: File, metadata: Metadata) -> Result<Parcel, RequestError> {
    if !path.is_absolute() {
        return Err(RequestError::Impossible("a path that does not begin at the root"));
    }
    let media_type = MediaType::try_from(file.media_type)
        .map_err(|_| RequestError::Impossible("such a media type"))?;
    let dimensions = file.width.zip(file.height);
    let proposal = Proposal {
        dimensions: dimensions.map(|(width, height)| Dimensions { width, height }),
        files: file.files,
        ..Proposal::new(FileName::new(&file.name), media_type, file.size)
    };
    let content = match file.files {
        Some(_) => Content::Folder(path, metadata),
        None => Content::File(path),
    };
    Ok(Parcel { proposal, content })
}

fn answer(transfer: TransferRef, answer: Answer) -> Result<Order, RequestError> {
    let TransferRef { connection, way: Way::In, number } = transfer else {
        return Err(RequestError::Impossible("an answer to a file that goes out"));
    };
    let (connection, transfer) = (ConnectionId(connection), TransferId(number));
    Ok(Order::Answer { connection, transfer, answer })
}

/// The version of the requests.
pub const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file() -> File {
        let (name, media_type) = ("../a b.jpg".to_owned(), "image/jpeg".to_owned());
        File { name, media_type, size: 7, width: Some(4), height: Some(2), files: None }
    }

    fn all() -> Vec<Request> {
        let incoming = TransferRef { connection: 3, way: Way::In, number: 1 };
        let environment = [("TERM".to_owned(), "xterm".to_owned())].into();
        vec![
            Request::Hello { v: VERSION },
            Request::Watch,
            Request::Status,
            Request::Send {
                order: "a".to_owned(),
                path: "/tmp/a.jpg".into(),
                file: file(),
                to: vec![3, 4],
                modified: None,
                executable: false,
                keep_exif: false,
            },
            Request::Accept { transfer: incoming },
            Request::Decline { transfer: incoming, reason: Reason::Person },
            Request::Cancel { order: "a".to_owned() },
            Request::Attach { environment, wishes: Wishes::default() },
            Request::Resized,
            Request::Suspend,
            Request::Continued,
            Request::Detach,
            Request::Stop,
        ]
    }

    #[test]
    fn every_request_is_read_as_it_was_written() {
        for request in all() {
            let line = request.encode().expect("text");
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Request::decode(line.as_bytes()), Ok(request));
        }
    }

    #[test]
    fn what_a_line_looks_like_is_a_promise() {
        let lines: Vec<_> = all().iter().map(|it| it.encode().expect("text")).collect();
        assert_eq!(lines[0], r#"{"request":"hello","v":1}"#);
        assert_eq!(
            lines[3],
            concat!(
                r#"{"request":"send","order":"a","path":"/tmp/a.jpg","file":{"name":"../a b.jpg","#,
                r#""type":"image/jpeg","size":7,"width":4,"height":2},"to":[3,4]}"#
            )
        );
        assert_eq!(
            lines[5],
            concat!(
                r#"{"request":"decline","transfer":{"connection":3,"way":"in","number":1},"#,
                r#""reason":"person"}"#
            )
        );
    }

    #[test]
    fn orders_are_handed_to_the_app_and_nothing_else_is() {
        let orders: Vec<_> =
            all().into_iter().filter_map(|it| it.order().expect("possible")).collect();
        let [send, accept, decline, cancel] = &orders[..] else { panic!("{orders:?}") };
        let Order::Send { parcel, to, .. } = send else { panic!("{send:?}") };
        assert_eq!((parcel.proposal.name.as_str(), parcel.proposal.size), ("a b.jpg", 7));
        assert_eq!(*to, [ConnectionId(3), ConnectionId(4)]);
        assert!(matches!(accept, Order::Answer { answer: Answer::Accept, .. }));
        assert!(matches!(decline, Order::Answer { answer: Answer::Decline(Reason::Person), .. }));
        assert!(matches!(cancel, Order::Cancel { order } if order == "a"));
    }

    #[test]
    fn a_folder_is_sent_with_what_its_pictures_tell_only_where_that_is_said() {
        for (said, metadata) in [("", Metadata::Cleaned), (r#","keep_exif":true"#, Metadata::Kept)]
        {
            let line = format!(
                r#"{{"request":"send","order":"a","path":"/photos","to":[1]{said},"file":
                {{"name":"photos","type":"inode/directory","size":9,"files":2,"width":null,"height":null}}}}"#
            );
            let order = Request::decode(line.as_bytes()).expect("a request").order();
            let Ok(Some(Order::Send { parcel, .. })) = order else { panic!("{order:?}") };
            assert_eq!(parcel.proposal.files, Some(2));
            assert!(matches!(parcel.content, Content::Folder(_, found) if found == metadata));
        }
    }

    #[test]
    fn what_cannot_be_is_no_order() {
        let send = |path: &str, file| Request::Send {
            order: "a".to_owned(),
            path: path.into(),
            file,
            to: vec![1],
            modified: None,
            executable: false,
            keep_exif: false,
        };
        assert!(send("a.jpg", file()).order().is_err(), "relative to where?");
        let request = send("/a.jpg", File { media_type: "picture".to_owned(), ..file() });
        assert!(request.order().is_err(), "no media type");
        let transfer = TransferRef { connection: 1, way: Way::Out, number: 1 };
        assert!(Request::Accept { transfer }.order().is_err(), "it goes out");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Request::decode(&bytes).map(Request::order);
        }

        #[test]
        fn no_damaged_line_panics(at in 0..13_usize, cut in 0..200_usize, byte in any::<u8>()) {
            let mut line = all()[at].encode().expect("text").into_bytes();
            let cut = cut % line.len();
            line[cut] = byte;
            let _ = Request::decode(&line).map(Request::order);
            let _ = Request::decode(&line[..cut]).map(Request::order);
        }
    }
}
