//! Readers that fall behind, workers that fall behind, and ten thousand that come back at once:
//! they cost little and miss nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bytes::Bytes;
use parlor_topics::{Announcement, Delivery, Position, ResetReason, Store, TopicId, limits};

use crate::support::{
    append, block_on, body, drain, drive, event, next_bodies, temporary, topic, write,
};

/// Appends numbers, a hundred a transaction.
fn append_numbers(store: &Store, topic: TopicId, from: u64, to: u64) {
    let mut from = from;
    while from < to {
        let (start, end) = (from, to.min(from + 100));
        write(store, move |tx| {
            for number in start..end {
                tx.append(topic, event(&number.to_string()))?;
            }
            Ok(())
        });
        from = end;
    }
}

fn numbers(from: u64, to: u64) -> Vec<String> {
    (from..to).map(|number| number.to_string()).collect()
}

fn start_of(store: &Store, topic: TopicId) -> Position {
    let head = block_on(store.read(move |snapshot| snapshot.position(topic))).unwrap();
    Position { offset: 0, ..head }
}

fn typing() -> Announcement {
    Announcement { kind: "t".into(), actor: 1, key: None, body: Bytes::from_static(b"typing") }
}

#[test]
fn a_reader_that_falls_behind_catches_up_and_harms_nobody() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let local = store.local();
    let (mut slow, mut fast) = (local.reader(), local.reader());
    drive(&local, async {
        slow.subscribe(room, None).await.unwrap();
        fast.subscribe(room, None).await.unwrap();
        let asked = store.stats().worker_reads;
        for round in 0..20 {
            append_numbers(&store, room, round * 100, round * 100 + 100);
            let got = next_bodies(&mut fast, 100).await;
            assert_eq!(got, numbers(round * 100, round * 100 + 100));
        }
        assert_eq!(store.stats().worker_reads, asked, "who keeps up reads nothing");
        assert_eq!(next_bodies(&mut slow, 1_500).await, numbers(0, 1_500));
        // And what is written while it catches up comes too, from the ring again at last.
        append_numbers(&store, room, 2_000, 2_010);
        assert_eq!(next_bodies(&mut slow, 510).await, numbers(1_500, 2_010));
        let reads = store.stats().worker_reads;
        append_numbers(&store, room, 2_010, 2_020);
        assert_eq!(next_bodies(&mut slow, 10).await, numbers(2_010, 2_020));
        assert_eq!(store.stats().worker_reads, reads, "it is live again");
    });
}

#[test]
fn a_worker_that_falls_behind_loses_no_event_and_tells_of_lost_announcements() {
    let (_dir, store) = temporary();
    let (room, other) = (topic(&store, "room"), topic(&store, "other"));
    let local = store.local();
    let mut reader = local.reader();
    block_on(reader.subscribe(room, None)).unwrap();
    block_on(reader.subscribe(other, None)).unwrap();
    let most = limits::MAILBOX_FRAMES_MAX as u64 + 1_000;
    append_numbers(&store, room, 0, most);
    append(&store, other, &["other"]);
    store.announce(&[other], typing());
    block_on(async {
        let expected: Vec<String> = numbers(0, most).into_iter().chain(["other".into()]).collect();
        assert_eq!(next_bodies(&mut reader, expected.len()).await, expected);
        let Delivery::Missed { topic } = reader.next().await.unwrap() else { panic!() };
        assert_eq!(topic, other);
        append(&store, room, &["on again"]);
        assert_eq!(next_bodies(&mut reader, 1).await, ["on again"]);
    });
}

#[test]
fn a_reader_that_loses_announcements_is_told_once() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let local = store.local();
    let mut reader = local.reader();
    block_on(reader.subscribe(room, None)).unwrap();
    store.announce(&[room], typing());
    store.announce(&[room], typing());
    for round in 0..4 {
        append_numbers(&store, room, round * 100, round * 100 + 100);
        local.drain();
    }
    let mut events = Vec::new();
    let mut missed = 0;
    while events.len() < 400 {
        match block_on(reader.next()).unwrap() {
            Delivery::Event(frame) if frame.event.offset == 0 => {}
            Delivery::Event(frame) => events.push(body(&frame.event)),
            Delivery::Missed { .. } => missed += 1,
            Delivery::Reset { why, .. } => panic!("{why:?}"),
        }
    }
    assert_eq!((events, missed), (numbers(0, 400), 1));
}

