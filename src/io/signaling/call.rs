//! A visit to a signaling server, to see whether it answers: by whoever looks for faults.

use super::{NO_ANSWER, few, is_crowded, open, say, sentence};
use crate::link::ServerUrl;
use futures_util::StreamExt;
use signaling_server::protocol::{IceServer, Refusal, Reply, Request, RoomId, VERSION};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};

/// What a server answered to one who came to see whether it does.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The version that it speaks.
    pub version: u32,
    /// The servers for ICE that it hands out.
    pub ice_servers: Vec<IceServer>,
    /// From the first packet to its welcome.
    pub took: Duration,
    /// What its clock says, as it writes it in HTTP.
    pub date: Option<String>,
}

/// Why a server does not answer so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// It is not reached; in a sentence.
    Unreached(String),
    /// It lets nobody in.
    Refused(Refusal),
    /// Something else answers there.
    Foreign,
}

/// Enters a room that nobody is in, hears the welcome, and leaves.
pub async fn call(server: &ServerUrl, room: RoomId, limit: Duration) -> Result<Answer, Unanswered> {
    let called = timeout(limit, converse_once(server, room));
    called.await.unwrap_or_else(|_| Err(Unanswered::Unreached(NO_ANSWER.to_owned())))
}

async fn converse_once(server: &ServerUrl, room: RoomId) -> Result<Answer, Unanswered> {
    let unreached = |error: &Error| Unanswered::Unreached(sentence(error));
    let begun = Instant::now();
    let connected = open(server, &room).await;
    let (mut socket, response) = connected.map_err(|error| match error {
        Error::Http(ref response)
            if response.status().is_server_error() || is_crowded(response.status()) =>
        {
            unreached(&error)
        }
        Error::Http(_) | Error::HttpFormat(_) | Error::Protocol(_) => Unanswered::Foreign,
        error => unreached(&error),
    })?;
    let date = response.headers().get("date").and_then(|date| date.to_str().ok());
    let date = date.map(str::to_owned);
    let join = Request::Join { version: VERSION, room, token: None };
    say(&mut socket, &join).await.map_err(|error| unreached(&error))?;
    let text = loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => break text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(_)) | None => return Err(Unanswered::Foreign),
            Some(Err(error)) => return Err(unreached(&error)),
        }
    };
    match serde_json::from_str(&text) {
        Ok(Reply::Welcome { version, ice_servers, .. }) => {
            let (took, ice_servers) = (begun.elapsed(), few(ice_servers));
            // It goes with the socket, if not by itself.
            let _ = say(&mut socket, &Request::Leave).await;
            Ok(Answer { version, ice_servers, took, date })
        }
        Ok(Reply::Refused { reason }) => Err(Unanswered::Refused(reason)),
        _ => Err(Unanswered::Foreign),
    }
}
