//! Rooms, direct messages and their history: what is said, durable before it is seen.
//!
//! # Words
//! - A **room** is a topic with a name, a subject and modes. A **message** is an event in it.
//! - A **direct message** is one message in two inboxes, appended in one transaction.
//! - A message has one event that says it. Its **edits**, **reactions** and its **redaction** are
//!   further events of the same topic; history shows it as all of them leave it.
//! - A **member** of a room is a person present in it; an account that joined stays on the room's
//!   list until it parts, whether present or not.
//!
//! # Invariants
//! - Every command needs a `Permit` of the hub, obtained in the transaction that acts on it.
//! - Nothing is answered as posted before it is on disk; a retry with the same key changes nothing.
//! - Rules decide, purely; the service reads, asks the rules, writes and announces.

pub mod limits;
mod settings;
mod room;
mod ban;
mod attachment;
mod command;
mod message;
mod query;
mod labels;
mod own;
mod refusal;
pub mod event;
mod rules;
mod msgid;
mod tables;
mod service;

pub use crate::{
    attachment::Attachment,
    ban::{Ban, BanMask, BanMaskRefusal, BanTarget, MaskWithMute, NewBan},
    command::{Edit, MessageKind, ModeChange, NewMessage, Target, TypingState},
    event::{About, ChatEvent},
    message::{Anchor, Author, HistoryPage, Message, Page, Reaction, Recipient, Reply, Scope},
    own::{NotifyLevel, Own, QuietHours},
    refusal::Refusal,
    room::{Modes, Room, RoomName, RoomNameRefusal},
    service::{
        Chat, ChatOptions, DirectOverview, Enlisted, FileView, Joined, Keeper, Latest, Mark,
        Member, Moment, Overview, Posted, RoomInvitation, RoomOffer, RoomOverview, RoomSummary,
        Search, SearchHit, SearchLag, SearchPage, Upload, Version,
    },
    settings::{Keep, RoomSettings, SettingChange, SettingRefusal},
    tables::schema,
};
