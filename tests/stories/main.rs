//! What people do with the program, told as stories: keys go in, the screen and the disk are read.
//!
//! Each file is what a person wants, each test a sentence about it. [`world`] has the terminals,
//! the servers and the other people.

mod any_terminal;
mod as_it_was;
mod bad_days;
mod behind_routers;
mod broken_lines;
mod browsers;
mod changing_ones_mind;
mod choosing_how;
mod coming_back;
mod daemon;
mod demo;
mod doctor;
mod errands_of_a_daemon;
mod evil_server;
mod far_away;
mod files;
mod folders;
mod full_room;
mod hooks;
mod hostile_names;
mod in_pixels;
mod inviting;
mod joining;
mod leaving;
mod looking;
mod lost_server;
mod moving;
mod multiplexers;
mod nothing_passes;
mod outbox;
mod over_ssh;
mod pages_behind_routers;
mod paths;
mod plain;
mod receiving;
mod relaying;
mod resuming;
mod same_network;
mod sending;
mod several_servers;
mod shooting;
mod stalled_lines;
mod terminals_that_answer;
mod told_to_programs;
mod trusting;
mod tunnelling;
mod two_terminals;
mod world;
mod wrong_word;
