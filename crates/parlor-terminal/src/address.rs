//! Where a server is: a URL that people type, parsed once.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The address of a Parlor server, such as `http://127.0.0.1:8080`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    tls: bool,
    host: String,
    port: u16,
}

impl ServerUrl {
    /// Whether the connection is to be encrypted.
    pub(crate) fn tls(&self) -> bool {
        self.tls
    }

    /// The name or address of the machine, without brackets.
    pub(crate) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The machine and, where it is unusual, the port: what one sees all the time.
    pub(crate) fn place(&self) -> String {
        format!("{}{}", self.host, self.port_if_unusual())
    }

    /// The address of a page or of the API.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// The address of the live connection.
    pub(crate) fn live(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}/api/v1/live", self.place())
    }

    fn port_if_unusual(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual { String::new() } else { format!(":{}", self.port) }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.place())
    }
}

impl FromStr for ServerUrl {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Error> {
        let wrong = |why| Error::Address { given: given.to_owned(), why };
        // Who types `example.org` means the page that a browser would show.
        let (tls, rest) = match given.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) => return Err(wrong("it has to begin with http:// or https://")),
            None => (false, given),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(wrong("a name or password has no place in it"));
        }
        let (host, port) = split_port(authority);
        let usual = if tls { 443 } else { 80 };
        let port = match port {
            None => usual,
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| wrong("the port has to be a number from 1 to 65535"))?,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
        if host.is_empty() || !host.chars().all(plain) {
            return Err(wrong("the name of the machine is missing or has strange characters"));
        }
        Ok(Self { tls, host: host.to_ascii_lowercase(), port })
    }
}

/// Splits `host:port`, where the host may be an IPv6 address in brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some(end) = authority.rfind(']') {
        return (&authority[..=end], authority[end + 1..].strip_prefix(':'));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let shown = |given: &str| given.parse::<ServerUrl>().map(|url| url.to_string()).ok();
        for (given, expected) in [
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://127.0.0.1:8080/setup/x", Some("http://127.0.0.1:8080")),
            ("https://Chat.Example.org/", Some("https://chat.example.org")),
            ("https://[::1]:8443", Some("https://[::1]:8443")),
            ("localhost:8080", Some("http://localhost:8080")),
            ("http://example.org:80", Some("http://example.org")),
            ("ftp://example.org", None),
            ("http://ann:secret@example.org", None),
            ("http://:80", None),
            ("http://example.org:0", None),
            ("http://example.org:http", None),
            ("http://exa mple.org", None),
            ("", None),
        ] {
            assert_eq!(shown(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn the_live_connection_stands_beside_the_page() {
        let live = |given: &str| given.parse::<ServerUrl>().unwrap().live();
        assert_eq!(live("http://127.0.0.1:8080"), "ws://127.0.0.1:8080/api/v1/live");
        assert_eq!(live("https://example.org"), "wss://example.org/api/v1/live");
    }
}
