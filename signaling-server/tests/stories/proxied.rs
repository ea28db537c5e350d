//! Behind nginx, as it comes with the distribution: those who come through it are told apart.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use signaling_server::protocol::PATH;
use signaling_server::server::Config;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Error;

use crate::world::{DEADLINE, Server, config, in_time};

/// nginx in front of servers, at a place of its own; ended if a story fails.
pub struct Proxy {
    child: Child,
    pub address: SocketAddr,
    _folder: TempDir,
}

impl Proxy {
    /// In front of one, or of several of which each has its part of all rooms.
    pub async fn start(servers: &[SocketAddr]) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("nginx.conf");
        let place = folder.path().display();
        let servers: Vec<_> = servers.iter().map(|it| format!("server {it};")).collect();
        let servers = servers.join(" ");
        let settings = format!(
            "daemon off; master_process off; pid {place}/pid; error_log stderr;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path {place}/b; proxy_temp_path {place}/p;
                fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
                upstream signaling {{ hash $arg_shard consistent; {servers} }}
                server {{
                    listen {address};
                    location / {{
                        proxy_pass http://signaling;
                        proxy_http_version 1.1;
                        proxy_set_header Host $http_host;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $http_connection;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    }}
                }}
            }}"
        );
        std::fs::write(&file, settings).expect("a file");
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(folder.path()).arg("-c").arg(&file).args(["-e", "stderr"]);
        let child = nginx.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("nginx is there: apt-get install nginx-light");
        let proxy = Self { child, address, _folder: folder };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < DEADLINE, "nginx does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        proxy
    }

    /// Comes from an address of this machine; the status, if it is not let in.
    async fn come(&self, from: &str) -> Result<impl Sized + use<>, u16> {
        let socket = TcpSocket::new_v4().expect("a socket");
        let from: SocketAddr = format!("{from}:0").parse().expect("an address");
        socket.bind(from).expect("an address of this machine");
        let stream = socket.connect(self.address).await.expect("a connection");
        let url = format!("ws://{}{PATH}", self.address);
        let upgraded = tokio_tungstenite::client_async(url, stream);
        match in_time("the upgrade", upgraded).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(response)) => {
                assert!(response.headers().contains_key("retry-after"));
                Err(response.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn those_behind_nginx_are_counted_each_for_itself_if_it_is_trusted() {
    let trust_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    let config = Config { trust_proxies, upgrades_burst: 2, ..config() };
    let server = Server::start(config).await;
    let proxy = Proxy::start(&[server.address]).await;
    let mut inside = Vec::new();
    for from in ["127.0.0.2", "127.0.0.3"] {
        for _ in 0..2 {
            inside.push(proxy.come(from).await.expect("it is let in"));
        }
        assert_eq!(proxy.come(from).await.err(), Some(429));
    }
    drop(inside);
    server.stopped().await;
}

#[tokio::test]
async fn those_behind_nginx_are_not_counted_as_one_if_it_is_not_known() {
    let server = Server::start(Config { upgrades_burst: 1, ..config() }).await;
    let proxy = Proxy::start(&[server.address]).await;
    let mut inside = Vec::new();
    for last in 2..6 {
        inside.push(proxy.come(&format!("127.0.0.{last}")).await.expect("it is let in"));
    }
    drop(inside);
    server.stopped().await;
}
