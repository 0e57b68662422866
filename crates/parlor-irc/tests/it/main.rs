//! The IRC side from outside: transcripts of conversations, run against the real connection with a
//! real store, hub and chat, in memory connections and one thread.

mod house;
mod chathistory;
mod client;
mod transcript;
mod fanout;
mod crowd;
mod limits;
mod disk;
mod listening;
mod models;
mod gateways;
mod sockets;
mod scram;
mod search;
mod images;
mod documented;
