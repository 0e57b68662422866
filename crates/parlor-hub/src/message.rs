//! What the hub's thread is asked, and the loop that answers: the one owner of presence.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{
        Arc, Weak,
        mpsc::{self, RecvTimeoutError},
    },
};

use parlor_topics::{Announcement, Store, TopicId};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::{
    account,
    attempts::{Attempts, Prefix},
    event::{AWAY, ENDED, PROFILE, ProfileChanged, SessionEnded},
    identity::{PersonId, SessionId},
    limits::{ABSENCES_AT_ONCE, LOOK_ROUND_MS},
    nick::Nick,
    presence::{
        Arrival, Attendee, Badge, Capacity, Effect, EnterRefusal, Entered, Left, Online, Presence,
        Present, Renamed, Resident, Seat, Succession,
    },
    refusal::NickRefusal,
    residence,
    session::SessionInfo,
};

/// A question to the hub's thread, with where to send the answer.
pub(crate) enum Ask {
    Reserve {
        name: Nick,
        owner: PersonId,
    },
    Free {
        name: Nick,
    },
    Attach {
        arrival: Box<Arrival>,
        reply: oneshot::Sender<Result<Claim, NickRefusal>>,
    },
    SetInbox {
        person: PersonId,
        inbox: TopicId,
    },
    Rename {
        session: SessionId,
        nick: Nick,
        random: u64,
        reply: oneshot::Sender<Result<Renamed, NickRefusal>>,
    },
    SetAway {
        session: SessionId,
        text: Option<String>,
        reply: oneshot::Sender<()>,
    },
    SetRealname {
        session: SessionId,
        realname: String,
        reply: oneshot::Sender<()>,
    },
    SetProfile {
        changed: ProfileChanged,
        reply: oneshot::Sender<()>,
    },
    SetBadge {
        session: SessionId,
        badge: Badge,
        on: bool,
        reply: oneshot::Sender<()>,
    },
    Watch {
        session: SessionId,
        nicks: Vec<String>,
        reply: oneshot::Sender<Vec<Arc<Present>>>,
    },
    Unwatch {
        session: SessionId,
        nicks: Vec<String>,
    },
    Dismiss {
        person: PersonId,
        reply: oneshot::Sender<bool>,
    },
    Enter {
        session: SessionId,
        topic: TopicId,
        capacity: Capacity,
        reply: oneshot::Sender<Result<Entered, EnterRefusal>>,
    },
    TakeOver {
        guest: SessionId,
        session: SessionId,
        topics: Vec<TopicId>,
        reply: oneshot::Sender<Result<Vec<(TopicId, Entered)>, EnterRefusal>>,
    },
    Reveal {
        session: SessionId,
        topic: TopicId,
        reply: oneshot::Sender<()>,
    },
    Leave {
        session: SessionId,
        topic: TopicId,
        reason: String,
        reply: oneshot::Sender<Left>,
    },
    Detach {
        session: SessionId,
        reason: String,
    },
    RemoveFrom {
        person: PersonId,
        topic: TopicId,
        /// What the topic is told; nothing if the app tells it.
        reason: Option<String>,
        reply: oneshot::Sender<bool>,
    },
    Settle {
        residents: Vec<Resident>,
        reply: oneshot::Sender<()>,
    },
    Belong {
        person: PersonId,
        topic: TopicId,
        reply: oneshot::Sender<()>,
    },
    SetStays {
        person: PersonId,
        stays: bool,
    },
    Expel {
        person: PersonId,
        reply: oneshot::Sender<bool>,
    },
    Members {
        topic: TopicId,
        reply: oneshot::Sender<Arc<[Attendee]>>,
    },
    Counts {
        topics: Vec<TopicId>,
        reply: oneshot::Sender<Vec<usize>>,
    },
    Find {
        nick: String,
        reply: oneshot::Sender<Option<Arc<Present>>>,
    },
    People {
        people: Vec<PersonId>,
        reply: oneshot::Sender<Vec<Arc<Present>>>,
    },
    LiveSessions {
        person: PersonId,
        reply: oneshot::Sender<Vec<SessionInfo>>,
    },
    Whereabouts {
        person: PersonId,
        reply: oneshot::Sender<Vec<TopicId>>,
    },
    Online {
        reply: oneshot::Sender<Online>,
    },
    Everyone {
        limit: usize,
        reply: oneshot::Sender<Vec<Arc<Present>>>,
    },
    BeginAttempt {
        folded: String,
        from: Option<IpAddr>,
        now_ms: u64,
        reply: oneshot::Sender<Result<(), u64>>,
    },
    BeginRegistration {
        from: Option<IpAddr>,
        now_ms: u64,
        reply: oneshot::Sender<Result<(), u64>>,
    },
    AttemptSucceeded {
        folded: String,
        from: Option<IpAddr>,
    },
    AttemptWithdrawn {
        folded: String,
        from: Option<IpAddr>,
    },
    Stop,
}

