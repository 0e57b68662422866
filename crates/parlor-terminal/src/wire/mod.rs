//! The live protocol as this client speaks it: JSON text ⇄ commands, answers and events.
//!
//! The names are those of `docs/protocol.md`. Fields that are not here are ignored, events that are
//! not known give [`Event::Other`]: a newer server is no reason to stop. No I/O.

use serde::Deserialize;
use serde_json::{Value, json};

/// The subprotocol of the WebSocket.
pub(crate) const SUBPROTOCOL: &str = "parlor.v1+json";

/// A command for the server, without its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its parameters, an object.
    pub(crate) parameters: Value,
}

impl Command {
    /// A command with an object of parameters.
    pub(crate) fn new(name: &'static str, parameters: Value) -> Self {
        Self { name, parameters }
    }

    /// The frame to send.
    pub(crate) fn encode(&self, id: u64) -> String {
        json!({ "t": self.name, "id": id, "p": self.parameters }).to_string()
    }
}

/// What the server sends.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    /// It is done.
    Ok {
        /// The command's number.
        re: u64,
        /// The answer.
        p: Value,
    },
    /// It is not done.
    Refused {
        /// The command's number.
        re: u64,
        /// The protocol's word for why.
        code: String,
        /// A sentence for people.
        msg: String,
    },
    /// Something happened.
    Event(Place, Event),
}

/// Where and when something happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    /// The topic.
    pub(crate) k: u64,
    /// The offset; events that are on no disk have none.
    pub(crate) n: Option<u64>,
    /// The position to resume from.
    pub(crate) pos: Option<String>,
    /// When, in milliseconds since 1970.
    pub(crate) at: i64,
}

/// What happened; the fields are named as in `docs/protocol.md`.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Posted(Box<Message>),
    Edited {
        n: u64,
        text: String,
    },
    Redacted {
        n: u64,
    },
    Reacted {
        n: u64,
        by: Person,
        emoji: String,
    },
    Unreacted {
        n: u64,
        by: Person,
        emoji: String,
    },
    Typing {
        by: Person,
        state: String,
    },
    Subject {
        by: Person,
        subject: String,
    },
    RoomRenamed {
        by: Person,
        name: String,
        reason: String,
    },
    Role {
        by: Person,
        person: u64,
        nick: String,
        role: String,
    },
    Modes {
        by: Person,
    },
    Settings {
        by: Person,
    },
    Kicked {
        by: Person,
        person: u64,
        nick: String,
        reason: String,
    },
    Banned {
        by: Person,
        who: String,
        reason: String,
        mute: bool,
    },
    Unbanned {
        by: Person,
        who: String,
    },
    Created {
        by: Option<Person>,
    },
    Invited {
        by: Person,
        room: String,
    },
    Read {
        k: Option<u64>,
        person: Option<u64>,
        n: u64,
    },
    Joined {
        room: Box<Room>,
    },
    Entered {
        person: u64,
        nick: String,
    },
    Left {
        person: u64,
        nick: String,
        reason: String,
    },
    Renamed {
        person: u64,
        old: String,
        new: String,
    },
    Away {
        person: u64,
        nick: String,
        text: Option<String>,
        gone: bool,
    },
    Reset {
        k: u64,
        pos: String,
    },
    Gone {
        k: u64,
    },
    /// Something this client does not show.
    Other,
}

/// Somebody, as events name them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Person {
    #[serde(default)]
    pub(crate) person: u64,
    #[serde(default)]
    pub(crate) nick: String,
}

/// A message in its current form.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Message {
    pub(crate) n: u64,
    pub(crate) msgid: String,
    pub(crate) at: i64,
    pub(crate) from: Person,
    pub(crate) to: Option<Person>,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) reply: Option<Reply>,
    pub(crate) edited: Option<i64>,
    pub(crate) redacted: bool,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) files: Vec<File>,
}

/// The message that another one answers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Reply {
    pub(crate) msgid: String,
    pub(crate) nick: Option<String>,
    pub(crate) text: Option<String>,
}

