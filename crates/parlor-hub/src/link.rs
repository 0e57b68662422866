//! The handle to the hub: everything protocols and apps may ask it.

use std::{net::IpAddr, sync::Arc};

use parlor_topics::{Store, TopicId};

use crate::{
    error::{Error, Failure},
    identity::{Account, AccountId, Actor, Attached, ClientInfo, Identity, PersonId, SessionId},
    invitation::Invitation,
    nick::Nick,
    presence::{Attendee, Entered, Left, Online, Present},
    refusal::{AccountRefusal, InvitationRefusal, NickRefusal, SignInRefusal},
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
}

impl Default for HubOptions {
    fn default() -> Self {
        Self { registration: Registration::default(), hashing: Hashing::default(), attempts: true }
    }
}

/// The hub's only face. Clones speak to the same hub.
#[derive(Clone)]
pub struct Link {
    store: Store,
}

#[allow(missing_docs, unused_variables, clippy::todo, reason = "skeleton")]
impl Link {
    pub async fn start(store: Store, options: HubOptions) -> Result<Self, Error> {
        todo!()
    }
    pub fn stop(&self) {
        todo!()
    }
    pub async fn setup_token(&self) -> Result<Option<String>, Error> {
        todo!()
    }
    pub async fn set_up(
        &self,
        token: &str,
        name: &str,
        password: &str,
    ) -> Result<Account, Failure<AccountRefusal>> {
        todo!()
    }
    pub async fn register(
        &self,
        name: &str,
        password: &str,
        invitation: Option<&str>,
    ) -> Result<Account, Failure<AccountRefusal>> {
        todo!()
    }
    pub async fn add_account(
        &self,
        name: &str,
        password: &str,
        admin: bool,
    ) -> Result<Account, Failure<AccountRefusal>> {
        todo!()
    }
    pub async fn set_password(
        &self,
        name: &str,
        password: &str,
    ) -> Result<(), Failure<AccountRefusal>> {
        todo!()
    }
    pub async fn remove_account(&self, name: &str) -> Result<(), Failure<AccountRefusal>> {
        todo!()
    }
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        todo!()
    }
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<Account, Failure<SignInRefusal>> {
        todo!()
    }
    pub async fn create_session(&self, account: AccountId, label: &str) -> Result<String, Error> {
        todo!()
    }
    pub async fn session(&self, token: &str) -> Result<Option<Account>, Error> {
        todo!()
    }
    pub async fn revoke_session(&self, token: &str) -> Result<(), Error> {
        todo!()
    }
    pub async fn create_invitation(
        &self,
        by: &Actor,
        uses: u32,
        valid_for_s: u64,
    ) -> Result<String, Failure<InvitationRefusal>> {
        todo!()
    }
    pub async fn invitation(&self, token: &str) -> Result<Invitation, Failure<InvitationRefusal>> {
        todo!()
    }
    pub async fn attach(
        &self,
        identity: Identity,
        nick: &Nick,
        client: ClientInfo,
    ) -> Result<Attached, Failure<NickRefusal>> {
        todo!()
    }
    pub async fn rename(
        &self,
        session: SessionId,
        nick: &Nick,
    ) -> Result<Nick, Failure<NickRefusal>> {
        todo!()
    }
    pub async fn set_away(&self, session: SessionId, text: Option<String>) {
        todo!()
    }
    /// Prefer `Chat::join`, which keeps the proof in the session.
    pub async fn enter(&self, session: SessionId, topic: TopicId) -> Result<Entered, Error> {
        todo!()
    }
    pub async fn reveal(&self, session: SessionId, topic: TopicId) {
        todo!()
    }
    pub async fn leave(&self, session: SessionId, topic: TopicId, reason: &str) -> Left {
        todo!()
    }
    pub fn detach(&self, session: SessionId, reason: &str) {
        todo!()
    }
    /// Notes that the session did something (for idle times); cheap, at most once in ten seconds.
    pub fn touch(&self, who: &Attached) {
        todo!()
    }
    pub async fn members(&self, topic: TopicId) -> Arc<[Attendee]> {
        todo!()
    }
    /// Counts the people in each of the topics, in one question.
    pub async fn counts(&self, topics: Vec<TopicId>) -> Vec<usize> {
        todo!()
    }
    pub async fn find(&self, nick: &str) -> Option<Arc<Present>> {
        todo!()
    }
    /// Finds people by id, in one question; those not online are missing from the answer.
    pub async fn people(&self, people: Vec<PersonId>) -> Vec<Arc<Present>> {
        todo!()
    }
    pub async fn online(&self) -> Online {
        todo!()
    }
    pub async fn everyone(&self, limit: usize) -> Vec<Arc<Present>> {
        todo!()
    }
    /// The topics a person is present in, for WHOIS; the asker filters by what it may see.
    pub async fn whereabouts(&self, person: PersonId) -> Vec<TopicId> {
        todo!()
    }
    pub async fn remove_from(&self, person: PersonId, topic: TopicId) {
        todo!()
    }
}
