//! Peers and a server, over real sockets: each test a story, each file one kind of story.

mod binary;
mod closing;
mod meeting;
mod page;
mod relaying;
mod secure;
mod stun;
mod unruly;
mod world;
