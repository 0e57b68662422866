//! `parlor invite`: a link that lets somebody create an account, with its QR code.

use std::net::SocketAddr;
use std::path::Path;

use fast_qr::QRBuilder;

use super::user::carry_out;
use crate::admin::{Answer, Request};
use crate::cli::Invite;
use crate::config;
use crate::settings;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Makes the link and prints it.
#[expect(clippy::print_stdout, reason = "the link is the command's output")]
pub(crate) fn run(invite: &Invite) -> anyhow::Result<()> {
    let valid_for_s = u64::from(invite.days) * SECONDS_PER_DAY;
    let request = Request::Invite { uses: invite.uses, valid_for_s };
    let answer = carry_out(&invite.data.data, request)?;
    let Answer::Invitation { token, base_url } = answer else {
        anyhow::bail!("the server answered something else than an invitation");
    };
    let base_url = match base_url {
        Some(base_url) => base_url,
        None => base_url_from_file(&invite.data.data)?,
    };
    let url = format!("{base_url}/invite/{token}");
    println!("{url}");
    if !invite.plain
        && let Ok(code) = QRBuilder::new(url).build()
    {
        println!("\n{}", code.to_str());
    }
    Ok(())
}

/// Where the page will be once the server runs, as far as the file knows.
fn base_url_from_file(data: &Path) -> anyhow::Result<String> {
    let config = config::read(data)?;
    if let Some(url) = settings::public_url(config.server.public_url.as_deref())? {
        return Ok(url);
    }
    let http: Option<SocketAddr> = settings::http(config.server.http)?;
    http.map(|address| format!("http://{address}"))
        .ok_or_else(|| anyhow::anyhow!("`server.http` is off: there is no page to invite to"))
}
