//! Peers and a server, over real sockets: each test a story, each file one kind of story.

#[cfg(target_os = "linux")]
mod acme;
mod binary;
mod closing;
mod meeting;
mod page;
mod process;
mod relaying;
mod secure;
mod stun;
mod unruly;
mod world;
