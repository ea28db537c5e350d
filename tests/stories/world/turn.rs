//! A TURN server of somebody else's making: coturn.

use super::{PATIENCE, until};
use signaling_server::protocol::IceServer;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The server. It ends with its story.
pub struct Turn {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Turn {
    /// Begins.
    pub fn begin() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let address = free.expect("a free port");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let child = Command::new("turnserver")
            .args(["-n", "--lt-cred-mech", "--realm=story", "--user=ann:secret", "--no-cli"])
            .args(["--no-tls", "--no-dtls", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"])
            .arg(format!("--listening-port={}", address.port()))
            .args(["--pidfile", &path("pid"), "--userdb", &path("users"), "--log-file=stdout"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("turnserver: tests/run installs coturn");
        let turn = Self { child, address, _folder: folder };
        until("coturn listens", || TcpStream::connect_timeout(&address, PATIENCE).ok());
        turn
    }

    /// As it is handed out, with this password.
    pub fn with_password(&self, password: &str) -> IceServer {
        IceServer {
            urls: vec![format!("turn:{}?transport=udp", self.address)],
            username: Some("ann".to_owned()),
            credential: Some(password.to_owned()),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
