//! The handle to the hub: everything protocols and apps may ask it. Accounts, browser sessions,
//! set-up and invitations stand in their own files; here is presence.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64, mpsc},
    thread::{self, JoinHandle},
};

use parlor_topics::{Abort, Retention, Snapshot, Store, TopicId, params};
use tokio::sync::{Semaphore, oneshot};

use crate::{
    account,
    error::{Error, Failure, Never},
    identity::{
        Account, AccountId, Attached, ClientInfo, GUEST_BASE, Identity, PersonId, SessionId, Stays,
    },
    limits::{ABSENCE_GRACE_MS, ACTIVE_STALE_MS, GUEST_INBOX_EVENTS, LINK_QUEUE, TEXT_BYTES_MAX},
    message::{Ask, Asked, Hub},
    nick::Nick,
    password::Pool,
    presence::{
        Addressee, Arrival, Attendee, Badge, Capacity, EnterRefusal, Entered, Left, Online,
        Presence, Present, Renamed,
    },
    refusal::NickRefusal,
    token,
    words::line,
};

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Registration {
    /// Everybody.
    Open,
    /// Whoever has an invitation.
    #[default]
    Invite,
    /// Only administrators make accounts.
    Closed,
}

/// How dear a password is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Hashing {
    /// argon2id with 19 MiB: for people.
    #[default]
    Standard,
    /// As cheap as argon2id can be: for load tests only.
    Cheap,
}

/// How the hub is to behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubOptions {
    /// Who may make an account.
    pub registration: Registration,
    /// How dear a password is.
    pub hashing: Hashing,
    /// Whether failed sign-ins are counted and slowed down.
    pub attempts: bool,
    /// Whether accounts that have said nothing else stay where they are members while they are not
    /// connected.
    pub always_on: bool,
    /// How long an account that stays may be without a device before others are told of it.
    pub absence_grace_ms: u64,
}

impl Default for HubOptions {
    fn default() -> Self {
        let (registration, hashing) = Default::default();
        let absence_grace_ms = ABSENCE_GRACE_MS;
        Self { registration, hashing, attempts: true, always_on: true, absence_grace_ms }
    }
}

