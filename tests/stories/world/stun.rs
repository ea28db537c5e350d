//! A STUN server (RFC 8489) that answers every binding request, and nothing else.

use signaling_server::protocol::IceServer;
use std::net::{SocketAddr, UdpSocket};

/// The server, as it is handed out. It lasts as long as the stories do.
pub fn begin() -> IceServer {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("its address");
    std::thread::spawn(move || {
        let mut request = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut request) {
            if let Some(answer) = answer(&request[..length], from) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    at(address)
}

/// What is handed out for a server there, whether there is one or not.
pub fn at(address: SocketAddr) -> IceServer {
    IceServer { urls: vec![format!("stun:{address}")], username: None, credential: None }
}

/// `XOR-MAPPED-ADDRESS`, for a request that has come over version 4.
fn answer(request: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let SocketAddr::V4(from) = from else { return None };
    let transaction = request.get(4..20).filter(|_| request.starts_with(&[0, 1]))?;
    let mut answer = vec![1, 1, 0, 12];
    answer.extend(transaction);
    answer.extend([0, 0x20, 0, 8, 0, 1]);
    let cookie = &transaction[..4];
    let address = from.ip().octets();
    let port = from.port().to_be_bytes();
    answer.extend(port.iter().zip(cookie).map(|(byte, mask)| byte ^ mask));
    answer.extend(address.iter().zip(cookie).map(|(byte, mask)| byte ^ mask));
    Some(answer)
}
