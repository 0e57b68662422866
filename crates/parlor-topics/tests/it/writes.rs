//! Transactions: all or nothing, dense, idempotent, honest about what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use parlor_topics::{
    Abort, Clock, Error, ManualClock, Retention, Store, TopicId, Tx, Unavailable, Value,
    WriteError, params,
};

use crate::support::{
    append, block_on, bodies, event, events, open, options_at, temporary, topic, try_write, write,
};

#[test]
fn what_is_written_is_there_and_still_there_after_opening_again() {
    let (dir, store) = temporary();
    let room = topic(&store, "room");
    assert_eq!(append(&store, room, &["a", "b"]), 2);
    let before = block_on(store.read(move |snapshot| snapshot.position(room))).unwrap();
    store.close();
    drop(store);
    let store = open(&dir);
    assert_eq!(bodies(&events(&store, room)), ["a", "b"]);
    let after = block_on(store.read(move |snapshot| snapshot.position(room))).unwrap();
    assert_eq!(before, after);
    assert_eq!(topic(&store, "room"), room);
    assert_eq!(append(&store, room, &["c"]), 3);
}

#[test]
fn a_renamed_topic_is_the_same_topic() {
    let (_dir, store) = temporary();
    let (room, other) = (topic(&store, "room"), topic(&store, "other"));
    append(&store, room, &["a"]);
    write(&store, move |tx| tx.rename_topic(room, "hall"));
    assert_eq!(topic(&store, "hall"), room);
    assert_eq!(append(&store, room, &["b"]), 2);
    assert_eq!(bodies(&events(&store, room)), ["a", "b"]);
    let new = topic(&store, "room");
    assert!(new != room && new != other, "the old name is free");
    let taken = block_on(try_write(&store, move |tx| tx.rename_topic(room, "other")));
    assert!(
        matches!(taken, Err(WriteError::Unavailable(Unavailable::Failed(Error::Constraint(_))))),
        "{taken:?}"
    );
    assert_eq!(topic(&store, "other"), other);
    let missing = block_on(try_write(&store, |tx| tx.rename_topic(TopicId(99), "nowhere")));
    assert!(missing.is_err(), "{missing:?}");
}

#[test]
fn events_and_rows_stand_or_fall_together() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let add = move |tx: &mut Tx<'_>| {
        let offset = tx.append(room, event("hello"))?;
        let text = "only once";
        tx.execute(
            "INSERT INTO note (text, topic, seq) VALUES (?1, ?2, ?3)",
            params![text, room, offset],
        )
    };
    assert_eq!(write(&store, add), 1);
    let again = block_on(try_write(&store, add));
    assert!(
        matches!(again, Err(WriteError::Unavailable(Unavailable::Failed(Error::Constraint(_))))),
        "{again:?}"
    );
    assert_eq!(events(&store, room).len(), 1);
    assert_eq!(append(&store, room, &["next"]), 2, "the offset was not used up");
}

#[test]
fn a_refusal_undoes_everything_of_the_closure_and_nothing_of_its_neighbours() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    // All in the queue before the first is answered, so that some share a batch.
    let answers: Vec<_> = (0..100_u64)
        .map(|number| {
            store.write(move |tx| {
                let offset = tx.append(room, event(&number.to_string()))?;
                tx.topic(&format!("side {number}"), Retention::Forever)?;
                match number % 3 {
                    0 => Err(Abort::Refused(number)),
                    _ => Ok(offset),
                }
            })
        })
        .collect();
    let mut kept = Vec::new();
    for (number, answer) in (0..).zip(answers) {
        match block_on(answer) {
            Ok(committed) => {
                kept.push(number.to_string());
                assert_eq!(committed.value, kept.len() as u64);
            }
            Err(error) => {
                assert_eq!(error, WriteError::Refused(number));
                assert_eq!(number % 3, 0);
            }
        }
    }
    assert_eq!(bodies(&events(&store, room)), kept);
    let side = block_on(store.read(|snapshot| snapshot.find_topic("side 3"))).unwrap();
    assert_eq!(side, None);
    assert!(store.stats().batch_max > 1, "{:?}", store.stats());
}

