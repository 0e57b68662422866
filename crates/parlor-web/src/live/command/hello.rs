//! `hello`: the first command. Takes the client's seat, enters its rooms and says where
//! everything stands, so that what follows continues without a gap.

use std::collections::HashMap;
use std::sync::Arc;

use parlor_chat::{DirectOverview, Overview, RoomOverview};
use parlor_http::Problem;
use parlor_hub::{Account, Attached, Failure};
use parlor_topics::{Position, Reader, TopicId};
use serde::{Deserialize, Serialize};

use super::bad_params;
use super::chat_join;
use crate::failure;
use crate::limits;
use crate::live::message::avatars::Avatars;
use crate::live::message::own::{OwnView, QuietHoursView};
use crate::live::message::{RoomView, TopicKey, position};
use crate::live::presence::Presence;
use crate::live::resume::Gap;
use crate::live::seat::Seat;
use crate::site::App;
use crate::visitor::{self, Visitor};

/// Where the client stopped, by topic; positions are given back as they were received.
#[derive(Debug, Deserialize)]
pub(crate) struct Hello {
    #[serde(default)]
    resume: HashMap<TopicKey, String>,
}

/// What a seat is made of.
pub(in crate::live) struct Opening {
    pub(in crate::live) app: Arc<App>,
    pub(in crate::live) visitor: Visitor,
    pub(in crate::live) base_url: String,
    pub(in crate::live) reader: Reader,
}

/// Everything a page shows first.
#[derive(Serialize)]
pub(crate) struct Welcome {
    me: Me,
    server: Server,
    inbox: Inbox,
    rooms: Vec<RoomView>,
    direct: Vec<DirectView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_hours: Option<QuietHoursView>,
    resumed: Vec<String>,
    reset: Vec<String>,
}

#[derive(Serialize)]
struct Me {
    person: u64,
    name: String,
    nick: String,
    admin: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    away: Option<String>,
    always_on: bool,
}

#[derive(Serialize)]
struct Server {
    name: String,
    version: String,
}

#[derive(Serialize)]
struct Inbox {
    k: TopicKey,
    pos: String,
}

#[derive(Serialize)]
struct DirectView {
    person: u64,
    nick: String,
    online: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    unread: u64,
    #[serde(flatten)]
    own: OwnView,
    read: u64,
    last: u64,
}

impl Welcome {
    /// The answer as it would be now, for a page that is being written; nobody is seen to come.
    pub(in crate::live) fn preview(
        app: &App,
        account: &Account,
        who: &Attached,
        overview: Overview,
        avatars: &Avatars,
    ) -> Self {
        Self {
            me: Me::new(account, who, avatars),
            server: Server::new(app),
            inbox: Inbox { k: who.inbox.into(), pos: position(overview.inbox) },
            rooms: overview.rooms.iter().map(chat_join::listed_view).collect(),
            direct: direct_views(overview.direct, avatars),
            quiet_hours: overview.quiet_hours.map(|quiet| QuietHoursView::new(Some(quiet))),
            resumed: Vec::new(),
            reset: Vec::new(),
        }
    }
}

impl Me {
    fn new(account: &Account, who: &Attached, avatars: &Avatars) -> Self {
        Self {
            person: who.person.0,
            name: account.name.to_string(),
            nick: who.nick.to_string(),
            admin: account.admin,
            avatar: avatars.get(who.person),
            away: who.away.clone(),
            always_on: who.always_on,
        }
    }
}

/// Finds the avatars of oneself and of those one has private conversations with.
pub(in crate::live) async fn avatars(
    app: &App,
    who: &Attached,
    overview: &Overview,
) -> Result<Avatars, Problem> {
    let direct = overview.direct.iter().map(|direct| direct.person);
    Avatars::of(&app.chat, direct.chain([who.person])).await
}

impl Server {
    fn new(app: &App) -> Self {
        Self { name: app.options.name.clone(), version: app.options.version.clone() }
    }
}

