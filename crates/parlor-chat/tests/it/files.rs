//! Images: taken in, hung on messages, seen by the right people, cleared away.

use bytes::Bytes;
use parlor_chat::{Attachment, NewMessage, Refusal, Scope, Target, limits};
use parlor_hub::{Account, Attached, Failure, ProfileChange, event::ProfileChanged};

use crate::world::{Ear, World, block_on, message, refused};

/// The beginning of a picture of these sides, with a tail that tells it from others.
fn picture(width: u32, height: u32, tail: &[u8]) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    [&head[..], &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06\0\0\0", tail].concat()
}

fn account(who: &Attached) -> &Account {
    who.account.as_ref().unwrap()
}

fn try_send(world: &World, who: &Attached, content: &[u8]) -> Result<Attachment, Failure<Refusal>> {
    block_on(async {
        let upload = world.chat.upload(account(who), "a/../cat pic.png").await?;
        for piece in content.chunks(1000) {
            upload.write(Bytes::copy_from_slice(piece)).await?;
        }
        upload.finish().await
    })
}

fn send(world: &World, who: &Attached, content: &[u8]) -> Attachment {
    try_send(world, who, content).unwrap()
}

fn with_file(file: &Attachment) -> NewMessage {
    NewMessage { files: vec![file.id.clone()], ..NewMessage::default() }
}

