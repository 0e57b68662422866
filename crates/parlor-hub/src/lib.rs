//! Accounts, sessions, permissions, presence and invitations: who somebody is, what they may do and
//! how fast ([`credit`]), what may stand in what they write (`words`), and where they are right now.
//! Nothing else belongs here.
//!
//! # Words
//! - An **account** has a name and a password and lasts. A **guest** has neither and lasts as long
//!   as its connections. Both are a **person** with a nick and an inbox topic.
//! - A **session** is one live connection. Several sessions of one account are one person.
//! - A person is **present** in a topic while one of its sessions has entered it.
//! - **Rights** are what the tables say about one person and one topic, read in a transaction.
//!   [`authorize`] turns them into a [`Permit`], without which no command exists.
//!
//! # Invariants
//! - Presence is owned by one thread and asked by message ([`Link`]): there is no lock to share.
//! - No secret is stored: passwords as argon2id, tokens as SHA-256.
//! - An unknown account costs a signing-in client exactly what a wrong password costs.
//! - A person who loses a right loses it in the next transaction, and a live connection learns it
//!   at once through its inbox.

pub mod limits;
mod nick;
mod words;
mod identity;
mod error;
mod refusal;
mod link;
mod message;
mod presence;
mod residence;
pub mod event;
mod permission;
mod profile;
mod audit;
mod account;
mod password;
mod scram;
mod credential;
mod app_password;
mod attempts;
pub mod credit;
mod setup;
mod invitation;
mod session;
mod token;
mod tables;

pub use crate::{
    account::account_of,
    app_password::AppPassword,
    audit::{AuditEntry, AuditPage, Deed, SERVER, audit, note, note_as},
    credential::ScramExchange,
    error::{Error, Failure},
    identity::{
        Account, AccountId, Actor, Attached, ClientInfo, Credential, GUEST_BASE, Identity,
        PersonId, SessionId, SignedIn,
    },
    invitation::{
        Invitation, InvitationTerms, InvitedTo, ListedInvitation, invitation_of, invite_to,
        use_invitation,
    },
    link::{Hashing, HubOptions, Link, Registration},
    nick::{Nick, is_hidden, looks},
    permission::{
        Access, Barred, Denied, Permit, Rights, Role, Settings, Verb, account_name, authorize,
        dissolve, establish, inbox, note_invited, person_named, resign, rights, role, set_role,
        set_settings, standing, standings, use_invited,
    },
    presence::{
        Addressee, Attendee, Badge, Capacity, Entered, Left, Online, Present, Renamed, Stay,
    },
    profile::{Profile, ProfileChange, is_avatar, profile, set_profile},
    refusal::{AccountRefusal, InvitationRefusal, NickRefusal, ProfileRefusal, SignInRefusal},
    session::{SessionInfo, session_fingerprint},
    tables::schema,
    token::Token,
    words::is_sayable,
};
