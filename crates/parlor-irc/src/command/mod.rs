//! The commands: one file each, and the table that finds them.
//!
//! Every file has the same parts: `handle` reads a line and answers it or asks for a request;
//! further functions write the answer to what the connection found out. Nothing here waits.

pub mod label;
pub mod cap;
pub mod authenticate;
pub mod pass;
pub mod nick;
pub mod user;
pub mod ping;
pub mod quit;
pub mod join;
pub mod part;
pub mod privmsg;
pub mod redact;
pub mod register;
pub mod topic;
pub mod names;
pub mod list;
pub mod chathistory;
pub mod markread;
pub mod search;
pub mod znc;
pub mod metadata;
pub mod who;
pub mod whois;
pub mod mode;
pub mod rename;
pub mod kick;
pub mod invite;
pub mod away;
pub mod setname;
pub mod monitor;
pub mod batch;
pub mod isupport;
pub mod motd;
pub mod lusers;
pub mod userhost;
pub mod info;
pub mod help;
pub mod oper;
pub mod webirc;
pub mod welcome;

use parlor_hub::credit::COMMAND;

use crate::numeric::Numeric;
use crate::session::{Next, Turn};

/// When a command may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Before,
    Registered,
}

/// One command.
struct Command {
    name: &'static str,
    when: When,
    params: usize,
    cost: u32,
    handle: fn(&mut Turn<'_>) -> Next,
}

const FULL: u32 = COMMAND;
const HALF: u32 = COMMAND / 2;
const LITTLE: u32 = COMMAND / 5;

const fn always(
    name: &'static str,
    params: usize,
    cost: u32,
    handle: fn(&mut Turn<'_>) -> Next,
) -> Command {
    Command { name, when: When::Always, params, cost, handle }
}

const fn registered(
    name: &'static str,
    params: usize,
    cost: u32,
    handle: fn(&mut Turn<'_>) -> Next,
) -> Command {
    Command { name, when: When::Registered, params, cost, handle }
}

const fn before(name: &'static str, params: usize, handle: fn(&mut Turn<'_>) -> Next) -> Command {
    Command { name, when: When::Before, params, cost: LITTLE, handle }
}

/// Every command, the frequent ones first.
const COMMANDS: &[Command] = &[
    registered("PRIVMSG", 0, FULL, privmsg::handle_privmsg),
    always("PING", 0, LITTLE, ping::handle_ping),
    always("PONG", 0, LITTLE, ping::handle_pong),
    registered("JOIN", 1, HALF, join::handle),
    registered("NOTICE", 0, FULL, privmsg::handle_notice),
    registered("TAGMSG", 0, HALF, privmsg::handle_tagmsg),
    registered("REDACT", 2, FULL, redact::handle_redact),
    registered("EDITMSG", 2, FULL, redact::handle_edit),
    always("REGISTER", 3, FULL, register::handle),
    always("VERIFY", 2, FULL, register::handle_verify),
    always("NICK", 0, LITTLE, nick::handle),
    before("USER", 4, user::handle),
    always("CAP", 0, LITTLE, cap::handle),
    always("AUTHENTICATE", 1, LITTLE, authenticate::handle),
    before("PASS", 1, pass::handle),
    always("QUIT", 0, LITTLE, quit::handle),
    registered("CHATHISTORY", 0, HALF, chathistory::handle),
    registered("MARKREAD", 0, HALF, markread::handle),
    registered("PART", 1, HALF, part::handle),
    registered("TOPIC", 1, HALF, topic::handle),
    registered("NAMES", 0, HALF, names::handle),
    registered("LIST", 0, FULL, list::handle),
    registered("METADATA", 2, HALF, metadata::handle),
    registered("SEARCH", 1, FULL, search::handle),
    registered("WHO", 0, HALF, who::handle),
    registered("WHOIS", 0, HALF, whois::handle),
    registered("WHOWAS", 0, HALF, whois::handle_whowas),
    registered("MODE", 1, HALF, mode::handle),
    registered("RENAME", 2, FULL, rename::handle),
    registered("KICK", 2, FULL, kick::handle),
    registered("INVITE", 0, FULL, invite::handle),
    always("AWAY", 0, HALF, away::handle),
    registered("SETNAME", 0, HALF, setname::handle),
    registered("MONITOR", 1, HALF, monitor::handle),
    registered("BATCH", 1, HALF, batch::handle),
    always("ISUPPORT", 0, HALF, isupport::handle),
    registered("MOTD", 0, HALF, motd::handle),
    registered("LUSERS", 0, HALF, lusers::handle),
    registered("VERSION", 0, HALF, info::handle_version),
    registered("USERHOST", 1, HALF, userhost::handle),
    registered("ISON", 1, HALF, userhost::handle_ison),
    registered("TIME", 0, HALF, info::handle_time),
    registered("INFO", 0, HALF, info::handle_info),
    registered("ADMIN", 0, HALF, info::handle_admin),
    registered("LINKS", 0, HALF, info::handle_links),
    registered("HELP", 0, HALF, help::handle),
    registered("OPER", 2, FULL, oper::handle),
    registered("KILL", 1, FULL, oper::handle_kill),
    registered("WALLOPS", 0, FULL, oper::handle_wallops),
    before("WEBIRC", 4, webirc::handle),
];

/// Finds and runs the command of a line; says what it costs.
pub fn dispatch(turn: &mut Turn<'_>) -> (Next, u32) {
    if let Some(done) = batch::take(turn) {
        return done;
    }
    let Some(command) = COMMANDS.iter().find(|command| turn.message.is(command.name)) else {
        turn.reply(Numeric::UnknownCommand, &[turn.message.command]);
        return (Next::Done, FULL);
    };
    let registered = turn.session.is_registered();
    if command.when == When::Registered && !registered {
        turn.reply(Numeric::NotRegistered, &[]);
        return (Next::Done, FULL);
    }
    if command.when == When::Before && registered {
        turn.reply(Numeric::AlreadyRegistered, &[]);
        return (Next::Done, FULL);
    }
    if turn.message.params.len() < command.params {
        turn.reply(Numeric::NeedMoreParams, &[command.name]);
        return (Next::Done, FULL);
    }
    ((command.handle)(turn), command.cost)
}

/// The names of all commands, for HELP.
pub fn all() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}
