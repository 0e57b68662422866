//! The capabilities a client can negotiate, and the set that it did.
//!
//! Only what works is in the list. The set is one word; deliveries look at it for every line, so
//! a test is one `and`.

use crate::sasl::MECHANISMS;

/// One capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Capability {
    /// ACCOUNT when its person signs in.
    AccountNotify,
    /// Making an account.
    AccountRegistration,
    /// The account's name on what its person does.
    AccountTag,
    /// AWAY when somebody in a shared room goes or comes back.
    AwayNotify,
    /// Lines that belong together.
    Batch,
    /// Told when the list of capabilities changes; implied by version 302.
    CapNotify,
    /// Asking for what was said before, instead of being shown it.
    ChatHistory,
    /// RENAME when a room has another name.
    ChannelRename,
    /// CHGHOST when its prefix changes.
    ChgHost,
    /// Own messages come back once they are kept.
    EchoMessage,
    /// What happened besides messages is part of the history.
    EventPlayback,
    /// What 005 says can be asked for at any time, and comes in a batch.
    ExtendedIsupport,
    /// Who is watched for is shown like who is in a shared room.
    ExtendedMonitor,
    /// Account and real name in JOIN.
    ExtendedJoin,
    /// INVITE of others is shown to members of the room.
    InviteNotify,
    /// Answers carry the label of their question.
    LabeledResponse,
    /// Messages can be edited, and are shown so.
    MessageEdit,
    /// Messages can be taken back, and are shown so.
    MessageRedaction,
    /// Tags, and with them message ids.
    MessageTags,
    /// Texts of several lines as one message.
    Multiline,
    /// All prefixes of a name, not only the highest.
    MultiPrefix,
    /// No NAMES after JOIN.
    NoImplicitNames,
    /// AWAY before registration.
    PreAway,
    /// How far its person has read.
    ReadMarker,
    /// Signing in with an account.
    Sasl,
    /// What people say of themselves, in the older draft.
    Metadata2,
    /// The same in the newer one.
    Metadata3,
    /// Finding what was said.
    Search,
    /// When it happened, to the millisecond.
    ServerTime,
    /// Another real name while connected.
    Setname,
    /// FAIL, WARN and NOTE.
    StandardReplies,
    /// `nick!user@host` in NAMES.
    UserhostInNames,
    /// Asking `*playback` for what was said before, as of a bouncer.
    ZncPlayback,
}

/// A capability's line in the list.
#[derive(Debug)]
pub struct Offer {
    /// Which one.
    pub capability: Capability,
    /// Its name on the wire.
    pub name: &'static str,
    /// What CAP LS 302 says about it.
    pub value: Option<&'static str>,
}

const fn offer(capability: Capability, name: &'static str) -> Offer {
    Offer { capability, name, value: None }
}

/// What the server offers, in the order CAP LS shows it.
pub const OFFERED: &[Offer] = &[
    offer(Capability::AccountNotify, "account-notify"),
    offer(Capability::AccountTag, "account-tag"),
    offer(Capability::AwayNotify, "away-notify"),
    offer(Capability::Batch, "batch"),
    offer(Capability::CapNotify, "cap-notify"),
    offer(Capability::ChgHost, "chghost"),
    Offer {
        capability: Capability::AccountRegistration,
        name: "draft/account-registration",
        value: Some("before-connect,custom-account-name"),
    },
    offer(Capability::ChannelRename, "draft/channel-rename"),
    offer(Capability::ChatHistory, "draft/chathistory"),
    offer(Capability::EventPlayback, "draft/event-playback"),
    offer(Capability::ExtendedIsupport, "draft/extended-isupport"),
    offer(Capability::MessageRedaction, "draft/message-redaction"),
    Offer {
        capability: Capability::Metadata2,
        name: "draft/metadata-2",
        value: Some("max-subs=20,max-keys=7"),
    },
    Offer {
        capability: Capability::Metadata3,
        name: "draft/metadata-3",
        value: Some("max-subs=20,max-keys=7"),
    },
    Offer {
        capability: Capability::Multiline,
        name: "draft/multiline",
        value: Some("max-bytes=8000,max-lines=100"),
    },
    offer(Capability::PreAway, "draft/pre-away"),
    offer(Capability::ReadMarker, "draft/read-marker"),
    offer(Capability::EchoMessage, "echo-message"),
    offer(Capability::ExtendedJoin, "extended-join"),
    offer(Capability::ExtendedMonitor, "extended-monitor"),
    offer(Capability::InviteNotify, "invite-notify"),
    offer(Capability::LabeledResponse, "labeled-response"),
    offer(Capability::MessageTags, "message-tags"),
    offer(Capability::MultiPrefix, "multi-prefix"),
    offer(Capability::NoImplicitNames, "no-implicit-names"),
    offer(Capability::MessageEdit, "parlor.local/message-edit"),
    Offer { capability: Capability::Sasl, name: "sasl", value: Some(MECHANISMS) },
    offer(Capability::ServerTime, "server-time"),
    offer(Capability::Setname, "setname"),
    offer(Capability::Search, "soju.im/search"),
    offer(Capability::StandardReplies, "standard-replies"),
    offer(Capability::UserhostInNames, "userhost-in-names"),
    offer(Capability::ZncPlayback, "znc.in/playback"),
];

/// The offer with this name.
pub fn find(name: &str) -> Option<&'static Offer> {
    OFFERED.iter().find(|offer| offer.name == name)
}

/// What a client negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(u64);

impl Capabilities {
    /// The set with nothing in it.
    pub const NONE: Self = Self(0);

    /// True when it was negotiated.
    pub fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u8) != 0
    }

    /// The set with or without this one.
    #[must_use]
    pub fn with(self, capability: Capability, on: bool) -> Self {
        let bit = 1 << capability as u8;
        Self(if on { self.0 | bit } else { self.0 & !bit })
    }

    /// Any combination, for tests.
    #[cfg(test)]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The names in the set, in the order of the list.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        OFFERED.iter().filter(move |offer| self.has(offer.capability)).map(|offer| offer.name)
    }
}