#[test]
fn memory_is_bounded_by_bytes_too() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let local = store.local();
    let mut reader = local.reader();
    block_on(reader.subscribe(room, None)).unwrap();
    // Forty events of 60 kB: the ring takes four.
    for number in 0..40 {
        let text = format!("{number:0>60000}");
        append(&store, room, &[&text]);
        local.drain();
    }
    for number in 0..40 {
        let frame = block_on(crate::support::next_event(&mut reader));
        assert_eq!(body(&frame.event).trim_start_matches('0').parse().unwrap_or(0), number);
    }
    assert!(store.stats().worker_reads > 0);
}

#[test]
fn ten_thousand_that_come_back_at_once_read_the_store_a_few_times() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    append_numbers(&store, room, 0, 1_000);
    let start = start_of(&store, room);
    let local = store.local();
    drive(&local, async {
        let mut readers: Vec<_> = (0..10_000).map(|_| local.reader()).collect();
        for (number, reader) in (0..).zip(&mut readers) {
            // Each stopped somewhere else.
            let offset = 900 + number % 100;
            reader.subscribe(room, Some(Position { offset, ..start })).await.unwrap();
        }
        for (number, reader) in (0..).zip(&mut readers) {
            let offset = 900 + number % 100;
            let count = usize::try_from(1_000 - offset).unwrap();
            assert_eq!(next_bodies(reader, count).await, numbers(offset, 1_000));
        }
        append(&store, room, &["live"]);
        for reader in &mut readers {
            assert_eq!(next_bodies(reader, 1).await, ["live"]);
        }
    });
    let reads = store.stats().worker_reads;
    assert!(reads <= 4, "{reads} reads of the store for 10,000 readers of one topic");
}

/// Checks that a subscriber gets dense offsets from its position on, or a `Trimmed`.
fn follow(store: &Store, room: TopicId, position: Position) {
    let local = store.local();
    let mut reader = local.reader();
    drive(&local, async {
        reader.subscribe(room, Some(position)).await.unwrap();
        let mut next = position.offset + 1;
        loop {
            match reader.next().await.unwrap() {
                Delivery::Event(frame) => {
                    assert_eq!(frame.event.offset, next);
                    assert_eq!(body(&frame.event), (next - 1).to_string());
                    next += 1;
                    // Far enough to have come from the store into the ring, or to the end.
                    if frame.event.offset == 1_500 || next > position.offset + 400 {
                        break;
                    }
                }
                Delivery::Reset { why, position, .. } => {
                    assert_eq!(why, ResetReason::Trimmed);
                    assert!(position.offset >= next, "a reset goes forward");
                    next = position.offset + 1;
                    if position.offset == 1_500 {
                        break;
                    }
                }
                Delivery::Missed { .. } => panic!("nothing was announced"),
            }
        }
    });
}

#[test]
fn a_subscriber_may_start_at_every_offset_while_writers_write_and_history_is_trimmed() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    append_numbers(&store, room, 0, 300);
    let start = start_of(&store, room);
    let done = Arc::new(AtomicBool::new(false));
    let writer = {
        let (store, done) = (store.clone(), Arc::clone(&done));
        thread::spawn(move || {
            for number in 300..1_500_u64 {
                append(&store, room, &[&number.to_string()]);
                if number % 50 == 0 {
                    write(&store, move |tx| tx.trim(room, (number - 300) / 8));
                }
            }
            done.store(true, Ordering::Release);
        })
    };
    let followers: Vec<_> = (0..2)
        .map(|half| {
            let (store, done) = (store.clone(), Arc::clone(&done));
            thread::spawn(move || {
                for offset in (half..300).step_by(2) {
                    if done.load(Ordering::Acquire) && offset > 40 {
                        // The rest would only repeat what is read from a store at rest.
                        let far = Position { offset: offset + 1_000, ..start };
                        follow(&store, room, far);
                        continue;
                    }
                    follow(&store, room, Position { offset, ..start });
                }
            })
        })
        .collect();
    writer.join().unwrap();
    for follower in followers {
        follower.join().unwrap();
    }
}

