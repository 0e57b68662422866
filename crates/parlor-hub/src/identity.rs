//! Who somebody is: accounts, guests, their persons and their live sessions.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use parlor_topics::TopicId;

use crate::{
    nick::Nick,
    presence::{Activity, Stay},
};

/// The first person id of a guest; account ids stay below it.
///
/// Guest ids lie between 2^52 and 2^53, so that every person id is exact as a JavaScript number.
pub const GUEST_BASE: u64 = 1 << 52;

/// The id of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u64);

/// The id of a person: an account's id, or a guest's, which is at least [`GUEST_BASE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonId(pub u64);

impl PersonId {
    /// Returns whether this person has no account.
    pub fn is_guest(self) -> bool {
        self.0 >= GUEST_BASE
    }
}

impl From<AccountId> for PersonId {
    fn from(id: AccountId) -> Self {
        Self(id.0)
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of one live connection; never used twice while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl SessionId {
    /// Names it in [`crate::event::SessionEnded`] and in an account's list.
    pub fn name(self) -> String {
        format!("live-{}", self.0)
    }
}

/// A person with a name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id, which is also its person's.
    pub id: AccountId,
    /// Its name, reserved as a nick.
    pub name: Nick,
    /// Whether it administers the server.
    pub admin: bool,
}

/// With what somebody has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The account's own password, or a proof of it.
    Password {
        /// How often it had been changed.
        edition: u64,
    },
    /// A password for a program. It opens everything but the account's own doors: passwords and
    /// sessions.
    AppPassword(u64),
}

impl Credential {
    /// The password that an account is made with.
    pub const FIRST: Self = Self::Password { edition: 0 };

    /// Names it in [`crate::event::SessionEnded`], if connections can end because it does.
    pub fn name(self) -> Option<String> {
        match self {
            Self::Password { .. } => None,
            Self::AppPassword(id) => Some(format!("app-{id}")),
        }
    }
}

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// As whom.
    pub account: Account,
    /// With what.
    pub credential: Credential,
}

impl SignedIn {
    /// Whoever has made an account is signed in to it.
    pub fn registered(account: Account) -> Self {
        Self { account, credential: Credential::FIRST }
    }
}

/// As whom a connection wants to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// As the person of an account that has signed in.
    Account(Account),
    /// As a new person without an account.
    Guest,
}

/// What a connection says about its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The protocol it speaks, for example `irc` or `web`.
    pub protocol: &'static str,
    /// The user name shown in `nick!user@host`.
    pub user: String,
    /// The host shown there.
    pub host: String,
    /// The name in clear words.
    pub realname: String,
    /// Why nobody looks at it, as it says on coming: counts only for a person that no other device
    /// is connected for, and that gave no reason itself.
    pub away: Option<String>,
}

/// Somebody who asks for something, as far as permissions are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub person: PersonId,
    /// Its account, if it has one.
    pub account: Option<AccountId>,
    /// Whether it claims to administer the server; [`crate::rights`] checks the claim.
    pub admin: bool,
}

/// A live session: what its connection keeps in its hand. Clones are the same session.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The session.
    pub session: SessionId,
    /// Whose it is.
    pub person: PersonId,
    /// The account, if the person has one.
    pub account: Option<Account>,
    /// The nick when attached; the connection follows `presence.renamed` on its inbox.
    pub nick: Nick,
    /// The user name of the person.
    pub user: String,
    /// The host of the person.
    pub host: String,
    /// The topic of what is addressed to this person alone.
    pub inbox: TopicId,
    /// Whether the person was not connected before.
    pub first: bool,
    /// Whether it has another nick by coming back, or was given one while no device of it was
    /// connected; the app may keep out who is called so.
    pub renamed: bool,
    /// Who had to give up this nick to its owner, and has another one now.
    pub displaced: Option<PersonId>,
    /// Why the person said of itself, before or with this session, that it is away.
    pub away: Option<String>,
    /// Whether the person says of itself that it is a program; the connection follows
    /// `presence.bot` on its inbox, and notes it here at once if it changes it itself.
    pub bot: bool,
    /// Whether the account stayed where it is a member, when this session was attached.
    pub always_on: bool,
    pub(crate) stays: Stays,
    pub(crate) activity: Activity,
}

impl Attached {
    /// Returns whom permissions are asked about.
    pub fn actor(&self) -> Actor {
        let admin = self.account.as_ref().is_some_and(|account| account.admin);
        Actor { person: self.person, account: self.account.as_ref().map(|a| a.id), admin }
    }

    /// Keeps the proof of having entered a topic, replacing an earlier one.
    pub fn keep(&self, topic: TopicId, stay: Stay) {
        let mut stays = self.stays.0.lock().unwrap_or_else(PoisonError::into_inner);
        match stays.iter_mut().find(|(at, _)| *at == topic) {
            Some((_, old)) => *old = stay,
            None => stays.push((topic, stay)),
        }
    }

    /// Forgets a topic this session has left.
    pub fn forget(&self, topic: TopicId) {
        let mut stays = self.stays.0.lock().unwrap_or_else(PoisonError::into_inner);
        stays.retain(|(at, _)| *at != topic);
    }

    /// Returns the proof of being present in a topic, if this session entered it and its person
    /// was not removed since.
    pub fn stay(&self, topic: TopicId) -> Option<Stay> {
        let stays = self.stays.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, stay) = stays.iter().find(|(at, _)| *at == topic)?;
        stay.is_present().then(|| stay.clone())
    }
}

/// The topics one session has entered. Only that session's own connection takes the lock, so it is
/// never contended; a list, because a session is in few topics.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stays(Arc<Mutex<Vec<(TopicId, Stay)>>>);
