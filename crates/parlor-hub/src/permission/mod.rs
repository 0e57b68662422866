//! Who may do what: one pure function over what the tables say, and the proof it gives.
//!
//! Roles belong to a person and a topic and are ordered. An administrator of the server has the
//! rights of an owner in every room. Nobody has any right, by role, in a topic without settings:
//! inboxes and unknown topics have none.

use parlor_topics::{Error, Snapshot, TopicId, Tx, Value, params};

use crate::identity::{Actor, PersonId};

/// What a person is in a topic; the later ones may do what the earlier ones may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Role {
    /// Nobody in particular.
    #[default]
    None,
    /// Belongs here.
    Member,
    /// May speak where only some may.
    Voice,
    /// Keeps order.
    Moderator,
    /// May do everything here.
    Owner,
}

impl Role {
    /// All roles, the least first.
    pub const ALL: [Self; 5] =
        [Self::None, Self::Member, Self::Voice, Self::Moderator, Self::Owner];

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Member => 1,
            Self::Voice => 2,
            Self::Moderator => 3,
            Self::Owner => 4,
        }
    }

    /// Reads a stored role; a number this version does not know gives no rights.
    pub(crate) fn from_number(number: i64) -> Self {
        Self::ALL.into_iter().find(|role| role.number() == number).unwrap_or(Self::None)
    }
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody.
    Open,
    /// Members and the invited.
    Invited,
    /// Nobody by role: an inbox, or no topic at all.
    Closed,
}

/// What a topic's settings say to permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Who may come in.
    pub access: Access,
    /// Whether only those with a voice may speak.
    pub moderated: bool,
    /// Whether only moderators change the subject.
    pub subject_locked: bool,
    /// Whether only moderators may speak.
    pub locked: bool,
}

/// What a ban takes from somebody. Those who keep order are never hit by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Barred {
    /// Nothing: there is no ban.
    #[default]
    No,
    /// The voice: may come in and read, and say nothing.
    Muted,
    /// Everything.
    Banned,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Read what was said and who is here.
    Read,
    /// Come in.
    Enter,
    /// Say something.
    Post,
    /// Take back a message.
    Redact {
        /// Whether it is one's own.
        own: bool,
    },
    /// Change the subject.
    SetSubject,
    /// Invite somebody.
    Invite,
    /// Throw somebody out who has this role.
    Kick {
        /// The role of the one to be thrown out.
        target: Role,
    },
    /// Keep somebody out who has this role, or silence it; and take that back.
    Ban {
        /// The role of the one to be kept out; none for a mask.
        target: Role,
    },
    /// Tell those who keep order of a message.
    Report,
    /// Read who did what here to keep order.
    Audit,
    /// Change somebody's role.
    SetRole {
        /// What the other one is.
        from: Role,
        /// What it is to become.
        to: Role,
    },
    /// Change the settings.
    Configure,
}

/// What the tables say about one person and one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The topic.
    pub topic: TopicId,
    /// The person's role in it.
    pub role: Role,
    /// Whether the person administers the server, read from the tables.
    pub admin: bool,
    /// The topic's settings.
    pub settings: Settings,
    /// Whether the person has an unused invitation.
    pub invited: bool,
    /// Whether the person is in the room, present or as a lasting member; the app knows.
    pub present: bool,
    /// What a ban takes from it; the app knows.
    pub barred: Barred,
}

impl Rights {
    /// Returns the role the person acts in: an administrator is an owner everywhere.
    pub fn standing(&self) -> Role {
        if self.admin { Role::Owner } else { self.role }
    }
}

/// The proof that [`authorize`] said yes. It has no other source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    actor: PersonId,
    verb: Verb,
    topic: TopicId,
}

impl Permit {
    pub(crate) fn verb(&self) -> Verb {
        self.verb
    }

