//! `parlor serve`: everything wired together, until a signal drains it.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use parlor_engine::{Address, Limits, Model, Server, Shutdown};
use parlor_http::Guard;
use parlor_hub::HubOptions;
use parlor_irc::{Door, Irc, IrcOptions};
use parlor_web::{Socket, Web, WebOptions};

use crate::admin::AdminSocket;
use crate::cli::Serve;
use crate::exit::Problem;
use crate::instance::Instance;
use crate::irc_socket;
use crate::settings::Settings;
use crate::signals;
use crate::system;

/// Fewer connections than this and a group can't meet: such a model is refused at start.
const CONNECTIONS_NEEDED: usize = 8;

/// Runs the server until it is asked to stop and has drained.
pub(crate) fn run(options: &Serve) -> anyhow::Result<()> {
    let settings = Settings::resolve(options)?;
    refuse_unable(settings.model)?;
    system::prepare();
    let instance = open(&settings)?;
    let mut server = Server::new(settings.model).limits(limits(&settings));
    let door = Door::new(irc(&settings, &instance));
    let http = listen_http(&mut server, &settings, &instance, &door)?;
    let irc = match settings.irc {
        Some(address) => Some(listen(&mut server, "irc", address, door.service())?),
        None => None,
    };
    let websocket = match settings.irc_websocket {
        Some(address) => {
            let guard = Guard::new(&settings.hosts, settings.public_url.as_deref());
            let service = irc_socket::service(door.clone(), guard);
            Some(listen(&mut server, "irc-websocket", address, service)?)
        }
        None => None,
    };
    let listeners = Listeners { http, irc, websocket };
    let base_url = settings.public_url.clone().or_else(|| http.map(reachable_url));
    if let Some(url) = base_url.as_deref().filter(|_| http.is_some()) {
        door.set_page(url);
    }
    let admin = AdminSocket::listen(&settings.data, instance.link.clone(), base_url.clone())?;
    let shutdown = Shutdown::new();
    signals::drain_on(shutdown.clone())?;
    let setup = parlor_engine::block_on(instance.link.setup_token())
        .context("could not make the set-up link")?;
    let model = server.model();
    announce(&settings, model, base_url.as_deref(), setup.as_deref(), &listeners)
        .context("could not print the addresses")?;
    let report = server.run(shutdown);
    tracing::info!(?report, "drained");
    drop(admin);
    instance.close();
    match report.error {
        Some(error) => Err(error).context("the server stopped"),
        None => Ok(()),
    }
}

/// Refuses, in words, a model that can't carry what the product needs.
fn refuse_unable(model: Model) -> anyhow::Result<()> {
    let able = model.capabilities();
    let why = if able.max_connections.is_some_and(|most| most < CONNECTIONS_NEEDED) {
        "it serves too few connections at once for people to meet"
    } else if !able.push {
        "it can't send anything to a connection that waits"
    } else if !able.shared_state {
        "its connections live in processes that share no rooms"
    } else {
        return Ok(());
    };
    Err(Problem::Usage(format!("the model {model} can't host Parlor: {why}; try epoll")).into())
}

fn open(settings: &Settings) -> anyhow::Result<Instance> {
    let hub = HubOptions {
        registration: settings.registration,
        hashing: settings.hashing,
        attempts: settings.guarded,
        always_on: settings.always_on,
        absence_grace_ms: settings.absence_grace_ms,
    };
    let instance = Instance::open(&settings.data, hub, settings.lobby.clone())?;
    parlor_engine::block_on(instance.chat.settle()).context("could not find who stays")?;
    Ok(instance)
}

fn limits(settings: &Settings) -> Limits {
    Limits {
        connections_max: settings.connections_max,
        connections_per_address_max: settings.connections_per_address_max,
        ..Limits::default()
    }
}

/// Where the protocols are spoken.
struct Listeners {
    http: Option<SocketAddr>,
    irc: Option<SocketAddr>,
    websocket: Option<SocketAddr>,
}