/// A closure that fails after it has changed something makes those before it in its batch run again;
/// one that only looked does not.
#[test]
fn closures_run_again_only_for_a_neighbour_that_had_changed_something() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let runs_beside = |fails: fn(&mut Tx<'_>, TopicId) -> Result<(), Error>| {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let (first, second) = store.together(|| {
            let first = store.write(move |tx| {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Abort<()>>(tx.append(room, event("kept"))?)
            });
            let second = store.write(move |tx| {
                fails(tx, room)?;
                Err::<(), _>(Abort::Refused(()))
            });
            (first, second)
        });
        let offset = block_on(first).expect("it fails for no neighbour").value;
        assert_eq!(block_on(second), Err(WriteError::Refused(())));
        assert_eq!(events(&store, room).len() as u64, offset, "once, whatever ran how often");
        runs.load(Ordering::Relaxed)
    };
    assert_eq!(runs_beside(|tx, room| tx.position(room).map(drop)), 1);
    assert_eq!(runs_beside(|tx, room| tx.append(room, event("undone")).map(drop)), 2);
    assert_eq!(runs_beside(|tx, room| tx.renew_epoch(room).map(drop)), 2, "no row has changed");
    const ROW: &str = "INSERT INTO note (text, topic, seq) VALUES ('undone', 0, 0)";
    let insert = |tx: &mut Tx<'_>, _| tx.execute(ROW, &[]).map(drop);
    assert_eq!(runs_beside(insert), 2);
    let notes = "SELECT count(*) FROM note";
    let left = block_on(store.read(|snapshot| snapshot.query_one(notes, &[], |row| row.get(0))));
    assert_eq!(left, Ok(Some(0u64)));
}

#[test]
fn what_is_written_while_a_batch_runs_joins_it() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let before = store.stats();
    let (tell, told) = channel();
    let same = store.clone();
    // The second comes while the first runs, when nothing else waits.
    let first = store.write(move |tx| {
        let second = same.write(move |tx| Ok::<_, Abort<()>>(tx.append(room, event("second"))?));
        tell.send(second).expect("the test waits");
        Ok::<_, Abort<()>>(tx.append(room, event("first"))?)
    });
    assert_eq!(block_on(first).unwrap().value, 1);
    assert_eq!(block_on(told.recv().unwrap()).unwrap().value, 2);
    assert_eq!(store.stats().commits, before.commits + 1);
}

#[test]
fn a_panic_harms_only_its_own_closure() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let first = store.write(move |tx| Ok::<_, Abort<()>>(tx.append(room, event("first"))?));
    let panics = store.write(move |tx| {
        tx.append(room, event("lost"))?;
        assert!(tx.now_ms() == 0, "on purpose");
        Ok::<_, Abort<()>>(())
    });
    let second = store.write(move |tx| Ok::<_, Abort<()>>(tx.append(room, event("second"))?));
    assert_eq!(block_on(first).unwrap().value, 1);
    assert_eq!(
        block_on(panics).unwrap_err(),
        WriteError::Unavailable(Unavailable::Failed(Error::Panicked))
    );
    assert_eq!(block_on(second).unwrap().value, 2);
    assert_eq!(bodies(&events(&store, room)), ["first", "second"]);
    let read = block_on(store.read(|_| -> Result<(), Error> { panic!("on purpose") }));
    assert_eq!(read, Err(Error::Panicked));
    assert_eq!(events(&store, room).len(), 2, "the reader threads live");
}

#[test]
fn many_writers_get_dense_offsets() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = store.clone();
            thread::spawn(move || {
                (0..250)
                    .map(|number| {
                        let said = format!("{writer}:{number}");
                        let asked = said.clone();
                        let offset = write(&store, move |tx| tx.append(room, event(&asked)));
                        (offset, said)
                    })
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut said: Vec<_> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    said.sort();
    let there: Vec<_> = events(&store, room)
        .iter()
        .map(|event| (event.offset, crate::support::body(event)))
        .collect();
    assert_eq!(said, there);
    assert_eq!(there.last().unwrap().0, 2_000);
}

/// Says something once, however often it is asked.
fn say_once(store: &Store, room: TopicId, key: &'static str) -> u64 {
    write(store, move |tx| {
        if let Some((_, offset)) = tx.seen(1, key)? {
            return Ok(offset);
        }
        let offset = tx.append(room, event(key))?;
        tx.remember(1, key, room, offset)?;
        Ok(offset)
    })
}

#[test]
fn an_idempotency_key_counts_once_from_many_threads_and_after_opening_again() {
    let (dir, store) = temporary();
    let room = topic(&store, "room");
    append(&store, room, &["before"]);
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            thread::spawn(move || say_once(&store, room, "k"))
        })
        .collect();
    for asker in askers {
        assert_eq!(asker.join().unwrap(), 2);
    }
    store.close();
    drop(store);
    let store = open(&dir);
    assert_eq!(say_once(&store, room, "k"), 2);
    assert_eq!(events(&store, room).len(), 2);
}

