//! What is typed into the composer: a message, or a command that begins with a slash. Pure.

/// A command as `/help` shows it and as it is completed.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) takes: &'static str,
    pub(crate) does: &'static str,
}

const fn entry(name: &'static str, takes: &'static str, does: &'static str) -> Entry {
    Entry { name, takes, does }
}

/// Every command; the same words as on the page.
pub(crate) const COMMANDS: &[Entry] = &[
    entry("me", "action", "says what you do: /me waves"),
    entry("msg", "nick [text]", "writes a private message"),
    entry("join", "#room", "joins a room, or makes a new one"),
    entry("part", "[reason]", "leaves this room"),
    entry("topic", "[text]", "sets the topic of this room"),
    entry("invite", "nick", "invites somebody to this room"),
    entry("kick", "nick [reason]", "removes somebody from this room"),
    entry("ban", "nick [reason]", "removes somebody and keeps them out"),
    entry("away", "[text]", "marks you away; without a text, back"),
    entry("nick", "name", "changes your nick"),
    entry("always-on", "[on|off]", "whether you stay in your rooms while not connected"),
    entry("search", "words", "finds messages; how to ask for them is below"),
    entry("who", "", "shows who is here"),
    entry("list", "", "shows all rooms"),
    entry("help", "", "shows commands and keys"),
    entry("quit", "", "ends this program"),
];

/// How a question for `/search` is written; the server knows what each does.
pub(crate) const QUESTIONS: &[(&str, &str)] = &[
    ("tea", "the word, whole"),
    ("tea*", "every word that begins so, from two letters on"),
    ("\"tea for two\"", "these words side by side"),
    ("-coffee", "without this word"),
    ("from:ann  in:#garden", "said by her; in this room"),
    ("has:link", "with a link; also has:file, has:image"),
    ("is:mention", "that names you"),
    ("after:2026-11-27", "on this day (UTC) or later"),
    ("before:2026-11-27", "earlier than this day (UTC)"),
];

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Nothing,
    /// A message of this kind: "text" or "action".
    Say {
        kind: &'static str,
        text: String,
    },
    Message {
        nick: String,
        text: String,
    },
    Join {
        name: String,
    },
    Part {
        reason: String,
    },
    Topic {
        subject: String,
    },
    Invite {
        nick: String,
    },
    Kick {
        nick: String,
        reason: String,
    },
    Ban {
        nick: String,
        reason: String,
    },
    Away {
        text: Option<String>,
    },
    Nick {
        nick: String,
    },
    /// Without a value it is only asked for.
    AlwaysOn {
        on: Option<bool>,
    },
    Search {
        query: String,
    },
    Who,
    List,
    Help,
    Quit,
    /// It can't be done as typed; the sentence says why.
    Wrong(String),
}

/// Understands what was typed. Two slashes say a text that begins with one; a path such as
/// `/etc/hosts` is a message.
pub(crate) fn parse(input: &str) -> Typed {
    let text = input.trim_end();
    if text.trim().is_empty() {
        return Typed::Nothing;
    }
    if let Some(text) = text.strip_prefix('/').filter(|rest| rest.starts_with('/')) {
        return Typed::Say { kind: "text", text: text.to_owned() };
    }
    let Some((name, rest)) = command(text) else {
        return Typed::Say { kind: "text", text: text.to_owned() };
    };
    let (word, more) = first_word(rest);
    let nick = word.trim_start_matches('@').to_owned();
    let more = more.to_owned();
    match name.as_str() {
        "me" if !rest.is_empty() => Typed::Say { kind: "action", text: rest.to_owned() },
        "msg" if !nick.is_empty() => Typed::Message { nick, text: more },
        "join" => room_name(rest).map_or_else(|| usage("join"), |name| Typed::Join { name }),
        "part" => Typed::Part { reason: rest.to_owned() },
        "topic" => Typed::Topic { subject: rest.to_owned() },
        "invite" if !nick.is_empty() => Typed::Invite { nick },
        "kick" if !nick.is_empty() => Typed::Kick { nick, reason: more },
        "ban" if !nick.is_empty() => Typed::Ban { nick, reason: more },
        "away" => Typed::Away { text: (!rest.is_empty()).then(|| rest.to_owned()) },
        "nick" if !rest.is_empty() && more.is_empty() => Typed::Nick { nick: rest.to_owned() },
        "always-on" => match rest.to_ascii_lowercase().as_str() {
            "" => Typed::AlwaysOn { on: None },
            "on" => Typed::AlwaysOn { on: Some(true) },
            "off" => Typed::AlwaysOn { on: Some(false) },
            _ => usage("always-on"),
        },
        "search" if !rest.is_empty() => Typed::Search { query: rest.to_owned() },
        "who" => Typed::Who,
        "list" => Typed::List,
        "help" => Typed::Help,
        "quit" => Typed::Quit,
        name => usage(name),
    }
}

