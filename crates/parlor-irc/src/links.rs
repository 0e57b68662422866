//! Images on messages, as IRC shows them: their addresses, each on a line of its own.
//!
//! Opening one needs what the page needs: to be signed in, and to be able to read the message.

use std::borrow::Cow;

use parlor_chat::{ChatEvent, Message};

/// The message with the addresses of its images behind its text, if it has any. `base` is where
/// browsers reach the page; without one there are no addresses.
pub fn shown<'a>(message: &'a Message, base: Option<&str>) -> Cow<'a, Message> {
    let Some(base) = base.filter(|_| !message.files.is_empty()) else {
        return Cow::Borrowed(message);
    };
    let mut message = message.clone();
    for file in &message.files {
        if !message.text.is_empty() {
            message.text.push('\n');
        }
        message.text.push_str(&format!("{base}/files/{}/{}", file.id, encoded(&file.name)));
    }
    Cow::Owned(message)
}

/// The same for an event.
pub(crate) fn shown_event<'a>(event: &'a ChatEvent, base: Option<&str>) -> Cow<'a, ChatEvent> {
    match event {
        ChatEvent::Posted(message) => match shown(message, base) {
            Cow::Borrowed(_) => Cow::Borrowed(event),
            Cow::Owned(message) => Cow::Owned(ChatEvent::Posted(message)),
        },
        _ => Cow::Borrowed(event),
    }
}

/// A name as a part of an address.
fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use parlor_chat::{Attachment, Author, MessageKind};
    use parlor_hub::PersonId;
    use parlor_topics::TopicId;

    use super::*;

    fn message(text: &str, names: &[&str]) -> Message {
        let text = text.to_owned();
        let file = |name: &&str| Attachment {
            id: "f1".to_owned(),
            name: (*name).to_owned(),
            kind: "image/png".to_owned(),
            bytes: 1,
            width: 1,
            height: 1,
        };
        let author = Author {
            person: PersonId(1),
            nick: "ann".to_owned(),
            account: None,
            user: "a".to_owned(),
            host: "member".to_owned(),
            bot: false,
        };
        Message {
            topic: TopicId(1),
            offset: 1,
            msgid: "m".to_owned(),
            at_ms: 1,
            author,
            to: None,
            kind: MessageKind::Text,
            text,
            reply: None,
            files: names.iter().map(file).collect(),
            edited_ms: None,
            redacted: false,
            reactions: Vec::new(),
        }
    }

    #[test]
    fn images_are_lines_of_their_own() {
        let base = Some("https://chat.example");
        let both = message("look", &["my cat.png"]);
        assert_eq!(shown(&both, base).text, "look\nhttps://chat.example/files/f1/my%20cat.png");
        let alone = message("", &["a.png", "\u{e9}.png"]);
        let lines = "https://chat.example/files/f1/a.png\nhttps://chat.example/files/f1/%C3%A9.png";
        assert_eq!(shown(&alone, base).text, lines);
        assert!(matches!(shown(&both, None), Cow::Borrowed(_)));
        assert!(matches!(shown(&message("x", &[]), base), Cow::Borrowed(_)));
    }
}
