//! Random histories against a model of a few lines: what a store and its readers must do.

use std::collections::BTreeMap;

use parlor_topics::{Abort, Delivery, Position, Reader, ResetReason, Store, TopicId, WriteError};
use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use crate::support::{block_on, body, drain, event, events, open, topic};

const TOPICS: usize = 3;
const READERS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    /// One transaction that appends to these topics, and may refuse at the end.
    Write {
        topics: Vec<usize>,
        refuse: bool,
    },
    /// Many events at once, so that rings and mailboxes overflow.
    Flood {
        topic: usize,
        events: usize,
    },
    Trim {
        topic: usize,
        keep: u64,
    },
    Renew {
        topic: usize,
    },
    /// A reader subscribes so many events before the end.
    Subscribe {
        reader: usize,
        topic: usize,
        back: u64,
    },
    Unsubscribe {
        reader: usize,
        topic: usize,
    },
    /// A reader takes some of what it has.
    Take {
        reader: usize,
        most: usize,
    },
    /// The worker takes over what has arrived.
    Drain,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (vec(0..TOPICS, 1..4), 0..5_u8)
            .prop_map(|(topics, refuse)| Step::Write { topics, refuse: refuse == 0 }),
        1 => (0..TOPICS, 200..400_usize).prop_map(|(topic, events)| Step::Flood { topic, events }),
        1 => (0..TOPICS, 0..20_u64).prop_map(|(topic, keep)| Step::Trim { topic, keep }),
        1 => (0..TOPICS).prop_map(|topic| Step::Renew { topic }),
        4 => (0..READERS, 0..TOPICS, 0..30_u64)
            .prop_map(|(reader, topic, back)| Step::Subscribe { reader, topic, back }),
        1 => (0..READERS, 0..TOPICS)
            .prop_map(|(reader, topic)| Step::Unsubscribe { reader, topic }),
        4 => (0..READERS, 0..40_usize).prop_map(|(reader, most)| Step::Take { reader, most }),
        2 => proptest::strategy::Just(Step::Drain),
        1 => proptest::strategy::Just(Step::Reopen),
    ]
}

struct Model {
    dir: tempfile::TempDir,
    store: Store,
    ids: Vec<TopicId>,
    /// What every topic holds, trimmed or not; how many were trimmed.
    topics: Vec<(Vec<String>, u64)>,
    readers: Vec<Reader>,
    /// Where each reader is in each topic.
    at: Vec<BTreeMap<usize, u64>>,
    /// The last commit each reader saw, since it subscribed last.
    commits: Vec<u64>,
    written: u64,
}

