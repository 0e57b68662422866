//! What must hold over time and elsewhere: a bounded log, many topics, any executor, retention.

use std::sync::mpsc;

use parlor_topics::{Clock, Delivery, ManualClock, ResetReason, Retention, Store, TopicId, limits};

use crate::support::{
    append, block_on, bodies, driven, event, events, next_bodies, options_at, temporary, topic,
    try_write, write,
};

#[test]
fn it_runs_on_tokio_too() {
    let (_dir, store) = temporary();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let local = store.local();
    let mut reader = local.reader();
    let room = topic(&store, "room");
    let got = runtime.block_on(driven(&local, async {
        reader.subscribe(room, None).await.unwrap();
        for number in 0..200 {
            let text = number.to_string();
            let said = try_write(&store, move |tx| tx.append(room, event(&text))).await.unwrap();
            assert_eq!(said, number + 1);
        }
        next_bodies(&mut reader, 200).await
    }));
    assert_eq!(got.last().unwrap(), "199");
}

#[test]
fn a_read_that_stands_still_holds_up_no_writer_and_the_log_shrinks_after_it() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let (begun, has_begun) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let stalled = store.read(move |snapshot| {
        let before = snapshot.position(room)?.offset;
        begun.send(()).unwrap();
        wait.recv().ok();
        Ok((before, snapshot.position(room)?.offset))
    });
    has_begun.recv().unwrap();
    let body = "x".repeat(500_000);
    let say = || {
        let text = body.clone();
        write(&store, move |tx| tx.append(room, event(&text)))
    };
    for _ in 0..64 {
        say();
    }
    let held = store.stats().wal_bytes;
    assert!(held > limits::WAL_BYTES_SOFT, "{held} bytes of log while a read stands still");
    drop(go);
    assert_eq!(block_on(stalled).unwrap(), (0, 0), "it sees one state throughout");
    let shrunk = (0..200).any(|_| {
        say();
        store.stats().wal_bytes < limits::WAL_BYTES_SOFT
    });
    assert!(shrunk, "{} bytes of log", store.stats().wal_bytes);
}

#[test]
fn many_topics_cost_no_more_than_few() {
    let (_dir, store) = temporary();
    let topics: Vec<TopicId> = (0..20_u64)
        .flat_map(|part| {
            write(&store, move |tx| {
                (0..500)
                    .map(|number| {
                        let topic = tx.topic(&format!("{part}/{number}"), Retention::Forever)?;
                        tx.append(topic, event("hello"))?;
                        Ok(topic)
                    })
                    .collect::<Result<Vec<_>, _>>()
            })
        })
        .collect();
    let local = store.local();
    let mut reader = local.reader();
    crate::support::drive(&local, async {
        for topic in &topics {
            reader.subscribe(*topic, None).await.unwrap();
        }
        for topic in topics.iter().rev().step_by(1_000) {
            append(&store, *topic, &["news"]);
        }
        assert_eq!(next_bodies(&mut reader, 10).await, ["news"; 10]);
    });
    assert_eq!(store.stats().topics_subscribed, 10_000);
    drop(reader);
    assert_eq!(store.stats().topics_subscribed, 0);
}

#[test]
fn the_latest_events_are_kept_and_no_fewer() {
    let (_dir, store) = temporary();
    let room = write(&store, |tx| tx.topic("room", Retention::Last { events: 50 }));
    let local = store.local();
    let mut reader = local.reader();
    let start = crate::support::drive(&local, reader.subscribe(room, None)).unwrap();
    for number in 0..500 {
        append(&store, room, &[&number.to_string()]);
        let kept = events(&store, room);
        assert!(kept.len() >= 50.min(number + 1) && kept.len() <= 50 + 16);
        assert_eq!(kept.last().unwrap().offset, number as u64 + 1);
        assert_eq!(block_on(next_bodies(&mut reader, 1)), [number.to_string()]);
    }
    // Whoever kept up missed nothing; whoever comes from before is told.
    crate::support::drive(&local, async {
        let mut late = local.reader();
        late.subscribe(room, Some(start)).await.unwrap();
        let delivery = late.next().await.unwrap();
        assert!(
            matches!(delivery, Delivery::Reset { why: ResetReason::Trimmed, .. }),
            "{delivery:?}"
        );
    });
}

#[test]
fn days_are_kept_by_the_clock() {
    const DAY_MS: u64 = 86_400_000;
    let clock = ManualClock::new(100 * DAY_MS);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(options_at(&dir, Clock::manual(&clock))).unwrap();
    let news = write(&store, |tx| tx.topic("news", Retention::Days(3)));
    let room = topic(&store, "room");
    for day in 0..10 {
        append(&store, news, &[&day.to_string()]);
        append(&store, room, &[&day.to_string()]);
        clock.advance_ms(DAY_MS);
    }
    // Housekeeping comes after a write.
    append(&store, room, &["now"]);
    append(&store, room, &["and again"]);
    assert_eq!(bodies(&events(&store, news)), ["7", "8", "9"]);
    assert_eq!(events(&store, room).len(), 12);
}
