//! Images on messages, as IRC shows them: their addresses, each on a line of its own; and the other
//! way round, the addresses in what a client says that may be images of its own.
//!
//! Opening one needs what the page needs: to be signed in, and to be able to read the message.

use std::borrow::Cow;

use parlor_chat::limits::FILES_PER_MESSAGE;
use parlor_chat::{ChatEvent, Message};

/// The message with the addresses of its images behind its text, if it has any. `base` is where
/// browsers reach the page; without one there are no addresses.
pub fn shown<'a>(message: &'a Message, base: Option<&str>) -> Cow<'a, Message> {
    let Some(base) = base.filter(|_| !message.files.is_empty()) else {
        return Cow::Borrowed(message);
    };
    let said = &message.text;
    let mut message = message.clone();
    for file in &message.files {
        if said.contains(&format!("/files/{}/", file.id)) {
            continue;
        }
        if !message.text.is_empty() {
            message.text.push('\n');
        }
        message.text.push_str(&format!("{base}/files/{}/{}", file.id, encoded(&file.name)));
    }
    Cow::Owned(message)
}

/// The ids of the images whose addresses stand in a text, at most as many as fit on a message, and
/// the text without those at its edges: an image shows itself. Whose they are chat knows. The host
/// does not matter, for a server may have several names and ids cannot be guessed.
pub fn taken(text: &str) -> (Vec<String>, &str) {
    let mut ids: Vec<String> = Vec::new();
    for id in text.split_whitespace().filter_map(id_of) {
        if ids.len() < FILES_PER_MESSAGE && !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    let is_taken = |word: &str| id_of(word).is_some_and(|id| ids.iter().any(|known| known == id));
    let mut rest = text.trim();
    loop {
        let first = rest.split_whitespace().next().unwrap_or_default();
        let last = rest.split_whitespace().next_back().unwrap_or_default();
        rest = if is_taken(last) {
            rest[..rest.len() - last.len()].trim_end()
        } else if is_taken(first) {
            rest[first.len()..].trim_start()
        } else {
            break;
        };
    }
    let rest = if ids.is_empty() { text } else { rest };
    (ids, rest)
}

/// The id in the address of an image.
fn id_of(word: &str) -> Option<&str> {
    let rest = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"))?;
    let (_, path) = rest.split_once("/files/")?;
    let (id, name) = path.split_once('/')?;
    let is_id = id.len() == 30 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_id && !name.is_empty() && !name.contains('/')).then_some(id)
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
    fn addresses_are_taken_for_images() {
        let (one, two) = ("0123456789abcdef0123456789abcd", "fedcba9876543210fedcba98765432");
        let a = format!("https://chat.example/files/{one}/cat.png");
        let b = format!("http://127.0.0.1:8080/files/{two}/dog.png");
        let both = || vec![one.to_owned(), two.to_owned()];
        assert_eq!(taken(&a), (vec![one.to_owned()], ""));
        assert_eq!(taken(&format!("{a} look  {b} ")), (both(), "look"));
        assert_eq!(taken(&format!("look\n{a}\n{b}")), (both(), "look"));
        let inside = format!("see {a} there {a}");
        let rest = format!("see {a} there");
        assert_eq!(taken(&inside), (vec![one.to_owned()], &*rest), "text around it stays");
        for text in [
            " no address ",
            "https://chat.example/files/short/cat.png",
            "https://chat.example/files/0123456789abcdef0123456789abcd",
            "https://chat.example/files/0123456789abcdef0123456789abcd/",
            "/files/0123456789abcdef0123456789abcd/cat.png",
        ] {
            assert_eq!(taken(text), (Vec::new(), text));
        }
        let many: Vec<String> =
            (0..20).map(|n| format!("https://x.example/files/{n:030x}/a.png")).collect();
        let many = many.join(" ");
        let (ids, rest) = taken(&many);
        assert_eq!((ids.len(), rest.split(' ').count()), (FILES_PER_MESSAGE, 10));
    }

    #[test]
    fn what_stands_in_the_text_is_not_shown_again() {
        let base = Some("https://chat.example");
        let said = "see https://chat.example/files/f1/a.png there";
        assert_eq!(shown(&message(said, &["a.png"]), base).text, said);
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
