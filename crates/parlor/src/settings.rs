//! What `parlor serve` will do: flags beat environment beats `parlor.toml` beats defaults.
//!
//! The raw forms are `cli.rs` (flags and environment, merged by clap) and `config.rs` (the file);
//! here they become one set of checked values. Nothing after this file asks where a value came from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use parlor_chat::RoomName;
use parlor_engine::Model;
use parlor_hub::limits::ABSENCE_GRACE_MS;
use parlor_hub::{Hashing, Registration};
use parlor_irc::proxy::Trusted;
use parlor_irc::session::Operator;

use crate::cli::{Profile, Serve};
use crate::config::{self, Config};
use crate::exit::Problem;

/// Default port of the page.
const HTTP_PORT: u16 = 8080;
/// Default port for IRC clients, as registered for IRC.
const IRC_PORT: u16 = 6667;
/// Usual port of IRC over WebSocket.
const IRC_WEBSOCKET_PORT: u16 = 8097;
/// Live connections in all; file descriptors for the store and the listeners come on top.
const CONNECTIONS_MAX: usize = 19_000;
/// Live connections of one address: a school sits behind one.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 2_000;
/// The longest that the going of a last device may be kept to oneself.
const ABSENCE_GRACE_SECONDS_MAX: u64 = 3600;
/// How long the server waits for a newcomer's JOIN before the lobby opens by itself.
const LOBBY_GRACE_MS: u64 = 1_500;

/// Everything `parlor serve` needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) http: Option<SocketAddr>,
    pub(crate) irc: Option<SocketAddr>,
    pub(crate) model: Model,
    pub(crate) public_url: Option<String>,
    pub(crate) hosts: Vec<String>,
    pub(crate) connections_max: usize,
    pub(crate) connections_per_address_max: usize,
    pub(crate) registration: Registration,
    pub(crate) always_on: bool,
    pub(crate) absence_grace_ms: u64,
    pub(crate) hashing: Hashing,
    /// Flood control, sign-in attempts: off in the lab profile.
    pub(crate) guarded: bool,
    pub(crate) irc_name: String,
    pub(crate) irc_description: String,
    pub(crate) irc_network: String,
    pub(crate) irc_password: Option<String>,
    pub(crate) irc_motd: Option<String>,
    pub(crate) irc_websocket: Option<SocketAddr>,
    pub(crate) irc_icon: Option<String>,
    pub(crate) irc_proxies: Trusted,
    pub(crate) irc_gateway_password: Option<String>,
    pub(crate) irc_operators: Vec<Operator>,
    pub(crate) lobby: Option<RoomName>,
    pub(crate) lobby_grace_ms: u64,
}

/// Where a protocol listens, as it is written: an address or `off`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listener(String);

impl FromStr for Listener {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Settings {
    /// Merges flags, environment, file and defaults, and refuses what can't be.
    pub(crate) fn resolve(flags: &Serve) -> anyhow::Result<Self> {
        let config = config::read(&flags.data.data)?;
        let lab = flags.profile == Profile::Lab;
        let text = |flag: &Option<Listener>, file: &Option<String>| {
            flag.as_ref().map(|listener| listener.0.clone()).or_else(|| file.clone())
        };
        let http = http(text(&flags.http, &config.server.http))?;
        let irc = listener("irc", text(&flags.irc, &config.server.irc), IRC_PORT)?;
        if http.is_none() && irc.is_none() {
            return Err(usage("both `http` and `irc` are off: there is nothing to serve"));
        }
        let settings = Self {
            http,
            irc,
            model: model(flags.model.as_ref().or(config.server.model.as_ref()))?,
            public_url: public_url(config.server.public_url.as_deref())?,
            hosts: config.server.hosts.clone(),
            connections_max: config.server.connections_max.unwrap_or(CONNECTIONS_MAX),
            connections_per_address_max: if lab {
                0
            } else {
                config.server.connections_per_address_max.unwrap_or(CONNECTIONS_PER_ADDRESS_MAX)
            },
            registration: registration(&config, lab),
            always_on: config.accounts.always_on.unwrap_or(true),
            absence_grace_ms: absence_grace_ms(config.accounts.absence_grace_seconds)?,
            hashing: if lab { Hashing::Cheap } else { Hashing::Standard },
            guarded: !lab,
            irc_name: server_name(config.irc.name)?,
            irc_description: config.irc.description.unwrap_or_else(|| "A Parlor".to_owned()),
            irc_network: config.irc.network.unwrap_or_else(|| "Parlor".to_owned()),
            irc_password: config.irc.password.filter(|password| !password.is_empty()),
            irc_motd: config.irc.motd,
            irc_websocket: websocket(config.irc.websocket)?,
            irc_icon: config.irc.icon,
            irc_proxies: proxies(&config.irc.proxies)?,
            irc_gateway_password: config.irc.gateway_password,
            irc_operators: operators(config.irc.operators)?,
            lobby: lobby(config.irc.lobby, lab)?,
            lobby_grace_ms: LOBBY_GRACE_MS,
            data: flags.data.data.clone(),
        };
        if lab {
            settings.refuse_beyond_loopback()?;
        }
        Ok(settings)
    }

