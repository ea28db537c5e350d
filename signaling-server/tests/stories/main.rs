//! Peers and a server, over real sockets: each test a story, each file one kind of story.

#[cfg(target_os = "linux")]
mod acme;
mod binary;
mod closing;
mod meeting;
mod page;
mod process;
mod secure;
mod unruly;
mod world;
