//! Invitations that lead to a room: what they give, how often, and that they give nobody more than
//! whoever made them could.

use parlor_chat::{ChatEvent, ModeChange, NewBan, Refusal, RoomOffer};
use parlor_hub::{Attached, Denied, Identity, InvitationRefusal, InvitationTerms, Role};
use parlor_topics::TopicId;

use crate::world::{Ear, World, block_on, refused};

fn offer(room: TopicId, role: Role, uses: u32) -> RoomOffer {
    RoomOffer { room, role, terms: InvitationTerms { uses, valid_for_s: 3600 } }
}

fn invite(world: &World, by: &Attached, room: TopicId, role: Role, uses: u32) -> String {
    block_on(world.chat.create_invitation(by, offer(room, role, uses))).unwrap()
}

fn uses_left(world: &World, token: &str) -> u32 {
    block_on(world.chat.invitation(token)).unwrap().invitation.uses_left
}

fn role(world: &World, who: &Attached, room: TopicId) -> Role {
    let person = who.person;
    block_on(world.store.read(move |snapshot| parlor_hub::role(snapshot, room, person))).unwrap()
}

/// Ann, who owns a room for the invited, and bob, who keeps order in it.
fn private(world: &World) -> (Attached, Attached, TopicId) {
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    block_on(world.chat.set_role(&ann, room, bob.person, Role::Moderator)).unwrap();
    let change = ModeChange { invited_only: Some(true), ..ModeChange::default() };
    block_on(world.chat.set_modes(&ann, room, change)).unwrap();
    (ann, bob, room)
}

#[test]
fn a_link_leads_into_the_room_and_gives_the_role() {
    let world = World::new();
    let (_, bob, room) = private(&world);
    let token = invite(&world, &bob, room, Role::Voice, 2);
    let found = block_on(world.chat.invitation(&token)).unwrap();
    assert_eq!(found.room.unwrap().as_str(), "#tea");
    assert_eq!(found.invitation.to.unwrap().role, Role::Voice);
    assert!(!found.invitation.makes_accounts, "bob is no administrator");

    let cid = world.account("cid");
    let mut ear = Ear::new(&world.store, &[room, cid.inbox]);
    assert_eq!(block_on(world.chat.accept_invitation(&cid, &token)).unwrap().topic, room);
    assert_eq!(role(&world, &cid, room), Role::Voice);
    let heard = ear.heard();
    let [told, entered, joined] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(&*entered.kind, parlor_hub::event::ENTERED, "from now on it is among the members");
    let Some(ChatEvent::RoleChanged { by, person, role: given, .. }) = ChatEvent::decode(told)
    else {
        panic!("{told:?}")
    };
    assert_eq!((by.person, person, given), (bob.person, cid.person, Role::Voice));
    assert!(matches!(ChatEvent::decode(joined), Some(ChatEvent::Joined { .. })), "{joined:?}");
    world.say(&cid, room, "hello");
    // Who is in already uses nothing up, and keeps a higher role.
    assert_eq!(uses_left(&world, &token), 1);
    for who in [&cid, &bob] {
        block_on(world.chat.accept_invitation(who, &token)).unwrap();
    }
    assert_eq!(role(&world, &bob, room), Role::Moderator);
    assert_eq!(uses_left(&world, &token), 1);
    block_on(world.chat.accept_invitation(&world.account("dan"), &token)).unwrap();
    let used = Refusal::Invitation(InvitationRefusal::Used);
    assert_eq!(refused(world.chat.accept_invitation(&world.account("eve"), &token)), used);
}