    /// The lab profile has no defences, so it must not be reachable from outside.
    fn refuse_beyond_loopback(&self) -> anyhow::Result<()> {
        for address in [self.http, self.irc, self.irc_websocket].into_iter().flatten() {
            if !address.ip().is_loopback() {
                return Err(usage(format!(
                    "the lab profile has no defences and listens on loopback only, not on {address}"
                )));
            }
        }
        Ok(())
    }
}

/// The I/O model's name, checked; `epoll` when nothing is said.
pub(crate) fn model(text: Option<&String>) -> anyhow::Result<Model> {
    text.map_or("epoll", String::as_str).parse().map_err(|error| usage(format!("{error}")))
}

/// Where the page listens, from what is written.
pub(crate) fn http(text: Option<String>) -> anyhow::Result<Option<SocketAddr>> {
    listener("http", text, HTTP_PORT)
}

fn usage(message: impl Into<String>) -> anyhow::Error {
    Problem::Usage(message.into()).into()
}

fn listener(name: &str, text: Option<String>, port: u16) -> anyhow::Result<Option<SocketAddr>> {
    let Some(text) = text else {
        return Ok(Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
    };
    if text == "off" {
        return Ok(None);
    }
    // An address alone means the usual port.
    let alone = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port));
    text.parse().or(alone).map(Some).map_err(|_| {
        usage(format!(
            "`{name}` must be an address with a port, such as 127.0.0.1:{port}, or `off`, not `{text}`"
        ))
    })
}

fn registration(config: &Config, lab: bool) -> Registration {
    match config.accounts.registration {
        Some(config::Registration::Open) => Registration::Open,
        Some(config::Registration::Invite) => Registration::Invite,
        Some(config::Registration::Closed) => Registration::Closed,
        None if lab => Registration::Open,
        None => Registration::Invite,
    }
}

/// How long others are not told that a last device has gone.
fn absence_grace_ms(seconds: Option<u64>) -> anyhow::Result<u64> {
    match seconds {
        None => Ok(ABSENCE_GRACE_MS),
        Some(seconds) if seconds <= ABSENCE_GRACE_SECONDS_MAX => Ok(seconds * 1000),
        Some(seconds) => Err(usage(format!(
            "`accounts.absence_grace_seconds` is {ABSENCE_GRACE_SECONDS_MAX} at most, not {seconds}"
        ))),
    }
}

/// The address that browsers see, without a slash at the end.
pub(crate) fn public_url(text: Option<&str>) -> anyhow::Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest.map(|rest| rest.trim_end_matches('/')) {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ', '@']) => {
            Ok(Some(text.trim_end_matches('/').to_owned()))
        }
        _ => Err(usage(format!(
            "`server.public_url` must be like https://parlor.example.org, not `{text}`"
        ))),
    }
}

/// A server name stands in every IRC prefix: one word with a dot, so that no nick can look like it.
fn server_name(name: Option<String>) -> anyhow::Result<String> {
    let name = name.unwrap_or_else(|| "parlor.local".to_owned());
    let fits = name.len() <= 63
        && name.contains('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if fits {
        return Ok(name);
    }
    Err(usage(format!(
        "`irc.name` must be a host name with a dot, such as parlor.local, not `{name}`"
    )))
}

