//! CHATHISTORY against a plain list: whatever is asked, the answer is what the list says.

use parlor_topics::{Clock, ManualClock};
use proptest::prelude::*;

use crate::client::Client;
use crate::house::House;

const START_MS: u64 = 1_700_000_000_000;

/// What was said: its id, and when after the start, in milliseconds.
struct Said {
    id: String,
    ms: u64,
}

/// A selector: a message, or a time.
#[derive(Clone, Copy, Debug)]
enum Selector {
    Message(usize),
    Time(u64),
}

impl Selector {
    fn text(self, said: &[Said]) -> String {
        match self {
            Self::Message(index) => format!("msgid={}", said[index % said.len()].id),
            Self::Time(ms) => {
                format!("timestamp={}", parlor_irc::timestamp::iso(START_MS + ms))
            }
        }
    }

    /// How many messages lie before it, and how many before it or at it.
    fn place(self, said: &[Said]) -> (usize, usize) {
        match self {
            Self::Message(index) => (index % said.len(), index % said.len() + 1),
            Self::Time(at) => (
                said.iter().filter(|said| said.ms < at).count(),
                said.iter().filter(|said| said.ms <= at).count(),
            ),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Question {
    Latest(Option<Selector>),
    Before(Selector),
    After(Selector),
    Around(Selector),
    Between(Selector, Selector),
}

impl Question {
    fn line(self, said: &[Said], limit: usize) -> String {
        let (name, selectors) = match self {
            Self::Latest(None) => ("LATEST", "*".to_owned()),
            Self::Latest(Some(selector)) => ("LATEST", selector.text(said)),
            Self::Before(selector) => ("BEFORE", selector.text(said)),
            Self::After(selector) => ("AFTER", selector.text(said)),
            Self::Around(selector) => ("AROUND", selector.text(said)),
            Self::Between(first, second) => {
                ("BETWEEN", format!("{} {}", first.text(said), second.text(said)))
            }
        };
        format!("CHATHISTORY {name} #x {selectors} {limit}")
    }

    /// The first message of the answer and the one behind its last.
    fn answer(self, said: &[Said], limit: usize) -> (usize, usize) {
        let end = said.len();
        let (from, to, at_the_end) = match self {
            Self::Latest(None) => (0, end, true),
            Self::Latest(Some(selector)) => (selector.place(said).1, end, true),
            Self::Before(selector) => (0, selector.place(said).0, true),
            Self::After(selector) => (selector.place(said).1, end, false),
            Self::Around(selector) => {
                let centre = selector.place(said).0;
                let later = end - centre;
                let before = centre.min((limit / 2).max(limit.saturating_sub(later)));
                return (centre - before, end.min(centre + (limit - before)));
            }
            Self::Between(first, second) => {
                let (first, second) = (first.place(said), second.place(said));
                if first.0 <= second.0 {
                    (first.1, second.0, false)
                } else {
                    (second.1, first.0, true)
                }
            }
        };
        let from = from.min(to);
        if at_the_end {
            (from.max(to.saturating_sub(limit)), to)
        } else {
            (from, to.min(from + limit))
        }
    }
}

fn selector() -> impl Strategy<Value = Selector> {
    prop_oneof![(0_usize..50).prop_map(Selector::Message), (0_u64..40).prop_map(Selector::Time)]
}

fn question() -> impl Strategy<Value = Question> {
    prop_oneof![
        Just(Question::Latest(None)),
        selector().prop_map(|selector| Question::Latest(Some(selector))),
        selector().prop_map(Question::Before),
        selector().prop_map(Question::After),
        selector().prop_map(Question::Around),
        (selector(), selector()).prop_map(|(first, second)| Question::Between(first, second)),
    ]
}

async fn check(pauses: &[u64], questions: &[(Question, usize)]) {
    let clock = ManualClock::new(START_MS);
    let house = House::open_at(Clock::manual(&clock), 0, None, |_| {}).await;
    let caps = "batch server-time message-tags echo-message draft/chathistory";
    let mut client = Client::guest(&house, "ann", caps).await;
    client.send("JOIN #x").await;
    client.until(" 366 ").await;
    let mut said = Vec::new();
    for pause in pauses {
        clock.advance_ms(*pause);
        // Something between the messages, which is no message.
        client.send(&format!("TOPIC #x :{}", said.len())).await;
        client.send(&format!("PRIVMSG #x :{}", said.len())).await;
        let line = client.until(" PRIVMSG #x ").await;
        said.push(Said { id: id(&line), ms: clock.now_ms() - START_MS });
    }
    for (question, limit) in questions {
        let line = question.line(&said, *limit);
        client.send(&line).await;
        client.until(" BATCH +").await;
        let mut found = Vec::new();
        loop {
            let line = client.line().await.expect("the batch goes on");
            if line.contains(" BATCH -") {
                break;
            }
            found.push(id(&line));
        }
        let (from, to) = question.answer(&said, *limit);
        let wanted: Vec<String> = said[from..to].iter().map(|said| said.id.clone()).collect();
        assert_eq!(
            found,
            wanted,
            "{line}, said at {:?}",
            said.iter().map(|said| said.ms).collect::<Vec<_>>()
        );
    }
    drop(client);
    house.close();
}

fn id(line: &str) -> String {
    let (_, rest) = line.split_once("msgid=").expect("it has an id");
    rest.split([';', ' ']).next().unwrap_or("").to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_question_is_answered_as_a_list_would(
        pauses in prop::collection::vec(0_u64..4, 1..20),
        questions in prop::collection::vec((question(), 1_usize..12), 1..40),
    ) {
        parlor_engine::block_on(check(&pauses, &questions));
    }
}
