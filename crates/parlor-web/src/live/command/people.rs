//! `people`: who is online.

use parlor_http::Problem;
use serde::Serialize;

use crate::limits;
use crate::live::seat::Seat;

#[derive(Serialize)]
pub(crate) struct People {
    people: Vec<PersonView>,
    total: usize,
}

#[derive(Serialize)]
struct PersonView {
    person: u64,
    nick: String,
    account: Option<String>,
    away: Option<String>,
}

pub(super) async fn run(seat: &Seat) -> Result<People, Problem> {
    let link = &seat.app.link;
    let everyone = link.everyone(limits::PEOPLE_MAX).await;
    let online = link.online().await;
    let people: Vec<PersonView> = everyone
        .iter()
        .map(|present| PersonView {
            person: present.person.0,
            nick: present.nick.to_string(),
            account: present.account.as_ref().map(ToString::to_string),
            away: present.away.clone(),
        })
        .collect();
    let total = (online.people + online.guests).max(people.len());
    Ok(People { people, total })
}