#[test]
fn a_key_is_forgotten_after_a_day_and_not_before() {
    let clock = ManualClock::new(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(options_at(&dir, Clock::manual(&clock))).unwrap();
    let room = topic(&store, "room");
    assert_eq!(say_once(&store, room, "k"), 1);
    clock.advance_ms(24 * 60 * 60 * 1_000 - 1);
    append(&store, room, &["housekeeping comes after this"]);
    assert_eq!(say_once(&store, room, "k"), 1);
    clock.advance_ms(120_000);
    append(&store, room, &["and after this"]);
    assert_eq!(say_once(&store, room, "k"), 4);
}

#[test]
fn the_clock_may_jump_without_changing_the_order() {
    let clock = ManualClock::new(10 * 86_400_000);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(options_at(&dir, Clock::manual(&clock))).unwrap();
    let room = topic(&store, "room");
    let mut said = Vec::new();
    for (number, jump) in [0, 86_400_000, -2 * 86_400_000_i64, 0, 5].into_iter().enumerate() {
        clock.set_ms(clock.now_ms().saturating_add_signed(jump));
        said.push(number.to_string());
        append(&store, room, &[&said[number]]);
    }
    let there = events(&store, room);
    assert_eq!(bodies(&there), said);
    assert_eq!(there[2].at_ms, 9 * 86_400_000);
}

#[test]
fn several_topics_change_in_one_commit() {
    let (_dir, store) = temporary();
    let (left, right) = (topic(&store, "left"), topic(&store, "right"));
    let both = store.write(move |tx| {
        tx.append(left, event("l"))?;
        tx.append(right, event("r"))?;
        assert_eq!(tx.position(left)?.offset, 1, "a transaction sees its own changes");
        Ok::<_, Abort<()>>(())
    });
    block_on(both).unwrap();
    let heads = store.read(move |snapshot| {
        Ok((snapshot.position(left)?.offset, snapshot.position(right)?.offset))
    });
    assert_eq!(block_on(heads).unwrap(), (1, 1));
}

#[test]
fn statements_that_would_leave_the_transaction_are_refused() {
    let (_dir, store) = temporary();
    for sql in ["COMMIT", " rollback", "PRAGMA journal_mode = DELETE", "/**/ COMMIT", "VACUUM", ""]
    {
        let result = block_on(try_write(&store, move |tx| tx.execute(sql, &[])));
        assert!(
            matches!(
                result,
                Err(WriteError::Unavailable(Unavailable::Failed(Error::Statement(_))))
            ),
            "{sql}: {result:?}"
        );
    }
    let change = store.read(|snapshot| {
        snapshot.query("DELETE FROM note RETURNING id", &[], |row| row.get::<i64>(0))
    });
    assert!(matches!(block_on(change), Err(Error::Statement(_))));
}

#[test]
fn values_come_back_as_they_went_in() {
    let (_dir, store) = temporary();
    let row = store.read(|snapshot| {
        snapshot.query_one(
            "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7",
            params![-1_i64, u64::MAX, "text", vec![0_u8, 255], None::<i64>, true, 0.5],
            |row| {
                assert_eq!(row.get::<u64>(1)?, u64::MAX);
                assert!(row.get::<bool>(5)?);
                assert_eq!(row.get::<String>(0), Err(Error::Column { index: 0, expected: "text" }));
                assert!(row.get::<Value>(9).is_err(), "there is no such column");
                Ok((
                    row.get::<i64>(0)?,
                    row.get::<String>(2)?,
                    row.get::<Vec<u8>>(3)?,
                    row.get::<Option<i64>>(4)?,
                    row.get::<f64>(6)?,
                ))
            },
        )
    });
    let expected = (-1, "text".to_owned(), vec![0, 255], None, 0.5);
    assert_eq!(block_on(row).unwrap(), Some(expected));
}

#[test]
fn too_large_is_refused_in_words() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let body = "x".repeat(parlor_topics::limits::EVENT_BODY_BYTES_MAX + 1);
    let result = block_on(try_write(&store, move |tx| tx.append(room, event(&body))));
    let error = result.unwrap_err().to_string();
    assert_eq!(error, "not written: the event's body has 1048577 bytes, more than 1048576");
}