/// The hub's only face. Clones speak to the same hub.
#[derive(Clone)]
pub struct Link {
    pub(crate) store: Store,
    pub(crate) options: HubOptions,
    pub(crate) pool: Pool,
    /// What salts are made from.
    pub(crate) secret: Arc<[u8]>,
    /// How many sessions were ended, or lots of them at once, since the start.
    pub(crate) endings: Arc<AtomicU64>,
    asks: Arc<mpsc::Sender<Asked>>,
    places: Arc<Semaphore>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Link {
    /// Starts the hub's threads on an open store.
    pub async fn start(store: Store, options: HubOptions) -> Result<Self, Error> {
        let secret = Self::make_secret(&store).await?.into();
        let known = store.read(|snapshot| {
            let sql = "SELECT id, name, admin FROM hub_account";
            let accounts = snapshot.query(sql, &[], account::account)?;
            let sql = "SELECT person FROM hub_transient";
            let departed = snapshot.query(sql, &[], |row| row.get(0).map(PersonId))?;
            Ok((accounts, departed))
        });
        let (accounts, departed) = known.await?;
        let mut presence = Presence::with_grace(options.absence_grace_ms);
        for account in accounts {
            presence.reserve(&account.name, account.id.into());
        }
        let pool = Pool::start(options.hashing)?;
        let (asks, asked) = mpsc::channel();
        let asks = Arc::new(asks);
        let hub = Hub::new(store.clone(), presence, departed, Arc::downgrade(&asks));
        let thread = thread::Builder::new()
            .name("parlor-hub".into())
            .spawn(move || hub.run(asked))
            .map_err(|_| Error::System { what: "a thread" })?;
        Ok(Self {
            store,
            options,
            pool,
            secret,
            endings: Arc::default(),
            asks,
            places: Arc::new(Semaphore::new(LINK_QUEUE)),
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Stops the hub's threads and waits for them. Call it before the store is closed.
    pub fn stop(&self) {
        self.pool.close();
        // A hub that has stopped already needs no telling.
        drop(self.asks.send(Asked { ask: Ask::Stop, _place: None }));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the hub's thread has panicked");
        }
    }

    /// Returns how the hub was told to behave.
    pub fn options(&self) -> HubOptions {
        self.options
    }

    /// Counts the password hashes computed so far.
    pub fn password_hashes(&self) -> u64 {
        self.pool.hashes()
    }

    /// Attaches a live connection as a person. A guest gets an inbox for as long as it stays; the
    /// second session of an account shares the person and nick of the first. Nothing is left
    /// behind if the caller goes away meanwhile.
    pub async fn attach(
        &self,
        identity: Identity,
        nick: &Nick,
        client: ClientInfo,
    ) -> Result<Attached, Failure<NickRefusal>> {
        self.seat(identity, nick, client, Way::default()).await
    }

    /// Attaches an account for one request. That is no device that is connected: nobody sees it
    /// come and go, unless it was not here at all.
    pub async fn visit(
        &self,
        account: Account,
        client: ClientInfo,
    ) -> Result<Attached, Failure<NickRefusal>> {
        let nick = account.name.clone();
        let way = Way { passing: true, ..Way::default() };
        self.seat(Identity::Account(account), &nick, client, way).await
    }

    /// Attaches the connection of a guest again, as the person of the account it has signed in to.
    /// If this person is not here yet, it goes on under the guest's nick. The guest is here as well
    /// until [`Link::take_over`].
    pub async fn succeed(
        &self,
        guest: &Attached,
        account: Account,
        client: ClientInfo,
    ) -> Result<Attached, Failure<NickRefusal>> {
        // Where the guest's nick can't be kept, the account's own name is always there for it.
        let nick = account.name.clone();
        let way = Way { instead_of: Some(guest.session), ..Way::default() };
        self.seat(Identity::Account(account), &nick, client, way).await
    }

    async fn seat(
        &self,
        identity: Identity,
        nick: &Nick,
        client: ClientInfo,
        way: Way,
    ) -> Result<Attached, Failure<NickRefusal>> {
        let random = token::random()?;
        let (person, account, kept) = match identity {
            Identity::Guest => {
                (PersonId(GUEST_BASE | random & (GUEST_BASE - 1)), None, Kept::default())
            }
            Identity::Account(account) => {
                let id = account.id;
                let found = self.store.read(move |snapshot| Kept::of(snapshot, id));
                let found = found.await?.ok_or(Failure::Refused(NickRefusal::NoSuchAccount))?;
                (id.into(), Some(account), found)
            }
        };
        let inbox = kept.inbox;
        let client = ClientInfo {
            protocol: client.protocol,
            user: line(&client.user, TEXT_BYTES_MAX),
            host: line(&client.host, TEXT_BYTES_MAX),
            realname: line(&client.realname, TEXT_BYTES_MAX),
            away: client.away.map(|text| line(&text, TEXT_BYTES_MAX)),
        };
        let arrival = Box::new(Arrival {
            person,
            account: account.clone(),
            inbox,
            nick: nick.clone(),
            client,
            avatar: kept.avatar,
            now_ms: self.store.now_ms(),
            random,
            instead_of: way.instead_of,
            passing: way.passing,
            stays: account.is_some() && kept.always_on.unwrap_or(self.options.always_on),
            seen_ms: kept.seen_ms,
        });
        let claim = self.ask(|reply| Ask::Attach { arrival, reply }).await?;
        let claim = claim.map_err(Failure::Refused)?;
        let inbox = match inbox {
            Some(inbox) => inbox,
            None => self.make_guest(person).await?,
        };
        let seat = claim.take();
        Ok(Attached {
            session: seat.session,
            person,
            account,
            nick: seat.present.nick.clone(),
            user: seat.present.user.clone(),
            host: seat.present.host.clone(),
            inbox,
            first: seat.first,
            renamed: seat.renamed,
            displaced: seat.displaced,
            away: seat.away,
            bot: seat.present.bot,
            always_on: seat.stays,
            stays: Stays::default(),
            activity: seat.present.active.clone(),
        })
    }

    async fn make_guest(&self, person: PersonId) -> Result<TopicId, Error> {
        let made = self.store.write::<_, Never>(move |tx| {
            let keep = Retention::Last { events: GUEST_INBOX_EVENTS };
            let inbox = tx.topic(&account::inbox_name(person), keep)?;
            let sql = "INSERT INTO hub_transient (person, inbox) VALUES (?1, ?2)";
            tx.execute(sql, params![person.0, inbox])?;
            Ok::<_, Abort<Never>>(inbox)
        });
        let inbox = made.await?.value;
        self.tell(Ask::SetInbox { person, inbox }).await?;
        Ok(inbox)
    }

    /// Gives the person of a session another nick.
    pub async fn rename(
        &self,
        session: SessionId,
        nick: &Nick,
    ) -> Result<Renamed, Failure<NickRefusal>> {
        let (nick, random) = (nick.clone(), token::random()?);
        self.ask(|reply| Ask::Rename { session, nick, random, reply })
            .await?
            .map_err(Failure::Refused)
    }

    /// Notes that the person of a session is away, or (without text) back.
    pub async fn set_away(&self, session: SessionId, text: Option<String>) {
        let text = text.map(|text| line(&text, TEXT_BYTES_MAX));
        self.ask(|reply| Ask::SetAway { session, text, reply }).await.unwrap_or_default();
    }

    /// Gives the person of a session another name in clear words.
    pub async fn set_realname(&self, session: SessionId, realname: &str) {
        let realname = line(realname, TEXT_BYTES_MAX);
        let set = self.ask(|reply| Ask::SetRealname { session, realname, reply });
        set.await.unwrap_or_default();
    }

    /// Gives the person of a session a badge, or takes it away.
    pub async fn set_badge(&self, session: SessionId, badge: Badge, on: bool) {
        self.ask(|reply| Ask::SetBadge { session, badge, on, reply }).await.unwrap_or_default();
    }

    /// Watches for nicks, at most [`crate::limits::WATCHED_PER_SESSION`]: the inbox of the session's
    /// person is told when somebody comes or goes under one. Returns who is here now.
    pub async fn watch(&self, session: SessionId, nicks: Vec<String>) -> Vec<Arc<Present>> {
        self.ask(|reply| Ask::Watch { session, nicks, reply }).await.unwrap_or_default()
    }

    /// Watches no more for these nicks.
    pub async fn unwatch(&self, session: SessionId, nicks: Vec<String>) {
        // A hub that has stopped watches for nobody.
        drop(self.tell(Ask::Unwatch { session, nicks }).await);
    }

    /// Ends every connection of a person. Says whether it was here.
    pub async fn dismiss(&self, person: PersonId) -> bool {
        self.ask(|reply| Ask::Dismiss { person, reply }).await.unwrap_or_default()
    }

    /// Lets a session into a topic, for as long as it lasts, or to stay as a member. The app asks
    /// for the right first and keeps the proof with [`Attached::keep`].
    pub async fn enter(
        &self,
        session: SessionId,
        topic: TopicId,
        capacity: Capacity,
    ) -> Result<Entered, Error> {
        let entered = self.ask(|reply| Ask::Enter { session, topic, capacity, reply }).await?;
        entered.map_err(not_entered)
    }

    /// Lets a session that [`Link::succeed`] gave take the guest's place in these topics, of those
    /// the guest is in, as a member; the guest leaves the others, and is gone. The app asks for the
    /// right first and keeps the proofs with [`Attached::keep`].
    pub async fn take_over(
        &self,
        guest: SessionId,
        session: SessionId,
        topics: Vec<TopicId>,
    ) -> Result<Vec<(TopicId, Entered)>, Error> {
        let taken = self.ask(|reply| Ask::TakeOver { guest, session, topics, reply }).await?;
        taken.map_err(not_entered)
    }

    /// Tells a quiet topic that the person of a session is here, before it says something.
    pub async fn reveal(&self, session: SessionId, topic: TopicId) {
        self.ask(|reply| Ask::Reveal { session, topic, reply }).await.unwrap_or_default();
    }

    /// Lets a session out of a topic.
    pub async fn leave(&self, session: SessionId, topic: TopicId, reason: &str) -> Left {
        let reason = line(reason, TEXT_BYTES_MAX);
        let left = self.ask(|reply| Ask::Leave { session, topic, reason, reply });
        left.await.unwrap_or_default()
    }

    /// Ends a session: it leaves every topic, but an account that stays is still a member of its
    /// own, and shown as connected until its grace has passed. Never waits, so that it can be called
    /// on any way out.
    pub fn detach(&self, session: SessionId, reason: &str) {
        let reason = line(reason, TEXT_BYTES_MAX);
        // A hub that has stopped has forgotten the session anyway.
        drop(self.asks.send(Asked { ask: Ask::Detach { session, reason }, _place: None }));
    }

    /// Notes that the person of a session did something.
    pub fn touch(&self, who: &Attached) {
        let now_ms = self.store.now_ms();
        if now_ms.saturating_sub(who.activity.last_ms()) >= ACTIVE_STALE_MS {
            who.activity.note(now_ms);
        }
    }

    /// Returns who is in a topic; the list is shared until somebody comes, goes or changes.
    pub async fn members(&self, topic: TopicId) -> Arc<[Attendee]> {
        let members = self.ask(|reply| Ask::Members { topic, reply });
        members.await.unwrap_or_else(|_| Arc::from([]))
    }

    /// Counts who is in each of the topics, in one question.
    pub async fn counts(&self, topics: Vec<TopicId>) -> Vec<usize> {
        let all = topics.len();
        let counts = self.ask(|reply| Ask::Counts { topics, reply });
        counts.await.unwrap_or_else(|_| vec![0; all])
    }

    /// Finds by nick somebody who is here, connected or not.
    pub async fn find(&self, nick: &str) -> Option<Arc<Present>> {
        let nick = nick.to_owned();
        self.ask(|reply| Ask::Find { nick, reply }).await.ok().flatten()
    }

    /// Finds whom a message for this name is meant for: who has the nick, or else the account of
    /// that name, which need not be online.
    pub async fn addressee(&self, name: &str) -> Result<Option<Addressee>, Error> {
        if let Some(present) = self.find(name).await {
            return Ok(Some(Addressee::of(present)));
        }
        let Some(account) = self.account(name).await? else { return Ok(None) };
        let person = account.id.into();
        // The account may be here under another nick, or have come this very moment.
        let found = self.people(vec![person]).await.pop().map(Addressee::of);
        Ok(Some(found.unwrap_or(Addressee { person, nick: account.name, present: None })))
    }

    /// Finds people by id, in one question; those who are not here are missing from the answer.
    pub async fn people(&self, people: Vec<PersonId>) -> Vec<Arc<Present>> {
        self.ask(|reply| Ask::People { people, reply }).await.unwrap_or_default()
    }

    /// Returns the topics a person is present in; whoever shows them asks who may know.
    pub async fn whereabouts(&self, person: PersonId) -> Vec<TopicId> {
        self.ask(|reply| Ask::Whereabouts { person, reply }).await.unwrap_or_default()
    }

    /// Counts what is going on.
    pub async fn online(&self) -> Online {
        self.ask(|reply| Ask::Online { reply }).await.unwrap_or_default()
    }

    /// Lists people who are here, at most so many; those who are connected first.
    pub async fn everyone(&self, limit: usize) -> Vec<Arc<Present>> {
        self.ask(|reply| Ask::Everyone { limit, reply }).await.unwrap_or_default()
    }

    /// Takes a person out of a topic with all its sessions; announces nothing, since the app does.
    pub async fn remove_from(&self, person: PersonId, topic: TopicId) {
        let removed = self.ask(|reply| Ask::RemoveFrom { person, topic, reason: None, reply });
        removed.await.unwrap_or_default();
    }

    /// Lets a person out of a topic with all its sessions, and tells the topic. Says whether it
    /// was there.
    pub async fn withdraw(&self, person: PersonId, topic: TopicId, reason: &str) -> bool {
        let reason = Some(line(reason, TEXT_BYTES_MAX));
        let left = self.ask(|reply| Ask::RemoveFrom { person, topic, reason, reply });
        left.await.unwrap_or_default()
    }

    /// Asks the hub's thread; waits for a place in its queue first.
    pub(crate) async fn ask<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<T>) -> Ask,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.tell(ask(reply)).await?;
        answer.await.map_err(|_| Error::Stopped)
    }

    /// Tells the hub's thread something that needs no answer.
    pub(crate) async fn tell(&self, ask: Ask) -> Result<(), Error> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| Error::Stopped)?;
        let asked = Asked { ask, _place: Some(place) };
        self.asks.send(asked).map_err(|_| Error::Stopped)
    }
}

/// In what way somebody comes.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    instead_of: Option<SessionId>,
    passing: bool,
}

/// What is kept of an account that matters to presence.
#[derive(Default)]
struct Kept {
    inbox: Option<TopicId>,
    avatar: Option<Box<str>>,
    always_on: Option<bool>,
    seen_ms: u64,
}

impl Kept {
    fn of(
        snapshot: &Snapshot<'_>,
        AccountId(account): AccountId,
    ) -> Result<Option<Self>, parlor_topics::Error> {
        let sql = "SELECT inbox, avatar, always_on, seen_ms FROM hub_account WHERE id = ?1";
        snapshot.query_one(sql, params![account], |row| {
            let avatar: String = row.get(1)?;
            Ok(Self {
                inbox: Some(row.get(0)?),
                avatar: (!avatar.is_empty()).then(|| avatar.into_boxed_str()),
                always_on: row.get(2)?,
                seen_ms: row.get(3)?,
            })
        })
    }
}

fn not_entered(why: EnterRefusal) -> Error {
    match why {
        EnterRefusal::Detached => Error::Detached,
        EnterRefusal::TooManyTopics => Error::TooManyTopics,
    }
}
