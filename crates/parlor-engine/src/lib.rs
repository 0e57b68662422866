//! One connection handler on every I/O model.
//!
//! A handler is an async function that is given a [`Conn`]. It is written once and runs on any of
//! several I/O models, chosen at run time by a word: one connection at a time, a thread for each,
//! a pool of threads, processes that are handed sockets, event loops over `select`, `poll`, `epoll`
//! or `io_uring`, tokio. Nothing in it says which.
//!
//! ```
//! use parlor_engine::{Address, Conn, Model, Server, Shutdown, service};
//! use std::io::{Read, Write};
//!
//! // The whole of an echo server: receive, queue the same bytes, write.
//! async fn echo(mut conn: Conn) {
//!     while let Ok(bytes) = conn.recv().await && !bytes.is_empty() {
//!         conn.push(bytes.to_vec().into());
//!         if conn.drain().await.is_err() {
//!             break;
//!         }
//!     }
//! }
//!
//! for model in ["blocking", "threads", "pool", "select", "poll", "epoll", "io_uring", "tokio"] {
//!     let mut server = Server::new(model.parse::<Model>()?);
//!     let anywhere = Address::Tcp(([127, 0, 0, 1], 0).into());
//!     let Address::Tcp(address) = server.listen("echo", &anywhere, service(echo))? else { continue };
//!     let shutdown = Shutdown::new();
//!     let stop = shutdown.clone();
//!     let running = std::thread::spawn(move || server.run(shutdown));
//!
//!     let mut client = std::net::TcpStream::connect(address)?;
//!     client.write_all(b"hello")?;
//!     let mut answer = [0; 5];
//!     client.read_exact(&mut answer)?;
//!     assert_eq!(&answer, b"hello");
//!
//!     drop(client);
//!     stop.trigger();
//!     assert_eq!(running.join().unwrap().accepted, 1);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a handler may use
//!
//! [`Conn`] for its bytes; [`time`] for timers; [`spawn_local`] for tasks beside it; any waker from
//! any thread (so `tokio::sync` works); [`draining`] to end in time; [`yield_now`]. Of tokio only
//! the `io` traits and `sync`: its timers, sockets and `spawn` need its runtime, which the other
//! models do not have, and panic there rather than work by accident.
//!
//! # Layout
//!
//! - `server`: [`Server`], listeners, drain; `accept`: who accepts; `admission`: limits.
//! - `conn`: [`Conn`]; `stream` and `pair`: what can be inside; `received`: borrowed buffers.
//! - `context`: [`spawn_local`], [`block_on`], [`draining`], the turn's budget; [`time`].
//! - `model/`: one file a model: the idea, the system calls, the wall.
//! - `coroutine/`: selector, readiness, waker, task, timer wheel, event loop; and the bare thing,
//!   [`Generator`] and [`Coroutine`], to learn from.
//! - `interleave/`: where another thread can come in between, for tests that try it all.
//! - `sys/`: the only `unsafe`.
//! - [`lecture`]: why all this, chapter by chapter.
//!
//! # Invariants
//!
//! A connection stays on the thread that accepted its hand-off. A waiting connection owns no
//! buffer. A panic ends its connection and nothing else. Every bound has a name in `limits`. Every
//! wait of a [`Conn`] may be cancelled without loss of bytes.

// Reading order.
#[cfg(doc)]
pub mod lecture;
mod server;
mod handler;
mod conn;
mod model;
mod coroutine;
mod context;
pub mod time;
mod accept;
mod admission;
mod address;
mod stream;
mod pair;
mod received;
mod limits;
mod metrics;
mod shutdown;
mod bell;
mod interleave;
mod sys;

pub use crate::accept::{Accept, AcceptError};
pub use crate::address::{Address, BindError, Peer};
pub use crate::conn::Conn;
pub use crate::context::{block_on, draining, spawn_local, yield_now};
pub use crate::coroutine::generator::{Caller, Coroutine, Generator};
pub use crate::handler::{Service, service};
pub use crate::limits::Limits;
pub use crate::metrics::{Metrics, Snapshot};
pub use crate::model::prefork::worker::is_worker;
pub use crate::model::{Capabilities, Inner, Model, ModelError};
pub use crate::received::Received;
pub use crate::server::{Report, Server};
pub use crate::shutdown::Shutdown;
pub use crate::sys::bare_ring_echo;
