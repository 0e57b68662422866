//! The command line, as types: `--help` is made from the comments here.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use parlor_engine::Accept;
use parlor_hub::limits::{INVITATION_DAYS_MAX, INVITATION_USES_MAX};

use crate::settings::Listener;

const USES_MAX: i64 = INVITATION_USES_MAX as i64;
const DAYS_MAX: i64 = INVITATION_DAYS_MAX as i64;

/// One server for a group of people: chat now; folders, news and games to come.
///
/// Start it with `parlor serve`, open the set-up link that it prints, and invite the others.
#[derive(Debug, Parser)]
#[command(name = "parlor", version, max_term_width = 100, infer_subcommands = true)]
pub(crate) struct Arguments {
    /// Say more in the log (-v life cycle, -vv every command, -vvv every read and write).
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What Parlor can be told to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: the page on HTTP, the same rooms on IRC.
    Serve(Serve),
    /// Run the lecture's echo server on any of the I/O models.
    Echo(Echo),
    /// Measure the I/O models side by side and draw the charts.
    Lab(Lab),
    /// Add, change, remove and list accounts, whether the server runs or not.
    #[command(subcommand)]
    User(User),
    /// Make an invitation link that lets somebody create an account.
    Invite(Invite),
    /// Chat in this terminal, in the same rooms as the page.
    Chat(Chat),
}

/// Options of `parlor serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Where browsers connect: an address, or `off`. Port 0 picks a free one.
    #[arg(long, value_name = "ADDR|off", env = "PARLOR_HTTP", hide_env_values = true)]
    pub(crate) http: Option<Listener>,
    /// Where IRC clients connect: an address, or `off`. Port 0 picks a free one.
    #[arg(long, value_name = "ADDR|off", env = "PARLOR_IRC", hide_env_values = true)]
    pub(crate) irc: Option<Listener>,
    /// The I/O model that carries the connections: threads, pool:N (8 or more), select, poll,
    /// epoll, epoll:N, io_uring, io_uring:N, tokio, tokio:N.
    #[arg(long, value_name = "MODEL", env = "PARLOR_MODEL", hide_env_values = true)]
    pub(crate) model: Option<String>,
    /// `lab` is for load and conformance tests: open registration, no flood control, no caps for
    /// an address, cheap password hashing; loopback only.
    #[arg(long, value_enum, env = "PARLOR_PROFILE", hide_env_values = true, default_value_t = Profile::Default)]
    pub(crate) profile: Profile,
}

/// The data directory, as every command that needs one takes it.
#[derive(Debug, Args)]
pub(crate) struct Data {
    /// The directory that holds everything Parlor keeps.
    #[arg(
        long,
        value_name = "DIR",
        env = "PARLOR_DATA",
        hide_env_values = true,
        default_value = "parlor-data"
    )]
    pub(crate) data: PathBuf,
}

/// Which set of limits the server runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    // Plain comments: what clap would make of doc comments is a page of help for two words.
    // Safe limits for a group of people.
    Default,
    // No limits that would disturb a measurement; loopback only.
    Lab,
}

/// Options of `parlor echo`.
#[derive(Debug, Args)]
pub(crate) struct Echo {
    /// Where clients connect. Port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:50001")]
    pub(crate) listen: SocketAddr,
    /// The I/O model: blocking, threads, pool, pool:N, prefork, prefork:N, prefork:N/MODEL, select,
    /// select:big, poll, epoll, epoll:N, io_uring, io_uring:N, tokio, tokio:N.
    #[arg(long, value_name = "MODEL", default_value = "epoll")]
    pub(crate) model: String,
    /// The lecture's first form: one receive, one send, close.
    #[arg(long)]
    pub(crate) once: bool,
    /// Who accepts clients, on models with several workers: handoff, shared, exclusive (not on
    /// tokio), reuseport.
    #[arg(long, value_name = "HOW", default_value_t)]
    pub(crate) accept: Accept,
}

