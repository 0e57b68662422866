//! What a client may ask: one file per command, each with its parameters, its answer and `run`.

pub(crate) mod hello;
pub(crate) mod chat_rooms;
pub(crate) mod chat_join;
pub(crate) mod chat_part;
pub(crate) mod chat_post;
pub(crate) mod chat_edit;
pub(crate) mod chat_edits;
pub(crate) mod chat_redact;
pub(crate) mod chat_react;
pub(crate) mod chat_unreact;
pub(crate) mod chat_typing;
pub(crate) mod chat_history;
pub(crate) mod chat_members;
pub(crate) mod chat_subject;
pub(crate) mod chat_rename;
pub(crate) mod chat_kick;
pub(crate) mod chat_invite;
pub(crate) mod chat_role;
pub(crate) mod chat_modes;
pub(crate) mod chat_settings;
pub(crate) mod chat_ban;
pub(crate) mod chat_unban;
pub(crate) mod chat_bans;
pub(crate) mod chat_report;
pub(crate) mod chat_audit;
pub(crate) mod chat_read;
pub(crate) mod chat_search;
pub(crate) mod chat_draft;
pub(crate) mod chat_notify;
pub(crate) mod chat_quiet_hours;
pub(crate) mod people;
pub(crate) mod profile_set;
pub(crate) mod nick;
pub(crate) mod away;
pub(crate) mod always_on;
pub(crate) mod invite_create;
pub(crate) mod invite_list;
pub(crate) mod invite_revoke;
pub(crate) mod sessions_list;
pub(crate) mod sessions_end;
pub(crate) mod passwords_list;
pub(crate) mod passwords_create;
pub(crate) mod passwords_remove;
pub(crate) mod password_change;
pub(crate) mod ping;

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use parlor_chat::Scope;
use parlor_http::Problem;
use parlor_hub::PersonId;
use parlor_hub::credit::COMMAND;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::live::message::{self, TopicKey};
use crate::live::seat::Seat;

/// A command with its parameters checked for shape.
#[derive(Debug)]
#[expect(missing_docs, reason = "each variant is documented in the file of its command")]
#[expect(private_interfaces, reason = "parameters matter only to the command that takes them")]
pub enum Command {
    Hello(hello::Hello),
    ChatRooms(Nothing),
    ChatJoin(chat_join::JoinRoom),
    ChatPart(chat_part::PartRoom),
    ChatPost(chat_post::PostMessage),
    ChatEdit(chat_edit::EditMessage),
    ChatEdits(chat_edits::ReadEdits),
    ChatRedact(chat_redact::RedactMessage),
    ChatReact(chat_react::Reacting),
    ChatUnreact(chat_react::Reacting),
    ChatTyping(chat_typing::Typing),
    ChatHistory(chat_history::ReadHistory),
    ChatMembers(chat_members::ListMembers),
    ChatSubject(chat_subject::SetSubject),
    ChatRename(chat_rename::RenameRoom),
    ChatKick(chat_kick::KickPerson),
    ChatInvite(chat_invite::InvitePerson),
    ChatRole(chat_role::SetRole),
    ChatModes(chat_modes::SetModes),
    ChatSettings(chat_settings::SetSettings),
    ChatBan(chat_ban::BanPerson),
    ChatUnban(chat_unban::LiftBan),
    ChatBans(chat_bans::ListBans),
    ChatReport(chat_report::ReportMessage),
    ChatAudit(chat_audit::ReadRecord),
    ChatRead(chat_read::MarkRead),
    ChatSearch(chat_search::SearchMessages),
    ChatDraft(chat_draft::KeepDraft),
    ChatNotify(chat_notify::SetNotify),
    ChatQuietHours(chat_quiet_hours::SetQuietHours),
    People(people::ListPeople),
    ProfileSet(profile_set::SetProfile),
    Nick(nick::ChangeNick),
    Away(away::SetAway),
    AlwaysOn(always_on::AlwaysOn),
    InviteCreate(invite_create::NewInvitation),
    InviteList(Nothing),
    InviteRevoke(invite_revoke::RevokeInvitation),
    SessionsList(Nothing),
    SessionsEnd(sessions_end::EndSession),
    PasswordsList(Nothing),
    PasswordsCreate(passwords_create::NewPassword),
    PasswordsRemove(passwords_remove::RemovePassword),
    PasswordChange(password_change::ChangePassword),
    Ping(Nothing),
}

