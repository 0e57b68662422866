//! The admin socket: what a running server does for `parlor user` and `parlor invite`.
//!
//! A Unix socket in the data directory (mode 0600), one JSON object a line each way, one request a
//! connection. The kernel says who asks: only root and the server's own user are answered. When no
//! server runs, the same `perform` works on the directory itself.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use parlor_hub::{AccountRefusal, Actor, Failure, InvitationRefusal, Link, PersonId};
use serde::{Deserialize, Serialize};

/// The socket's name inside the data directory.
const SOCKET_NAME: &str = "admin.sock";
/// A request or an answer larger than this is refused.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// How long either side waits for the other's line.
const LINE_WAIT: Duration = Duration::from_secs(30);

/// Why an operator can't invite: an invitation is always in an administrator's name.
const NO_INVITER: &str = "there is no administrator yet in whose name to invite: use the set-up \
    link, or `parlor user add NAME --admin`";

/// What an operator may ask of the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Request {
    AddAccount { name: String, password: String, admin: bool },
    SetPassword { name: String, password: String },
    RemoveAccount { name: String },
    ListAccounts,
    MakeToken { name: String, label: String },
    Invite { uses: u32, valid_for_s: u64 },
}

/// The server's answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Answer {
    Done,
    Accounts { accounts: Vec<AccountLine> },
    Token { password: String },
    Invitation { token: String, base_url: Option<String> },
    Refused { why: String },
    Failed { why: String },
}

/// One account in a list.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountLine {
    pub(crate) name: String,
    pub(crate) admin: bool,
}

/// Does what was asked; `base_url` is where this server's page is found.
pub(crate) async fn perform(link: &Link, base_url: Option<&str>, request: Request) -> Answer {
    match request {
        Request::AddAccount { name, password, admin } => {
            done(link.add_account(&name, &password, admin).await)
        }
        Request::SetPassword { name, password } => done(link.set_password(&name, &password).await),
        Request::RemoveAccount { name } => done(link.remove_account(&name).await),
        Request::ListAccounts => match link.accounts().await {
            Err(error) => Answer::Failed { why: error.to_string() },
            Ok(accounts) => Answer::Accounts {
                accounts: accounts
                    .into_iter()
                    .map(|account| AccountLine {
                        name: account.name.to_string(),
                        admin: account.admin,
                    })
                    .collect(),
            },
        },
        Request::MakeToken { name, label } => make_token(link, &name, &label).await,
        Request::Invite { uses, valid_for_s } => {
            // The operator at the machine is nobody's account, and may do what an administrator may.
            let operator = Actor { person: PersonId(0), account: None, admin: true };
            match link.create_invitation(&operator, uses, valid_for_s).await {
                Ok(token) => Answer::Invitation { token, base_url: base_url.map(str::to_owned) },
                Err(Failure::Refused(InvitationRefusal::NotAllowed)) => {
                    Answer::Refused { why: NO_INVITER.to_owned() }
                }
                Err(failure) => failed(failure),
            }
        }
    }
}

async fn make_token(link: &Link, name: &str, label: &str) -> Answer {
    match link.account(name).await {
        Err(error) => Answer::Failed { why: error.to_string() },
        Ok(None) => Answer::Refused { why: AccountRefusal::NoSuchAccount.to_string() },
        Ok(Some(account)) => match link.create_app_password(account.id, label).await {
            Ok((_, password)) => Answer::Token { password },
            Err(failure) => failed(failure),
        },
    }
}

fn done<T, R: std::fmt::Display>(outcome: Result<T, Failure<R>>) -> Answer {
    match outcome {
        Ok(_) => Answer::Done,
        Err(failure) => failed(failure),
    }
}

fn failed<R: std::fmt::Display>(failure: Failure<R>) -> Answer {
    match failure {
        Failure::Refused(refusal) => Answer::Refused { why: refusal.to_string() },
        other => Answer::Failed { why: other.to_string() },
    }
}

/// The socket of a running server; dropping it takes the file away.
pub(crate) struct AdminSocket {
    path: PathBuf,
}

impl AdminSocket {
    /// Listens in the data directory and answers on a thread of its own.
    ///
    /// A file left by a server that was killed is replaced: the store's lock has already shown that
    /// no other server runs here.
    pub(crate) fn listen(
        data: &Path,
        link: Link,
        base_url: Option<String>,
    ) -> anyhow::Result<Self> {
        let path = data.join(SOCKET_NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not replace {}", path.display()));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path)
            .with_context(|| format!("could not listen on {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
            .with_context(|| format!("could not protect {}", path.display()))?;
        let answer_all = move || {
            for stream in listener.incoming().flatten() {
                if let Err(error) = answer(&stream, &link, base_url.as_deref()) {
                    tracing::debug!(%error, "an admin request came to nothing");
                }
            }
        };
        thread::Builder::new()
            .name("admin".to_owned())
            .spawn(answer_all)
            .context("could not start the admin thread")?;
        Ok(Self { path })
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the admin socket's file was gone already");
        }
    }
}

/// Answers one connection: one line in, one line out.
fn answer(stream: &UnixStream, link: &Link, base_url: Option<&str>) -> anyhow::Result<()> {
    stream.set_read_timeout(Some(LINE_WAIT))?;
    stream.set_write_timeout(Some(LINE_WAIT))?;
    let asker = rustix::net::sockopt::socket_peercred(stream)?.uid;
    if !asker.is_root() && asker != rustix::process::geteuid() {
        let why = "only root and the server's own user may ask".to_owned();
        return write_line(stream, &Answer::Refused { why });
    }
    let answer = match read_line(stream) {
        Ok(request) => parlor_engine::block_on(perform(link, base_url, request)),
        Err(error) => Answer::Failed { why: error.to_string() },
    };
    write_line(stream, &answer)
}

/// Asks the server that runs on this data directory; `None` when none does.
pub(crate) fn ask(data: &Path, request: &Request) -> anyhow::Result<Option<Answer>> {
    let stream = match UnixStream::connect(data.join(SOCKET_NAME)) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error).context("could not reach the running server"),
    };
    stream.set_read_timeout(Some(LINE_WAIT))?;
    stream.set_write_timeout(Some(LINE_WAIT))?;
    write_line(&stream, request).context("could not ask the running server")?;
    read_line(&stream).context("the running server gave no answer").map(Some)
}

fn write_line(mut stream: &UnixStream, message: &impl Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    Ok(())
}

fn read_line<T: for<'de> Deserialize<'de>>(stream: &UnixStream) -> anyhow::Result<T> {
    let mut line = Vec::new();
    BufReader::new(stream.take(LINE_BYTES_MAX)).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}
