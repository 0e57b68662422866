//! The ways chat says no. They are values, and protocols translate them.

use parlor_hub::{Denied, InvitationRefusal, ProfileRefusal};

use crate::{ban::BanMaskRefusal, settings::SettingRefusal};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such room, or the asker must not know of it.
    #[error("there is no such room")]
    NoSuchRoom,
    /// The asker is not in the room.
    #[error("you are not in this room")]
    NotAMember,
    /// There is no such person, or it has left.
    #[error("there is no such person here")]
    NoSuchPerson,
    /// The other person is not in the room.
    #[error("this person is not in the room")]
    NotInRoom,
    /// The other person is in the room already.
    #[error("this person is in the room already")]
    AlreadyInRoom,
    /// One must be invited.
    #[error("this room is for the invited only")]
    InvitedOnly,
    /// Permissions do not allow it.
    #[error(transparent)]
    Denied(Denied),
    /// Nothing was said.
    #[error("there is nothing to say")]
    Empty,
    /// It is too long.
    #[error("at most {max} bytes are possible here")]
    TooLong {
        /// The most bytes there may be.
        max: usize,
    },
    /// It has control characters in it.
    #[error("control characters are not possible here")]
    Malformed,
    /// There are as many rooms as there may be.
    #[error("there are too many rooms")]
    TooManyRooms,
    /// Slow mode asks for a pause.
    #[error("slow mode: one message every {slow_s} seconds; wait {retry_after_s} s more")]
    SlowMode {
        /// The pause between two messages.
        slow_s: u32,
        /// When to try again.
        retry_after_s: u64,
    },
    /// There are as many bans as there may be.
    #[error("this room has too many bans; lift some first")]
    TooManyBans,
    /// There is no such ban.
    #[error("there is no such ban")]
    NoSuchBan,
    /// The mask is none.
    #[error(transparent)]
    Mask(BanMaskRefusal),
    /// The settings can't be those.
    #[error(transparent)]
    Setting(SettingRefusal),
    /// The message is not there, or was taken back.
    #[error("there is no such message")]
    NoSuchMessage,
    /// The same person has reported the same message.
    #[error("you have reported this message already")]
    AlreadyReported,
    /// The person has reported too much.
    #[error("you have reported a lot; try again in an hour")]
    TooManyReports,
    /// It is not what it would have to be.
    #[error("only png, jpeg, gif and webp images can be stored")]
    NotAnImage,
    /// It is too large to be looked at.
    #[error("this image has too many pixels")]
    TooManyPixels,
    /// It is too long.
    #[error("an image has at most {} MiB", max / 1024 / 1024)]
    FileTooLong {
        /// The most bytes it may have.
        max: usize,
    },
    /// The account's images take all they may.
    #[error("your images take up the {} MiB there are for them; delete some", max / 1024 / 1024)]
    NoRoomForFiles {
        /// The most bytes they may take.
        max: u64,
    },
    /// There is no such image, or the asker must not see it.
    #[error("there is no such file")]
    NoSuchFile,
    /// There are too many on one message.
    #[error("a message has at most {max} images")]
    TooManyFiles {
        /// The most there may be.
        max: usize,
    },
    /// The name of a new room has letters nobody sees.
    #[error("the name of a room has no letters that nobody sees")]
    HiddenLetters,
    /// People would take the new room for another one.
    #[error("this name looks like that of another room")]
    NameLooksTaken,
    /// Another room is called so.
    #[error("there is a room of this name already")]
    NameTaken,
    /// The lobby is found by its name.
    #[error("the lobby keeps the name it has in the server's configuration")]
    LobbyKeepsName,
    /// The room has had this name for a short time only.
    #[error("this room has been renamed just now; wait {retry_after_s} more seconds")]
    RenamedJustNow {
        /// When to try again.
        retry_after_s: u64,
    },
    /// Only accounts can do this.
    #[error("this needs an account")]
    NeedsAccount,
    /// The invitation does not help, or can't be made.
    #[error(transparent)]
    Invitation(InvitationRefusal),
    /// The profile can't be so.
    #[error(transparent)]
    Profile(ProfileRefusal),
    /// Only who said it may change it.
    #[error("only its author may change a message")]
    NotTheAuthor,
    /// A reaction is one emoji, or a short name between colons.
    #[error("a reaction is one emoji, or a short name between colons")]
    NotAReaction,
    /// There are as many as there may be.
    #[error("at most {max} are possible here")]
    TooMany {
        /// How many there may be.
        max: u64,
    },
    /// What is searched for is no question.
    #[error("{why}")]
    NotAQuestion {
        /// Why not.
        why: &'static str,
    },
    /// There is no search index.
    #[error("this server does not search")]
    NoSearch,
    /// The session is over.
    #[error("this connection has left")]
    Gone,
}