/// Where IRC over WebSocket has a listener of its own; nowhere unless said.
fn websocket(text: Option<String>) -> anyhow::Result<Option<SocketAddr>> {
    match text {
        None => Ok(None),
        Some(text) => listener("irc.websocket", Some(text), IRC_WEBSOCKET_PORT),
    }
}

fn proxies(list: &[String]) -> anyhow::Result<Trusted> {
    Trusted::parse(list).map_err(|entry| {
        usage(format!(
            "`irc.proxies` has addresses and networks, such as 127.0.0.1 or 10.0.0.0/8, not `{entry}`"
        ))
    })
}

fn operators(list: Vec<config::Operator>) -> anyhow::Result<Vec<Operator>> {
    let fits = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    list.into_iter()
        .map(|operator| {
            let config::Operator { name, password } = operator;
            // Both are words of one IRC line.
            if fits(&name) && fits(&password) {
                return Ok(Operator { name, password });
            }
            Err(usage(format!(
                "an operator in `irc.operators` needs a name and a password without spaces (`{name}`)"
            )))
        })
        .collect()
}

fn lobby(name: Option<String>, lab: bool) -> anyhow::Result<Option<RoomName>> {
    match name.as_deref() {
        None if lab => Ok(None),
        None => Ok(Some(RoomName::new("#lobby")?)),
        Some("") => Ok(None),
        Some(name) => RoomName::new(name)
            .map(Some)
            .map_err(|error| usage(format!("`irc.lobby` is no room name: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Arguments, Command};

    fn resolve(flags: &[&str], file: &str) -> anyhow::Result<Settings> {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join(config::FILE_NAME), file).unwrap();
        let mut line = vec!["parlor", "serve", "--data", data.path().to_str().unwrap()];
        line.extend(flags);
        let Command::Serve(serve) = Arguments::parse_from(line).command else { unreachable!() };
        Settings::resolve(&serve)
    }

    #[test]
    fn flags_beat_the_file_and_the_file_beats_defaults() {
        let settings = resolve(&[], "").unwrap();
        assert_eq!(settings.http.unwrap().to_string(), "127.0.0.1:8080");
        assert_eq!(settings.irc.unwrap().to_string(), "127.0.0.1:6667");
        let settings = resolve(&[], "[server]\nhttp='127.0.0.1:9'\nirc='off'").unwrap();
        assert_eq!(settings.http.unwrap().port(), 9);
        assert_eq!(settings.irc, None);
        let settings = resolve(&["--http", "127.0.0.1:7"], "[server]\nhttp='off'").unwrap();
        assert_eq!(settings.http.unwrap().port(), 7);
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        let cases: &[(&[&str], &str, &str)] = &[
            (&["--http", "nowhere"], "", "`http` must be an address"),
            (&["--http", "off", "--irc", "off"], "", "nothing to serve"),
            (&["--model", "epol"], "", "epoll"),
            (&["--profile", "lab", "--irc", "0.0.0.0:0"], "", "loopback only"),
            (&[], "[accounts]\nabsence_grace_seconds=3601", "absence_grace_seconds"),
            (&[], "[irc]\nname='nodot'", "`irc.name`"),
            (&[], "[irc]\nproxies=['10.0.0.0/99']", "`irc.proxies`"),
            (&[], "[irc]\nwebsocket='there'", "`irc.websocket`"),
            (&[], "[[irc.operators]]\nname='a b'\npassword='c'", "`irc.operators`"),
            (&["--profile", "lab"], "[irc]\nwebsocket='0.0.0.0:0'", "loopback only"),
            (&[], "[irc]\nlobby='lobby'", "`irc.lobby`"),
            (&[], "[server]\npublic_url='parlor.example'", "`server.public_url`"),
        ];
        for (flags, file, expected) in cases {
            let error = resolve(flags, file).unwrap_err().to_string();
            assert!(error.contains(expected), "{flags:?} {file}: {error}");
        }
    }

    #[test]
    fn the_lab_profile_opens_what_a_measurement_needs() {
        let settings = resolve(&["--profile", "lab"], "").unwrap();
        assert!(!settings.guarded);
        assert_eq!(settings.connections_per_address_max, 0);
        assert_eq!(settings.lobby, None);
        assert!(matches!(settings.registration, Registration::Open));
    }
}