fn sees(world: &World, who: &Attached, file: &Attachment) -> bool {
    match block_on(world.chat.file(account(who), &file.id)) {
        Ok(view) => block_on(view.piece(0)).is_some(),
        Err(Failure::Refused(Refusal::NoSuchFile)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

/// How many contents lie in the data directory.
fn contents(world: &World) -> usize {
    let folder = world.store.dir().join("attachments");
    let files = |path| std::fs::read_dir(path).into_iter().flatten().flatten();
    let folders = files(folder).filter(|entry| entry.file_name() != "incoming");
    folders.flat_map(|entry| files(entry.path())).count()
}

#[test]
fn an_image_comes_back_as_it_was_sent() {
    let mut world = World::new();
    let ann = world.account("ann");
    let content = picture(4, 3, &vec![7; 150_000]);
    let file = send(&world, &ann, &content);
    assert_eq!((&*file.name, &*file.kind), ("cat_pic.png", "image/png"));
    assert_eq!((file.bytes, file.width, file.height), (content.len() as u64, 4, 3));
    world.restart();
    let ann = world.account("ann");
    let view = block_on(world.chat.file(account(&ann), &file.id)).unwrap();
    let mut read = Vec::new();
    while read.len() < content.len() {
        read.extend(block_on(view.piece(read.len() as u64)).unwrap());
    }
    assert!(read == content);
}

#[test]
fn what_is_no_image_leaves_nothing_behind() {
    let world = World::new();
    let ann = world.account("ann");
    for (content, why) in [
        (b"<svg onload='alert(1)'>".to_vec(), Refusal::NotAnImage),
        (Vec::new(), Refusal::NotAnImage),
        (picture(60_000, 60_000, b""), Refusal::TooManyPixels),
    ] {
        match try_send(&world, &ann, &content) {
            Err(Failure::Refused(refused)) => assert_eq!(refused, why),
            other => panic!("{other:?}"),
        }
    }
    let max = limits::FILE_BYTES_MAX;
    let long = picture(4, 3, &vec![0; max]);
    match try_send(&world, &ann, &long) {
        Err(Failure::Refused(refused)) => assert_eq!(refused, Refusal::FileTooLong { max }),
        other => panic!("{other:?}"),
    }
    assert_eq!(contents(&world), 0);
    let unfinished = world.store.dir().join("attachments/incoming");
    // Whoever breaks off leaves nothing either; a further task is answered after it is cleared.
    let upload = block_on(world.chat.upload(account(&ann), "x")).unwrap();
    drop(upload);
    send(&world, &ann, &picture(4, 3, b""));
    assert_eq!(std::fs::read_dir(unfinished).unwrap().count(), 0);
}

#[test]
fn an_image_is_seen_by_who_may_read_its_message() {
    let world = World::new();
    let (ann, bob, eve) = (world.account("ann"), world.account("bob"), world.account("eve"));
    let file = send(&world, &ann, &picture(4, 3, b"1"));
    let who_sees = |file: &Attachment| [&ann, &bob, &eve].map(|who| sees(&world, who, file));
    assert_eq!(who_sees(&file), [true, false, false], "on nothing yet");
    let direct = Target::Person(bob.person, bob.nick.clone());
    block_on(world.chat.post(&ann, direct, with_file(&file))).unwrap();
    assert_eq!(who_sees(&file), [true, true, false]);

    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let private = parlor_chat::ModeChange { invited_only: Some(true), ..Default::default() };
    block_on(world.chat.set_modes(&ann, room, private)).unwrap();
    let file = send(&world, &ann, &picture(4, 3, b"2"));
    block_on(world.chat.post(&ann, Target::Room(room), with_file(&file))).unwrap();
    assert_eq!(who_sees(&file), [true, true, false]);
    block_on(world.chat.kick(&ann, room, bob.person, String::new())).unwrap();
    assert_eq!(who_sees(&file), [true, false, false], "a right that is lost is lost here, too");
    let page = block_on(world.chat.history(&ann, Scope::Room(room), parlor_chat::Page::latest(1)));
    assert_eq!(page.unwrap().messages[0].files, [file]);
}

#[test]
fn only_ones_own_image_is_posted_and_only_once() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let file = send(&world, &ann, &picture(4, 3, b""));
    let post = |who, message| world.chat.post(who, Target::Room(room), message);
    assert_eq!(refused(post(&bob, with_file(&file))), Refusal::NoSuchFile);
    let unknown = NewMessage { files: vec!["00".into()], ..message("x") };
    assert_eq!(refused(post(&ann, unknown)), Refusal::NoSuchFile);
    let max = limits::FILES_PER_MESSAGE;
    let many = NewMessage { files: vec![file.id.clone(); max + 1], ..message("x") };
    assert_eq!(refused(post(&ann, many)), Refusal::TooManyFiles { max });
    let twice = NewMessage { files: vec![file.id.clone(); 2], ..message("x") };
    assert_eq!(refused(post(&ann, twice)), Refusal::NoSuchFile);
    let keyed = || NewMessage { key: Some("k".into()), ..with_file(&file) };
    let first = block_on(post(&ann, keyed())).unwrap();
    let again = block_on(post(&ann, keyed())).unwrap();
    assert_eq!((again.repeated, again.msgid), (true, first.msgid));
    assert_eq!(refused(post(&ann, with_file(&file))), Refusal::NoSuchFile, "it hangs already");
    assert_eq!(refused(post(&ann, NewMessage::default())), Refusal::Empty);
}

#[test]
fn taking_a_message_back_takes_its_image_with_it_but_not_that_of_others() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.enter(&ann, "#tea");
    world.enter(&bob, "#tea");
    let same = picture(4, 3, b"");
    let (hers, his) = (send(&world, &ann, &same), send(&world, &bob, &same));
    assert_eq!(contents(&world), 1, "one content for both");
    let post = |who, file| block_on(world.chat.post(who, Target::Room(room), with_file(file)));
    let (a, b) = (post(&ann, &hers).unwrap(), post(&bob, &his).unwrap());
    let redact = |who, msgid| {
        block_on(world.chat.redact(who, Scope::Room(room), msgid, String::new())).unwrap();
    };
    redact(&ann, a.msgid);
    assert!(!sees(&world, &ann, &hers) && sees(&world, &ann, &his));
    redact(&bob, b.msgid);
    assert!(!sees(&world, &bob, &his));
    assert_eq!(contents(&world), 0);
    let bodies: Vec<_> = world.events(room).into_iter().map(|event| event.body).collect();
    assert!(!bodies.iter().any(|body| body.windows(7).any(|part| part == b"cat_pic")));
}

#[test]
fn an_image_that_is_never_used_goes_after_a_day() {
    let world = World::new();
    let ann = world.account("ann");
    let room = world.enter(&ann, "#tea");
    let (used, unused) =
        (send(&world, &ann, &picture(4, 3, b"1")), send(&world, &ann, &picture(4, 3, b"2")));
    block_on(world.chat.post(&ann, Target::Room(room), with_file(&used))).unwrap();
    world.clock.advance_ms(limits::UNUSED_FILE_MS);
    block_on(world.chat.sweep_files());
    assert!(sees(&world, &ann, &unused), "not before its time");
    world.clock.advance_ms(1);
    block_on(world.chat.sweep_files());
    assert!(sees(&world, &ann, &used) && !sees(&world, &ann, &unused));
    assert_eq!(contents(&world), 1);
}

fn wear(world: &World, who: &Attached, file: Option<&Attachment>) -> Result<(), Failure<Refusal>> {
    let avatar = Some(file.map(|file| file.id.clone()));
    block_on(world.chat.set_profile(who, ProfileChange { avatar, ..ProfileChange::default() }))
}

fn shown(world: &World, who: &Attached) -> Option<String> {
    let found = block_on(world.link.people(vec![who.person])).pop();
    found.and_then(|present| present.avatar.as_deref().map(str::to_owned))
}

#[test]
fn an_avatar_is_everybodys_to_see_and_stays_until_it_is_replaced() {
    let mut world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let (first, second) =
        (send(&world, &ann, &picture(4, 4, b"1")), send(&world, &ann, &picture(4, 4, b"2")));
    assert!(!sees(&world, &bob, &first), "an image that nobody wears is its owner's");
    wear(&world, &ann, Some(&first)).unwrap();
    assert!(sees(&world, &bob, &first));
    assert_eq!(shown(&world, &ann).as_ref(), Some(&first.id));
    // It is not an image that was never used.
    world.clock.advance_ms(limits::UNUSED_FILE_MS + 1);
    world.restart();
    block_on(world.chat.sweep_files());
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    assert!(sees(&world, &bob, &first) && !sees(&world, &ann, &second));
    assert_eq!(shown(&world, &ann).as_ref(), Some(&first.id), "it is shown after a restart, too");
    let third = send(&world, &ann, &picture(4, 4, b"3"));
    wear(&world, &ann, Some(&third)).unwrap();
    assert!(!sees(&world, &ann, &first) && sees(&world, &bob, &third));
    assert_eq!(contents(&world), 1, "the one before it is gone");
    wear(&world, &ann, None).unwrap();
    assert_eq!((shown(&world, &ann), contents(&world)), (None, 0));
}

#[test]
fn only_an_own_free_small_image_is_worn() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let hers = send(&world, &ann, &picture(4, 4, b"1"));
    assert_eq!(wear(&world, &bob, Some(&hers)), Err(Failure::Refused(Refusal::NoSuchFile)));
    let large = send(&world, &ann, &picture(4, 4, &vec![7; limits::AVATAR_BYTES_MAX]));
    let why = Refusal::FileTooLong { max: limits::AVATAR_BYTES_MAX };
    assert_eq!(wear(&world, &ann, Some(&large)), Err(Failure::Refused(why)));
    wear(&world, &ann, Some(&hers)).unwrap();
    // What is worn hangs on no message.
    let room = world.join(&ann, "#tea").room.topic;
    let posted = block_on(world.chat.post(&ann, Target::Room(room), with_file(&hers)));
    assert_eq!(posted.unwrap_err(), Failure::Refused(Refusal::NoSuchFile));
    let mallory = world.guest("mallory");
    assert_eq!(wear(&world, &mallory, None), Err(Failure::Refused(Refusal::NeedsAccount)));
}

