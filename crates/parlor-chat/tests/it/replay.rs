//! What a client knew, plus the events it then receives, is what it would be told if it asked
//! anew: for every kind of event.

use std::collections::BTreeMap;

use parlor_chat::{ChatEvent, Message, ModeChange, Modes, Page, Scope, Target};
use parlor_hub::{Attached, PersonId, Role};
use parlor_topics::{Event, TopicId};

use crate::world::{World, block_on, message, name};

/// All that a client shows of one room.
#[derive(Clone, Debug, Default, PartialEq)]
struct View {
    name: String,
    subject: (String, String, u64),
    modes: Modes,
    roles: BTreeMap<PersonId, Role>,
    messages: Vec<Message>,
}

impl View {
    /// Asks for everything.
    fn fresh(world: &World, who: &Attached, room: TopicId) -> Self {
        let found = block_on(world.chat.room(who, room)).unwrap().unwrap();
        let roles = world.store.read(move |snapshot| parlor_hub::standings(snapshot, room));
        let history = world.chat.history(who, Scope::Room(room), Page::latest(200));
        Self {
            name: found.name.to_string(),
            subject: (found.subject, found.subject_by, found.subject_at_ms),
            modes: found.modes,
            // Plain membership is the server's affair and not shown.
            roles: block_on(roles)
                .unwrap()
                .into_iter()
                .filter(|(_, r)| *r > Role::Member)
                .collect(),
            messages: block_on(history).unwrap().messages,
        }
    }

    /// Learns from one event.
    fn apply(&mut self, event: &Event) {
        match ChatEvent::decode(event).unwrap() {
            ChatEvent::Created { by, name } => {
                self.name = name.to_string();
                self.roles.extend(by.map(|by| (by.person, Role::Owner)));
            }
            ChatEvent::Posted(message) => self.messages.push(message),
            ChatEvent::SubjectChanged { by, subject } => {
                self.subject = (subject, by.nick, event.at_ms);
            }
            ChatEvent::RoleChanged { person, role, .. } => self.set_role(person, role),
            ChatEvent::ModesChanged { modes, .. } => self.modes = modes,
            ChatEvent::Kicked { person, .. } => self.set_role(person, Role::None),
            other => panic!("not an event of a room: {other:?}"),
        }
    }

    fn set_role(&mut self, person: PersonId, role: Role) {
        if role > Role::Member {
            self.roles.insert(person, role);
        } else {
            self.roles.remove(&person);
        }
    }
}

/// Clients that asked for everything at different times, with how many events they know.
struct Clients(Vec<(View, usize)>);

impl Clients {
    /// Lets every client learn what happened, and compares it with one that asks only now.
    fn catch_up(&mut self, world: &World, who: &Attached, room: TopicId, what: &str) {
        let fresh = View::fresh(world, who, room);
        let events = world.events(room);
        for (view, known) in &mut self.0 {
            for event in &events[*known..] {
                view.apply(event);
            }
            *known = events.len();
            assert_eq!(*view, fresh, "after: {what}");
        }
        self.0.push((fresh, events.len()));
    }
}

#[test]
fn a_snapshot_and_the_events_after_it_are_the_state() {
    let world = World::new();
    let (ann, bob, cid) = (world.account("ann"), world.account("bob"), world.guest("cid"));
    let room = world.enter(&ann, "#Tea");
    let chat = &world.chat;
    let post = |who, text: &str| {
        block_on(chat.post(who, Target::Room(room), message(text))).unwrap();
    };
    let modes = |invited_only, moderated, subject_locked| {
        let change = ModeChange { invited_only, moderated, subject_locked };
        block_on(chat.set_modes(&ann, room, change)).unwrap();
    };
    let role = |who: &Attached, role| {
        block_on(chat.set_role(&ann, room, who.person, role)).unwrap();
    };
    // Each step may append events; after each, every earlier client must know what is known now.
    let steps: [(&str, &dyn Fn()); 17] = [
        ("say", &(|| post(&ann, "hi"))),
        ("join", &(|| assert!(world.join(&bob, "#tea").entered.first))),
        ("guest joins", &(|| assert!(world.join(&cid, "#tea").entered.first))),
        ("say more", &(|| post(&cid, "two\nlines"))),
        ("subject", &(|| block_on(chat.set_subject(&bob, room, "s".into())).unwrap())),
        ("voice", &(|| role(&cid, Role::Voice))),
        ("moderator", &(|| role(&bob, Role::Moderator))),
        ("modes", &(|| modes(None, Some(true), Some(true)))),
        ("private", &(|| modes(Some(true), None, None))),
        ("no voice", &(|| role(&cid, Role::None))),
        ("voice again", &(|| role(&cid, Role::Voice))),
        (
            "rename",
            &(|| {
                block_on(world.link.rename(cid.session, &"cyd".parse().unwrap())).unwrap();
            }),
        ),
        ("owner", &(|| role(&cid, Role::Owner))),
        (
            "kick",
            &(|| {
                block_on(chat.kick(&ann, room, bob.person, "out".into())).unwrap();
            }),
        ),
        (
            "kick a guest",
            &(|| {
                block_on(chat.kick(&ann, room, cid.person, String::new())).unwrap();
            }),
        ),
        ("open", &(|| modes(Some(false), None, Some(false)))),
        (
            "clear the subject",
            &(|| {
                block_on(chat.set_subject(&ann, room, String::new())).unwrap();
            }),
        ),
    ];
    let mut clients = Clients(vec![(View::default(), 0)]);
    for (what, step) in steps {
        world.clock.advance_ms(1);
        step();
        clients.catch_up(&world, &ann, room, what);
    }
    let kinds: std::collections::BTreeSet<_> = world.kinds(room).into_iter().collect();
    let all =
        ["chat.created", "chat.kicked", "chat.modes", "chat.posted", "chat.role", "chat.subject"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all, "every kind of a room was tried");
}

#[test]
fn the_lobby_replays_too() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, name("#lobby").as_str());
    world.say(&ann, room, "hi");
    let mut view = View::default();
    world.events(room).iter().for_each(|event| view.apply(event));
    assert_eq!(view, View::fresh(&world, &ann, room));
    assert!(view.roles.is_empty());
}