/// What a command costs that only its client sees something of, and soon.
pub(crate) const LITTLE: u32 = COMMAND / 5;

impl Command {
    /// What it costs the account, in the unit of [`parlor_hub::credit`].
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Hello(_)
            | Self::ChatRooms(_)
            | Self::ChatEdits(_)
            | Self::ChatTyping(_)
            | Self::ChatHistory(_)
            | Self::ChatMembers(_)
            | Self::ChatBans(_)
            | Self::ChatAudit(_)
            | Self::ChatRead(_)
            | Self::ChatDraft(_)
            | Self::ChatNotify(_)
            | Self::ChatQuietHours(_)
            | Self::People(_)
            | Self::AlwaysOn(_)
            | Self::InviteList(_)
            | Self::SessionsList(_)
            | Self::PasswordsList(_)
            | Self::Ping(_) => LITTLE,
            _ => COMMAND,
        }
    }

    /// The names of all commands, as in `t`.
    pub const NAMES: &[&str] = &[
        "hello",
        "chat.rooms",
        "chat.join",
        "chat.part",
        "chat.post",
        "chat.edit",
        "chat.edits",
        "chat.redact",
        "chat.react",
        "chat.unreact",
        "chat.typing",
        "chat.history",
        "chat.members",
        "chat.subject",
        "chat.rename",
        "chat.kick",
        "chat.invite",
        "chat.role",
        "chat.modes",
        "chat.settings",
        "chat.ban",
        "chat.unban",
        "chat.bans",
        "chat.report",
        "chat.audit",
        "chat.read",
        "chat.search",
        "chat.draft",
        "chat.notify",
        "chat.quiet_hours",
        "people",
        "profile.set",
        "nick",
        "away",
        "always_on",
        "invite.create",
        "invite.list",
        "invite.revoke",
        "sessions.list",
        "sessions.end",
        "passwords.list",
        "passwords.create",
        "passwords.remove",
        "password.change",
        "ping",
    ];

    /// Reads the parameters of the command `name`.
    ///
    /// # Errors
    ///
    /// `unknown_command`, or `bad_params` when they do not fit.
    pub fn decode(name: &str, params: &str) -> Result<Self, Problem> {
        Ok(match name {
            "hello" => Self::Hello(parse(params)?),
            "chat.rooms" => Self::ChatRooms(parse(params)?),
            "chat.join" => Self::ChatJoin(parse(params)?),
            "chat.part" => Self::ChatPart(parse(params)?),
            "chat.post" => Self::ChatPost(parse(params)?),
            "chat.edit" => Self::ChatEdit(parse(params)?),
            "chat.edits" => Self::ChatEdits(parse(params)?),
            "chat.redact" => Self::ChatRedact(parse(params)?),
            "chat.react" => Self::ChatReact(parse(params)?),
            "chat.unreact" => Self::ChatUnreact(parse(params)?),
            "chat.typing" => Self::ChatTyping(parse(params)?),
            "chat.history" => Self::ChatHistory(parse(params)?),
            "chat.members" => Self::ChatMembers(parse(params)?),
            "chat.subject" => Self::ChatSubject(parse(params)?),
            "chat.rename" => Self::ChatRename(parse(params)?),
            "chat.kick" => Self::ChatKick(parse(params)?),
            "chat.invite" => Self::ChatInvite(parse(params)?),
            "chat.role" => Self::ChatRole(parse(params)?),
            "chat.modes" => Self::ChatModes(parse(params)?),
            "chat.settings" => Self::ChatSettings(parse(params)?),
            "chat.ban" => Self::ChatBan(parse(params)?),
            "chat.unban" => Self::ChatUnban(parse(params)?),
            "chat.bans" => Self::ChatBans(parse(params)?),
            "chat.report" => Self::ChatReport(parse(params)?),
            "chat.audit" => Self::ChatAudit(parse(params)?),
            "chat.read" => Self::ChatRead(parse(params)?),
            "chat.search" => Self::ChatSearch(parse(params)?),
            "chat.draft" => Self::ChatDraft(parse(params)?),
            "chat.notify" => Self::ChatNotify(parse(params)?),
            "chat.quiet_hours" => Self::ChatQuietHours(parse(params)?),
            "people" => Self::People(parse(params)?),
            "profile.set" => Self::ProfileSet(parse(params)?),
            "nick" => Self::Nick(parse(params)?),
            "away" => Self::Away(parse(params)?),
            "always_on" => Self::AlwaysOn(parse(params)?),
            "invite.create" => Self::InviteCreate(parse(params)?),
            "invite.list" => Self::InviteList(parse(params)?),
            "invite.revoke" => Self::InviteRevoke(parse(params)?),
            "sessions.list" => Self::SessionsList(parse(params)?),
            "sessions.end" => Self::SessionsEnd(parse(params)?),
            "passwords.list" => Self::PasswordsList(parse(params)?),
            "passwords.create" => Self::PasswordsCreate(parse(params)?),
            "passwords.remove" => Self::PasswordsRemove(parse(params)?),
            "password.change" => Self::PasswordChange(parse(params)?),
            "ping" => Self::Ping(parse(params)?),
            _ => {
                let text = "This server does not know this command.";
                return Err(Problem::new(StatusCode::BAD_REQUEST, "unknown_command", text));
            }
        })
    }
}

