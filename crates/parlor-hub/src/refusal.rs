//! The ways the hub says no. They are values, and protocols translate them.

/// Why a nick can't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NickRefusal {
    /// It is empty.
    #[error("a name must not be empty")]
    Empty,
    /// It is too long.
    #[error("a name has at most {max} characters")]
    TooLong {
        /// The most bytes it may have.
        max: usize,
    },
    /// It contains or begins with what a name must not.
    #[error("a name has letters, digits and -_[]\\`^{{}}| and does not start with a digit or -")]
    Malformed,
    /// Its letters are of scripts that are not written together.
    #[error(
        "the letters of a name are of one script, or of Latin with Chinese, Japanese or Korean"
    )]
    MixedScripts,
    /// Somebody has one that people would take for it.
    #[error("this name looks like one that somebody else has")]
    LooksTaken,
    /// Somebody else has it now.
    #[error("this name is in use")]
    InUse,
    /// It is the name of an account; sign in to use it.
    #[error("this name belongs to an account; sign in to use it")]
    Reserved,
    /// Elsewhere a service is called so, and people tell it their passwords.
    #[error("a service is called so on other networks; nobody is here")]
    Service,
    /// The account does not exist any more.
    #[error("this account does not exist any more")]
    NoSuchAccount,
}

/// Why an account can't be made or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// The name is not a name.
    #[error(transparent)]
    Name(#[from] NickRefusal),
    /// The name has an account already.
    #[error("this name is taken")]
    NameTaken,
    /// The password is too short.
    #[error("a password has at least {min} characters")]
    PasswordTooShort {
        /// The fewest bytes it must have.
        min: usize,
    },
    /// The password is too long.
    #[error("a password has at most {max} bytes")]
    PasswordTooLong {
        /// The most bytes it may have.
        max: usize,
    },
    /// Nobody can register here.
    #[error("registration is closed; ask an administrator for an account")]
    RegistrationClosed,
    /// One must be invited to register here.
    #[error("an invitation is needed to register here")]
    InvitationNeeded,
    /// The invitation does not help.
    #[error(transparent)]
    Invitation(#[from] InvitationRefusal),
    /// The set-up link was used: there is an account already.
    #[error("this server has already been set up; sign in, or ask its administrator")]
    AlreadySetUp,
    /// The set-up link is not the newest one.
    #[error("this set-up link is not valid; use the one the server printed when it last started")]
    WrongSetUpToken,
    /// There is no account of this name.
    #[error("there is no account of this name")]
    NoSuchAccount,
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
    /// There was too much of this from here.
    #[error("too many attempts; try again in {retry_after_s} seconds")]
    TooMany {
        /// When to try again.
        retry_after_s: u64,
    },
    /// A name of something of one's own is empty, too long or has control characters.
    #[error("give it a name of 1 to {max} bytes")]
    BadLabel {
        /// The most bytes it may have.
        max: usize,
    },
    /// There are as many app passwords as there may be.
    #[error("there are too many app passwords; remove some first")]
    TooManyAppPasswords,
    /// There is no such app password.
    #[error("there is no such app password")]
    NoSuchAppPassword,
    /// There is no such session.
    #[error("there is no such session")]
    NoSuchSession,
    /// Too many passwords are being checked.
    #[error("too many people are signing in; try again in a moment")]
    Busy,
}

/// Why somebody can't sign in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// The name or the password is wrong; which one is not said.
    #[error("the name or the password is wrong")]
    Wrong,
    /// There were too many failures.
    #[error("too many failed attempts; try again in {retry_after_s} seconds")]
    TooMany {
        /// When to try again.
        retry_after_s: u64,
    },
    /// Too many passwords are being checked.
    #[error("too many people are signing in; try again in a moment")]
    Busy,
}

/// Why an invitation can't be made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationRefusal {
    /// There is none with this token.
    #[error("there is no such invitation")]
    Unknown,
    /// It was used as often as it may be.
    #[error("this invitation has been used up")]
    Used,
    /// Its time is over.
    #[error("this invitation has expired")]
    Expired,
    /// Only administrators invite.
    #[error("only an administrator can invite")]
    NotAllowed,
    /// It makes no accounts: who invites is no administrator.
    #[error("this invitation is for people who have an account here already")]
    MakesNoAccounts,
    /// It leads to no room, and is for people without an account.
    #[error("this invitation is for somebody who has no account yet")]
    LeadsNowhere,
    /// Who has invited may not do so any more, or the room is gone.
    #[error("this invitation is no longer valid: who made it may not invite there any more")]
    Withdrawn,
    /// The account has made as many as it may.
    #[error("you have made {max} invitations that still work; revoke some first")]
    TooMany {
        /// The most there may be.
        max: u64,
    },
}

/// Why a profile can't be so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileRefusal {
    /// The display name is too long.
    #[error("a display name has at most {max} bytes")]
    DisplayTooLong {
        /// The most bytes it may have.
        max: usize,
    },
    /// Something else that stands on one line is too long.
    #[error("{what} may have at most {max} bytes")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// The most bytes it may have.
        max: usize,
    },
    /// The homepage is no address.
    #[error("a homepage is an address that begins with https:// or http:// and names a host")]
    NoHomepage,
    /// The color is none.
    #[error("a color is six hexadecimal digits, such as #3366cc")]
    NoColor,
    /// The words about oneself are too long.
    #[error("there are at most {max} bytes to say about yourself")]
    AboutTooLong {
        /// The most bytes there may be.
        max: usize,
    },
    /// It has characters that nobody sees, or that turn the reading direction.
    #[error(
        "characters that nobody sees, or that turn the reading direction, are not possible here"
    )]
    Hidden,
}