/// A question and its place in the queue.
pub(crate) struct Asked {
    pub(crate) ask: Ask,
    /// Farewells have none: they must never wait.
    pub(crate) _place: Option<OwnedSemaphorePermit>,
}

/// A seat that is given back unless somebody takes it: whoever asked may be gone by the time the
/// answer arrives.
pub(crate) struct Claim {
    seat: Option<Seat>,
    asks: Weak<mpsc::Sender<Asked>>,
}

impl Claim {
    /// Takes the seat for good.
    pub(crate) fn take(mut self) -> Seat {
        self.seat.take().expect("the seat is there until it is taken, which ends the claim")
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let (Some(seat), Some(asks)) = (self.seat.take(), self.asks.upgrade()) {
            let ask = Ask::Detach { session: seat.session, reason: String::new() };
            // When the hub has stopped there is nothing left to give back.
            drop(asks.send(Asked { ask, _place: None }));
        }
    }
}

/// The hub's thread.
pub(crate) struct Hub {
    store: Store,
    presence: Presence,
    attempts: Attempts,
    effects: Vec<Effect>,
    /// People whose rows are to be removed, because they have left.
    departed: VecDeque<PersonId>,
    /// When everybody was looked at last.
    looked_ms: u64,
    asks: Weak<mpsc::Sender<Asked>>,
}

/// How many people one transaction clears or notes.
const WRITTEN_AT_ONCE: usize = 256;

impl Hub {
    pub(crate) fn new(
        store: Store,
        presence: Presence,
        departed: Vec<PersonId>,
        asks: Weak<mpsc::Sender<Asked>>,
    ) -> Self {
        let (attempts, effects) = (Attempts::default(), Vec::new());
        let looked_ms = store.now_ms();
        Self { store, presence, attempts, effects, departed: departed.into(), looked_ms, asks }
    }

    /// Answers until told to stop, or until nobody can ask any more.
    pub(crate) fn run(mut self, asked: mpsc::Receiver<Asked>) {
        while let Some(ask) = self.next(&asked) {
            if matches!(ask, Ask::Stop) {
                break;
            }
            self.answer(ask);
            if self.departed.len() >= WRITTEN_AT_ONCE {
                self.clear_departed();
            }
        }
        self.clear_departed();
        self.note_seen();
    }