/// Carries out a command of a client that has said hello, and writes the answer.
pub(super) async fn run(seat: &mut Seat, id: u64, command: Command) -> Result<Bytes, Problem> {
    let app = Arc::clone(&seat.app);
    let chat = &app.chat;
    match command {
        Command::Hello(_) => Err(bad_params("hello comes once, and first")),
        Command::ChatRooms(Nothing {}) => answer(id, chat_rooms::run(seat).await),
        Command::ChatJoin(params) => answer(id, chat_join::run(seat, params).await),
        Command::ChatPart(params) => answer(id, chat_part::run(seat, params).await),
        Command::ChatPost(params) => answer(id, chat_post::run(seat, params).await),
        Command::ChatEdit(params) => answer(id, chat_edit::run(chat, seat.who(), params).await),
        Command::ChatEdits(params) => answer(id, chat_edits::run(chat, seat.who(), params).await),
        Command::ChatRedact(params) => answer(id, chat_redact::run(chat, seat.who(), params).await),
        Command::ChatReact(params) => answer(id, chat_react::run(chat, seat.who(), params).await),
        Command::ChatUnreact(params) => {
            answer(id, chat_unreact::run(chat, seat.who(), params).await)
        }
        Command::ChatTyping(params) => answer(id, chat_typing::run(seat, params).await),
        Command::ChatHistory(params) => {
            answer(id, chat_history::run(chat, seat.who(), params).await)
        }
        Command::ChatMembers(params) => answer(id, chat_members::run(seat, params).await),
        Command::ChatSubject(params) => answer(id, chat_subject::run(seat, params).await),
        Command::ChatRename(params) => answer(id, chat_rename::run(seat, params).await),
        Command::ChatKick(params) => answer(id, chat_kick::run(seat, params).await),
        Command::ChatInvite(params) => answer(id, chat_invite::run(seat, params).await),
        Command::ChatRole(params) => answer(id, chat_role::run(seat, params).await),
        Command::ChatModes(params) => answer(id, chat_modes::run(seat, params).await),
        Command::ChatSettings(params) => answer(id, chat_settings::run(seat, params).await),
        Command::ChatBan(params) => answer(id, chat_ban::run(seat, params).await),
        Command::ChatUnban(params) => answer(id, chat_unban::run(seat, params).await),
        Command::ChatBans(params) => answer(id, chat_bans::run(seat, params).await),
        Command::ChatReport(params) => answer(id, chat_report::run(seat, params).await),
        Command::ChatAudit(params) => answer(id, chat_audit::run(seat, params).await),
        Command::ChatRead(params) => answer(id, chat_read::run(seat, params).await),
        Command::ChatSearch(params) => answer(id, chat_search::run(chat, seat.who(), params).await),
        Command::ChatDraft(params) => answer(id, chat_draft::run(chat, seat.who(), params).await),
        Command::ChatNotify(params) => answer(id, chat_notify::run(chat, seat.who(), params).await),
        Command::ChatQuietHours(params) => {
            answer(id, chat_quiet_hours::run(chat, seat.who(), params).await)
        }
        Command::People(params) => answer(id, people::run(seat, params).await),
        Command::ProfileSet(params) => answer(id, profile_set::run(chat, seat.who(), params).await),
        Command::Nick(params) => answer(id, nick::run(seat, params).await),
        Command::Away(params) => answer(id, away::run(seat, params).await),
        Command::AlwaysOn(params) => answer(id, always_on::run(seat, params).await),
        Command::InviteCreate(params) => answer(id, invite_create::run(seat, params).await),
        Command::InviteList(Nothing {}) => answer(id, invite_list::run(seat).await),
        Command::InviteRevoke(params) => answer(id, invite_revoke::run(seat, params).await),
        Command::SessionsList(Nothing {}) => answer(id, sessions_list::run(seat).await),
        Command::SessionsEnd(params) => answer(id, sessions_end::run(seat, params).await),
        Command::PasswordsList(Nothing {}) => answer(id, passwords_list::run(seat).await),
        Command::PasswordsCreate(params) => answer(id, passwords_create::run(seat, params).await),
        Command::PasswordsRemove(params) => answer(id, passwords_remove::run(seat, params).await),
        Command::PasswordChange(params) => answer(id, password_change::run(seat, params).await),
        Command::Ping(Nothing {}) => answer(id, Ok(ping::run())),
    }
}

