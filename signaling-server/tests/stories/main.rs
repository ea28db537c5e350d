//! Peers and a server, over real sockets: each test a story, each file one kind of story.

#[cfg(target_os = "linux")]
mod acme;
mod binary;
mod closing;
mod crowding;
#[cfg(target_os = "linux")]
mod direct;
mod evening;
mod frames;
mod limits;
mod meeting;
mod monitoring;
mod page;
#[cfg(target_os = "linux")]
mod papers;
mod process;
#[cfg(target_os = "linux")]
mod proxied;
mod relaying;
mod secure;
#[cfg(target_os = "linux")]
mod several;
mod stun;
#[cfg(target_os = "linux")]
mod systemd;
mod unruly;
mod world;
