//! The store: transactions that append events and update tables, and subscriptions.
//!
//! A *topic* is an ordered stream of events: a chat room, a person's inbox. The truth is the
//! transaction: one closure appends events *and* updates the tables of its app, and readers never
//! see one without the other. A client that was away says where it stopped and gets what it
//! missed, then what happens, with no gap and no duplicate, or a [`Delivery::Reset`] in words.
//!
//! ```
//! use std::future::poll_fn;
//! use std::pin::pin;
//! use parlor_topics::{Abort, Delivery, NewEvent, Options, Retention, Store};
//! # use std::future::Future;
//! # use std::sync::Arc;
//! # use std::task::{Context, Poll, Wake, Waker};
//! # struct Unpark(std::thread::Thread);
//! # impl Wake for Unpark { fn wake(self: Arc<Self>) { self.0.unpark() } }
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
//! #     let mut future = pin!(future);
//! #     loop {
//! #         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
//! #             Poll::Ready(output) => return output,
//! #             Poll::Pending => std::thread::park(),
//! #         }
//! #     }
//! # }
//! # let dir = tempfile::tempdir().unwrap();
//! let store = Store::open(Options::new(dir.path()))?;
//! block_on(async {
//!     // Whoever reads has a reader on the worker of its thread.
//!     let room = store.write(|tx| Ok::<_, Abort<()>>(tx.topic("#room", Retention::Forever)?));
//!     let room = room.await.unwrap().value;
//!     let mut reader = store.local().reader();
//!     reader.subscribe(room, None).await.unwrap();
//!
//!     // Whoever writes decides inside a transaction, and may refuse.
//!     let said = store.write(move |tx| {
//!         if tx.position(room)?.offset >= 1_000 {
//!             return Err(Abort::Refused("the room is full of words"));
//!         }
//!         Ok(tx.append(room, NewEvent { kind: "said", actor: 1, body: b"hello" })?)
//!     });
//!     assert_eq!(said.await.unwrap().value, 1); // on the disk, and handed to every worker
//!
//!     let Delivery::Event(frame) = reader.next().await.unwrap() else { panic!() };
//!     assert_eq!(&frame.event.body[..], b"hello");
//! });
//! store.close();
//! # Ok::<(), parlor_topics::OpenError>(())
//! ```
//!
//! # What it promises
//!
//! - **Acknowledged means durable.** Nothing is published or answered before COMMIT returned, and
//!   COMMIT syncs. One writer thread takes all closures that wait and commits them together.
//! - **Outcomes are honest**: committed, certainly not ([`WriteError::Refused`],
//!   [`WriteError::Unavailable`], [`WriteError::Fatal`]) or [`WriteError::Unknown`]; a retry with
//!   the same idempotency key ([`Tx::seen`], [`Tx::remember`]) is safe.
//! - **Order**: deliveries of one reader come in the order of commits across its topics. A write
//!   is handed to every worker before it is answered, so after [`Local::drain`] a session has
//!   everything that was answered before.
//! - **Bounded**: every queue has its name and its consequence in [`limits`]. A slow reader costs
//!   a position, delays nobody, and reads the store until it has caught up.
//! - **No runtime**: any executor will do; nothing here needs timers or I/O events.

mod store;
mod snapshot;
mod tx;
mod value;
mod event;
mod position;
mod retention;
mod error;

mod writer;
mod registry;
mod readers;
mod queue;
mod connection;
mod schema;
mod directory;
mod log;
mod clock;
mod stats;
mod check;

mod fanout;
mod mailbox;
mod frame;
mod local;
mod reader;
mod worker;
mod channel;
mod ring;
mod page;

mod text;

pub mod limits;

pub use clock::{Clock, ManualClock};
pub use error::{Abort, Error, OpenError, Unavailable, WriteError};
pub use event::{Announcement, Event, NewEvent, TopicId};
pub use frame::{ENCODINGS, Encoding, Frame, LocalFrame};
pub use local::{Driver, Local};
pub use position::{Position, PositionError};
pub use reader::{Delivery, Reader, ResetReason};
pub use retention::Retention;
pub use schema::Schema;
pub use snapshot::Snapshot;
pub use stats::Stats;
pub use store::{Committed, Options, ReadAnswer, Store, WriteAnswer};
pub use text::{
    Document, TextChange, TextHit, TextHits, TextIndex, TextPhrase, TextQuery, TextStretch,
};
pub use tx::Tx;
pub use value::{FromColumn, Row, Value};
