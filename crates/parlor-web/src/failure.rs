//! What the hub and chat say no with, as statuses, codes and sentences.

use std::fmt;

use http::StatusCode;
use parlor_chat::Refusal;
use parlor_http::Problem;
use parlor_hub::{AccountRefusal, Denied, Failure, InvitationRefusal, NickRefusal, SignInRefusal};
use parlor_topics::Unavailable;

/// A refusal as every face of the web side can show it.
pub(crate) trait Explained: fmt::Display {
    /// The status and one word for programs.
    fn kind(&self) -> (StatusCode, &'static str);

    /// When to try again, if that would help.
    fn retry_after_s(&self) -> Option<u64> {
        None
    }
}

/// The hub could not answer.
pub(crate) fn hub(error: parlor_hub::Error) -> Problem {
    tracing::warn!(%error, "the hub could not answer");
    match error {
        parlor_hub::Error::Unavailable(Unavailable::DiskFull) => disk_full(),
        _ => unavailable(),
    }
}

/// A command was refused or could not be carried out.
pub(crate) fn command<R: Explained>(failure: Failure<R>) -> Problem {
    match failure {
        Failure::Refused(refusal) => {
            let (status, code) = refusal.kind();
            let mut problem = Problem::new(status, code, sentence(&refusal));
            problem.retry_after_s = refusal.retry_after_s();
            problem
        }
        Failure::Unavailable(why) => {
            tracing::warn!(%why, "the store is not available");
            if matches!(why, Unavailable::DiskFull) { disk_full() } else { unavailable() }
        }
        Failure::Unknown => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unknown_outcome",
            "It is not known whether this was done. Trying again with the same key is safe.",
        )
        .retry_after(1),
        Failure::Fatal => {
            tracing::error!("the store has failed and must be restarted");
            unavailable()
        }
    }
}

fn unavailable() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "The server cannot do this right now; nothing was changed. Try again in a moment.",
    )
    .retry_after(2)
}

/// Waiting alone does not help against this.
fn disk_full() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "disk_full",
        "The server's disk is full; nothing was changed. Its operator has to make room.",
    )
    .retry_after(30)
}

/// A refusal as a sentence: errors are written in lower case and without a stop.
pub(crate) fn sentence(refusal: &impl fmt::Display) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}

impl Explained for SignInRefusal {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Wrong => (StatusCode::UNAUTHORIZED, "wrong_credentials"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Wrong => None,
            Self::TooMany { retry_after_s } => Some((*retry_after_s).max(1)),
            Self::Busy => Some(2),
        }
    }
}

impl Explained for AccountRefusal {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Name(refusal) => refusal.kind(),
            Self::NameTaken => (StatusCode::CONFLICT, "name_taken"),
            Self::PasswordTooShort { .. } | Self::PasswordTooLong { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "bad_password")
            }
            Self::RegistrationClosed => (StatusCode::FORBIDDEN, "registration_closed"),
            Self::InvitationNeeded => (StatusCode::FORBIDDEN, "invitation_needed"),
            Self::Invitation(refusal) => refusal.kind(),
            Self::AlreadySetUp => (StatusCode::GONE, "already_set_up"),
            Self::WrongSetUpToken => (StatusCode::FORBIDDEN, "wrong_setup_token"),
            Self::NoSuchAccount => (StatusCode::NOT_FOUND, "no_such_account"),
            Self::WrongPassword => (StatusCode::FORBIDDEN, "wrong_password"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::BadLabel { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad_name"),
            Self::TooManyAppPasswords => (StatusCode::CONFLICT, "too_many_passwords"),
            Self::NoSuchAppPassword => (StatusCode::NOT_FOUND, "no_such_password"),
            Self::NoSuchSession => (StatusCode::NOT_FOUND, "no_such_session"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooMany { retry_after_s } => Some((*retry_after_s).max(1)),
            Self::Busy => Some(2),
            _ => None,
        }
    }
}

impl Explained for NickRefusal {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Empty | Self::TooLong { .. } | Self::Malformed | Self::MixedScripts => {
                (StatusCode::UNPROCESSABLE_ENTITY, "bad_name")
            }
            Self::InUse => (StatusCode::CONFLICT, "name_in_use"),
            Self::LooksTaken => (StatusCode::CONFLICT, "name_looks_taken"),
            Self::Reserved | Self::Service => (StatusCode::CONFLICT, "name_reserved"),
            Self::NoSuchAccount => (StatusCode::UNAUTHORIZED, "signed_out"),
        }
    }
}

