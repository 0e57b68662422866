//! What people say of themselves: shown, changed, and told to those who have subscribed to it.

use parlor_chat::Refusal;
use parlor_hub::event::ProfilePart;
use parlor_hub::{Failure, PersonId, ProfileChange};
use parlor_topics::TopicId;

use super::people::find_all;
use super::{charge_for, members_of};
use crate::capability::Capability;
use crate::command::metadata::{
    self, ABOUT, AVATAR, COLOR, DISPLAY, EVERYTHING, HOMEPAGE, PRONOUNS, Query, STATUS, Values,
    Wanted, Why,
};
use crate::connection::Connection;
use crate::limits;
use crate::playback;

/// Whose metadata is asked for.
enum Subject {
    Person {
        person: PersonId,
        nick: String,
    },
    /// A room the client is in; it has none itself.
    Room,
}

pub(super) async fn perform(at: &mut Connection, query: Query) {
    let Query { target, wanted } = query;
    if wanted == Wanted::Sync && target == EVERYTHING {
        sync_everything(at).await;
        return;
    }
    let Some(subject) = subject(at, &target).await else {
        metadata::refused(&at.session, &mut at.out, Why::Target, &[&target]);
        return;
    };
    match wanted {
        Wanted::Get(keys) => show(at, &target, &subject, Some(keys)).await,
        Wanted::List => show(at, &target, &subject, None).await,
        Wanted::Set(key, value) => set(at, &target, &subject, &key, value).await,
        Wanted::Clear => clear(at, &target, &subject).await,
        Wanted::Sync => sync(at, &target, &subject).await,
    }
}

async fn subject(at: &Connection, target: &str) -> Option<Subject> {
    let me = &at.session.me;
    if target == "*" {
        return Some(Subject::Person { person: me.person?, nick: me.nick.clone() });
    }
    if target.starts_with('#') {
        return at.session.room(target).map(|_| Subject::Room);
    }
    let present = at.shared.link.find(target).await?;
    Some(Subject::Person { person: present.person, nick: present.nick.to_string() })
}

async fn values(at: &Connection, person: PersonId) -> Result<Values, Why> {
    let profile = at.shared.link.profile(person).await.map_err(|_| Why::Store)?;
    let page = at.session.server.page.get().map(String::as_str);
    Ok(metadata::values(profile.as_ref(), page))
}

async fn show(at: &mut Connection, target: &str, subject: &Subject, keys: Option<Vec<String>>) {
    let found = match subject {
        Subject::Person { person, .. } => values(at, *person).await,
        Subject::Room => Ok(Values::new()),
    };
    match found {
        Ok(values) => {
            let all = || values.iter().map(|(key, _)| (*key).to_owned()).collect();
            let keys = keys.unwrap_or_else(all);
            metadata::shown(&mut at.session, &mut at.out, target, &keys, &values);
        }
        Err(why) => metadata::refused(&at.session, &mut at.out, why, &[target]),
    }
}

/// Whether the client may change what is asked for.
fn may_change(at: &Connection, subject: &Subject) -> bool {
    let own =
        matches!(subject, Subject::Person { person, .. } if at.session.me.person == Some(*person));
    own && at.session.me.account.is_some()
}

async fn set(
    at: &mut Connection,
    target: &str,
    subject: &Subject,
    key: &str,
    value: Option<String>,
) {
    let newer = at.session.caps.has(Capability::Metadata3);
    let removes = value.is_none();
    let changing = match subject {
        Subject::Person { person, .. } if may_change(at, subject) => {
            change(key, value).map(|change| (*person, change))
        }
        _ => Err(Why::Permission),
    };
    let set = match changing {
        Ok((person, _)) if removes && !newer && !has(at, person, key).await => Err(Why::NotSet),
        Ok((person, change)) => submit(at, person, change).await,
        Err(why) => Err(why),
    };
    match set {
        Ok(values) => metadata::set(&at.session, &mut at.out, target, key, &values),
        Err(why) => metadata::refused(&at.session, &mut at.out, why, &[target, key]),
    }
}

async fn has(at: &Connection, person: PersonId, key: &str) -> bool {
    let values = values(at, person).await;
    !values.is_ok_and(|values| values.iter().all(|(known, _)| *known != key))
}

/// What is to change for a key to have this value, or none.
fn change(key: &str, value: Option<String>) -> Result<ProfileChange, Why> {
    let mut change = ProfileChange::default();
    let text = value.clone().unwrap_or_default();
    match key {
        AVATAR => {
            let image = value.map(|address| metadata::image(&address).ok_or(Why::Value));
            change.avatar = Some(image.transpose()?);
        }
        DISPLAY => change.display = Some(text),
        ABOUT => change.about = Some(text),
        PRONOUNS => change.pronouns = Some(text),
        STATUS => change.status = Some(text),
        HOMEPAGE => change.homepage = Some(text),
        COLOR => change.color = Some(text),
        _ => return Err(Why::Permission),
    }
    Ok(change)
}