#[test]
fn the_avatar_of_a_removed_account_goes_with_it() {
    let mut world = World::new();
    let ann = world.account("ann");
    let file = send(&world, &ann, &picture(4, 4, b"1"));
    wear(&world, &ann, Some(&file)).unwrap();
    block_on(world.link.remove_account("ann")).unwrap();
    world.restart();
    block_on(world.chat.prepare()).unwrap();
    assert_eq!(contents(&world), 0);
}

#[test]
fn a_changed_profile_is_told_to_the_room_and_the_own_inbox() {
    let world = World::new();
    let (ann, bob) = (world.account("ann"), world.account("bob"));
    let room = world.join(&ann, "#tea").room.topic;
    world.join(&bob, "#tea");
    let mut ear = Ear::new(&world.store, &[room, ann.inbox]);
    let change = ProfileChange {
        display: Some(" Ann Example ".into()),
        about: Some("likes tea".into()),
        homepage: Some("https://ann.example".into()),
        ..ProfileChange::default()
    };
    block_on(world.chat.set_profile(&ann, change)).unwrap();
    let heard = ear.heard();
    let told = heard.iter().filter_map(|event| Some((event.topic, ProfileChanged::decode(event)?)));
    let mut told: Vec<_> = told.map(|(topic, told)| (topic, told.person, told.display)).collect();
    told.sort();
    let mut wanted = [room, ann.inbox].map(|topic| (topic, ann.person.0, "Ann Example".to_owned()));
    wanted.sort();
    assert_eq!(told, wanted);
    let kept = block_on(world.link.profile(ann.person)).unwrap().unwrap();
    assert_eq!((&*kept.display, &*kept.about, kept.avatar), ("Ann Example", "likes tea", None));
    assert_eq!((&*kept.homepage, &*kept.status), ("https://ann.example", ""));
    let hidden = ProfileChange { display: Some("a\u{202e}b".into()), ..ProfileChange::default() };
    let refused = block_on(world.chat.set_profile(&ann, hidden));
    let why = Refusal::Profile(parlor_hub::ProfileRefusal::Hidden);
    assert_eq!(refused, Err(Failure::Refused(why)));
}