pub(in crate::live) async fn run(
    opening: Opening,
    hello: Hello,
) -> Result<(Seat, Welcome), Problem> {
    if hello.resume.len() > limits::RESUME_TOPICS_MAX {
        return Err(bad_params("too many topics to resume"));
    }
    let Opening { app, visitor, base_url, reader } = opening;
    let (account, session) = (visitor.account.clone(), visitor.session.clone());
    let endings = visitor.endings;
    let presence = Presence::attach(&app, &account).await?;
    let mut seat = Seat::new(Arc::clone(&app), base_url, reader, presence, visitor);
    let overview = overview(&seat).await?;
    let avatars = avatars(&app, seat.who(), &overview).await?;
    let plan = Plan::new(&seat, &overview, &hello.resume).await?;

    seat.subscribe(seat.who().inbox, plan.start(seat.who().inbox, overview.inbox)).await?;
    // What it came with may have ended since; from here on the inbox says so.
    if !app.link.is_signed_in(account.id, &session, endings).await.map_err(failure::hub)? {
        return Err(visitor::signed_out());
    }
    let mut rooms = Vec::with_capacity(overview.rooms.len());
    for listed in &overview.rooms {
        if let Some(room) = enter(&mut seat, listed, &plan).await? {
            rooms.push(room);
        }
    }
    let who = seat.who();
    let welcome = Welcome {
        me: Me::new(&account, who, &avatars),
        server: Server::new(&app),
        inbox: Inbox { k: who.inbox.into(), pos: position(overview.inbox) },
        rooms,
        direct: direct_views(overview.direct, &avatars),
        quiet_hours: overview.quiet_hours.map(|quiet| QuietHoursView::new(Some(quiet))),
        resumed: plan.resumed(),
        reset: plan.reset,
    };
    Ok((seat, welcome))
}

/// Where everything stands; whoever is in no room lands in the lobby first.
async fn overview(seat: &Seat) -> Result<Overview, Problem> {
    let chat = &seat.app.chat;
    let overview = chat.overview(seat.who()).await.map_err(failure::hub)?;
    let (true, Some(lobby)) = (overview.rooms.is_empty(), chat.lobby()) else {
        return Ok(overview);
    };
    match chat.join(seat.who(), lobby).await {
        Ok(_) => chat.overview(seat.who()).await.map_err(failure::hub),
        // A lobby that is closed to them leaves them in no room, which the page can show.
        Err(Failure::Refused(refusal)) => {
            tracing::debug!(%refusal, "the lobby refused somebody");
            Ok(overview)
        }
        Err(failure) => Err(failure::command(failure)),
    }
}

/// Enters a room on the client's list and follows it; nothing if it is refused by now.
async fn enter(
    seat: &mut Seat,
    listed: &RoomOverview,
    plan: &Plan,
) -> Result<Option<RoomView>, Problem> {
    let joined = match seat.app.chat.join(seat.who(), &listed.room.name).await {
        Ok(joined) => joined,
        Err(Failure::Refused(refusal)) => {
            tracing::debug!(%refusal, topic = listed.room.topic.0, "a room refused somebody");
            return Ok(None);
        }
        Err(failure) => return Err(failure::command(failure)),
    };
    seat.follow(&joined, plan.start(listed.room.topic, listed.position)).await?;
    let mut view = chat_join::view(Some(listed), &joined);
    // What happened after the overview comes as events, so the client starts where it was made.
    view.pos = position(listed.position);
    Ok(Some(view))
}

/// Which topics continue and which start anew.
struct Plan {
    replay: HashMap<TopicId, Position>,
    reset: Vec<String>,
}

impl Plan {
    async fn new(
        seat: &Seat,
        overview: &Overview,
        resume: &HashMap<TopicKey, String>,
    ) -> Result<Self, Problem> {
        let rooms = overview.rooms.iter().map(|listed| (listed.room.topic, listed.position));
        let stands: HashMap<TopicId, Position> =
            rooms.chain([(seat.who().inbox, overview.inbox)]).collect();
        let gaps = resume.iter().filter_map(|(&k, from)| {
            let topic = TopicId::from(k);
            Some(Gap { topic, from: from.parse().ok()?, to: *stands.get(&topic)? })
        });
        let replay = seat.app.weights.replayable(&seat.app.store, gaps).await?;
        let reset = resume
            .keys()
            .filter(|&&k| !replay.contains_key(&k.into()))
            .map(|TopicKey(k)| k.to_string())
            .collect();
        Ok(Self { replay, reset })
    }

    /// From where to follow a topic that stands at `now`.
    fn start(&self, topic: TopicId, now: Position) -> Position {
        self.replay.get(&topic).copied().unwrap_or(now)
    }

    fn resumed(&self) -> Vec<String> {
        self.replay.keys().map(ToString::to_string).collect()
    }
}

fn direct_views(direct: Vec<DirectOverview>, avatars: &Avatars) -> Vec<DirectView> {
    let view = |direct: DirectOverview| DirectView {
        own: OwnView::from(&direct),
        person: direct.person.0,
        avatar: avatars.get(direct.person),
        nick: direct.nick,
        online: direct.online,
        unread: direct.unread,
        read: direct.read,
        last: direct.last,
    };
    direct.into_iter().map(view).collect()
}