async fn clear(at: &mut Connection, target: &str, subject: &Subject) {
    let (Subject::Person { person, .. }, true) = (subject, may_change(at, subject)) else {
        metadata::refused(&at.session, &mut at.out, Why::Permission, &[target, "*"]);
        return;
    };
    let cleared = match values(at, *person).await {
        Ok(before) => {
            submit(at, *person, ProfileChange::clearing()).await.map(|after| (before, after))
        }
        Err(why) => Err(why),
    };
    match cleared {
        Ok((before, after)) => {
            let keys: Vec<String> = before.iter().map(|(key, _)| (*key).to_owned()).collect();
            metadata::shown(&mut at.session, &mut at.out, target, &keys, &after);
        }
        Err(why) => metadata::refused(&at.session, &mut at.out, why, &[target, "*"]),
    }
}

/// Changes the own profile; what it is then.
async fn submit(
    at: &mut Connection,
    person: PersonId,
    change: ProfileChange,
) -> Result<Values, Why> {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return Err(Why::Store) };
    match chat.set_profile(&attachment.who, change).await {
        Ok(()) => {}
        Err(Failure::Refused(Refusal::NeedsAccount)) => return Err(Why::Permission),
        Err(Failure::Refused(_)) => return Err(Why::Value),
        Err(_) => return Err(Why::Store),
    }
    // Who has made the change knows of it; the own other devices are told.
    at.settled = false;
    at.settle().await;
    if let Some(attachment) = &mut at.attachment {
        attachment.profiles.retain(|(changed, _)| *changed != person);
    }
    values(at, person).await
}

/// The people of a room whose metadata is shown at once, or none when they are too many.
async fn people_of(at: &Connection, topic: TopicId) -> Option<Vec<(PersonId, String)>> {
    let members = members_of(at, topic).await;
    let face =
        |member: &parlor_chat::Member| (member.present.person, member.present.nick.to_string());
    (members.len() <= limits::METADATA_SYNC_PEOPLE).then(|| members.iter().map(face).collect())
}

async fn sync(at: &mut Connection, target: &str, subject: &Subject) {
    let people = match subject {
        Subject::Person { person, nick } => vec![(*person, nick.clone())],
        Subject::Room => {
            let Some(topic) = at.session.room(target).map(|room| room.topic) else { return };
            let Some(people) = people_of(at, topic).await else {
                metadata::later(&at.session, &mut at.out, target, limits::METADATA_SYNC_SECONDS);
                return;
            };
            people
        }
    };
    tell_people(at, target, people).await;
}

/// Syncs with everybody in the client's rooms and whom it monitors, each once; of rooms with too many people it is told
/// to ask one by one.
async fn sync_everything(at: &mut Connection) {
    let rooms: Vec<(TopicId, String)> =
        at.session.rooms.iter().map(|room| (room.topic, room.name.to_string())).collect();
    let mut people: Vec<(PersonId, String)> = at
        .session
        .me
        .person
        .map(|person| (person, at.session.me.nick.clone()))
        .into_iter()
        .collect();
    let monitored = find_all(at, &at.session.monitored).await;
    people.extend(monitored.iter().map(|present| (present.person, present.nick.to_string())));
    for (topic, name) in rooms {
        let Some(here) = people_of(at, topic).await else {
            metadata::later(&at.session, &mut at.out, &name, limits::METADATA_SYNC_SECONDS);
            continue;
        };
        people.extend(here);
        each_once(&mut people);
        if people.len() > limits::METADATA_SYNC_PEOPLE {
            metadata::later(&at.session, &mut at.out, EVERYTHING, limits::METADATA_SYNC_SECONDS);
            return;
        }
    }
    each_once(&mut people);
    tell_people(at, EVERYTHING, people).await;
}

fn each_once(people: &mut Vec<(PersonId, String)>) {
    people.sort_unstable_by_key(|(person, _)| *person);
    people.dedup_by_key(|(person, _)| *person);
}

/// Tells what these people say of themselves and the client has subscribed to.
async fn tell_people(at: &mut Connection, target: &str, people: Vec<(PersonId, String)>) {
    charge_for(at, people.len() * 10);
    let batch = metadata::begin(&mut at.session, &mut at.out, target);
    for (person, nick) in people {
        match values(at, person).await {
            // What is not there need not be said.
            Ok(values) if values.is_empty() => {}
            Ok(values) => {
                let keys = values.iter().map(|(key, _)| *key);
                let batch = batch.as_deref();
                metadata::told(&at.session, &mut at.out, batch, (&nick, &values), keys);
            }
            Err(_) => break,
        }
    }
    playback::end_batch(&at.session, &mut at.out, batch.as_deref());
}

/// Tells a client what others have changed of what it has subscribed to.
pub(in crate::connection) async fn tell(
    at: &mut Connection,
    changed: Vec<(PersonId, Vec<ProfilePart>)>,
) {
    let people = changed.iter().map(|(person, _)| *person).collect();
    for present in at.shared.link.people(people).await {
        let parts = changed.iter().find(|(person, _)| *person == present.person);
        let parts = parts.map_or(&[][..], |(_, parts)| parts);
        if let Ok(values) = values(at, present.person).await {
            let keys = parts.iter().map(|part| metadata::key(*part));
            let nick = present.nick.as_str();
            metadata::told(&at.session, &mut at.out, None, (nick, &values), keys);
        }
    }
}

/// Shows a client that has just come what it says of itself.
pub(super) async fn show_own(at: &mut Connection) {
    let nick = at.session.me.nick.clone();
    if let (true, Some(person)) = (metadata::is_spoken(&at.session), at.session.me.person) {
        show(at, &nick, &Subject::Person { person, nick: nick.clone() }, None).await;
    }
}