/// The commands whose names begin with what was typed so far.
pub(crate) fn completions(before: &str) -> Vec<&'static Entry> {
    match before.strip_prefix('/') {
        Some(begun) if begun.chars().all(of_a_command) => {
            let begun = begun.to_ascii_lowercase();
            COMMANDS.iter().filter(|entry| entry.name.starts_with(&begun)).collect()
        }
        _ => Vec::new(),
    }
}

/// A room's name as typed becomes one: a leading `#`, no spaces.
fn room_name(typed: &str) -> Option<String> {
    let bare = typed.trim().trim_start_matches('#').replace(',', "");
    let bare = bare.split_whitespace().collect::<Vec<_>>().join("-");
    (!bare.is_empty()).then(|| format!("#{bare}"))
}

fn command(text: &str) -> Option<(String, &str)> {
    let typed = text.strip_prefix('/').filter(|typed| !typed.starts_with(char::is_whitespace))?;
    let (name, rest) = first_word(typed);
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic());
    (word && name.chars().all(of_a_command)).then(|| (name.to_ascii_lowercase(), rest))
}

/// Whether a letter can stand in the name of a command.
fn of_a_command(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '-'
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn usage(name: &str) -> Typed {
    Typed::Wrong(match COMMANDS.iter().find(|entry| entry.name == name) {
        Some(entry) => format!("use it like this: /{name} {}", entry.takes),
        None => format!("there is no command /{name}; /help shows what there is"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> Typed {
        Typed::Say { kind: "text", text: text.to_owned() }
    }

    #[test]
    fn what_begins_with_a_slash_is_a_command_unless_it_is_a_text() {
        for (input, expected) in [
            ("  ", Typed::Nothing),
            ("hello ", say("hello")),
            ("//shrug", say("/shrug")),
            ("/etc/hosts is a file", say("/etc/hosts is a file")),
            ("/ alone", say("/ alone")),
            ("/me waves", Typed::Say { kind: "action", text: "waves".to_owned() }),
            ("/JOIN my room", Typed::Join { name: "#my-room".to_owned() }),
            (
                "/msg @bob  two\nlines",
                Typed::Message { nick: "bob".to_owned(), text: "two\nlines".to_owned() },
            ),
            ("/away", Typed::Away { text: None }),
            ("/kick bob", Typed::Kick { nick: "bob".to_owned(), reason: String::new() }),
            ("/always-on", Typed::AlwaysOn { on: None }),
            ("/Always-On OFF", Typed::AlwaysOn { on: Some(false) }),
            ("/always-on on", Typed::AlwaysOn { on: Some(true) }),
            (
                "/always-on perhaps",
                Typed::Wrong("use it like this: /always-on [on|off]".to_owned()),
            ),
            ("/-", say("/-")),
            ("/search from:ann tea", Typed::Search { query: "from:ann tea".to_owned() }),
            ("/msg", Typed::Wrong("use it like this: /msg nick [text]".to_owned())),
            ("/nick two words", Typed::Wrong("use it like this: /nick name".to_owned())),
            (
                "/dance",
                Typed::Wrong("there is no command /dance; /help shows what there is".to_owned()),
            ),
        ] {
            assert_eq!(parse(input), expected, "{input:?}");
        }
    }

    #[test]
    fn names_are_completed() {
        let names = |begun| completions(begun).iter().map(|entry| entry.name).collect::<Vec<_>>();
        assert_eq!(names("/k"), ["kick"]);
        assert_eq!(names("/al"), ["always-on"]);
        assert_eq!(names("/always-"), ["always-on"]);
        assert_eq!(names("/"), COMMANDS.iter().map(|entry| entry.name).collect::<Vec<_>>());
        assert!(names("/topic x").is_empty() && names("k").is_empty());
    }

    #[test]
    fn every_command_of_the_list_is_understood() {
        for entry in COMMANDS {
            let understood = |rest: &str| {
                let typed = parse(&format!("/{} {rest}", entry.name));
                !matches!(typed, Typed::Wrong(_) | Typed::Say { kind: "text", .. })
            };
            assert!(understood("something") || understood(""), "{entry:?}");
        }
    }
}
