//! `chat.post`: says something in a room or to a person. The answer means it is on disk.

use parlor_chat::{NewMessage, Posted, Target};
use parlor_http::Problem;
use parlor_hub::{Failure, Nick, PersonId};
use serde::{Deserialize, Serialize};

use super::bad_params;
use crate::failure;
use crate::live::message::{KindName, TopicKey};
use crate::live::seat::Seat;

/// What is said; the key makes sending it again safe.
#[derive(Debug, Deserialize)]
pub(crate) struct NewPost {
    #[serde(default)]
    kind: KindName,
    #[serde(default)]
    text: String,
    key: Option<String>,
    reply: Option<String>,
    #[serde(default)]
    files: Vec<String>,
}

impl From<NewPost> for NewMessage {
    fn from(post: NewPost) -> Self {
        let NewPost { kind, text, key, reply, files } = post;
        Self { kind: kind.into(), text, key, reply, files }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct PostMessage {
    k: Option<TopicKey>,
    person: Option<u64>,
    nick: Option<String>,
    #[serde(flatten)]
    post: NewPost,
}

/// Where the message is now.
#[derive(Serialize)]
pub(crate) struct PostAnswer {
    k: TopicKey,
    n: u64,
    msgid: String,
    at: u64,
    repeated: bool,
}

impl PostAnswer {
    pub(crate) fn new(posted: Posted) -> Self {
        Self {
            k: posted.topic.into(),
            n: posted.offset,
            msgid: posted.msgid,
            at: posted.at_ms,
            repeated: posted.repeated,
        }
    }
}

pub(super) async fn run(seat: &Seat, params: PostMessage) -> Result<PostAnswer, Problem> {
    let target = match (params.k, params.person, params.nick) {
        (Some(k), None, None) => Target::Room(k.into()),
        (None, Some(person), None) => {
            let person = PersonId(person);
            Target::Person(person, name(seat, person).await?)
        }
        (None, None, Some(nick)) => {
            let found = seat.app.link.addressee(nick.trim()).await.map_err(failure::hub)?;
            let found = found.ok_or_else(nobody)?;
            Target::Person(found.person, found.nick)
        }
        _ => return Err(bad_params("one of k, person and nick is needed")),
    };
    let posted = seat.app.chat.post(seat.who(), target, params.post.into()).await;
    Ok(PostAnswer::new(posted.map_err(failure::command)?))
}

/// The nick a person has now, or the name of its account while it is away.
async fn name(seat: &Seat, person: PersonId) -> Result<Nick, Problem> {
    let link = &seat.app.link;
    if let Some(present) = link.people(vec![person]).await.first() {
        return Ok(present.nick.clone());
    }
    let accounts = link.accounts().await.map_err(failure::hub)?;
    accounts
        .into_iter()
        .find(|account| PersonId::from(account.id) == person)
        .map(|account| account.name)
        .ok_or_else(nobody)
}

fn nobody() -> Problem {
    failure::command(Failure::Refused(parlor_chat::Refusal::NoSuchPerson))
}
