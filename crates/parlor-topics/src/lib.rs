//! The store: transactions that append events and update tables, and subscriptions.
//!
//! One transaction appends events to *topics* (ordered streams: a chat room, an inbox) and updates
//! the tables of an app; readers never see one without the other. Subscribers say where they
//! stopped and get every later event, then what happens live: no gap, no duplicate.

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

pub mod limits;

pub use clock::{Clock, ManualClock};
pub use error::{Abort, Error, OpenError, Unavailable, WriteError};
pub use event::{Announcement, Event, NewEvent, TopicId};
pub use frame::{ENCODINGS, Encoding, Frame};
pub use local::{Driver, Local};
pub use position::{Position, PositionError};
pub use reader::{Delivery, Reader, ResetReason};
pub use retention::Retention;
pub use schema::Schema;
pub use snapshot::Snapshot;
pub use stats::Stats;
pub use store::{Committed, Options, ReadAnswer, Store, WriteAnswer};
pub use tx::Tx;
pub use value::{FromColumn, Row, Value};
