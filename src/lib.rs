//! peersnap
pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod io;
pub mod link;
pub mod logging;
pub mod negotiation;
pub mod picture;
pub mod run;
pub mod shell;
pub mod terminal;
pub mod text;
pub mod transfer;
pub mod ui;
