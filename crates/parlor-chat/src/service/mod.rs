//! The async face of chat: authorize, write, read. The commands stand in files by concern.

mod rooms;
mod residents;
mod succession;
mod sweeping;
mod renaming;
mod moderation;
mod bans;
mod naming;
mod invitations;
mod settings;
mod reports;
mod files;
mod profile;
mod posting;
mod amending;
mod reacting;
mod typing;
mod history;
mod current;
mod latest;
mod marks;
mod devices;
mod overview;
mod own;
mod search;
mod keeper;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

pub use self::{
    keeper::Keeper,
    search::{Search, SearchLag},
};
use parlor_hub::{
    Account, Actor, Attached, Entered, Error, Failure, Link, PersonId, Present, Rights, Role,
    establish,
};
use parlor_topics::{
    Abort, Announcement, NewEvent, Position, Retention, Snapshot, Store, TextIndex, TopicId, Tx,
    WriteError,
};
use tokio::sync::OnceCell;

pub use self::files::{FileView, Upload};
pub use self::invitations::{RoomInvitation, RoomOffer};
use crate::{
    attachment::Shelf,
    ban::{self, Face},
    event::ChatEvent,
    message::{Author, Message, Scope},
    own::{Own, QuietHours},
    refusal::Refusal,
    room::{Modes, Room, RoomName},
    rules,
    tables::{self, order},
};

/// How chat is to behave.
#[derive(Clone, Debug, Default)]
pub struct ChatOptions {
    /// The room where newcomers land; it has no owner, so administrators keep it.
    pub lobby: Option<RoomName>,
    /// The search index; without one nothing is found, and nobody is counted as named.
    pub index: Option<TextIndex>,
}

/// What joining a room gave.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The room.
    pub room: Room,
    /// From where to subscribe to its topic.
    pub position: Position,
    /// What presence says.
    pub entered: Entered,
    /// The joiner's role.
    pub role: Role,
    /// Whether it was created by this.
    pub created: bool,
}

/// What putting a room on the account's list gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enlisted {
    /// The room.
    pub room: Room,
    /// Whether it was created by this.
    pub created: bool,
}

/// The acknowledgement of a message, which is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its id.
    pub msgid: String,
    /// When it was committed.
    pub at_ms: u64,
    /// Where: the room's topic, or the author's own inbox.
    pub topic: TopicId,
    /// Its place there.
    pub offset: u64,
    /// Whether it had been posted before with the same key.
    pub repeated: bool,
}

/// A text that a message had, or has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The text.
    pub text: String,
    /// Since when.
    pub at_ms: u64,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// The room.
    pub room: Room,
    /// How many people are present.
    pub members: usize,
    /// Whether it is on the asker's list.
    pub joined: bool,
}

/// Somebody present in a room.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub present: Arc<Present>,
    /// Whether the room was told that it is here.
    pub revealed: bool,
    /// Its role in the room.
    pub role: Role,
}

/// Where in a history something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The message with this id.
    Msgid(String),
    /// The first message at or after this time.
    At(u64),
}

/// A message that somebody has read, and all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its place.
    pub offset: u64,
    /// When it was said.
    pub at_ms: u64,
}

/// When something was last said in a room or a direct conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Where.
    pub scope: Scope,
    /// The other person's nick now, or when it last spoke; empty for rooms.
    pub nick: String,
    /// When.
    pub at_ms: u64,
}

/// A room on somebody's list, as the page shows it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomOverview {
    /// The room.
    pub room: Room,
    /// The asker's role.
    pub role: Role,
    /// How many people are present.
    pub members: usize,
    /// Messages of others after the read offset, counted up to [`crate::limits::UNREAD_MAX`].
    pub unread: u64,
    /// The place of the first of them, 0 if there is none.
    pub first_unread: u64,
    /// Unread messages that name the asker, counted up to the same limit.
    pub mentions: u64,
    /// What the asker keeps about the room.
    pub own: Own,
    /// Up to where the asker has read.
    pub read: u64,
    /// The offset of the last message.
    pub last: u64,
    /// When that was said.
    pub last_at_ms: u64,
    /// The position of the topic in the same snapshot.
    pub position: Position,
}

