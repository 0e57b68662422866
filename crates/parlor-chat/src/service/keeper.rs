//! What need not be done at once, on a thread of its own: filling the search index, noting who is
//! named, and removing what is not to be kept.
//!
//! It follows each topic's own stream: whatever was committed is found there, in order, also after
//! a crash, so nothing has to be remembered while a message is being posted. What it has done is
//! kept together with how far it went.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use parlor_hub::PersonId;
use parlor_topics::{
    Document, Error, Event, Position, Snapshot, Store, TextChange, TextIndex, TextStretch, TopicId,
    Tx, Unavailable, WriteError,
};

use super::Chat;
use crate::{
    event::ChatEvent,
    labels,
    limits::{
        INDEX_GATHER_MS, INDEX_SLICE, KEEPER_REST_MS, RETENTION_MS, RETENTION_SLICE,
        TOPICS_FRESH_MAX,
    },
    message::Message,
    rules,
    tables::{self, NOBODY, keeping, own},
};

/// The thread; it ends when this is dropped.
pub struct Keeper {
    fresh: Arc<Fresh>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub fn start(chat: &Chat) -> io::Result<Self> {
        let (work, fresh) = (Work::of(chat), Arc::clone(&chat.shared.fresh));
        fresh.note_all();
        let bell = Arc::clone(&fresh);
        let thread = thread::Builder::new().name("chat-keeper".to_owned());
        let thread = thread.spawn(move || {
            let mut cleared_ms = 0;
            while let Some(news) = bell.wait() {
                let now_ms = work.store.now_ms();
                let due = now_ms.abs_diff(cleared_ms) >= RETENTION_MS;
                let cleared = || if due { work.clear() } else { Ok(()) };
                match work.run(news).and_then(|()| cleared()).and_then(|()| work.sweep()) {
                    Ok(()) if due => cleared_ms = now_ms,
                    Ok(()) => {}
                    Err(Error::Closed) => break,
                    Err(error) => {
                        tracing::warn!(%error, "the search index is behind");
                        bell.note_all();
                        bell.rest();
                    }
                }
            }
        })?;
        Ok(Self { fresh, thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.fresh.stop();
        if let Some(thread) = self.thread.take() {
            // Its panic was reported where it happened.
            drop(thread.join());
        }
    }
}

impl Chat {
    /// Does now what the keeper would do; blocks until it is done.
    ///
    /// # Errors
    ///
    /// Those of the store and of the index.
    pub fn keep(&self) -> Result<(), Error> {
        let work = Work::of(self);
        work.run(News::Everything)?;
        work.clear()?;
        work.sweep()
    }
}

/// Which topics have something new.
#[derive(Default)]
pub(super) struct Fresh {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    topics: HashSet<TopicId>,
    everything: bool,
    stopped: bool,
}

/// What is to be looked at.
#[derive(Debug, PartialEq, Eq)]
enum News {
    Topics(Vec<TopicId>),
    Everything,
}

impl Fresh {
    /// Notes that a topic has something new.
    pub(super) fn note(&self, topic: TopicId) {
        let mut state = self.lock();
        if state.topics.len() >= TOPICS_FRESH_MAX {
            state.everything = true;
            state.topics.clear();
        }
        if !state.everything && state.topics.insert(topic) && state.topics.len() == 1 {
            self.bell.notify_one();
        }
    }

    fn note_all(&self) {
        self.lock().everything = true;
        self.bell.notify_one();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.bell.notify_all();
    }

    /// Waits for something new, and then a little for more of it; nothing when it is to stop.
    /// When nothing comes for long there may still be something that has become too old.
    fn wait(&self) -> Option<News> {
        let rest = Duration::from_millis(KEEPER_REST_MS);
        let state = self.lock();
        let idle =
            |state: &mut State| !state.stopped && !state.everything && state.topics.is_empty();
        let (state, _) =
            self.bell.wait_timeout_while(state, rest, idle).unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            return None;
        }
        let gather = Duration::from_millis(INDEX_GATHER_MS);
        let (mut state, _) = self
            .bell
            .wait_timeout_while(state, gather, |state| !state.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            return None;
        }
        if std::mem::take(&mut state.everything) {
            state.topics.clear();
            return Some(News::Everything);
        }
        Some(News::Topics(state.topics.drain().collect()))
    }

    /// Waits before trying again what has failed.
    fn rest(&self) {
        let rest = Duration::from_millis(KEEPER_REST_MS);
        let waited = self.bell.wait_timeout_while(self.lock(), rest, |state| !state.stopped);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread works with.
struct Work {
    store: Store,
    index: Option<TextIndex>,
}

/// What was read of several topics, ready to be written.
#[derive(Default)]
struct Gathered {
    stretches: Vec<TextStretch>,
    /// Who is named in which message now.
    named: Vec<(TopicId, u64, Vec<PersonId>)>,
    /// Topics that are there no more.
    gone: Vec<TopicId>,
}

impl Work {
    fn of(chat: &Chat) -> Self {
        Self { store: chat.store.clone(), index: chat.shared.options.index.clone() }
    }

    fn run(&self, news: News) -> Result<(), Error> {
        let Some(index) = &self.index else { return Ok(()) };
        let mut topics = match news {
            News::Topics(topics) => topics,
            News::Everything => self.store.read(tables::all_topics).wait()?,
        };
        while !topics.is_empty() {
            let reads = index.clone();
            let read = self.store.read(move |snapshot| gather(snapshot, &reads, topics)).wait();
            let (gathered, left) = read?;
            self.apply(index, gathered)?;
            topics = left;
        }
        Ok(())
    }

    /// Removes what rooms keep no longer, slice by slice.
    fn clear(&self) -> Result<(), Error> {
        for (room, keep) in self.store.read(keeping::forgetful).wait()? {
            let Some(since_ms) = rules::kept_since(keep, self.store.now_ms()) else { continue };
            loop {
                let old = self.store.read(move |snapshot| oldest(snapshot, room, since_ms)).wait();
                let upto = match old {
                    Ok(Some(upto)) => upto,
                    // The room may have gone meanwhile.
                    Ok(None) | Err(Error::NoSuchTopic(_)) => break,
                    Err(error) => return Err(error),
                };
                self.write(move |tx| keeping::forget(tx, room, upto))?;
                if let Some(index) = &self.index {
                    index.forget(room, upto + 1)?;
                }
            }
        }
        Ok(())
    }

    /// Sees to it that what was taken back is nowhere on the disk.
    fn sweep(&self) -> Result<(), Error> {
        self.index.as_ref().map_or(Ok(()), TextIndex::sweep)
    }

    /// Writes something that has no one to refuse it.
    fn write(
        &self,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let written = self.store.write::<_, ()>(move |tx| Ok(f(tx)?)).wait();
        match written {
            Ok(_) => Ok(()),
            Err(WriteError::Unavailable(Unavailable::Closed) | WriteError::Fatal) => {
                Err(Error::Closed)
            }
            Err(_) => Err(Error::Busy),
        }
    }

    /// Writes what was gathered. Doing so twice, after a crash in between, changes nothing.
    fn apply(&self, index: &TextIndex, gathered: Gathered) -> Result<(), Error> {
        let Gathered { stretches, named, gone } = gathered;
        if !named.is_empty() {
            self.write(move |tx| note(tx, &named))?;
        }
        if !stretches.is_empty() {
            index.apply(&stretches)?;
        }
        gone.into_iter().try_for_each(|topic| index.forget(topic, u64::MAX))
    }
}

fn note(tx: &mut Tx<'_>, named: &[(TopicId, u64, Vec<PersonId>)]) -> Result<(), Error> {
    for (topic, offset, people) in named {
        own::clear_mentions(tx, *topic, *offset)?;
        for person in people {
            own::insert_mention(tx, *person, *topic, *offset)?;
        }
    }
    Ok(())
}

/// Finds the last of the first events of a room that are older than a moment.
fn oldest(snapshot: &Snapshot<'_>, room: TopicId, since_ms: u64) -> Result<Option<u64>, Error> {
    let events = snapshot.events(room, 0, RETENTION_SLICE)?;
    let old = events.iter().take_while(|event| event.at_ms < since_ms);
    Ok(old.last().map(|event| event.offset))
}

/// Reads what is not indexed of these topics, up to [`INDEX_SLICE`] events in all; returns the
/// topics of which there may be more, too.
fn gather(
    snapshot: &Snapshot<'_>,
    index: &TextIndex,
    mut topics: Vec<TopicId>,
) -> Result<(Gathered, Vec<TopicId>), Error> {
    let mut gathered = Gathered::default();
    let mut budget = INDEX_SLICE;
    while let Some(&topic) = topics.last()
        && budget > 0
    {
        let taken = match gathered.stretch(snapshot, index, topic, budget) {
            Err(Error::NoSuchTopic(_)) => {
                gathered.gone.push(topic);
                0
            }
            // The others are not to wait for what may never be mended.
            Err(error @ Error::Corrupt { .. }) => {
                tracing::warn!(%error, %topic, "a topic cannot be searched further");
                0
            }
            taken => taken?,
        };
        if taken < budget {
            topics.pop();
        }
        budget -= taken;
    }
    Ok((gathered, topics))
}

impl Gathered {
    /// Reads the next events of a topic that are not indexed, up to `most`; returns how many there
    /// were.
    fn stretch(
        &mut self,
        snapshot: &Snapshot<'_>,
        index: &TextIndex,
        topic: TopicId,
        most: usize,
    ) -> Result<usize, Error> {
        let now = snapshot.position(topic)?;
        let from = index.indexed(topic, now)?;
        if from >= now.offset {
            return Ok(0);
        }
        let events = snapshot.events(topic, from, most)?;
        let offset = events.last().map_or(now.offset, |event| event.offset);
        let mut changes = Vec::new();
        for event in &events {
            self.take(snapshot, event, &mut changes)?;
        }
        let upto = Position { offset, ..now };
        self.stretches.push(TextStretch { topic, from, changes, upto });
        Ok(events.len())
    }

    fn take(
        &mut self,
        snapshot: &Snapshot<'_>,
        event: &Event,
        changes: &mut Vec<TextChange>,
    ) -> Result<(), Error> {
        let topic = event.topic;
        match ChatEvent::decode(event) {
            Some(ChatEvent::Posted(message)) if !message.redacted => {
                let named = named(snapshot, &message)?;
                if message.to.is_none() && !named.is_empty() {
                    self.named.push((topic, message.offset, named.clone()));
                }
                changes.extend(put(snapshot, &message, &named)?);
            }
            // An edit without a text is one of a message that was taken back.
            Some(ChatEvent::Edited { about, text }) if !text.is_empty() => {
                let events = snapshot.events(event.topic, about.offset.saturating_sub(1), 1)?;
                let said = events.first().filter(|said| said.offset == about.offset);
                if let Some(ChatEvent::Posted(said)) = said.and_then(ChatEvent::decode) {
                    let message = Message { text, ..said };
                    let named = named(snapshot, &message)?;
                    if message.to.is_none() {
                        self.named.push((topic, message.offset, named.clone()));
                    }
                    changes.extend(put(snapshot, &message, &named)?);
                }
            }
            Some(ChatEvent::Redacted { about, .. }) => {
                changes.push(TextChange::Remove(about.offset));
                if about.to.is_none() {
                    self.named.push((topic, about.offset, Vec::new()));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What the index is told of a message; nothing of one in a conversation that is known no more.
fn put(
    snapshot: &Snapshot<'_>,
    message: &Message,
    named: &[PersonId],
) -> Result<Option<TextChange>, Error> {
    let peer = match message.to {
        None => NOBODY,
        Some(_) => match tables::peer_of(snapshot, message.topic, &message.msgid)? {
            Some(peer) => peer,
            None => return Ok(None),
        },
    };
    Ok(Some(TextChange::Put(Document {
        offset: message.offset,
        at_ms: message.at_ms,
        tag: peer.0,
        labels: labels::labels(message, peer, named),
        text: message.text.clone(),
    })))
}

/// Finds the accounts that a message names, but for its author.
fn named(snapshot: &Snapshot<'_>, message: &Message) -> Result<Vec<PersonId>, Error> {
    let mut named = Vec::new();
    for name in labels::possible_names(&message.text) {
        let person = parlor_hub::person_named(snapshot, &name)?;
        named.extend(person.filter(|person| *person != message.author.person));
    }
    Ok(named)
}