    pub(crate) fn topic(&self) -> TopicId {
        self.topic
    }
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is nothing here for anybody.
    #[error("there is no such room")]
    Closed,
    /// One must be invited.
    #[error("this room is for the invited only")]
    InvitedOnly,
    /// One must be in the room first.
    #[error("you are not in this room")]
    NotPresent,
    /// Only those with a voice may speak.
    #[error("only those with a voice may speak here")]
    Moderated,
    /// Only those who keep order may speak.
    #[error("this room is locked: only moderators may speak here")]
    Locked,
    /// A ban keeps the person out.
    #[error("you are banned from this room")]
    Banned,
    /// A ban takes the person's voice.
    #[error("you may read here, but not speak")]
    Muted,
    /// The role is not enough.
    #[error("this needs a higher role in the room")]
    Needs {
        /// The lowest role that may.
        role: Role,
    },
}

/// Reads the rights of somebody in a topic, within the transaction that will act on them.
///
/// A topic nobody set permissions for is [`Access::Closed`]. Whether the person is present or
/// barred is not in these tables: the app fills it in.
pub fn rights(snapshot: &Snapshot<'_>, actor: &Actor, topic: TopicId) -> Result<Rights, Error> {
    // One statement, because this is asked for every message.
    let sql = "SELECT access, moderated, subject_locked, locked, \
               (SELECT role FROM hub_role WHERE topic = ?1 AND person = ?2), \
               EXISTS (SELECT 1 FROM hub_invited WHERE topic = ?1 AND person = ?2), \
               EXISTS (SELECT 1 FROM hub_account WHERE id = ?3 AND admin = 1) \
               FROM hub_access WHERE topic = ?1";
    // The claim to be an administrator is looked up only if it is made; 0 is nobody's id.
    let admin = if actor.admin { actor.account.map_or(0, |account| account.0) } else { 0 };
    let found = snapshot.query_one(sql, params![topic, actor.person.0, admin], |row| {
        let access = if row.get::<i64>(0)? == 0 { Access::Open } else { Access::Invited };
        let (moderated, subject_locked, locked) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let settings = Settings { access, moderated, subject_locked, locked };
        let role = Role::from_number(row.get::<Option<i64>>(4)?.unwrap_or(0));
        let (invited, admin) = (row.get(5)?, row.get(6)?);
        let barred = Barred::No;
        Ok(Rights { topic, role, admin, settings, invited, present: false, barred })
    })?;
    Ok(found.unwrap_or(Rights {
        topic,
        role: Role::None,
        admin: false,
        settings: Settings {
            access: Access::Closed,
            moderated: false,
            subject_locked: false,
            locked: false,
        },
        invited: false,
        present: false,
        barred: Barred::No,
    }))
}

/// Reads the role of any person in a topic.
pub fn role(snapshot: &Snapshot<'_>, topic: TopicId, person: PersonId) -> Result<Role, Error> {
    let sql = "SELECT role FROM hub_role WHERE topic = ?1 AND person = ?2";
    let number = snapshot.query_one(sql, params![topic, person.0], |row| row.get::<i64>(0))?;
    Ok(number.map_or(Role::None, Role::from_number))
}

/// Reads the role any person acts in: its own, or an owner's if it administers the server.
pub fn standing(snapshot: &Snapshot<'_>, topic: TopicId, person: PersonId) -> Result<Role, Error> {
    let sql = "SELECT 1 FROM hub_account WHERE id = ?1 AND admin = 1";
    let admin = snapshot.query_one(sql, params![person.0], |_| Ok(()))?.is_some();
    if admin { Ok(Role::Owner) } else { role(snapshot, topic, person) }
}

/// Reads the roles in which people act in a topic: of those who have one, and of administrators.
pub fn standings(snapshot: &Snapshot<'_>, topic: TopicId) -> Result<Vec<(PersonId, Role)>, Error> {
    let sql = "SELECT person, role FROM hub_role WHERE topic = ?1 \
               AND person NOT IN (SELECT id FROM hub_account WHERE admin = 1) \
               UNION ALL SELECT id, ?2 FROM hub_account WHERE admin = 1";
    snapshot.query(sql, params![topic, Role::Owner.number()], |row| {
        Ok((PersonId(row.get(0)?), Role::from_number(row.get(1)?)))
    })
}