/// One emoji on a message, and who put it there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Reaction {
    pub(crate) emoji: String,
    pub(crate) people: Vec<Person>,
    pub(crate) count: u64,
    pub(crate) mine: bool,
}

/// A file that hangs on a message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// A room as `hello` and `chat.join` describe it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Room {
    pub(crate) k: u64,
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) members: u64,
    pub(crate) role: String,
    pub(crate) unread: u64,
    pub(crate) mentions: u64,
    pub(crate) read: u64,
    pub(crate) last: u64,
    pub(crate) pos: String,
    pub(crate) quiet: bool,
    pub(crate) draft: Option<String>,
}

/// A direct conversation as `hello` describes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Direct {
    pub(crate) person: u64,
    pub(crate) nick: String,
    pub(crate) online: bool,
    pub(crate) unread: u64,
    pub(crate) read: u64,
    pub(crate) last: u64,
    pub(crate) draft: Option<String>,
}

/// The inbox: the topic of direct messages.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Inbox {
    pub(crate) k: u64,
    pub(crate) pos: String,
}

/// The answer to `hello`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Welcome {
    pub(crate) me: Person,
    pub(crate) inbox: Inbox,
    pub(crate) rooms: Vec<Room>,
    pub(crate) direct: Vec<Direct>,
    pub(crate) resumed: Vec<String>,
}

/// A page of history.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Page {
    pub(crate) messages: Vec<Message>,
    pub(crate) more: bool,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
}

/// One message that a search found.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Hit {
    pub(crate) message: Message,
    pub(crate) k: Option<u64>,
    pub(crate) room: Option<String>,
}

/// Somebody in a room, or online.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Member {
    pub(crate) person: u64,
    pub(crate) nick: String,
    pub(crate) role: String,
    pub(crate) away: Option<String>,
    /// In a room: whether none of its devices is connected.
    pub(crate) gone: bool,
    /// In the list of all people: whether one is.
    pub(crate) online: Option<bool>,
}

impl Member {
    /// Why it is away, in words, if it is; that it is not connected says itself.
    pub(crate) fn absence(&self) -> Option<String> {
        let text = self.away.as_ref()?;
        let gone = self.gone || self.online == Some(false);
        Some(if gone { text.clone() } else { format!("away {text}") })
    }
}

/// The answer to `chat.members` and `people`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Members {
    #[serde(alias = "people")]
    pub(crate) members: Vec<Member>,
    pub(crate) total: u64,
}

/// One room of the list of all rooms.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) members: u64,
}

#[derive(Deserialize)]
struct Raw {
    t: String,
    re: Option<u64>,
    k: Option<u64>,
    n: Option<u64>,
    pos: Option<String>,
    at: Option<i64>,
    code: Option<String>,
    msg: Option<String>,
    #[serde(default)]
    p: Value,
}

/// Reads one frame; what is none gives nothing.
pub(crate) fn decode(text: &str) -> Option<Frame> {
    let raw: Raw = serde_json::from_str(text).ok()?;
    match (raw.t.as_str(), raw.re) {
        ("ok", Some(re)) => Some(Frame::Ok { re, p: raw.p }),
        ("err", Some(re)) => Some(Frame::Refused {
            re,
            code: raw.code.unwrap_or_default(),
            msg: raw.msg.unwrap_or_else(|| "That did not work.".to_owned()),
        }),
        _ => {
            let place = Place {
                k: raw.k.unwrap_or_default(),
                n: raw.n,
                pos: raw.pos,
                at: raw.at.unwrap_or_default(),
            };
            let event = event(&raw.t, raw.p, &place).unwrap_or(Event::Other);
            Some(Frame::Event(place, event))
        }
    }
}

/// Reads the answer to a command.
pub(crate) fn answer<T: for<'de> Deserialize<'de> + Default>(p: Value) -> T {
    serde_json::from_value(p).unwrap_or_default()
}