#[test]
fn a_snapshot_and_what_follows_make_a_fresh_snapshot() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let writer = store.clone();
    let writing = thread::spawn(move || {
        for number in 0..500_u64 {
            write(&writer, move |tx| {
                let offset = tx.append(room, event(&number.to_string()))?;
                tx.execute(
                    "INSERT INTO note (text, topic, seq) VALUES (?1, ?2, ?3)",
                    parlor_topics::params![number.to_string(), room, offset],
                )
            });
        }
    });
    let rows = |store: &Store| {
        block_on(store.read(move |snapshot| {
            let rows = snapshot
                .query("SELECT text FROM note ORDER BY seq", &[], |row| row.get::<String>(0))?;
            Ok((rows, snapshot.position(room)?))
        }))
        .unwrap()
    };
    let local = store.local();
    for _ in 0..50 {
        let (mut state, position) = rows(&store);
        assert_eq!(state.len() as u64, position.offset, "one snapshot");
        let mut reader = local.reader();
        drive(&local, async {
            reader.subscribe(room, Some(position)).await.unwrap();
            let (fresh, now) = rows(&store);
            let count = usize::try_from(now.offset - position.offset).unwrap();
            state.extend(next_bodies(&mut reader, count).await);
            assert_eq!(state, fresh);
        });
        assert!(drain(&mut reader).len() <= 500);
    }
    writing.join().unwrap();
}

#[test]
fn histories_of_many_subscribers_agree_with_the_store() {
    let (_dir, store) = temporary();
    let topics: Vec<TopicId> = (0..3).map(|number| topic(&store, &number.to_string())).collect();
    let starts: Vec<Position> = topics.iter().map(|topic| start_of(&store, *topic)).collect();
    let writers: Vec<_> = (0..3_usize)
        .map(|writer| {
            let (store, topics) = (store.clone(), topics.clone());
            thread::spawn(move || {
                for number in 0..300_usize {
                    let (one, two) = (topics[number % 3], topics[(number + writer + 1) % 3]);
                    let text = format!("{writer}:{number}");
                    write(&store, move |tx| {
                        tx.append(one, event(&text))?;
                        if one != two {
                            tx.append(two, event(&text))?;
                        }
                        Ok(())
                    });
                }
            })
        })
        .collect();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (store, topics, starts) = (store.clone(), topics.clone(), starts.clone());
            thread::spawn(move || {
                let local = store.local();
                let mut reader = local.reader();
                let mut seen = Vec::new();
                drive(&local, async {
                    for (topic, start) in topics.iter().zip(starts) {
                        reader.subscribe(*topic, Some(start)).await.unwrap();
                    }
                    // Three writers, one or two events a time: 900 + 600 in all.
                    while seen.len() < 1_500 {
                        let frame = crate::support::next_event(&mut reader).await;
                        seen.push((frame.commit, frame.event.clone()));
                    }
                });
                seen
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    let stored: Vec<_> =
        topics.iter().map(|topic| crate::support::events(&store, *topic)).collect();
    assert_eq!(stored.iter().map(Vec::len).sum::<usize>(), 1_500);
    let mut histories = Vec::new();
    for reader in readers {
        let seen = reader.join().unwrap();
        assert!(seen.windows(2).all(|pair| pair[0].0 <= pair[1].0), "in the order of commits");
        for (topic, stored) in topics.iter().zip(&stored) {
            let of_topic: Vec<_> = seen
                .iter()
                .filter(|(_, event)| event.topic == *topic)
                .map(|(_, event)| event.clone())
                .collect();
            assert_eq!(&of_topic, stored, "every event, once, in order");
        }
        histories.push(seen);
    }
    assert_eq!(histories[0], histories[1], "all see one history");
}
