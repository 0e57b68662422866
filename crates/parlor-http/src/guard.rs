//! Which requests a browser may have been tricked into sending: the `Host` and `Origin` checks.
//!
//! A server on somebody's own network is reachable from every page their browser opens. DNS
//! rebinding gives a foreign page a name that resolves to this server: its requests carry that
//! name as `Host`, so unknown names are refused. Cross-site requests carry `Sec-Fetch-Site` or
//! `Origin`: methods that change something, and WebSockets, are refused unless they come from
//! our own pages. A request with neither header does not come from a browser (each sends
//! `Origin` with every cross-site POST), so nobody can have been tricked.

use std::net::{IpAddr, Ipv6Addr};

use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};

use crate::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names under which this server may be asked.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    hosts: Vec<String>,
    public: Option<Origin>,
}

/// Scheme, host and port of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether the scheme is https.
    pub secure: bool,
    /// The host, in lower case, IPv6 without brackets.
    pub host: String,
    /// The port, given or implied.
    pub port: u16,
}

impl Origin {
    /// Parses `scheme://host[:port]`, ignoring a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (secure, rest) = match text.split_once("://")? {
            (scheme, rest) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            (scheme, rest) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = split_authority(authority)?;
        Some(Self { secure, host, port: port.unwrap_or(if secure { 443 } else { 80 }) })
    }
}

impl Guard {
    /// A guard that knows addresses, `localhost`, `hosts` and the host of `public_url`.
    #[must_use]
    pub fn new(hosts: &[String], public_url: Option<&str>) -> Self {
        let hosts = hosts.iter().map(|host| host.trim_end_matches('.').to_ascii_lowercase());
        Self { hosts: hosts.collect(), public: public_url.and_then(Origin::parse) }
    }

    /// Checks everything a request's head can tell before a route is looked for.
    ///
    /// # Errors
    ///
    /// 400 without a usable `Host`, 421 for a foreign one, 403 for a cross-site request.
    pub fn check(&self, head: &Parts) -> Result<(), Problem> {
        let host = self.known_host(head)?;
        if matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        match text(head, &SEC_FETCH_SITE) {
            Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(cross_site()),
            None => match head.headers.get(ORIGIN) {
                None => Ok(()),
                Some(_) if self.is_own_origin(head, &host) => Ok(()),
                Some(_) => Err(cross_site()),
            },
        }
    }

    /// Checks a request that wants to become a WebSocket: it needs our own `Origin`.
    ///
    /// Browsers send cookies with a WebSocket to any site and leave the check to the server.
    ///
    /// # Errors
    ///
    /// As [`Self::check`].
    pub fn check_websocket(&self, head: &Parts) -> Result<(), Problem> {
        let host = self.known_host(head)?;
        if self.is_own_origin(head, &host) {
            return Ok(());
        }
        Err(cross_site())
    }

    /// Checks a request for a WebSocket that no cookie gives any right: pages of other sites are
    /// refused all the same, programs, which send no `Origin`, are not.
    ///
    /// # Errors
    ///
    /// As [`Self::check`].
    pub fn check_open_websocket(&self, head: &Parts) -> Result<(), Problem> {
        let host = self.known_host(head)?;
        if !head.headers.contains_key(ORIGIN) || self.is_own_origin(head, &host) {
            return Ok(());
        }
        Err(cross_site())
    }

    fn known_host(&self, head: &Parts) -> Result<Authority, Problem> {
        let mut lines = head.headers.get_all(HOST).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(Problem::bad_request("The request has to name one Host."));
        };
        let parsed = line.to_str().ok().and_then(split_authority);
        let (name, port) =
            parsed.ok_or_else(|| Problem::bad_request("The Host cannot be understood."))?;
        let named = head.uri.host().is_none_or(|host| host.eq_ignore_ascii_case(&name));
        if named && self.knows(&name) {
            return Ok(Authority { name, port });
        }
        Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown_host",
            format!(
                "This server does not answer to the name {name:?}. Use its address, or add the \
                 name to `hosts` or `public_url` in the settings."
            ),
        ))
    }

    fn knows(&self, name: &str) -> bool {
        name.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.hosts.iter().any(|host| host == name)
            || self.public.as_ref().is_some_and(|public| public.host == name)
    }

    /// Whether the request's `Origin` is the origin this server has for the browser: the public
    /// URL where one is configured and asked for, plain http on the very `Host` otherwise.
    fn is_own_origin(&self, head: &Parts, host: &Authority) -> bool {
        let Some(origin) = text(head, &ORIGIN).and_then(Origin::parse) else { return false };
        if self.public.as_ref() == Some(&origin) {
            return true;
        }
        !origin.secure && origin.host == host.name && origin.port == host.port.unwrap_or(80)
    }
}

struct Authority {
    name: String,
    port: Option<u16>,
}

fn text<'a>(head: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}

fn cross_site() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "This request came from another site and was not carried out. If you use a proxy, set \
         `public_url` to the address in the browser.",
    )
}

/// Splits `host[:port]` or `[v6][:port]`; the host in lower case, without a final dot.
fn split_authority(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some(""))?)
    } else {
        text.split_once(':').unwrap_or((text, ""))
    };
    let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
    let host = host.strip_suffix('.').unwrap_or(host);
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if host.is_empty() || !host.chars().all(valid) {
        return None;
    }
    Some((host.to_ascii_lowercase(), port))
}
