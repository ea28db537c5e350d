//! How far a STUN server is, and how much is lost on the way there and back: it is asked a few times,
//! over a socket of its own (RFC 8489, sections 2 and 5).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};
use tokio::net::{UdpSocket, lookup_host};
use tokio::time::timeout_at;

/// Requests of one series, and what came of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    /// What the ids of its transactions have in common: all but the first byte, which counts them.
    id: [u8; ID_BYTES],
    /// When each was sent, and how long its answer took, if that came.
    requests: Vec<(Instant, Option<Duration>)>,
}

/// Asks the server at `host:port`, ten times a second: one of ours answers no more than twenty.
pub(super) async fn ask(server: &str) -> io::Result<Series> {
    let address = lookup_host(server).await?.next().ok_or(io::ErrorKind::NotFound)?;
    let any: IpAddr = match address.ip() {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(address).await?;
    let mut id = [0; ID_BYTES];
    // Without random numbers it is asked all the same: nobody gains by a wrong answer.
    let _ = getrandom::fill(&mut id);
    let mut series = Series { id, requests: Vec::new() };
    for wait in [PACE; TIMES - 1].into_iter().chain([PATIENCE]) {
        let now = Instant::now();
        socket.send(&series.request(now)).await?;
        listen(&socket, &mut series, now + wait).await?;
    }
    Ok(series)
}

/// Hears answers until then, or until the last one has come.
async fn listen(socket: &UdpSocket, series: &mut Series, until: Instant) -> io::Result<()> {
    let mut answer = [0; ANSWER_BYTES_MAX];
    while series.is_awaited() {
        match timeout_at(until.into(), socket.recv(&mut answer)).await {
            Ok(length) => series.hear(&answer[..length?], Instant::now()),
            Err(_) => break,
        }
    }
    Ok(())
}

impl Series {
    /// How long an answer took, by the half that took longer and the half that did not; nothing if none
    /// came.
    pub fn round_trip(&self) -> Option<Duration> {
        let mut took: Vec<_> = self.requests.iter().filter_map(|(_, took)| *took).collect();
        took.sort();
        took.get(took.len() / 2).copied()
    }

    /// How many requests were sent.
    pub fn sent(&self) -> usize {
        self.requests.len()
    }

    /// How many of them were not answered.
    pub fn lost(&self) -> usize {
        self.requests.iter().filter(|(_, took)| took.is_none()).count()
    }

    /// One of which so many were answered, each in 12 ms, and so many were not.
    #[cfg(test)]
    pub fn of(answered: usize, lost: usize) -> Self {
        let took = [Some(Duration::from_millis(12)), None];
        let took = took.into_iter().zip([answered, lost]);
        let took = took.flat_map(|(took, times)| std::iter::repeat_n(took, times));
        let now = Instant::now();
        Self { id: [0; ID_BYTES], requests: took.map(|took| (now, took)).collect() }
    }

    /// Whether answers may still come.
    fn is_awaited(&self) -> bool {
        self.sent() < TIMES || self.lost() > 0
    }

    /// The next binding request.
    fn request(&mut self, now: Instant) -> [u8; HEADER_BYTES] {
        let mut request = [0; HEADER_BYTES];
        request[..8].copy_from_slice(&[REQUEST, [0, 0], COOKIE_1, COOKIE_2].concat());
        request[8..].copy_from_slice(&self.id);
        request[8] = u8::try_from(self.sent()).unwrap_or(u8::MAX);
        self.requests.push((now, None));
        request
    }

    /// Takes what came; what is no answer to any of these requests is nothing.
    fn hear(&mut self, message: &[u8], now: Instant) {
        let Some((head, id)) = message.get(..HEADER_BYTES).and_then(|it| it.split_at_checked(8))
        else {
            return;
        };
        let is_answer = head[..2] == RESPONSE && head[4..] == [COOKIE_1, COOKIE_2].concat();
        if !is_answer || id[1..] != self.id[1..] {
            return;
        }
        if let Some((sent, took @ None)) = self.requests.get_mut(usize::from(id[0])) {
            *took = Some(now.saturating_duration_since(*sent));
        }
    }
}

/// How often a server is asked.
const TIMES: usize = 10;
const PACE: Duration = Duration::from_millis(100);
/// For the last answer.
const PATIENCE: Duration = Duration::from_millis(500);
const ID_BYTES: usize = 12;
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
    fn each_answer_is_counted_once_and_nothing_else_is_one() {
        let mut series = Series { id: [7; ID_BYTES], requests: Vec::new() };
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let requests = [0, 100, 200].map(|millis| series.request(at(millis)));
        assert_eq!(requests[1][..9], [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1]);
        assert_eq!((series.lost(), series.round_trip()), (3, None));
        series.hear(&answer(&requests[1]), at(120));
        series.hear(&answer(&requests[1]), at(190));
        series.hear(&answer(&requests[0]), at(230));
        for other in [&requests[2][..], &requests[2][..19], b""] {
            series.hear(other, at(240));
        }
        let mut strange = answer(&requests[2]);
        strange[12] ^= 1;
        series.hear(&strange, at(250));
        let mut unknown = answer(&requests[2]);
        unknown[8] = 3;
        series.hear(&unknown, at(260));
        assert_eq!((series.sent(), series.lost()), (3, 1));
        assert_eq!(series.round_trip(), Some(Duration::from_millis(230)));
        series.hear(&answer(&requests[2]), at(230));
        assert_eq!(series.round_trip(), Some(Duration::from_millis(30)));
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