#[test]
fn a_link_gives_no_more_than_its_maker_may_at_that_moment() {
    let world = World::new();
    let (ann, bob, room) = private(&world);
    let token = invite(&world, &bob, room, Role::Moderator, 1);
    let plain = invite(&world, &bob, room, Role::Member, 1);
    block_on(world.chat.set_role(&ann, room, bob.person, Role::None)).unwrap();
    let eve = world.account("eve");
    let withdrawn = Refusal::Invitation(InvitationRefusal::Withdrawn);
    // In a room for the invited a plain member may not even invite.
    for token in [&token, &plain] {
        assert_eq!(refused(world.chat.accept_invitation(&eve, token)), withdrawn);
        assert_eq!(uses_left(&world, token), 1);
    }
    let open = ModeChange { invited_only: Some(false), ..ModeChange::default() };
    block_on(world.chat.set_modes(&ann, room, open)).unwrap();
    assert_eq!(refused(world.chat.accept_invitation(&eve, &token)), withdrawn);
    block_on(world.chat.accept_invitation(&eve, &plain)).unwrap();
    assert_eq!(role(&world, &eve, room), Role::Member);
    // One who was thrown out invites nobody.
    let token = invite(&world, &bob, room, Role::Member, 1);
    block_on(world.chat.kick(&ann, room, bob.person, String::new())).unwrap();
    assert_eq!(refused(world.chat.accept_invitation(&world.account("fay"), &token)), withdrawn);
}

#[test]
fn a_link_leads_past_no_ban() {
    let world = World::new();
    let (ann, bob, room) = private(&world);
    let token = invite(&world, &bob, room, Role::Voice, 1);
    let eve = world.account("eve");
    let target = parlor_chat::BanTarget::Account("eve".into());
    let ban = NewBan { target, mute: false, reason: String::new(), seconds: None };
    block_on(world.chat.ban(&ann, room, ban)).unwrap();
    let accept = world.chat.accept_invitation(&eve, &token);
    assert_eq!(refused(accept), Refusal::Denied(Denied::Banned));
    assert_eq!(role(&world, &eve, room), Role::None);
    assert_eq!(uses_left(&world, &token), 1);
}

#[test]
fn who_registers_by_a_link_is_in_the_room() {
    let world = World::new();
    let root = world.admin("root");
    let room = world.enter(&root, "#tea");
    let token = invite(&world, &root, room, Role::Moderator, 1);
    assert!(block_on(world.chat.invitation(&token)).unwrap().invitation.makes_accounts);
    let made = world.chat.register("new", "password", Some(&token), None);
    let account = block_on(made).unwrap();
    let client = parlor_hub::ClientInfo {
        protocol: "test",
        user: "new".into(),
        host: "host".into(),
        realname: String::new(),
        away: None,
    };
    let name = account.name.clone();
    let new = block_on(world.link.attach(Identity::Account(account), &name, client)).unwrap();
    let overview = block_on(world.chat.overview(&new)).unwrap();
    let listed: Vec<_> = overview.rooms.iter().map(|room| (room.room.topic, room.role)).collect();
    assert_eq!(listed, [(room, Role::Moderator)]);
    // When the maker may not give it any more there is the account, and nothing else.
    let token = invite(&world, &root, room, Role::Member, 1);
    block_on(world.chat.part(&root, room, "")).unwrap();
    block_on(world.chat.register("newer", "password", Some(&token), None)).unwrap();
    let newer = world.account("newer");
    assert!(block_on(world.chat.overview(&newer)).unwrap().rooms.is_empty());
}

#[test]
fn links_are_listed_with_their_rooms_and_bounded() {
    let world = World::new();
    let (ann, bob, room) = private(&world);
    invite(&world, &ann, room, Role::Owner, 1);
    let most = parlor_hub::limits::INVITATIONS_PER_ACCOUNT;
    for _ in 0..most {
        invite(&world, &bob, room, Role::Member, 1);
    }
    let one_more = world.chat.create_invitation(&bob, offer(room, Role::Member, 1));
    let why = Refusal::Invitation(InvitationRefusal::TooMany { max: most });
    assert_eq!(refused(one_more), why);
    let listed = block_on(world.chat.invitations(&ann)).unwrap();
    let [(invitation, name)] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(name.as_ref().unwrap().as_str(), "#tea");
    assert_eq!(invitation.invitation.to.unwrap().role, Role::Owner);
    assert_eq!(block_on(world.chat.invitations(&bob)).unwrap().len() as u64, most);
    let root = world.admin("root");
    assert_eq!(block_on(world.chat.invitations(&root)).unwrap().len() as u64, most + 1);
}