/// A direct conversation, as the page shows it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectOverview {
    /// The other person.
    pub person: PersonId,
    /// Its nick now, or when it last spoke.
    pub nick: String,
    /// Whether it is online.
    pub online: bool,
    /// Its messages after the read offset, counted up to [`crate::limits::UNREAD_MAX`].
    pub unread: u64,
    /// The place of the first of them, 0 if there is none.
    pub first_unread: u64,
    /// What the asker keeps about the conversation.
    pub own: Own,
    /// Up to which offset of the inbox the asker has read them.
    pub read: u64,
    /// The offset of the last message in the inbox.
    pub last: u64,
    /// When that was said.
    pub last_at_ms: u64,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The message, as it is now.
    pub message: Message,
    /// The room it is in, if it is in one.
    pub room: Option<RoomName>,
}

/// A page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPage {
    /// What was found, the newest first.
    pub hits: Vec<SearchHit>,
    /// From where to go on, if there may be more.
    pub next: Option<u64>,
}

/// All that a page needs first, from one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The asker's rooms, by name.
    pub rooms: Vec<RoomOverview>,
    /// The asker's direct conversations, the latest first.
    pub direct: Vec<DirectOverview>,
    /// When the asker wants quiet.
    pub quiet_hours: Option<QuietHours>,
    /// The position of the asker's inbox in the same snapshot.
    pub inbox: Position,
}

/// Chat's face for protocols. Clones are the same chat.
#[derive(Clone)]
pub struct Chat {
    store: Store,
    link: Link,
    shared: Arc<Shared>,
}

struct Shared {
    options: ChatOptions,
    prepared: OnceCell<()>,
    /// How many rooms there are, so that creating one need not count them.
    rooms: AtomicU64,
    /// How many there were after those that nobody would miss were last removed, and when that was.
    rooms_swept: AtomicU64,
    rooms_swept_ms: AtomicU64,
    /// How often somebody was kept out: who enters meanwhile looks again.
    bans: AtomicU64,
    /// The images; none if there is no thread for them.
    shelf: Option<Shelf>,
    writing: typing::Writing,
    renames: Arc<naming::Renames>,
    fresh: Arc<keeper::Fresh>,
}

impl Chat {
    /// Makes chat on a store and a hub.
    pub fn new(store: Store, link: Link, options: ChatOptions) -> Self {
        let shelf = Shelf::start(store.dir().join("attachments"))
            .inspect_err(|error| tracing::error!(%error, "there will be no images"))
            .ok();
        let shared = Shared {
            options,
            prepared: OnceCell::new(),
            rooms: AtomicU64::new(0),
            rooms_swept: AtomicU64::new(0),
            rooms_swept_ms: AtomicU64::new(0),
            bans: AtomicU64::new(0),
            shelf,
            writing: typing::Writing::default(),
            renames: Arc::default(),
            fresh: Arc::default(),
        };
        Self { store, link, shared: Arc::new(shared) }
    }

    /// Returns the room where newcomers land.
    pub fn lobby(&self) -> Option<&RoomName> {
        self.shared.options.lobby.as_ref()
    }

    /// Creates the lobby and clears what people without an account left behind. The first command
    /// that needs it does it, too.
    pub async fn prepare(&self) -> Result<(), Error> {
        self.shared.prepared.get_or_try_init(|| self.prepare_now()).await.map(drop)
    }

    async fn prepare_now(&self) -> Result<(), Error> {
        let lobby = self.shared.options.lobby.clone();
        let prepared = self.store.write::<_, Refusal>(move |tx| {
            tables::looks::complete(tx)?;
            for inbox in tables::orphaned_inboxes(tx)? {
                tables::clear_inbox(tx, inbox)?;
            }
            let pointless = tables::pointless_rooms(tx)?;
            sweeping::remove_pointless(tx, lobby.as_ref(), &pointless)?;
            if let Some(lobby) = &lobby
                && !tables::exists(tx, &lobby.folded())?
            {
                create(tx, lobby, None)?;
            }
            Ok(tables::count_rooms(tx)?)
        });
        match prepared.await {
            Ok(rooms) => {
                self.shared.rooms.store(rooms.value, Ordering::Relaxed);
                self.shared.rooms_swept.store(rooms.value, Ordering::Relaxed);
                self.sweep_files().await;
                Ok(())
            }
            Err(WriteError::Unavailable(why)) => Err(Error::Unavailable(why)),
            Err(WriteError::Unknown) => Err(Error::Unknown),
            // Preparing refuses nothing.
            Err(WriteError::Fatal | WriteError::Refused(_)) => Err(Error::Fatal),
        }
    }