impl Model {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let ids = (0..TOPICS).map(|number| topic(&store, &number.to_string())).collect();
        let readers = (0..READERS).map(|_| store.local().reader()).collect();
        Self {
            dir,
            store,
            ids,
            topics: vec![(Vec::new(), 0); TOPICS],
            readers,
            at: vec![BTreeMap::new(); READERS],
            commits: vec![0; READERS],
            written: 0,
        }
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Write { topics, refuse } => self.write(topics, *refuse),
            Step::Flood { topic, events } => self.write(&vec![*topic; *events], false),
            Step::Trim { topic, keep } => {
                let (said, trimmed) = &mut self.topics[*topic];
                *trimmed = (*trimmed).max((said.len() as u64).saturating_sub(*keep));
                let (id, before) = (self.ids[*topic], *trimmed + 1);
                crate::support::write(&self.store, move |tx| tx.trim(id, before));
            }
            Step::Renew { topic } => {
                let id = self.ids[*topic];
                crate::support::write(&self.store, move |tx| tx.renew_epoch(id));
            }
            Step::Subscribe { reader, topic, back } => self.subscribe(*reader, *topic, *back),
            Step::Unsubscribe { reader, topic } => {
                self.readers[*reader].unsubscribe(self.ids[*topic]);
                self.at[*reader].remove(topic);
            }
            Step::Take { reader, most } => self.take(*reader, *most),
            Step::Drain => self.store.local().drain(),
            Step::Reopen => self.reopen(),
        }
    }

    fn write(&mut self, topics: &[usize], refuse: bool) {
        let said: Vec<(usize, String)> = topics
            .iter()
            .map(|topic| {
                self.written += 1;
                (*topic, self.written.to_string())
            })
            .collect();
        let (ids, asked) = (self.ids.clone(), said.clone());
        let answer = self.store.write(move |tx| {
            let mut offsets = Vec::new();
            for (topic, text) in &asked {
                offsets.push(tx.append(ids[*topic], event(text))?);
            }
            if refuse { Err(Abort::Refused("no")) } else { Ok(offsets) }
        });
        match block_on(answer) {
            Err(error) => assert!(refuse && error == WriteError::Refused("no"), "{error:?}"),
            Ok(committed) => {
                assert!(!refuse);
                for ((topic, text), offset) in said.into_iter().zip(committed.value) {
                    self.topics[topic].0.push(text);
                    assert_eq!(offset, self.topics[topic].0.len() as u64);
                }
            }
        }
    }

    fn subscribe(&mut self, reader: usize, topic: usize, back: u64) {
        let id = self.ids[topic];
        let head = block_on(self.store.read(move |snapshot| snapshot.position(id))).unwrap();
        assert_eq!(head.offset, self.topics[topic].0.len() as u64);
        let after = Position { offset: head.offset.saturating_sub(back), ..head };
        let found = block_on(self.readers[reader].subscribe(id, Some(after))).unwrap();
        assert_eq!(found, head);
        self.at[reader].insert(topic, after.offset);
        self.commits[reader] = 0;
    }

    fn take(&mut self, reader: usize, most: usize) {
        for _ in 0..most {
            let Some(delivery) = crate::support::poll_once(self.readers[reader].next()) else {
                return;
            };
            self.delivered(reader, &delivery.unwrap());
        }
    }

    fn delivered(&mut self, reader: usize, delivery: &Delivery) {
        let place = |id: TopicId| self.ids.iter().position(|other| *other == id).unwrap();
        match delivery {
            Delivery::Event(frame) => {
                let topic = place(frame.event.topic);
                let at = self.at[reader].get_mut(&topic).expect("only what is subscribed comes");
                *at += 1;
                assert_eq!(frame.event.offset, *at, "no gap and no duplicate");
                let said = &self.topics[topic].0[usize::try_from(*at).unwrap() - 1];
                assert_eq!(&body(&frame.event), said);
                assert!(frame.commit >= self.commits[reader], "in the order of commits");
                self.commits[reader] = frame.commit;
            }
            Delivery::Reset { topic, position, why } => {
                let topic = place(*topic);
                let at = self.at[reader].get_mut(&topic).expect("only what is subscribed comes");
                let (said, trimmed) = &self.topics[topic];
                if *why == ResetReason::Trimmed {
                    assert!(*at < *trimmed, "nothing it needed was trimmed");
                } else {
                    assert_eq!(*why, ResetReason::Epoch);
                }
                assert!(position.offset <= said.len() as u64);
                *at = position.offset;
            }
            Delivery::Missed { .. } => panic!("nothing was announced"),
        }
    }

    fn reopen(&mut self) {
        self.finish();
        self.readers.clear();
        self.store.close();
        self.store = open(&self.dir);
        self.readers = (0..READERS).map(|_| self.store.local().reader()).collect();
        self.at = vec![BTreeMap::new(); READERS];
    }

    /// Every reader gets to the end of all its topics.
    fn finish(&mut self) {
        for reader in 0..READERS {
            loop {
                let behind = self.at[reader]
                    .iter()
                    .any(|(topic, at)| *at < self.topics[*topic].0.len() as u64);
                if !behind {
                    break;
                }
                let found = patiently(&mut self.readers[reader]);
                let Some(delivery) = found else {
                    panic!("reader {reader} stands still at {:?}", self.at[reader]);
                };
                self.delivered(reader, &delivery);
            }
            for delivery in drain(&mut self.readers[reader]) {
                self.delivered(reader, &delivery);
            }
        }
        for (id, (said, trimmed)) in self.ids.iter().zip(&self.topics) {
            let there = crate::support::bodies(&events(&self.store, *id));
            assert_eq!(there, said[usize::try_from(*trimmed).unwrap()..]);
        }
    }
}

/// The next delivery, polled like an executor that never sleeps; `None` when none comes.
fn patiently(reader: &mut Reader) -> Option<Delivery> {
    (0..200_000).find_map(|_| {
        let polled = crate::support::poll_once(reader.next());
        if polled.is_none() {
            std::thread::yield_now();
        }
        polled.map(|delivery| delivery.unwrap())
    })
}

#[test]
fn random_histories_are_what_the_model_says() {
    let cases = std::env::var("PARLOR_CASES").map_or(24, |cases| cases.parse().expect("a number"));
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let run = runner.run(&vec(step(), 1..80), |steps| {
        let mut model = Model::new();
        for step in &steps {
            model.run(step);
        }
        model.finish();
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}