#[test]
fn a_deferred_constraint_fails_only_the_closure_that_broke_it() {
    let schema = parlor_topics::Schema {
        name: "family",
        migrations: &["CREATE TABLE family (
            id INTEGER PRIMARY KEY,
            parent INTEGER REFERENCES family (id) DEFERRABLE INITIALLY DEFERRED
        ) STRICT"],
    };
    let dir = tempfile::tempdir().unwrap();
    let options =
        parlor_topics::Options { schemas: vec![schema], ..parlor_topics::Options::new(dir.path()) };
    let store = Store::open(options).unwrap();
    let room = topic(&store, "room");
    // One closure holds the writer up until all others wait, so that they share a batch.
    let (go, wait) = channel::<()>();
    let hold = store.write(move |_| {
        // It may run again, and then the other end has gone.
        wait.recv().ok();
        Ok::<_, Abort<()>>(())
    });
    let answers: Vec<_> = (1..=20_i64)
        .map(|id| {
            let parent = if id == 13 { 999 } else { id };
            store.write(move |tx| {
                tx.append(room, event(&id.to_string()))?;
                let insert = "INSERT INTO family (id, parent) VALUES (?1, ?2)";
                Ok::<_, Abort<()>>(tx.execute(insert, params![id, parent])?)
            })
        })
        .collect();
    drop(go);
    block_on(hold).unwrap();
    for (id, answer) in (1..).zip(answers) {
        let result = block_on(answer);
        assert_eq!(result.is_ok(), id != 13, "{id}: {result:?}");
    }
    let there = events(&store, room);
    assert_eq!(there.len(), 19);
    assert!(!bodies(&there).contains(&"13".to_owned()));
}

#[test]
fn a_full_queue_says_busy_and_a_closed_store_says_closed() {
    let (_dir, store) = temporary();
    let (go, wait) = channel::<()>();
    let hold = store.write(move |_| {
        wait.recv().unwrap();
        Ok::<_, Abort<()>>(())
    });
    let mut answers = Vec::new();
    let busy = loop {
        let mut answer = store.write(|_| Ok::<_, Abort<()>>(()));
        if let Some(result) = crate::support::poll_once(&mut answer) {
            break result;
        }
        answers.push(answer);
        assert!(answers.len() <= parlor_topics::limits::WRITES_WAITING_MAX + 512);
    };
    assert_eq!(busy.unwrap_err(), WriteError::Unavailable(Unavailable::Busy));
    go.send(()).unwrap();
    block_on(hold).unwrap();
    for answer in answers {
        block_on(answer).unwrap();
    }
    store.close();
    store.close();
    let closed = block_on(store.write(|_| Ok::<_, Abort<()>>(())));
    assert_eq!(closed.unwrap_err(), WriteError::Unavailable(Unavailable::Closed));
    assert_eq!(block_on(store.read(|_| Ok(()))), Err(Error::Closed));
}

#[test]
fn closing_finishes_what_is_queued() {
    let (dir, store) = temporary();
    let room = topic(&store, "room");
    let answers: Vec<_> = (0..1_000)
        .map(|_| store.write(move |tx| Ok::<_, Abort<()>>(tx.append(room, event("x"))?)))
        .collect();
    store.close();
    for (offset, answer) in (1..).zip(answers) {
        assert_eq!(block_on(answer).unwrap().value, offset);
    }
    drop(store);
    let wal = dir.path().join("parlor.db-wal");
    assert!(!wal.exists(), "a closed store leaves no log behind");
    assert_eq!(events(&open(&dir), room).len(), 1_000);
}

#[test]
fn the_last_handle_may_go_in_a_closure() {
    let (dir, store) = temporary();
    let inner = store.clone();
    let answer = store.write(move |_| {
        let _held = &inner;
        Ok::<_, Abort<()>>(())
    });
    drop(store);
    block_on(answer).unwrap();
    // The directory comes free as soon as the threads have ended.
    let opened = (0..100_000).find_map(|_| {
        thread::yield_now();
        Store::open(crate::support::options(&dir)).ok()
    });
    assert!(opened.is_some());
}