/// No parameters, or an answer that says nothing but yes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Nothing {}

/// A room, or the conversation with a person.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Place {
    k: Option<TopicKey>,
    person: Option<u64>,
}

impl Place {
    pub(crate) fn new(k: Option<u64>, person: Option<u64>) -> Self {
        Self { k: k.map(TopicKey), person }
    }

    /// Whether one was named at all.
    pub(crate) fn is_given(self) -> bool {
        self.k.is_some() || self.person.is_some()
    }

    pub(crate) fn scope(self) -> Result<Scope, Problem> {
        match (self.k, self.person) {
            (Some(k), None) => Ok(Scope::Room(k.into())),
            (None, Some(person)) => Ok(Scope::Direct(PersonId(person))),
            _ => Err(bad_params("either k or person is needed")),
        }
    }
}

/// The command's parameters are not what it takes.
pub(crate) fn bad_params(why: impl std::fmt::Display) -> Problem {
    let text = format!("The parameters do not fit: {why}.");
    Problem::new(StatusCode::BAD_REQUEST, "bad_params", text)
}

fn parse<T: DeserializeOwned>(params: &str) -> Result<T, Problem> {
    serde_json::from_str(params).map_err(bad_params)
}

fn answer<T: Serialize>(id: u64, outcome: Result<T, Problem>) -> Result<Bytes, Problem> {
    outcome.map(|p| message::ok(id, &p))
}