/// Finds the inbox of a person, who need not be online.
pub fn inbox(snapshot: &Snapshot<'_>, person: PersonId) -> Result<Option<TopicId>, Error> {
    let sql = if person.is_guest() {
        "SELECT inbox FROM hub_transient WHERE person = ?1"
    } else {
        "SELECT inbox FROM hub_account WHERE id = ?1"
    };
    snapshot.query_one(sql, params![person.0], |row| row.get(0))
}

/// Finds the name of an account's person, who need not be online.
pub fn account_name(snapshot: &Snapshot<'_>, person: PersonId) -> Result<Option<String>, Error> {
    let sql = "SELECT name FROM hub_account WHERE id = ?1";
    snapshot.query_one(sql, params![person.0], |row| row.get(0))
}

/// Finds the person of the account with this name, as names are compared ([`crate::Nick::folded`]);
/// it need not be online.
pub fn person_named(snapshot: &Snapshot<'_>, folded: &str) -> Result<Option<PersonId>, Error> {
    let sql = "SELECT id FROM hub_account WHERE folded = ?1";
    snapshot.query_one(sql, params![folded], |row| Ok(PersonId(row.get(0)?)))
}

/// Decides whether somebody may do something. The only source of a [`Permit`].
pub fn authorize(actor: &Actor, verb: Verb, rights: &Rights) -> Result<Permit, Denied> {
    let Rights { settings, invited, present, .. } = *rights;
    if settings.access == Access::Closed {
        return Err(Denied::Closed);
    }
    let role = rights.standing();
    let belongs = settings.access == Access::Open || role >= Role::Member || present;
    let needs =
        |least: Role| if role >= least { Ok(()) } else { Err(Denied::Needs { role: least }) };
    let is_here = || if present { Ok(()) } else { Err(Denied::NotPresent) };
    let barred = if role >= Role::Moderator { Barred::No } else { rights.barred };
    match verb {
        Verb::Read if !belongs => Err(Denied::InvitedOnly),
        Verb::Enter if !belongs && !invited => Err(Denied::InvitedOnly),
        Verb::Read
        | Verb::Enter
        | Verb::Post
        | Verb::Redact { own: true }
        | Verb::SetSubject
        | Verb::Invite
        | Verb::Report
            if barred == Barred::Banned =>
        {
            Err(Denied::Banned)
        }
        Verb::Read | Verb::Enter => Ok(()),
        Verb::Post | Verb::Redact { own: true } | Verb::SetSubject | Verb::Invite
            if barred == Barred::Muted && present =>
        {
            Err(Denied::Muted)
        }
        Verb::Post | Verb::Redact { own: true } if !present => Err(Denied::NotPresent),
        Verb::Post | Verb::Redact { own: true } if settings.locked && role < Role::Moderator => {
            Err(Denied::Locked)
        }
        Verb::Post if settings.moderated && role < Role::Voice => Err(Denied::Moderated),
        Verb::Post | Verb::Redact { own: true } => Ok(()),
        Verb::Redact { own: false } => needs(Role::Moderator),
        Verb::SetSubject if settings.subject_locked => {
            is_here().and_then(|()| needs(Role::Moderator))
        }
        Verb::Invite if settings.access == Access::Invited => {
            is_here().and_then(|()| needs(Role::Moderator))
        }
        Verb::SetSubject | Verb::Invite | Verb::Report => is_here(),
        Verb::Kick { target } | Verb::Ban { target } => needs(target.max(Role::Moderator)),
        Verb::SetRole { from, to } => needs(from.max(to).max(Role::Moderator)),
        Verb::Configure | Verb::Audit => needs(Role::Moderator),
    }?;
    Ok(Permit { actor: actor.person, verb, topic: rights.topic })
}

/// Opens a new topic to permissions and makes its creator the owner. For apps that create topics:
/// a topic that has settings already keeps them, so nobody can become an owner this way.
pub fn establish(
    tx: &mut Tx<'_>,
    topic: TopicId,
    settings: Settings,
    owner: Option<PersonId>,
) -> Result<(), Error> {
    let sql = "INSERT INTO hub_access (topic, access, moderated, subject_locked, locked) \
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (topic) DO NOTHING";
    let new = tx.execute(sql, &stored_settings(topic, settings))?;
    match owner {
        Some(owner) if new == 1 => store_role(tx, topic, owner, Role::Owner),
        _ => Ok(()),
    }
}

