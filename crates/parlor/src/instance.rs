//! A data directory that is open: the store, the hub and the apps on it, wired together.
//!
//! The order of opening is the order of the layers; closing is the other way round. Only one process
//! can hold an instance: the others speak to it through the admin socket (`admin.rs`).

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use parlor_chat::{Chat, ChatOptions, Keeper, RoomName};
use parlor_hub::credit::Pools;
use parlor_hub::{HubOptions, Link};
use parlor_topics::{Clock, Options, Store, TextIndex};

use crate::exit::Problem;

/// The open store, the hub's handle and the apps.
pub(crate) struct Instance {
    pub(crate) store: Store,
    pub(crate) link: Link,
    pub(crate) chat: Chat,
    /// What the connections of one account, or of guests behind one address, may do together.
    pub(crate) pools: Arc<Pools>,
    keeper: Keeper,
}

impl Instance {
    /// Whether there is something in a data directory.
    pub(crate) fn is_at(data: &Path) -> bool {
        fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Opens a data directory, creating it when it is missing.
    pub(crate) fn open(
        data: &Path,
        hub: HubOptions,
        lobby: Option<RoomName>,
    ) -> anyhow::Result<Self> {
        let options = Options {
            dir: data.to_owned(),
            schemas: vec![parlor_hub::schema(), parlor_chat::schema()],
            clock: Clock::system(),
        };
        let store = Store::open(options).map_err(|error| Problem::Data(in_full(&error)))?;
        let link = parlor_engine::block_on(Link::start(store.clone(), hub))
            .context("could not start the hub")?;
        let index = TextIndex::open(data.join("search.db"))
            .map_err(|error| Problem::Data(format!("the search index: {}", in_full(&error))))?;
        let options = ChatOptions { lobby, index: Some(index) };
        let chat = Chat::new(store.clone(), link.clone(), options);
        parlor_engine::block_on(chat.prepare()).context("could not prepare the rooms")?;
        let keeper = Keeper::start(&chat).context("could not start the keeper of chat")?;
        Ok(Self { store, link, chat, pools: Arc::default(), keeper })
    }

    /// Stops the hub, writes out what the store holds back, and gives the directory free.
    pub(crate) fn close(self) {
        drop(self.keeper);
        self.link.stop();
        self.store.close();
    }
}

/// An error with all its causes, in one line.
fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
