//! The seal: what two peers say to each other through the signaling server, closed to the server.
//!
//! Six words are all that the members of a room share. Of them come the room's id, which the
//! server is told, and a key, which it is not ([`keys`]). With that key each peer seals its hello,
//! descriptions and candidates, and signs them as itself ([`identity`]). This page is the protocol,
//! version 1; a second implementation needs nothing else but the vectors in
//! `tests/contracts/golden/vectors.json`. The module is pure: randomness comes in as a [`Seed`], and
//! the task of a remote peer drives one [`Seal`].
//!
//! | file | one idea |
//! |---|---|
//! | [`words`], `list` | six words: drawn, typed, checked; the list they are from |
//! | [`keys`] | words → room id and signal key |
//! | [`identity`], [`known`] | who a peer is from day to day; whom this one has met |
//! | `fresh` | values that are used once |
//! | `envelope` | the outside: bytes that the server carries |
//! | `binding` | the inside: signed, encrypted, bound to its place |
//! | `hello` | the body of a hello |
//! | [`Seal`] (`session`) | who says hello when, what opens, what counts |
//!
//! # Messages
//! A payload is a JSON string of at most 16,256 bytes, quotes included: base64url without padding
//! (RFC 4648) of one of these. Numbers are big-endian; `‖` joins bytes; labels are ASCII.
//!
//! ```text
//! hello                                 signal
//!  1  version: 1                         1  version: 1
//!  1  kind: 1                            1  kind: 2
//! 24  nonce of the cipher               16  the sender's nonce
//!  …  text                              16  the receiver's nonce
//!                                        8  counter, from 0, each direction for itself
//!                                       24  nonce of the cipher
//!                                        …  text
//!
//! text      = XChaCha20-Poly1305(signal key, nonce of the cipher, binding, signature ‖ body)
//! signature = Ed25519(sender's identity, "peersnap/1 signed" ‖ binding ‖ body)        64 bytes
//!
//! binding                               body of a hello
//! 17  "peersnap/1 sealed"               16  the sender's nonce
//!  1  kind                              16  question
//!  1  length of the room id             16  answer, or zeros
//!  …  room id                           32  the sender's public key
//!  8  the sender's peer id               …  name, UTF-8
//!  8  the receiver's peer id
//!     and of a signal alone:            body of a signal
//! 16  the sender's nonce                 …  JSON of a negotiation's signal, UTF-8
//! 16  the receiver's nonce
//!  8  counter
//! 32  the sender's public key
//! 32  the receiver's public key
//!
//! answer    = the first 16 bytes of SHA-256("peersnap/1 answer" ‖ question ‖ asker's public key)
//! ```
//!
//! The binding is associated data: never sent, made by each side of what it knows. So a text opens
//! in its room, from its sender, to its receiver, in its session and at its place, or not at all.
//! The tag at its end is 16 bytes. A signature that RFC 8032 would not make (a key of small order,
//! an S out of range) is none; public keys of small order are refused.
//!
//! # Who says hello when
//! ```text
//! newcomer, once welcomed                          resident, once it hears `joined`
//!   ── hello {nonce n, question p, no answer} ──►
//!   ◄── hello {nonce r, question q, no answer} ──     these two cross
//!   ── hello {n, p, answer to q} ───────────────►     now the resident knows: n is here
//!   ── signal 0 of n,r: the offer ──────────────►     at once, without waiting
//!   ◄── hello {r, q, answer to p} ───────────────     now the newcomer knows: r is here
//!   ◄── signal 0 of r,n: the answer ─────────────
//! ```
//!
//! Each [`Seal`] has one nonce as long as it lives, and at all times one question, which is drawn
//! anew when a hello answers it. A hello is from an *instance*: a nonce and a public key.
//!
//! 1. A hello that answers our question is a *proof*: its sender is here now. Its session stands
//!    from then on, in place of any other, and if its question is not the one that we answered
//!    last, we answer it.
//! 2. Any other is a *claim*: it may be old. We answer it. If it is the first hello of all, signals
//!    may be sealed for its sender, so that an offer need not wait for the proof; otherwise
//!    nothing changes until a proof comes.
//! 3. Nothing follows from a hello of the instance whose session stands, of one whose session is
//!    over, or of our own; nor from one of another identity than the one whose session stands.
//! 4. A signal opens only in the session that stands, at the very next counter.
//!
//! So a peer that comes back, or begins anew with a fresh [`Seal`], says hello and is answered; it
//! then answers in turn, and that starts the counters again at both ends. A hello that the server
//! kept is a claim and stays one: to make it a proof, its sender would have to answer a question
//! that was not yet asked when it spoke. The remote peer ignores our answer to it, since its
//! session with us stands. A hello that the server delayed until a newer one was proven answers
//! a question that is not asked any more.
//!
//! Two signed nonces and both keys make a session the same at both ends, or nothing opens in it:
//! a member that passes hellos on between two others gets answers to its own key, not to theirs.
//!
//! # Who cannot do what
//! **The server** (whoever runs it, or reads and changes its traffic) learns the room id, peer ids,
//! the IP addresses that sockets come from, and the sizes and times of messages. It cannot read a
//! name, an address, a description or a candidate, nor make, change, replay, reorder, reflect,
//! redirect or swap any of them without the receiver's [`OpenError`], or silence, as the only
//! effect. DTLS fingerprints travel in descriptions, so it cannot put itself into a connection. It
//! can drop messages, and so keep peers apart. A dropped signal is noticed by the next; the last
//! ones of a session can be cut off unnoticed.
//!
//! **Who is not in the room** can be told of it by the server and still knows nothing of it. To
//! guess six drawn words is out of reach ([`keys`]); six words that a person chose may not be.
//! Whoever is put among the members by the server is a number to them, and nothing else.
//!
//! **The same network** hears, of a room that is carried by a member and announced, its id and where
//! its server is. Whoever announces the id of another's room leads those who look for it to a server
//! of their own, which can do what a server can: keep them out.
//!
//! **A member** can read what the server carries, if the server helps, but not write as another:
//! each hello and signal carries its author's signature, for this receiver alone. It can call itself
//! what it likes, also what another is called: then its fingerprint is told, and where the other one
//! is trusted, nothing is sent to it ([`known`]). It can flood the room, invite anyone, and publish
//! the words. Members are taken to be friends.
//!
//! # What it does not do
//! - Words that leak later open signals that were recorded: names, addresses, candidates. Photos
//!   stay closed: they went over DTLS, or through a [tunnel](crate::tunnel), whose keys were made for the
//!   connection and are gone.
//! - Sizes and times are not hidden: the server sees that an offer was made, and about how many
//!   candidates there were.
//! - A browser runs the page that its server sends, and that page could send the words home.
//!   Between terminals no server needs to be trusted.
//! - An identity proves that a key is the one met before, not whose it is. Fingerprints that are
//!   compared do.

mod binding;
mod envelope;
mod error;
mod fresh;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod hello;
pub mod identity;
pub mod keys;
pub mod known;
mod list;
mod session;
#[cfg(test)]
mod tests;
pub mod words;

pub use error::{OpenError, SealError};
pub use fresh::Seed;
pub use identity::{Fingerprint, Identity, PublicKey};
pub use keys::RoomKeys;
pub use known::{KnownPeers, Met};
pub use session::{Member, Opened, Remote, Seal};
pub use words::{RoomWords, WordsError};
