//! Own messages that are not acknowledged yet, so that none is lost and none comes twice.
//!
//! Each has a key of its own; the server takes a key once, so sending again after a broken
//! connection is safe. One message of a conversation is under way at a time, which keeps the order.

use serde_json::{Value, json};

use crate::limits::OUTBOX_MAX;
use crate::state::{Key, State};
use crate::wire::Command;

/// A message on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    pub(crate) to: Key,
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// The message it answers.
    reply: Option<String>,
    /// Makes sending again safe.
    key: String,
    under_way: bool,
}

/// The messages that are not acknowledged, oldest first.
#[derive(Debug)]
pub(crate) struct Outbox {
    pending: Vec<Pending>,
    /// Different for each start, so that keys of two starts never meet.
    prefix: String,
    next: u64,
}

impl Outbox {
    pub(crate) fn new(prefix: String) -> Self {
        Self { pending: Vec::new(), prefix, next: 0 }
    }

    /// Adds a message; false when there are too many already.
    pub(crate) fn add(
        &mut self,
        to: Key,
        kind: &'static str,
        text: String,
        reply: Option<String>,
    ) -> bool {
        if self.pending.len() >= OUTBOX_MAX {
            return false;
        }
        self.next += 1;
        let key = format!("{}-{}", self.prefix, self.next);
        self.pending.push(Pending { to, kind, text, reply, key, under_way: false });
        true
    }

    /// The messages of a conversation.
    pub(crate) fn of(&self, to: Key) -> impl Iterator<Item = &Pending> {
        self.pending.iter().filter(move |pending| pending.to == to)
    }

    /// The commands that can be sent now, each with its key.
    pub(crate) fn due(&mut self) -> Vec<(String, Command)> {
        let mut seen = Vec::new();
        let mut due = Vec::new();
        for pending in &mut self.pending {
            if seen.contains(&pending.to) {
                continue;
            }
            seen.push(pending.to);
            if !pending.under_way {
                pending.under_way = true;
                due.push((pending.key.clone(), command(pending)));
            }
        }
        due
    }

    /// It is with the server, or refused: either way it is done. Gives it back.
    pub(crate) fn done(&mut self, key: &str) -> Option<Pending> {
        let place = self.pending.iter().position(|pending| pending.key == key)?;
        Some(self.pending.remove(place))
    }

    /// The connection broke: what was under way is sent again.
    pub(crate) fn interrupted(&mut self) {
        for pending in &mut self.pending {
            pending.under_way = false;
        }
    }

    /// Lets go of messages to conversations that are no longer there; gives how many.
    pub(crate) fn forget_gone(&mut self, state: &State) -> usize {
        let before = self.pending.len();
        self.pending.retain(|pending| state.conversation(pending.to).is_some());
        before - self.pending.len()
    }
}

fn command(pending: &Pending) -> Command {
    let mut p = State::target(pending.to);
    p["kind"] = pending.kind.into();
    p["text"] = pending.text.as_str().into();
    p["key"] = pending.key.as_str().into();
    if let Some(reply) = &pending.reply {
        p["reply"] = json!(reply);
    }
    Command::new("chat.post", Value::clone(&p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_has_one_message_under_way_and_a_break_sends_it_again_by_the_same_key() {
        let mut outbox = Outbox::new("x".to_owned());
        let (here, there) = (Key::Room(1), Key::Person(2));
        for (to, text) in [(here, "a"), (here, "b"), (there, "c")] {
            assert!(outbox.add(to, "text", text.to_owned(), None));
        }
        let texts = |due: &[(String, Command)]| {
            due.iter().map(|(_, it)| it.parameters["text"].to_string()).collect::<Vec<_>>()
        };
        let first = outbox.due();
        assert_eq!(texts(&first), [r#""a""#, r#""c""#]);
        assert_eq!(outbox.due(), []);
        outbox.interrupted();
        assert_eq!(outbox.due(), first);
        assert_eq!(outbox.done(&first[0].0).unwrap().text, "a");
        assert_eq!(texts(&outbox.due()), [r#""b""#]);
        assert_eq!(outbox.of(here).count(), 1);
    }

    #[test]
    fn there_is_a_bound() {
        let mut outbox = Outbox::new("x".to_owned());
        for _ in 0..OUTBOX_MAX {
            assert!(outbox.add(Key::Room(1), "text", String::new(), None));
        }
        assert!(!outbox.add(Key::Room(1), "text", String::new(), None));
    }
}