impl Explained for InvitationRefusal {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "unknown_invitation"),
            Self::Used => (StatusCode::GONE, "invitation_used"),
            Self::Expired => (StatusCode::GONE, "invitation_expired"),
            Self::NotAllowed => (StatusCode::FORBIDDEN, "not_allowed"),
            Self::MakesNoAccounts => (StatusCode::FORBIDDEN, "needs_account"),
            Self::LeadsNowhere => (StatusCode::CONFLICT, "no_room"),
            Self::Withdrawn => (StatusCode::GONE, "invitation_withdrawn"),
            Self::TooMany { .. } => (StatusCode::CONFLICT, "too_many_invitations"),
        }
    }
}

impl Explained for Refusal {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchRoom => (StatusCode::NOT_FOUND, "no_such_room"),
            Self::NotAMember => (StatusCode::FORBIDDEN, "not_a_member"),
            Self::NoSuchPerson => (StatusCode::NOT_FOUND, "no_such_person"),
            Self::NotInRoom => (StatusCode::CONFLICT, "not_in_room"),
            Self::AlreadyInRoom => (StatusCode::CONFLICT, "already_in_room"),
            Self::InvitedOnly => (StatusCode::FORBIDDEN, "invited_only"),
            Self::Denied(denied) => denied.kind(),
            Self::Empty => (StatusCode::UNPROCESSABLE_ENTITY, "empty"),
            Self::TooLong { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "too_long"),
            Self::Malformed => (StatusCode::UNPROCESSABLE_ENTITY, "malformed"),
            Self::TooManyRooms => (StatusCode::CONFLICT, "too_many_rooms"),
            Self::SlowMode { .. } => (StatusCode::TOO_MANY_REQUESTS, "slow_mode"),
            Self::TooManyBans => (StatusCode::CONFLICT, "too_many_bans"),
            Self::NoSuchBan => (StatusCode::NOT_FOUND, "no_such_ban"),
            Self::Mask(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_mask"),
            Self::Setting(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_setting"),
            Self::NoSuchMessage => (StatusCode::NOT_FOUND, "no_such_message"),
            Self::AlreadyReported => (StatusCode::CONFLICT, "already_reported"),
            Self::TooManyReports => (StatusCode::TOO_MANY_REQUESTS, "too_many_reports"),
            Self::HiddenLetters => (StatusCode::UNPROCESSABLE_ENTITY, "bad_name"),
            Self::NameLooksTaken => (StatusCode::CONFLICT, "name_looks_taken"),
            Self::NameTaken => (StatusCode::CONFLICT, "name_in_use"),
            Self::LobbyKeepsName => (StatusCode::CONFLICT, "lobby_keeps_name"),
            Self::RenamedJustNow { .. } => (StatusCode::TOO_MANY_REQUESTS, "renamed_just_now"),
            Self::NotAnImage => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_an_image"),
            Self::TooManyPixels => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_pixels"),
            Self::FileTooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::NoRoomForFiles { .. } => (StatusCode::INSUFFICIENT_STORAGE, "no_room"),
            Self::NoSuchFile => (StatusCode::NOT_FOUND, "no_such_file"),
            Self::TooManyFiles { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_files"),
            Self::NeedsAccount => (StatusCode::FORBIDDEN, "needs_account"),
            Self::Invitation(refusal) => refusal.kind(),
            Self::Profile(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_profile"),
            Self::NotTheAuthor => (StatusCode::FORBIDDEN, "not_the_author"),
            Self::NotAQuestion { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not_a_question"),
            Self::NoSearch => (StatusCode::NOT_FOUND, "no_search"),
            Self::NotAReaction => (StatusCode::UNPROCESSABLE_ENTITY, "not_a_reaction"),
            Self::TooMany { .. } => (StatusCode::CONFLICT, "too_many"),
            Self::Gone => (StatusCode::CONFLICT, "gone"),
        }
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::SlowMode { retry_after_s, .. } | Self::RenamedJustNow { retry_after_s } => {
                Some(*retry_after_s)
            }
            _ => None,
        }
    }
}

impl Explained for Denied {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Closed => (StatusCode::NOT_FOUND, "no_such_room"),
            Self::InvitedOnly => (StatusCode::FORBIDDEN, "invited_only"),
            Self::NotPresent => (StatusCode::FORBIDDEN, "not_a_member"),
            Self::Moderated => (StatusCode::FORBIDDEN, "moderated"),
            Self::Locked => (StatusCode::FORBIDDEN, "locked"),
            Self::Banned => (StatusCode::FORBIDDEN, "banned"),
            Self::Muted => (StatusCode::FORBIDDEN, "muted"),
            Self::Needs { .. } => (StatusCode::FORBIDDEN, "not_allowed"),
        }
    }
}