/// Options of `parlor lab`.
///
/// The same handler on every model, beside bare loops and, if you like, other servers; loopback
/// only. Prints tables and writes a folder with one page of charts. Takes under 15 minutes; run it
/// alone on the machine.
#[derive(Debug, Args)]
pub(crate) struct Lab {
    /// What to measure: echo, oneshot, idle, c10k, c100k, storm, broadcast, work, wait, slow.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// Models to measure, with commas between them: threads,epoll,tokio:2.
    #[arg(long, value_name = "LIST")]
    pub(crate) models: Option<String>,
    /// Numbers of connections, with commas between them: 1,100,10000.
    #[arg(long, value_name = "LIST")]
    pub(crate) connections: Option<String>,
    /// Another TCP echo server beside ours: a command for the shell, which finds its port in PORT.
    #[arg(long = "peer", value_name = "NAME=COMMAND")]
    pub(crate) peers: Vec<String>,
    /// The folder for the report.
    #[arg(long, value_name = "DIR", default_value = "parlor-lab")]
    pub(crate) out: PathBuf,
    /// One short round of everything, in under two minutes.
    #[arg(long)]
    pub(crate) quick: bool,
    /// How often everything is measured, as far as the time of a run goes [default: 3, or 1 if quick].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) rounds: Option<u8>,
    /// Measure latency in a closed loop, where each client waits for its answer before it sends.
    #[arg(long)]
    pub(crate) closed: bool,
    // The lab starts this program again for its servers and generators.
    #[arg(long, value_name = "ROLE", hide = true)]
    pub(crate) role: Option<LabRole>,
    // What a server is to serve.
    #[arg(long, hide = true)]
    pub(crate) order: Option<String>,
    // The processor that a generator may use.
    #[arg(long, hide = true)]
    pub(crate) processor: Option<usize>,
}

/// What a process of the lab does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabRole {
    Server,
    Load,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add an account.
    Add {
        #[command(flatten)]
        data: Data,
        /// The account's name, which is also its nick.
        name: String,
        #[command(flatten)]
        password: Password,
        /// Make it an administrator.
        #[arg(long)]
        admin: bool,
    },
    /// Give an account a new password; its devices have to sign in again.
    Passwd {
        #[command(flatten)]
        data: Data,
        /// The account's name.
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Remove an account; what it wrote stays.
    Remove {
        #[command(flatten)]
        data: Data,
        /// The account's name.
        name: String,
    },
    /// Make a password for one program of an account, and print it: for IRC clients and the JSON
    /// API. It is shown this once, and removed on the page.
    Token {
        #[command(flatten)]
        data: Data,
        /// The account's name.
        name: String,
        /// What the password is for.
        #[arg(long, value_name = "TEXT", default_value = "command line")]
        label: String,
    },
    /// List the accounts.
    List {
        #[command(flatten)]
        data: Data,
        /// Print JSON, an array with a name and a flag for each account.
        #[arg(long)]
        json: bool,
    },
}

/// How a password is given: asked for on a terminal, or read from standard input.
#[derive(Debug, Args)]
pub(crate) struct Password {
    /// Read the password from the first line of standard input instead of asking for it.
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Options of `parlor invite`.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    #[command(flatten)]
    pub(crate) data: Data,
    /// How many accounts the link may create, 1 to 1000.
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u32).range(1..=USES_MAX))]
    pub(crate) uses: u32,
    /// For how many days the link works, 1 to 90.
    #[arg(long, default_value_t = 7, value_parser = value_parser!(u32).range(1..=DAYS_MAX))]
    pub(crate) days: u32,
    /// Print the link alone, without the QR code.
    #[arg(long)]
    pub(crate) plain: bool,
}

/// Options of `parlor chat`.
#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// The server's address, as a browser would open it.
    #[arg(
        long,
        value_name = "URL",
        env = "PARLOR_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080"
    )]
    pub(crate) server: String,
    /// The room to open first; it is joined, and made if there is none.
    #[arg(long, value_name = "NAME")]
    pub(crate) room: Option<String>,
    /// The account to sign in with. Asked for when it is not given and not remembered.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) password: Password,
    /// Sign out at this server, forget the sign-in, and end.
    #[arg(long)]
    pub(crate) sign_out: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_for_too_many_or_too_long_is_refused_not_cut() {
        let invite = |flags: [&str; 2]| {
            Arguments::try_parse_from(["parlor", "invite"].into_iter().chain(flags)).is_ok()
        };
        assert!(invite(["--uses", "1000"]) && invite(["--days", "90"]));
        for flags in [["--uses", "1001"], ["--days", "91"], ["--uses", "0"], ["--days", "0"]] {
            assert!(!invite(flags), "{flags:?}");
        }
    }
}