fn listen_http(
    server: &mut Server,
    settings: &Settings,
    instance: &Instance,
    door: &Door,
) -> anyhow::Result<Option<SocketAddr>> {
    let Some(address) = settings.http else { return Ok(None) };
    let door = door.clone();
    let irc = Socket::new(move |guard, request| irc_socket::open(&door, guard, request));
    let web = Web {
        store: instance.store.clone(),
        link: instance.link.clone(),
        chat: instance.chat.clone(),
        irc: Some(irc),
        options: WebOptions {
            public_url: settings.public_url.clone(),
            hosts: settings.hosts.clone(),
            assets_dir: std::env::var_os("PARLOR_WEB_DIR").map(Into::into),
            pools: settings.guarded.then(|| Arc::clone(&instance.pools)),
            ..WebOptions::default()
        },
    };
    listen(server, "http", address, parlor_web::service(web)).map(Some)
}

fn irc(settings: &Settings, instance: &Instance) -> Irc {
    Irc {
        store: instance.store.clone(),
        link: instance.link.clone(),
        chat: instance.chat.clone(),
        options: IrcOptions {
            name: settings.irc_name.clone(),
            description: settings.irc_description.clone(),
            network: settings.irc_network.clone(),
            password: settings.irc_password.clone(),
            lobby_grace_ms: settings.lobby_grace_ms,
            pools: settings.guarded.then(|| Arc::clone(&instance.pools)),
            version: concat!("parlor-", env!("CARGO_PKG_VERSION")).to_owned(),
            created_ms: instance.store.now_ms(),
            motd: settings
                .irc_motd
                .iter()
                .flat_map(|text| text.lines())
                .map(str::to_owned)
                .collect(),
            icon: settings.irc_icon.clone(),
            trusted: settings.irc_proxies.clone(),
            gateway_password: settings.irc_gateway_password.clone(),
            operators: settings.irc_operators.clone(),
        },
    }
}

fn listen(
    server: &mut Server,
    name: &'static str,
    address: SocketAddr,
    service: parlor_engine::Service,
) -> anyhow::Result<SocketAddr> {
    let bound = server.listen(name, &Address::Tcp(address), service).with_context(|| {
        format!("could not listen for {name} on {address} (is another server running there?)")
    })?;
    match bound {
        Address::Tcp(bound) => Ok(bound),
        Address::Unix(path) => anyhow::bail!("{name} listens on {} instead", path.display()),
    }
}

/// A link that works in a browser on this machine: nobody can open `0.0.0.0`.
fn reachable_url(address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("http://{host}:{}", address.port())
}

/// Prints what a person needs, then the one line that scripts wait for.
fn announce(
    settings: &Settings,
    model: Model,
    base_url: Option<&str>,
    setup: Option<&str>,
    listeners: &Listeners,
) -> io::Result<()> {
    let Listeners { http, irc, websocket } = *listeners;
    let mut out = io::stdout().lock();
    writeln!(out, "Parlor {}, data in {}", env!("CARGO_PKG_VERSION"), settings.data.display())?;
    if let Some(url) = base_url.filter(|_| http.is_some()) {
        writeln!(out, "  page    {url}/")?;
    }
    if let Some(address) = irc {
        writeln!(out, "  IRC     {} port {}", address.ip(), address.port())?;
    }
    if let Some(address) = websocket {
        writeln!(out, "          over WebSocket {} port {}", address.ip(), address.port())?;
    }
    // What is open to others has an address that only the operator knows; links need it.
    if settings.public_url.is_none()
        && let Some(address) = http.filter(|address| address.ip().is_unspecified())
    {
        let port = address.port();
        writeln!(
            out,
            "          elsewhere http://THIS-MACHINE:{port}/; name it in parlor.toml as"
        )?;
        writeln!(out, "          server.public_url, so that invitation links work there")?;
    }
    match (setup, base_url) {
        (Some(token), Some(url)) if http.is_some() => {
            writeln!(out, "  set up  {url}/setup/{token}")?;
            writeln!(out, "          (works once: it makes the first account)")?;
        }
        (Some(_), _) => writeln!(out, "  set up  parlor user add NAME --admin")?,
        (None, _) => {}
    }
    if let Some(seats) = model.capabilities().max_connections {
        writeln!(out, "  seats   {seats} connections at once on the model {model}")?;
    }
    write!(out, "ready")?;
    for (name, address) in [("http", http), ("irc", irc), ("irc-websocket", websocket)] {
        if let Some(address) = address {
            write!(out, " {name}={address}")?;
        }
    }
    writeln!(out, " model={model}")?;
    out.flush()
}