    /// Prepares within a command that can fail.
    async fn ready(&self) -> Result<(), Failure<Refusal>> {
        self.prepare().await.map_err(Into::into)
    }

    /// Finds the nick of somebody online, or the name of an account.
    async fn nick_of(&self, person: PersonId) -> Result<String, Failure<Refusal>> {
        if let Some(present) = self.link.people(vec![person]).await.pop() {
            return Ok(present.nick.to_string());
        }
        let named = self.store.read(move |snapshot| parlor_hub::account_name(snapshot, person));
        named.await?.ok_or(Failure::Refused(Refusal::NoSuchPerson))
    }

    /// Tells the keeper that a topic has something new.
    fn freshen(&self, topic: TopicId) {
        if self.shared.options.index.is_some() {
            self.shared.fresh.note(topic);
        }
    }

    /// Hands an event that is on no disk to whoever follows these topics now. Of several with the
    /// same key a slow reader gets the last one.
    fn announce(&self, topics: &[TopicId], actor: PersonId, key: Option<u64>, event: &ChatEvent) {
        let (kind, body) = (event.kind().into(), event.encode());
        self.store.announce(topics, Announcement { kind, actor: actor.0, key, body });
    }

    /// Says whether somebody is present in a room.
    async fn is_present(&self, person: PersonId, room: TopicId) -> bool {
        self.link.whereabouts(person).await.contains(&room)
    }
}

/// Creates a room with everything that belongs to it.
fn create(
    tx: &mut Tx<'_>,
    name: &RoomName,
    by: Option<Author>,
) -> Result<TopicId, parlor_topics::Error> {
    let topic = tx.topic(&topic_name(name), Retention::Forever)?;
    let owner = by.as_ref().map(|author| author.person);
    tables::insert_room(tx, topic, name)?;
    establish(tx, topic, rules::settings(Modes::default()), owner)?;
    append(tx, topic, &ChatEvent::Created { by, name: name.clone() })?;
    Ok(topic)
}

/// Returns what the topic of a room is called in the store.
fn topic_name(room: &RoomName) -> String {
    format!("chat/{}", room.folded())
}

/// Appends an event of chat.
fn append(tx: &mut Tx<'_>, topic: TopicId, event: &ChatEvent) -> Result<u64, parlor_topics::Error> {
    let actor = event.author().map_or(0, |author| author.person.0);
    tx.append(topic, NewEvent { kind: event.kind(), actor, body: &event.encode() })
}

/// Reads the rights of a session in a room, with whether it is there (present with this session, or
/// on the list of its account) and what the room's bans do to it.
fn rights_of(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    room: TopicId,
) -> Result<Rights, parlor_topics::Error> {
    let mut rights = parlor_hub::rights(snapshot, &who.actor(), room)?;
    rights.present = who.stay(room).is_some()
        || who.account.is_some() && tables::is_listed(snapshot, who.person, room)?;
    rights.barred = bans::barred(snapshot, who, room)?;
    Ok(rights)
}

/// Reads the rights of an account in a room where no session of it asks: whether the room is on its
/// list, and of the bans those that mean the account, by whatever mask.
fn rights_of_account(
    snapshot: &Snapshot<'_>,
    account: &Account,
    room: TopicId,
) -> Result<(Actor, Rights), parlor_topics::Error> {
    let actor =
        Actor { person: account.id.into(), account: Some(account.id), admin: account.admin };
    let mut rights = parlor_hub::rights(snapshot, &actor, room)?;
    rights.present = tables::is_listed(snapshot, actor.person, room)?;
    let name = account.name.as_str();
    let face = Face { person: actor.person, nick: name, user: "", host: "", account: Some(name) };
    rights.barred = ban::barred(&order::bans(snapshot, room)?, &face);
    Ok((actor, rights))
}

/// Turns a refusal found in a transaction into its end.
fn refused(why: Refusal) -> Abort<Refusal> {
    Abort::Refused(why)
}
