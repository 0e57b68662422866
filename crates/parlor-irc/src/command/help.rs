//! HELP: how the commands are used, for people who type them.

use crate::numeric::Numeric;
use crate::session::{Next, Turn};

/// A command, how it is written, and what it does.
struct Entry(&'static str, &'static str, &'static str);

/// What HELP tells about each command.
const ENTRIES: &[Entry] = &[
    Entry("ADMIN", "ADMIN", "Shows who keeps this server."),
    Entry(
        "AUTHENTICATE",
        "AUTHENTICATE <mechanism>",
        "Signs in to an account; your client does it.",
    ),
    Entry("AWAY", "AWAY [text]", "Says that you are away and why; without a text you are back."),
    Entry("BATCH", "BATCH +<name> draft/multiline <target>", "Begins a text of several lines."),
    Entry("CAP", "CAP LS|LIST|REQ|END", "Negotiates what your client can do."),
    Entry("CHATHISTORY", "CHATHISTORY LATEST <target> * <limit>", "Shows what was said before."),
    Entry("EDITMSG", "EDITMSG <target> <msgid> <text>", "Gives one of your messages another text."),
    Entry("HELP", "HELP [command]", "Shows how a command is used."),
    Entry("INFO", "INFO", "Shows what this server is."),
    Entry("INVITE", "INVITE <nick> <room>", "Asks somebody into a room you are in."),
    Entry("ISON", "ISON <nick> [nick]...", "Shows which of these people are here."),
    Entry("ISUPPORT", "ISUPPORT", "Shows what this server supports."),
    Entry("JOIN", "JOIN <room>{,<room>}", "Enters rooms; one that does not exist is made."),
    Entry("KICK", "KICK <room> <nick> [reason]", "Puts somebody out of a room you keep."),
    Entry("KILL", "KILL <nick> [reason]", "Ends somebody's connections; for operators."),
    Entry("LINKS", "LINKS", "Shows the servers of this network: this one."),
    Entry("LIST", "LIST [mask]{,>count}", "Shows which rooms there are."),
    Entry("LUSERS", "LUSERS", "Counts who is here."),
    Entry(
        "MARKREAD",
        "MARKREAD <target> [timestamp=<time>]",
        "Shows or moves how far you have read.",
    ),
    Entry("METADATA", "METADATA <target> <subcommand>", "What people say of themselves."),
    Entry(
        "MODE",
        "MODE <room|nick> [changes]",
        "Shows or changes switches: +i invited only, +m \
        moderated, +t subject locked, +o and +v for people; on yourself +B for a bot, +A to stay in your \
        rooms while you are not connected.",
    ),
    Entry(
        "MONITOR",
        "MONITOR +|- <nick>{,<nick>}, MONITOR C|L|S",
        "Tells you when people come and go.",
    ),
    Entry("MOTD", "MOTD", "Shows the message of the day."),
    Entry("NAMES", "NAMES <room>", "Shows who is in a room."),
    Entry("NICK", "NICK <nick>", "Takes another nick."),
    Entry("NOTICE", "NOTICE <target> <text>", "Says something that no program answers."),
    Entry("OPER", "OPER <name> <password>", "Makes you an operator, if the configuration has you."),
    Entry("PART", "PART <room>{,<room>} [reason]", "Leaves rooms."),
    Entry("PASS", "PASS <account>:<password>", "Signs in, before NICK and USER."),
    Entry("PING", "PING <token>", "Asks whether this server lives."),
    Entry("PONG", "PONG <token>", "Answers a PING."),
    Entry("PRIVMSG", "PRIVMSG <room|nick> <text>", "Says something to a room or a person."),
    Entry("QUIT", "QUIT [reason]", "Leaves this server."),
    Entry("REDACT", "REDACT <target> <msgid> [reason]", "Takes a message back."),
    Entry("REGISTER", "REGISTER <account|*> <invitation|*> <password>", "Makes an account."),
    Entry("RENAME", "RENAME <room> <name> [reason]", "Gives a room you keep another name."),
    Entry(
        "SEARCH",
        "SEARCH text=<words>;in=<room>;from=<nick>;after=<time>;before=<time>",
        "Finds what was said. A word that ends in * stands for all that begin so, a phrase is in \
         quotes, and -word leaves out.",
    ),
    Entry("SETNAME", "SETNAME <name>", "Changes your real name."),
    Entry("TAGMSG", "TAGMSG <target>", "Sends tags without a text; your client does it."),
    Entry("TIME", "TIME", "Shows this server's time."),
    Entry("TOPIC", "TOPIC <room> [subject]", "Shows or changes what a room is about."),
    Entry("USER", "USER <user> 0 * <real name>", "Introduces you, once."),
    Entry("USERHOST", "USERHOST <nick> [nick]...", "Shows people in the short form."),
    Entry("VERIFY", "VERIFY <account> <code>", "Nothing is to be verified here."),
    Entry("VERSION", "VERSION", "Shows what runs here, and what it supports."),
    Entry("WALLOPS", "WALLOPS <text>", "Tells all operators; for operators."),
    Entry(
        "WEBIRC",
        "WEBIRC <password> <gateway> <host> <ip>",
        "Says whose connection it is; for gateways.",
    ),
    Entry("WHO", "WHO <room|nick|mask> [%fields]", "Shows people."),
    Entry("WHOIS", "WHOIS <nick>", "Shows all about one person that you may know."),
    Entry("WHOWAS", "WHOWAS <nick>", "Nothing is kept about people who have left."),
];

/// `HELP [command]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let subject = turn.param(0).to_ascii_uppercase();
    if subject.is_empty() {
        contents(turn);
        return Next::Done;
    }
    match ENTRIES.iter().find(|Entry(name, ..)| *name == subject) {
        None => turn.reply(Numeric::HelpNotFound, &[&subject]),
        Some(Entry(_, usage, text)) => {
            turn.reply_text(Numeric::HelpStart, &[&subject], usage);
            turn.reply_text(Numeric::HelpText, &[&subject], text);
            turn.reply_text(Numeric::EndOfHelp, &[&subject], "End of help");
        }
    }
    Next::Done
}

fn contents(turn: &mut Turn<'_>) {
    let first = "JOIN #room enters a room, PRIVMSG #room :words speaks in it.";
    turn.reply_text(Numeric::HelpStart, &["*"], first);
    let commands: Vec<&str> = ENTRIES.iter().map(|Entry(name, ..)| *name).collect();
    for commands in commands.chunks(12) {
        turn.reply_text(Numeric::HelpText, &["*"], &commands.join(" "));
    }
    let last = "HELP and a command's name tells more; LIST shows the rooms";
    turn.reply_text(Numeric::EndOfHelp, &["*"], last);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_help_on_every_command() {
        let mut known: Vec<&str> = crate::command::all().collect();
        let mut told: Vec<&str> = ENTRIES.iter().map(|Entry(name, ..)| *name).collect();
        assert!(told.is_sorted());
        known.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, known);
    }
}