/// Forgets everything about a topic that its app removes.
pub fn dissolve(tx: &mut Tx<'_>, topic: TopicId) -> Result<(), Error> {
    for sql in [
        "DELETE FROM hub_access WHERE topic = ?1",
        "DELETE FROM hub_role WHERE topic = ?1",
        "DELETE FROM hub_invited WHERE topic = ?1",
        "DELETE FROM hub_audit WHERE topic = ?1",
        "DELETE FROM hub_invitation WHERE topic = ?1",
    ] {
        tx.execute(sql, params![topic])?;
    }
    Ok(())
}

/// Gives a person a role; `Role::None` takes it away. Needs a permit to set a role, to throw
/// somebody out, or, for one's own membership only, to enter.
pub fn set_role(
    tx: &mut Tx<'_>,
    permit: &Permit,
    person: PersonId,
    role: Role,
) -> Result<(), Error> {
    let covered = match permit.verb {
        Verb::SetRole { to, .. } => to == role,
        Verb::Kick { .. } | Verb::Ban { .. } => role == Role::None,
        Verb::Enter => person == permit.actor && role == Role::Member,
        _ => false,
    };
    assert!(covered, "{:?} does not permit to give {role:?}", permit.verb);
    store_role(tx, permit.topic, person, role)
}

/// Gives up one's own plain membership; higher roles outlast leaving.
pub fn resign(tx: &mut Tx<'_>, person: PersonId, topic: TopicId) -> Result<(), Error> {
    let sql = "DELETE FROM hub_role WHERE topic = ?1 AND person = ?2 AND role = ?3";
    tx.execute(sql, params![topic, person.0, Role::Member.number()]).map(drop)
}

/// Changes the settings of a topic.
pub fn set_settings(tx: &mut Tx<'_>, permit: &Permit, settings: Settings) -> Result<(), Error> {
    assert!(permit.verb == Verb::Configure, "{:?} does not permit to configure", permit.verb);
    let sql = "UPDATE hub_access SET access = ?2, moderated = ?3, subject_locked = ?4, locked = ?5 \
               WHERE topic = ?1";
    tx.execute(sql, &stored_settings(permit.topic, settings)).map(drop)
}

/// Notes that a person may enter a topic once.
pub fn note_invited(tx: &mut Tx<'_>, permit: &Permit, person: PersonId) -> Result<(), Error> {
    assert!(permit.verb == Verb::Invite, "{:?} does not permit to invite", permit.verb);
    let sql = "INSERT INTO hub_invited (topic, person) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![permit.topic, person.0]).map(drop)
}

/// Uses up the invitation of a person, if it has one.
pub fn use_invited(tx: &mut Tx<'_>, person: PersonId, topic: TopicId) -> Result<(), Error> {
    let sql = "DELETE FROM hub_invited WHERE topic = ?1 AND person = ?2";
    tx.execute(sql, params![topic, person.0]).map(drop)
}

fn stored_settings(topic: TopicId, settings: Settings) -> [Value; 5] {
    let Settings { access, moderated, subject_locked, locked } = settings;
    let access = i64::from(access != Access::Open);
    [topic.into(), access.into(), moderated.into(), subject_locked.into(), locked.into()]
}

fn store_role(tx: &mut Tx<'_>, topic: TopicId, person: PersonId, role: Role) -> Result<(), Error> {
    if role == Role::None {
        let sql = "DELETE FROM hub_role WHERE topic = ?1 AND person = ?2";
        return tx.execute(sql, params![topic, person.0]).map(drop);
    }
    let sql = "INSERT INTO hub_role (topic, person, role) VALUES (?1, ?2, ?3) \
               ON CONFLICT (topic, person) DO UPDATE SET role = excluded.role";
    tx.execute(sql, params![topic, person.0, role.number()]).map(drop)
}

#[cfg(test)]
mod tests;
