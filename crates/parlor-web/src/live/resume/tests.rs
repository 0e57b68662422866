//! What a gap weighs, against looking at its events each time; and how often the store is read.

use parlor_engine::block_on;
use parlor_topics::{Abort, NewEvent, Options, Retention, Tx};
use proptest::prelude::*;

use super::*;

fn store() -> (tempfile::TempDir, Store, TopicId) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(dir.path())).unwrap();
    let room = write(&store, |tx| tx.topic("room", Retention::Forever));
    (dir, store, room)
}

fn write<T: Send + 'static>(
    store: &Store,
    mut f: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> T {
    store.write::<_, ()>(move |tx| f(tx).map_err(Abort::Store)).wait().unwrap().value
}

fn say(store: &Store, room: TopicId, bytes: usize, times: usize) {
    let body = vec![b'x'; bytes];
    write(store, move |tx| {
        for _ in 0..times {
            tx.append(room, NewEvent { kind: "said", actor: 1, body: &body })?;
        }
        Ok(())
    });
}

fn position(store: &Store, room: TopicId) -> Position {
    store.read(move |snapshot| snapshot.position(room)).wait().unwrap()
}

/// What is missing from an offset on.
fn gap(store: &Store, topic: TopicId, from: u64) -> Gap {
    let to = position(store, topic);
    Gap { topic, from: Position { offset: from, ..to }, to }
}

#[test]
fn a_crowd_that_comes_back_reads_a_room_once() {
    let (_dir, store, room) = store();
    let weights = Weights::default();
    say(&store, room, 100, 400);
    let gaps: Vec<_> = (0..300).map(|from| gap(&store, room, from)).collect();
    let reads = || store.stats().reads;
    let before = reads();
    block_on(async {
        let mut all: Vec<_> = gaps
            .iter()
            .map(|gap| Box::pin(weights.replayable(&store, std::iter::once(*gap))))
            .collect();
        // All of them have begun before the first is answered.
        for one in &mut all {
            let pending = std::future::poll_fn(|cx| std::task::Poll::Ready(one.as_mut().poll(cx)));
            drop(pending.await);
        }
    });
    // Those were dropped while they waited; these are whoever tries again.
    for gap in &gaps {
        let found = block_on(weights.replayable(&store, std::iter::once(*gap))).unwrap();
        assert_eq!(found.get(&room), Some(&gap.from));
    }
    assert!(reads() - before <= 2, "{} reads for {} clients", reads() - before, gaps.len());
    // What is said meanwhile is read once, too.
    say(&store, room, 100, 1);
    let gaps: Vec<_> = (100..300).map(|from| gap(&store, room, from)).collect();
    let before = reads();
    for gap in gaps {
        let found = block_on(weights.replayable(&store, std::iter::once(gap))).unwrap();
        assert_eq!(found.len(), 1);
    }
    assert_eq!(reads() - before, 1);
}

#[test]
fn what_is_remembered_is_bounded() {
    let weights = Weights::default();
    for topic in 0..3 * limits::WEIGHED_TOPICS_MAX as u64 {
        drop(weights.of(TopicId(topic)));
    }
    assert!(weights.0.lock().unwrap().len() <= limits::WEIGHED_TOPICS_MAX);
    let mut stretch = Stretch::default();
    for end in (0..2_000).step_by(100) {
        stretch.go_on_with(Stretch { epoch: 0, reaches: end, after: end, bytes: vec![1; 100] });
    }
    assert_eq!((stretch.bytes.len() as u64, stretch.end()), (limits::RESUME_EVENTS_MAX, 2_000));
}

/// Something that happens to a room.
#[derive(Clone, Debug)]
enum Step {
    Say {
        kib: usize,
        times: usize,
    },
    Trim {
        back: u64,
    },
    Renew,
    /// Somebody comes back who has missed so many events.
    Back {
        missed: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_usize..30, 1_usize..60).prop_map(|(kib, times)| Step::Say { kib, times }),
        1 => (0_u64..80).prop_map(|back| Step::Trim { back }),
        1 => Just(Step::Renew),
        6 => (0_u64..550).prop_map(|missed| Step::Back { missed }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_weighs_what_looking_would(steps in prop::collection::vec(step(), 1..30)) {
        let (_dir, store, room) = store();
        let weights = Weights::default();
        for step in steps {
            let now = position(&store, room);
            match step {
                Step::Say { kib, times } => say(&store, room, kib * 1024, times),
                Step::Trim { back } => {
                    let before = now.offset.saturating_sub(back);
                    write(&store, move |tx| tx.trim(room, before));
                }
                Step::Renew => drop(write(&store, move |tx| tx.renew_epoch(room))),
                Step::Back { missed } => {
                    let gap = gap(&store, room, now.offset.saturating_sub(missed));
                    let events = store
                        .read(move |snapshot| snapshot.events(room, gap.from.offset, usize::MAX))
                        .wait()
                        .unwrap();
                    let bytes: usize = events.iter().map(|event| event.body.len()).sum();
                    let light = gap.is_short() && bytes <= limits::RESUME_BYTES_MAX;
                    let found = block_on(weights.replayable(&store, std::iter::once(gap))).unwrap();
                    // Of what was removed meanwhile there is nothing to be replayed either way.
                    if events.len() as u64 == gap.to.offset - gap.from.offset {
                        prop_assert_eq!(found.contains_key(&room), light, "{:?}, {} bytes", gap, bytes);
                    }
                }
            }
        }
    }
}
