//! The permission matrix: every verb by every role in every kind of topic, and what must hold for
//! all of them.

use proptest::prelude::*;

use super::*;

const ACTOR: Actor = Actor { person: PersonId(7), account: None, admin: false };

fn rights(role: Role, access: Access) -> Rights {
    let settings = Settings { access, moderated: false, subject_locked: false, locked: false };
    let (topic, barred) = (TopicId(3), Barred::No);
    Rights { topic, role, admin: false, settings, invited: false, present: false, barred }
}

/// One letter a role, from none to owner: `y` yes, `.` no.
fn row(verb: Verb, change: impl Fn(&mut Rights), access: Access) -> String {
    Role::ALL
        .into_iter()
        .map(|role| {
            let mut rights = rights(role, access);
            change(&mut rights);
            if authorize(&ACTOR, verb, &rights).is_ok() { 'y' } else { '.' }
        })
        .collect()
}

const KICK_PLAIN: Verb = Verb::Kick { target: Role::None };
const KICK_OWNER: Verb = Verb::Kick { target: Role::Owner };
const GIVE_VOICE: Verb = Verb::SetRole { from: Role::None, to: Role::Voice };
const GIVE_OWNER: Verb = Verb::SetRole { from: Role::None, to: Role::Owner };
const TAKE_OWNER: Verb = Verb::SetRole { from: Role::Owner, to: Role::None };

const BAN_PLAIN: Verb = Verb::Ban { target: Role::None };
const BAN_OWNER: Verb = Verb::Ban { target: Role::Owner };

const VERBS: [Verb; 17] = [
    Verb::Read,
    Verb::Enter,
    Verb::Post,
    Verb::Redact { own: true },
    Verb::Redact { own: false },
    Verb::SetSubject,
    Verb::Invite,
    KICK_PLAIN,
    KICK_OWNER,
    GIVE_VOICE,
    GIVE_OWNER,
    TAKE_OWNER,
    BAN_PLAIN,
    BAN_OWNER,
    Verb::Report,
    Verb::Audit,
    Verb::Configure,
];

#[test]
fn who_is_in_the_room_may_what_its_role_says() {
    let here = |rights: &mut Rights| rights.present = true;
    // none, member, voice, moderator, owner
    for (verb, open, invited) in [
        (Verb::Read, "yyyyy", "yyyyy"),
        (Verb::Enter, "yyyyy", "yyyyy"),
        (Verb::Post, "yyyyy", "yyyyy"),
        (Verb::Redact { own: true }, "yyyyy", "yyyyy"),
        (Verb::Redact { own: false }, "...yy", "...yy"),
        (Verb::SetSubject, "yyyyy", "yyyyy"),
        (Verb::Invite, "yyyyy", "...yy"),
        (KICK_PLAIN, "...yy", "...yy"),
        (KICK_OWNER, "....y", "....y"),
        (GIVE_VOICE, "...yy", "...yy"),
        (GIVE_OWNER, "....y", "....y"),
        (TAKE_OWNER, "....y", "....y"),
        (BAN_PLAIN, "...yy", "...yy"),
        (BAN_OWNER, "....y", "....y"),
        (Verb::Report, "yyyyy", "yyyyy"),
        (Verb::Audit, "...yy", "...yy"),
        (Verb::Configure, "...yy", "...yy"),
    ] {
        assert_eq!(row(verb, here, Access::Open), open, "{verb:?} in an open room");
        assert_eq!(row(verb, here, Access::Invited), invited, "{verb:?} in a private room");
        assert_eq!(row(verb, here, Access::Closed), ".....", "{verb:?} in an inbox");
    }
}