    /// Returns the next question. While there is none, it does what nobody asks for.
    fn next(&mut self, asked: &mpsc::Receiver<Asked>) -> Option<Ask> {
        loop {
            if let Ok(next) = asked.try_recv() {
                return Some(next.ask);
            }
            // Clearing waits for a quiet moment, so that many departures are one write.
            self.clear_departed();
            self.look_round();
            self.note_seen();
            self.end_lingering();
            let Some(wait) = self.presence.lingering_ends_in(self.store.now_ms()) else {
                return asked.recv().ok().map(|next| next.ask);
            };
            match asked.recv_timeout(wait) {
                Ok(next) => return Some(next.ask),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Answers a question that may change something. What it changed is announced before it is
    /// answered, so that whoever hears of the answer can already see the change.
    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Reserve { name, owner } => self.presence.reserve(&name, owner),
            Ask::Free { name } => self.presence.free(&name),
            Ask::Attach { arrival, reply } => {
                let seat = self.change(|presence, effects| presence.attach(*arrival, effects));
                let asks = self.asks.clone();
                send(reply, seat.map(|seat| Claim { seat: Some(seat), asks }));
            }
            Ask::SetInbox { person, inbox } => self.presence.set_inbox(person, inbox),
            Ask::Rename { session, nick, random, reply } => {
                let renamed = self
                    .change(|presence, effects| presence.rename(session, nick, random, effects));
                send(reply, renamed);
            }
            Ask::SetAway { session, text, reply } => {
                self.change(|presence, effects| presence.set_away(session, text, effects));
                send(reply, ());
            }
            Ask::Enter { session, topic, capacity, reply } => {
                let entered = self
                    .change(|presence, effects| presence.enter(session, topic, capacity, effects));
                send(reply, entered);
            }
            Ask::Reveal { session, topic, reply } => {
                self.change(|presence, effects| presence.reveal(session, topic, effects));
                send(reply, ());
            }
            Ask::Leave { session, topic, reason, reply } => {
                let left = self
                    .change(|presence, effects| presence.leave(session, topic, &reason, effects));
                send(reply, left);
            }
            Ask::Detach { session, reason } => {
                let now_ms = self.store.now_ms();
                let left = self
                    .change(|presence, effects| presence.detach(session, &reason, now_ms, effects));
                self.departed.extend(left);
            }
            Ask::RemoveFrom { person, topic, reason, reply } => {
                let was_there = self.change(|presence, effects| {
                    presence.remove_from(person, topic, reason.as_deref(), effects)
                });
                send(reply, was_there);
            }
            Ask::Expel { person, reply } => {
                let here = self.change(|presence, effects| presence.expel(person, effects));
                send(reply, here);
            }
            Ask::BeginAttempt { folded, from, now_ms, reply } => {
                send(reply, self.attempts.begin(&folded, Prefix::of(from), now_ms));
            }
            Ask::BeginRegistration { from, now_ms, reply } => {
                send(reply, self.attempts.register(Prefix::of(from), now_ms));
            }
            Ask::AttemptSucceeded { folded, from } => {
                self.attempts.succeeded(&folded, Prefix::of(from));
            }
            Ask::AttemptWithdrawn { folded, from } => {
                self.attempts.withdrawn(&folded, Prefix::of(from));
            }
            other => self.answer_about_people(other),
        }
    }

    /// The questions about who people are, what they show of themselves, and who watches for whom.
    fn answer_about_people(&mut self, ask: Ask) {
        match ask {
            Ask::TakeOver { guest, session, topics, reply } => {
                let now_ms = self.store.now_ms();
                let taken = self.change(|presence, effects| {
                    presence.take_over(guest, session, &topics, now_ms, effects)
                });
                let taken = taken.map(|Succession { entered, departed }| {
                    self.departed.extend(departed);
                    entered
                });
                send(reply, taken);
            }
            Ask::SetRealname { session, realname, reply } => {
                self.change(|presence, effects| presence.set_realname(session, &realname, effects));
                send(reply, ());
            }
            Ask::Settle { residents, reply } => {
                for resident in residents {
                    self.change(|presence, effects| presence.settle(resident, effects));
                }
                send(reply, ());
            }
            Ask::Belong { person, topic, reply } => {
                self.change(|presence, effects| presence.belong(person, topic, effects));
                send(reply, ());
            }
            Ask::SetStays { person, stays } => {
                self.change(|presence, effects| presence.set_stays(person, stays, effects));
            }
            Ask::SetProfile { changed, reply } => {
                let person = PersonId(changed.person);
                let topics = self.presence.set_avatar(person, changed.avatar.as_deref());
                // Each says what is different since the one before, so none is left out.
                let what = Announcement {
                    kind: PROFILE.into(),
                    actor: person.0,
                    key: None,
                    body: changed.encode(),
                };
                self.store.announce(&topics, what);
                send(reply, ());
            }
            Ask::SetBadge { session, badge, on, reply } => {
                self.change(|presence, effects| presence.set_badge(session, badge, on, effects));
                send(reply, ());
            }
            Ask::Watch { session, nicks, reply } => {
                send(reply, self.presence.watch(session, nicks));
            }
            Ask::Unwatch { session, nicks } => self.presence.unwatch(session, &nicks),
            Ask::Dismiss { person, reply } => {
                let inbox = self.presence.inbox_of(person);
                if let Some(inbox) = inbox {
                    let everything = SessionEnded::default();
                    announce_ended(&self.store, person, inbox, &everything);
                }
                send(reply, inbox.is_some());
            }
            other => self.tell(other),
        }
    }

    fn change<T>(&mut self, f: impl FnOnce(&mut Presence, &mut Vec<Effect>) -> T) -> T {
        let changed = f(&mut self.presence, &mut self.effects);
        self.announce();
        changed
    }

    /// Answers the questions that change nothing.
    fn tell(&mut self, ask: Ask) {
        let presence = &mut self.presence;
        match ask {
            Ask::Members { topic, reply } => send(reply, presence.members(topic)),
            Ask::Counts { topics, reply } => {
                let counts = topics.into_iter().map(|topic| presence.count(topic)).collect();
                send(reply, counts);
            }
            Ask::Find { nick, reply } => send(reply, presence.find(&nick)),
            Ask::People { people, reply } => {
                let found = people.into_iter().filter_map(|id| presence.person(id)).collect();
                send(reply, found);
            }
            Ask::LiveSessions { person, reply } => send(reply, presence.live_sessions(person)),
            Ask::Whereabouts { person, reply } => send(reply, presence.whereabouts(person)),
            Ask::Online { reply } => send(reply, presence.online()),
            Ask::Everyone { limit, reply } => send(reply, presence.everyone(limit)),
            _ => unreachable!("every other question was answered before"),
        }
    }

    fn announce(&mut self) {
        for Effect { topics, event } in self.effects.drain(..) {
            let kind = event.kind();
            // Of several changes between away and back only the last one matters.
            let key = (kind == AWAY).then(|| event.person());
            let what = Announcement {
                kind: kind.into(),
                actor: event.person(),
                key,
                body: event.encode(),
            };
            self.store.announce(&topics, what);
        }
    }

    /// Looks at everybody, if that was not done for long.
    fn look_round(&mut self) {
        let now_ms = self.store.now_ms();
        if now_ms.saturating_sub(self.looked_ms) >= LOOK_ROUND_MS {
            self.looked_ms = now_ms;
            self.change(|presence, effects| presence.look_round(now_ms, effects));
        }
    }

    /// Tells of those whose devices have been gone for long enough.
    fn end_lingering(&mut self) {
        let now_ms = self.store.now_ms();
        self.change(|presence, effects| {
            presence.end_lingering(now_ms, ABSENCES_AT_ONCE, effects);
        });
    }

    /// Notes on the disk who was here.
    fn note_seen(&mut self) {
        let seen = self.presence.take_seen();
        for people in seen.chunks(WRITTEN_AT_ONCE).map(<[PersonId]>::to_vec) {
            // The write goes on without its answer; what it fails to note is noted another day.
            drop(self.store.write(move |tx| residence::note_seen(tx, &people)));
        }
    }

    fn clear_departed(&mut self) {
        while !self.departed.is_empty() {
            let count = self.departed.len().min(WRITTEN_AT_ONCE);
            let gone: Vec<_> = self.departed.drain(..count).collect();
            // The write goes on without its answer; what it fails to clear goes at the next start.
            drop(self.store.write(move |tx| account::clear_transient(tx, &gone)));
        }
    }
}

/// Sends an answer; an asker that has gone away does not want it.
fn send<T>(reply: oneshot::Sender<T>, answer: T) {
    if reply.send(answer).is_err() {
        tracing::trace!("an answer of the hub found nobody");
    }
}

/// Tells the sessions of an account that one of them, or all, have ended.
pub(crate) fn announce_ended(store: &Store, person: PersonId, inbox: TopicId, what: &SessionEnded) {
    let body = what.encode();
    store.announce(&[inbox], Announcement { kind: ENDED.into(), actor: person.0, key: None, body });
}
