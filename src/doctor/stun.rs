//! How far a STUN server is, and how much is lost on the way there and back: it is asked a few times,
//! over a socket of its own (RFC 8489, sections 2 and 5).

use super::series::{Id, Series, TIMES};
use super::socket;
use std::io;
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::time::timeout_at;

/// Asks the server at `host:port`, ten times a second: one of ours answers no more than twenty.
pub(super) async fn ask(server: &str) -> io::Result<Series> {
    let socket = socket::towards(socket::find(server).await?).await?;
    let mut series = Series::new();
    for wait in [PACE; TIMES - 1].into_iter().chain([PATIENCE]) {
        let now = Instant::now();
        socket.send(&request(series.send(now))).await?;
        listen(&socket, &mut series, now + wait).await?;
    }
    Ok(series)
}

/// Hears answers until then, or until the last one has come.
async fn listen(socket: &UdpSocket, series: &mut Series, until: Instant) -> io::Result<()> {
    let mut answer = [0; ANSWER_BYTES_MAX];
    while series.is_awaited() {
        match timeout_at(until.into(), socket.recv(&mut answer)).await {
            Ok(length) => {
                if let Some(id) = answered(&answer[..length?]) {
                    series.hear(id, Instant::now());
                }
            }
            Err(_) => break,
        }
    }
    Ok(())
}

/// A binding request.
fn request(id: Id) -> [u8; HEADER_BYTES] {
    let mut request = [0; HEADER_BYTES];
    request[..8].copy_from_slice(&[REQUEST, [0, 0], COOKIE_1, COOKIE_2].concat());
    request[8..].copy_from_slice(&id);
    request
}

/// Which request a message answers, if it is an answer.
fn answered(message: &[u8]) -> Option<&[u8]> {
    let (head, id) = message.get(..HEADER_BYTES)?.split_at_checked(8)?;
    let is_answer = head[..2] == RESPONSE && head[4..] == [COOKIE_1, COOKIE_2].concat();
    is_answer.then_some(id)
}

const PACE: Duration = Duration::from_millis(100);
/// For the last answer.
const PATIENCE: Duration = Duration::from_millis(500);
const HEADER_BYTES: usize = 20;
/// The class and method of a binding request, and of a success response to it.
const REQUEST: [u8; 2] = [0x00, 0x01];
const RESPONSE: [u8; 2] = [0x01, 0x01];
const COOKIE_1: [u8; 2] = [0x21, 0x12];
const COOKIE_2: [u8; 2] = [0xa4, 0x42];
const ANSWER_BYTES_MAX: usize = 1500;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: &[u8]) -> Vec<u8> {
        [&RESPONSE[..], &request[2..], &[0; 12]].concat()
    }

    #[test]
    fn an_answer_names_its_request_and_nothing_else_is_one() {
        let id = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        let request = request(id);
        assert_eq!(request[..9], [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1]);
        let answer = answer(&request);
        assert_eq!(answered(&answer), Some(&id[..]));
        let mut old = answer.clone();
        old[4] ^= 1;
        for other in [&request[..], &answer[..19], &old, b""] {
            assert_eq!(answered(other), None);
        }
    }

    #[tokio::test]
    async fn a_server_is_asked_and_its_silences_are_counted() {
        let server = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let address = server.local_addr().expect("its address").to_string();
        let serving = async {
            let mut request = [0; HEADER_BYTES];
            loop {
                let (length, from) = server.recv_from(&mut request).await.expect("a request");
                if request[8] % 5 != 3 {
                    server.send_to(&answer(&request[..length]), from).await.expect("loopback");
                }
            }
        };
        let series = tokio::select! {
            series = ask(&address) => series.expect("it is asked"),
            () = serving => unreachable!("it serves for ever"),
        };
        assert_eq!((series.sent(), series.lost()), (10, 2));
        assert!(series.round_trip().is_some_and(|it| it < PACE), "{series:?}");
    }
}