#[test]
fn who_is_elsewhere_may_less() {
    for (verb, open, invited) in [
        (Verb::Read, "yyyyy", ".yyyy"),
        (Verb::Enter, "yyyyy", ".yyyy"),
        (Verb::Post, ".....", "....."),
        (Verb::Redact { own: true }, ".....", "....."),
        (Verb::Redact { own: false }, "...yy", "...yy"),
        (Verb::SetSubject, ".....", "....."),
        (Verb::Invite, ".....", "....."),
        (KICK_PLAIN, "...yy", "...yy"),
        (BAN_PLAIN, "...yy", "...yy"),
        (Verb::Report, ".....", "....."),
        (Verb::Audit, "...yy", "...yy"),
        (Verb::Configure, "...yy", "...yy"),
    ] {
        assert_eq!(row(verb, |_| {}, Access::Open), open, "{verb:?} in an open room");
        assert_eq!(row(verb, |_| {}, Access::Invited), invited, "{verb:?} in a private room");
        assert_eq!(row(verb, |_| {}, Access::Closed), ".....", "{verb:?} in an inbox");
    }
}

#[test]
fn an_invitation_opens_the_door_and_nothing_else() {
    let invited = |rights: &mut Rights| rights.invited = true;
    assert_eq!(row(Verb::Enter, invited, Access::Invited), "yyyyy");
    assert_eq!(row(Verb::Read, invited, Access::Invited), ".yyyy");
    assert_eq!(row(Verb::Enter, invited, Access::Closed), ".....");
}

#[test]
fn switches_ask_for_more() {
    let moderated = |rights: &mut Rights| {
        rights.present = true;
        rights.settings.moderated = true;
    };
    assert_eq!(row(Verb::Post, moderated, Access::Open), "..yyy");
    assert_eq!(row(Verb::SetSubject, moderated, Access::Open), "yyyyy");
    assert_eq!(row(Verb::Redact { own: true }, moderated, Access::Open), "yyyyy");
    let locked = |rights: &mut Rights| {
        rights.present = true;
        rights.settings.subject_locked = true;
    };
    assert_eq!(row(Verb::SetSubject, locked, Access::Open), "...yy");
    assert_eq!(row(Verb::Post, locked, Access::Open), "yyyyy");
}

#[test]
fn a_locked_room_hears_its_moderators_only() {
    let locked = |rights: &mut Rights| {
        rights.present = true;
        rights.settings.locked = true;
    };
    assert_eq!(row(Verb::Post, locked, Access::Open), "...yy");
    assert_eq!(row(Verb::Redact { own: true }, locked, Access::Open), "...yy");
    assert_eq!(row(Verb::SetSubject, locked, Access::Open), "yyyyy");
    assert_eq!(row(Verb::Report, locked, Access::Open), "yyyyy");
}

#[test]
fn a_ban_takes_everything_and_a_mute_the_voice_but_not_from_moderators() {
    for (verb, muted, banned) in [
        (Verb::Read, "yyyyy", "...yy"),
        (Verb::Enter, "yyyyy", "...yy"),
        (Verb::Post, "...yy", "...yy"),
        (Verb::Redact { own: true }, "...yy", "...yy"),
        (Verb::SetSubject, "...yy", "...yy"),
        (Verb::Invite, "...yy", "...yy"),
        (Verb::Report, "yyyyy", "...yy"),
        (KICK_PLAIN, "...yy", "...yy"),
        (Verb::Audit, "...yy", "...yy"),
        (Verb::Configure, "...yy", "...yy"),
    ] {
        for (barred, wanted) in [(Barred::Muted, muted), (Barred::Banned, banned)] {
            let change = |rights: &mut Rights| {
                rights.present = true;
                rights.barred = barred;
            };
            assert_eq!(row(verb, change, Access::Open), wanted, "{verb:?} when {barred:?}");
        }
    }
}

#[test]
fn who_is_banned_and_was_never_inside_does_not_learn_of_a_private_room() {
    let rights = Rights { barred: Barred::Banned, ..rights(Role::None, Access::Invited) };
    assert_eq!(authorize(&ACTOR, Verb::Read, &rights), Err(Denied::InvitedOnly));
    let invited = Rights { invited: true, ..rights };
    assert_eq!(authorize(&ACTOR, Verb::Enter, &invited), Err(Denied::Banned));
}