fn event(name: &str, p: Value, place: &Place) -> Option<Event> {
    let fields = Fields(&p);
    Some(match name {
        "chat.posted" => {
            let mut message: Message = serde_json::from_value(p).ok()?;
            message.n = place.n.unwrap_or(message.n);
            message.at = if message.at == 0 { place.at } else { message.at };
            Event::Posted(Box::new(message))
        }
        "chat.edited" => Event::Edited { n: fields.number("n")?, text: fields.text("text") },
        "chat.redacted" => Event::Redacted { n: fields.number("n")? },
        "chat.reacted" => Event::Reacted {
            n: fields.number("n")?,
            by: fields.person("by"),
            emoji: fields.text("emoji"),
        },
        "chat.unreacted" => Event::Unreacted {
            n: fields.number("n")?,
            by: fields.person("by"),
            emoji: fields.text("emoji"),
        },
        "chat.typing" => Event::Typing { by: fields.person("by"), state: fields.text("state") },
        "chat.subject" => {
            Event::Subject { by: fields.person("by"), subject: fields.text("subject") }
        }
        "chat.renamed" => Event::RoomRenamed {
            by: fields.person("by"),
            name: fields.text("name"),
            reason: fields.text("reason"),
        },
        "chat.role" => Event::Role {
            by: fields.person("by"),
            person: fields.number("person")?,
            nick: fields.text("nick"),
            role: fields.text("role"),
        },
        "chat.modes" => Event::Modes { by: fields.person("by") },
        "chat.settings" => Event::Settings { by: fields.person("by") },
        "chat.kicked" => Event::Kicked {
            by: fields.person("by"),
            person: fields.number("person")?,
            nick: fields.text("nick"),
            reason: fields.text("reason"),
        },
        "chat.banned" => Event::Banned {
            by: fields.person("by"),
            who: fields.either("nick", "mask"),
            reason: fields.text("reason"),
            mute: p.get("mute").and_then(Value::as_bool).unwrap_or(false),
        },
        "chat.unbanned" => {
            Event::Unbanned { by: fields.person("by"), who: fields.either("nick", "mask") }
        }
        "chat.created" => Event::Created {
            by: p.get("by").filter(|by| by.is_object()).map(|_| fields.person("by")),
        },
        "chat.invited" => Event::Invited { by: fields.person("by"), room: fields.text("room") },
        "chat.read" => Event::Read {
            k: fields.number("k"),
            person: fields.number("person"),
            n: fields.number("n")?,
        },
        "chat.joined" => {
            Event::Joined { room: serde_json::from_value(p.get("room")?.clone()).ok()? }
        }
        _ => return presence(name, &fields),
    })
}

fn presence(name: &str, fields: &Fields<'_>) -> Option<Event> {
    Some(match name {
        "presence.entered" => {
            Event::Entered { person: fields.number("person")?, nick: fields.text("nick") }
        }
        "presence.left" => Event::Left {
            person: fields.number("person")?,
            nick: fields.text("nick"),
            reason: fields.text("reason"),
        },
        "presence.renamed" => Event::Renamed {
            person: fields.number("person")?,
            old: fields.text("old"),
            new: fields.text("new"),
        },
        "presence.away" => Event::Away {
            person: fields.number("person")?,
            nick: fields.text("nick"),
            text: fields.0.get("text").and_then(Value::as_str).map(str::to_owned),
            gone: fields.0.get("gone").and_then(Value::as_bool).unwrap_or_default(),
        },
        "reset" => Event::Reset { k: fields.number("k")?, pos: fields.text("pos") },
        "gone" => Event::Gone { k: fields.number("k")? },
        _ => return None,
    })
}

/// The fields of a body, read tolerantly.
struct Fields<'a>(&'a Value);

impl Fields<'_> {
    fn text(&self, name: &str) -> String {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn either(&self, first: &str, second: &str) -> String {
        let found = self.text(first);
        if found.is_empty() { self.text(second) } else { found }
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    fn person(&self, name: &str) -> Person {
        let found = self.0.get(name).cloned().unwrap_or_default();
        serde_json::from_value(found).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
