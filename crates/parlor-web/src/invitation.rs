//! An invitation as people pass it on: a link, and the link as a picture.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use parlor_chat::RoomOffer;
use parlor_http::{Origin, Problem};
use parlor_hub::limits::{INVITATION_DAYS_MAX, INVITATION_USES_MAX};
use parlor_hub::{Actor, Attached, InvitationTerms, Role};
use parlor_topics::TopicId;

use crate::failure;
use crate::site::App;

/// A new invitation.
pub(crate) struct MadeInvitation {
    /// The link.
    pub(crate) url: String,
    /// The link as an SVG picture; none for an address that means something else on a phone.
    pub(crate) qr: Option<String>,
}

/// To what somebody is invited, and by whom.
pub(crate) enum Door<'a> {
    /// To the server.
    Server(&'a Actor),
    /// To a room, in a role there.
    Room(&'a Attached, TopicId, Role),
}

/// Makes an invitation for `uses` people and so many days, reached at `base`.
pub(crate) async fn make(
    app: &App,
    base: &str,
    door: Door<'_>,
    uses: u32,
    days: u32,
) -> Result<MadeInvitation, Problem> {
    // The hub would cut what is too much, and the link would end before anybody expects it.
    if !(1..=INVITATION_USES_MAX).contains(&uses) || !(1..=INVITATION_DAYS_MAX).contains(&days) {
        return Err(Problem::bad_request(format!(
            "An invitation is for 1 to {INVITATION_USES_MAX} people and for 1 to \
             {INVITATION_DAYS_MAX} days."
        )));
    }
    let valid_for_s = u64::from(days) * 24 * 3600;
    let token = match door {
        Door::Server(by) => {
            let made = app.link.create_invitation(by, uses, valid_for_s).await;
            made.map_err(failure::command)?
        }
        Door::Room(by, room, role) => {
            let terms = InvitationTerms { uses, valid_for_s };
            let made = app.chat.create_invitation(by, RoomOffer { room, role, terms }).await;
            made.map_err(failure::command)?
        }
    };
    let url = format!("{base}/invite/{token}");
    let qr = if is_loopback(base) { None } else { picture(&url) };
    Ok(MadeInvitation { url, qr })
}

/// An SVG as an address an `<img>` can show.
pub(crate) fn data_url(svg: &str) -> String {
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

fn picture(url: &str) -> Option<String> {
    let code = QRBuilder::new(url).build().ok()?;
    Some(SvgBuilder::default().to_str(&code))
}

fn is_loopback(base: &str) -> bool {
    let Some(origin) = Origin::parse(base) else { return true };
    let address = origin.host.parse::<std::net::IpAddr>();
    origin.host == "localhost"
        || origin.host.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}
