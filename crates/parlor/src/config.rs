//! `parlor.toml` as it stands in the data directory: raw, everything optional.
//!
//! An unknown key is an error that names the nearest key that exists. What the values mean together
//! with flags and environment is decided in `settings.rs`, never here.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::exit::Problem;

/// The file's name inside the data directory.
pub(crate) const FILE_NAME: &str = "parlor.toml";

/// Nobody needs a larger one; a larger one is a mistake.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Every key there is, by its full path: the list that suggestions are taken from.
const KEYS: &[&str] = &[
    "server",
    "server.http",
    "server.irc",
    "server.model",
    "server.public_url",
    "server.hosts",
    "server.connections_max",
    "server.connections_per_address_max",
    "accounts",
    "accounts.registration",
    "accounts.always_on",
    "accounts.absence_grace_seconds",
    "irc",
    "irc.name",
    "irc.description",
    "irc.network",
    "irc.password",
    "irc.lobby",
    "irc.motd",
    "irc.websocket",
    "irc.icon",
    "irc.proxies",
    "irc.gateway_password",
    "irc.operators",
    "irc.operators.name",
    "irc.operators.password",
];

/// Keys whose features are not in this version: named, so that the error can say so.
const KEYS_LATER: &[&str] = &["accounts.before_connect"];

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) accounts: Accounts,
    pub(crate) irc: Irc,
}

/// `[server]`: addresses and limits.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) http: Option<String>,
    pub(crate) irc: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) public_url: Option<String>,
    pub(crate) hosts: Vec<String>,
    pub(crate) connections_max: Option<usize>,
    pub(crate) connections_per_address_max: Option<usize>,
}

/// `[accounts]`: who may create one, and whether they stay.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Accounts {
    pub(crate) registration: Option<Registration>,
    pub(crate) always_on: Option<bool>,
    pub(crate) absence_grace_seconds: Option<u64>,
}

/// Who may create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Registration {
    Open,
    Invite,
    Closed,
}

/// `[irc]`: how the server shows itself to IRC clients.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Irc {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) network: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) lobby: Option<String>,
    pub(crate) motd: Option<String>,
    pub(crate) websocket: Option<String>,
    pub(crate) icon: Option<String>,
    pub(crate) proxies: Vec<String>,
    pub(crate) gateway_password: Option<String>,
    pub(crate) operators: Vec<Operator>,
}

/// `[[irc.operators]]`: who may keep order on the whole server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operator {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// Reads the data directory's configuration; a missing file is an empty one.
pub(crate) fn read(data: &Path) -> anyhow::Result<Config> {
    let path = data.join(FILE_NAME);
    let text = match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Config::default()),
        Err(error) => return Err(wrong(&path, &error.to_string())),
        Ok(metadata) if metadata.len() > FILE_BYTES_MAX => {
            return Err(wrong(&path, "it is larger than a configuration file can be"));
        }
        Ok(_) => fs::read_to_string(&path).map_err(|error| wrong(&path, &error.to_string()))?,
    };
    parse(&text).map_err(|reason| wrong(&path, &reason))
}

fn wrong(path: &Path, reason: &str) -> anyhow::Error {
    Problem::Usage(format!("{}: {}", path.display(), reason.trim_end())).into()
}

/// Parses the text of a configuration file; the error is a sentence for the operator.
fn parse(text: &str) -> Result<Config, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    check_keys("", &table)?;
    toml::from_str(text).map_err(|error| error.to_string())
}

/// Refuses the first key that doesn't exist, with the nearest one that does.
fn check_keys(prefix: &str, table: &toml::Table) -> Result<(), String> {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if KEYS_LATER.contains(&path.as_str()) {
            return Err(format!("the key `{path}` has no meaning in this version"));
        }
        if !KEYS.contains(&path.as_str()) {
            let nearest = nearest(&path);
            return Err(format!("unknown key `{path}`; did you mean `{nearest}`?"));
        }
        match value {
            toml::Value::Table(inner) => check_keys(&path, inner)?,
            toml::Value::Array(entries) => {
                for inner in entries.iter().filter_map(toml::Value::as_table) {
                    check_keys(&path, inner)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The existing key that looks most like this one; the last part counts most, since a key is more
/// often put into the wrong section than misspelt beyond recognition.
fn nearest(path: &str) -> &'static str {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    KEYS.iter()
        .max_by(|a, b| {
            let score = |key: &str| {
                strsim::jaro_winkler(path, key) + strsim::jaro_winkler(&last(path), &last(key))
            };
            score(a).total_cmp(&score(b))
        })
        .copied()
        .unwrap_or("server.http")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_list_parses() {
        let text = "[server]\nhttp='127.0.0.1:0'\nirc='off'\nmodel='epoll'\n\
            public_url='https://a.example'\nhosts=['a']\nconnections_max=1\n\
            connections_per_address_max=1\n[accounts]\nregistration='open'\nalways_on=false\n\
            absence_grace_seconds=1\n[irc]\nname='a.b'\n\
            description='d'\nnetwork='n'\npassword='p'\nlobby='#l'\nmotd='m'\n\
            websocket='127.0.0.1:0'\nicon='i'\nproxies=['127.0.0.1']\ngateway_password='g'\n\
            [[irc.operators]]\nname='o'\npassword='p'\n";
        let table: toml::Table = text.parse().unwrap();
        let mut found = Vec::new();
        for (section, keys) in &table {
            found.push(section.clone());
            for (key, value) in keys.as_table().unwrap() {
                found.push(format!("{section}.{key}"));
                let entry = value.as_array().and_then(|entries| entries.first()?.as_table());
                for inner in entry.into_iter().flat_map(toml::Table::keys) {
                    found.push(format!("{section}.{key}.{inner}"));
                }
            }
        }
        let mut known: Vec<String> = KEYS.iter().map(ToString::to_string).collect();
        found.sort();
        known.sort();
        assert_eq!(found, known, "the sample must have every key");
        let config = parse(text).unwrap();
        assert_eq!(config.accounts.registration, Some(Registration::Open));
        assert_eq!(config.accounts.always_on, Some(false));
        assert_eq!(config.accounts.absence_grace_seconds, Some(1));
        assert_eq!(config.irc.lobby.as_deref(), Some("#l"));
    }

    #[test]
    fn an_unknown_key_gets_a_suggestion() {
        let cases = [
            ("[irc]\nlobbby='#x'", "irc.lobby"),
            ("[irc]\nregistration='open'", "accounts.registration"),
            ("[servre]\nhttp='off'", "server"),
            ("[server]\nhtpp='off'", "server.http"),
        ];
        for (text, expected) in cases {
            let reason = parse(text).unwrap_err();
            assert!(reason.contains(&format!("did you mean `{expected}`")), "{text}: {reason}");
        }
    }

    #[test]
    fn a_key_of_a_later_version_says_so() {
        let reason = parse("[accounts]\nbefore_connect=true").unwrap_err();
        assert!(reason.contains("no meaning in this version"), "{reason}");
    }

    #[test]
    fn a_wrong_value_names_its_line() {
        let reason = parse("[accounts]\nregistration='sometimes'").unwrap_err();
        assert!(reason.contains("registration") && reason.contains('2'), "{reason}");
    }
}