#[test]
fn an_administrator_is_an_owner_everywhere_but_in_inboxes() {
    for verb in VERBS {
        for present in [false, true] {
            for access in [Access::Open, Access::Invited, Access::Closed] {
                let rights = |role, admin| Rights { admin, present, ..rights(role, access) };
                let admin = authorize(&ACTOR, verb, &rights(Role::None, true));
                assert_eq!(admin, authorize(&ACTOR, verb, &rights(Role::Owner, false)));
                assert!(access != Access::Closed || admin.is_err());
            }
        }
    }
}

#[test]
fn a_permit_names_what_was_asked() {
    let permit = authorize(&ACTOR, Verb::Read, &rights(Role::None, Access::Open)).unwrap();
    assert_eq!(permit, Permit { actor: PersonId(7), verb: Verb::Read, topic: TopicId(3) });
}

#[test]
fn a_role_of_a_later_version_gives_no_rights() {
    for role in Role::ALL {
        assert_eq!(Role::from_number(role.number()), role);
    }
    assert_eq!(Role::from_number(5), Role::None);
    assert_eq!(Role::from_number(-1), Role::None);
}

fn any_role() -> impl Strategy<Value = Role> {
    (0..Role::ALL.len()).prop_map(|at| Role::ALL[at])
}

fn any_rights() -> impl Strategy<Value = Rights> {
    let access = prop_oneof![Just(Access::Open), Just(Access::Invited), Just(Access::Closed)];
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let barred = prop_oneof![Just(Barred::No), Just(Barred::Muted), Just(Barred::Banned)];
    let shut = (any::<bool>(), barred);
    (any_role(), access, switches, shut).prop_map(|(role, access, switches, (locked, barred))| {
        let (admin, moderated, subject_locked, invited, present) = switches;
        let settings = Settings { access, moderated, subject_locked, locked };
        Rights { topic: TopicId(3), role, admin, settings, invited, present, barred }
    })
}

fn any_verb() -> impl Strategy<Value = Verb> {
    let kick = any_role().prop_map(|target| Verb::Kick { target });
    let set = (any_role(), any_role()).prop_map(|(from, to)| Verb::SetRole { from, to });
    prop_oneof![(0..VERBS.len()).prop_map(|at| VERBS[at]), kick, set]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A higher role, an invitation, being there, being an administrator or the end of a ban never
    /// takes a right.
    #[test]
    fn more_is_never_less(rights in any_rights(), verb in any_verb(), higher in any_role()) {
        if authorize(&ACTOR, verb, &rights).is_ok() {
            for more in [
                Rights { role: rights.role.max(higher), ..rights },
                Rights { invited: true, ..rights },
                Rights { present: true, ..rights },
                Rights { admin: true, ..rights },
                Rights { barred: Barred::No, ..rights },
            ] {
                prop_assert!(authorize(&ACTOR, verb, &more).is_ok(), "{verb:?} {more:?}");
            }
        }
    }

    /// Who can't read a topic can do nothing in it but come in by invitation.
    #[test]
    fn outsiders_do_nothing(rights in any_rights(), verb in any_verb()) {
        if authorize(&ACTOR, Verb::Read, &rights).is_err() {
            let may = authorize(&ACTOR, verb, &rights).is_ok();
            prop_assert!(!may || verb == Verb::Enter && rights.invited, "{verb:?}");
        }
    }

    /// Nobody gets rid of, or makes, somebody above itself.
    #[test]
    fn nobody_reaches_above_itself(rights in any_rights(), target in any_role()) {
        let own = if rights.admin { Role::Owner } else { rights.role };
        if target > own {
            for verb in [
                Verb::Kick { target },
                Verb::Ban { target },
                Verb::SetRole { from: target, to: Role::None },
                Verb::SetRole { from: Role::None, to: target },
            ] {
                prop_assert!(authorize(&ACTOR, verb, &rights).is_err(), "{verb:?}");
            }
        }
    }
}
