//! The index from inside: segmentation, questions, order, and what becomes of a damaged file.

use proptest::prelude::*;

use super::*;

const ROOM: TopicId = TopicId(5);
const NOW: Position = Position { epoch: 7, offset: 1_000 };

fn index() -> (tempfile::TempDir, TextIndex) {
    let dir = tempfile::tempdir().unwrap();
    let index = TextIndex::open(dir.path().join("search.db")).unwrap();
    (dir, index)
}

fn document(offset: u64, text: &str) -> TextChange {
    let (at_ms, text) = (1_000 + offset, text.to_owned());
    TextChange::Put(Document { offset, at_ms, tag: 0, labels: vec!["from1".into()], text })
}

fn stretch(topic: TopicId, from: u64, changes: &[TextChange], upto: Position) -> TextStretch {
    TextStretch { topic, from, changes: changes.to_vec(), upto }
}

fn apply(index: &TextIndex, from: u64, changes: &[TextChange], upto: Position) {
    index.apply(&[stretch(ROOM, from, changes, upto)]).unwrap();
}

fn fill(index: &TextIndex, texts: &[&str]) {
    let put: Vec<_> = (1..).zip(texts).map(|(offset, text)| document(offset, text)).collect();
    apply(index, 0, &put, NOW);
}

fn query(phrases: &[&str]) -> TextQuery {
    let phrases = phrases.iter().map(|phrase| TextPhrase::whole(*phrase)).collect();
    TextQuery { places: vec![ROOM], phrases, limit: 100, ..TextQuery::default() }
}

fn found(index: &TextIndex, query: &TextQuery) -> Vec<u64> {
    index.search(query).unwrap().hits.iter().map(|hit| hit.offset).collect()
}

#[test]
fn words_and_phrases_are_found_whatever_the_script() {
    let texts = [
        "tea for two",
        "two teas",
        "Café naïve",
        "東京都に行く",
        "한국어를 배워요",
        "a東b",
        "カタカナ と ひらがな",
        "it's \"quoted\" * NOT a query",
        "🎉 tada",
    ];
    let (_dir, index) = index();
    fill(&index, &texts);
    for (phrase, wanted) in [
        ("tea", &[1][..]),
        ("TEA", &[1]),
        ("two", &[2, 1]),
        ("for two", &[1]),
        ("two for", &[]),
        ("cafe", &[3]),
        ("NAÏVE", &[3]),
        ("東京", &[4]),
        ("京都", &[4]),
        ("東京都", &[4]),
        ("東", &[6, 4]),
        ("都", &[4]),
        ("京東", &[]),
        ("行く", &[4]),
        ("한국", &[5]),
        ("한국어", &[5]),
        ("배워", &[5]),
        ("タカ", &[7]),
        ("カタカナ と", &[7]),
        ("a東b", &[6]),
        ("quoted\"", &[8]),
        ("not a", &[8]),
        ("it's", &[8]),
        ("!!!", &[]),
        ("🎉", &[]),
        ("", &[]),
    ] {
        assert_eq!(found(&index, &query(&[phrase])), wanted, "{phrase}");
    }
    assert_eq!(found(&index, &query(&["two", "tea"])), [1]);
    let without = vec![TextPhrase::whole("tea"), TextPhrase::whole("!")];
    let without = TextQuery { without, ..query(&["two"]) };
    assert_eq!(found(&index, &without), [2]);
}

#[test]
fn the_beginning_of_a_word_is_found_where_words_have_one() {
    let texts = ["tea for two", "Teapots, tearooms", "naïve cafés", "東京都に行く", "a tea-cosy"];
    let (_dir, index) = index();
    fill(&index, &texts);
    for (beginning, wanted) in [
        ("te", &[5, 2, 1][..]),
        ("TEA", &[5, 2, 1]),
        ("teapo", &[2]),
        ("tea fo", &[1]),
        ("caf", &[3]),
        ("cafés", &[3]),
        ("tea-co", &[5]),
        // Too short to be the beginning of anything, so it is a whole word.
        ("t", &[]),
        ("a", &[5]),
        // Behind a sign there is no word that could go on.
        ("te-", &[]),
        // Where any part is found there is no beginning.
        ("東京", &[4]),
        ("京都", &[4]),
        ("東", &[4]),
        ("京東", &[]),
        ("*", &[]),
        ("te\"", &[]),
    ] {
        let phrases = vec![TextPhrase::beginning(beginning)];
        assert_eq!(found(&index, &TextQuery { phrases, ..query(&[]) }), wanted, "{beginning}");
    }
    let without = vec![TextPhrase::beginning("teap")];
    assert!(found(&index, &TextQuery { without, ..query(&["tearooms"]) }).is_empty());
}

#[test]
fn who_waits_is_told_when_a_topic_is_indexed() {
    let (_dir, index) = index();
    let patience = Duration::from_secs(60);
    let waits = {
        let index = index.clone();
        std::thread::spawn(move || index.wait(ROOM, NOW, patience))
    };
    // Another topic, and not far enough, are not what is waited for.
    index.apply(&[stretch(TopicId(55), 0, &[], NOW)]).unwrap();
    apply(&index, 0, &[document(1, "tea")], Position { offset: 1, ..NOW });
    apply(&index, 1, &[], NOW);
    assert_eq!(waits.join().unwrap(), Ok(true));
    assert_eq!(index.wait(ROOM, NOW, patience), Ok(true), "what was done before counts");
    let later = Position { offset: NOW.offset + 1, ..NOW };
    assert_eq!(index.wait(ROOM, later, Duration::from_millis(1)), Ok(false));
}

#[test]
fn places_labels_and_times_narrow_it_down() {
    let (_dir, index) = index();
    fill(&index, &["one tea", "two tea"]);
    let other = Document {
        offset: 1,
        at_ms: 1_500,
        tag: 9,
        labels: vec!["from2".into()],
        text: "tea".into(),
    };
    index.apply(&[stretch(TopicId(55), 0, &[TextChange::Put(other)], NOW)]).unwrap();
    assert_eq!(found(&index, &query(&["tea"])), [2, 1]);
    let everywhere = TextQuery { places: vec![ROOM, TopicId(55)], ..query(&["tea"]) };
    let hits = index.search(&everywhere).unwrap();
    assert_eq!((hits.hits[0].topic, hits.hits[0].tag, hits.hits.len()), (TopicId(55), 9, 3));
    let from = |label: &str| TextQuery { labels: vec![label.into()], ..everywhere.clone() };
    assert_eq!(
        (found(&index, &from("from1")), found(&index, &from("from2"))),
        (vec![2, 1], vec![1])
    );
    // A label is no word, nor a word a label.
    assert!(found(&index, &query(&["from1"])).is_empty());
    assert!(found(&index, &from("tea")).is_empty());
    let when = |since_ms, until_ms| TextQuery { since_ms, until_ms, ..query(&["tea"]) };
    assert_eq!(found(&index, &when(1_002, None)), [2]);
    assert_eq!(found(&index, &when(0, Some(1_002))), [1]);
    assert!(found(&index, &TextQuery { places: Vec::new(), ..query(&["tea"]) }).is_empty());
    // So many places that each candidate is asked instead.
    let many = (10_000..).take(TEXT_PLACES_MAX).map(TopicId).chain([ROOM]).collect();
    assert_eq!(found(&index, &TextQuery { places: many, ..query(&["tea"]) }), [2, 1]);
}

#[test]
fn changes_follow_and_progress_is_kept() {
    let (dir, index) = index();
    assert_eq!(index.indexed(ROOM, NOW).unwrap(), 0);
    fill(&index, &["tea", "tea", "tea"]);
    let changes = [document(2, "coffee"), TextChange::Remove(3), TextChange::Remove(99)];
    let upto = Position { offset: 1_001, ..NOW };
    apply(&index, 1_000, &changes, upto);
    assert_eq!(
        (found(&index, &query(&["tea"])), found(&index, &query(&["coffee"]))),
        (vec![1], vec![2])
    );
    drop(index);
    let index = TextIndex::open(dir.path().join("search.db")).unwrap();
    assert_eq!(index.indexed(ROOM, upto).unwrap(), 1_001);
    assert_eq!(found(&index, &query(&["coffee"])), [2]);
    // Another history, or one that is shorter, is none of this.
    assert_eq!(index.indexed(ROOM, Position { epoch: 8, ..upto }).unwrap(), 0);
    assert_eq!(index.indexed(ROOM, NOW).unwrap(), 0);
    fill(&index, &["anew"]);
    assert!(found(&index, &query(&["coffee"])).is_empty());
    index.forget(ROOM, 2).unwrap();
    assert!(found(&index, &query(&["anew"])).is_empty());
}

#[test]
fn what_was_removed_is_not_in_the_file() {
    let (dir, index) = index();
    fill(&index, &["ordinary", "xyzzysecret", "ordinary"]);
    let upto = Position { offset: 1_001, ..NOW };
    apply(&index, 1_000, &[TextChange::Remove(2)], upto);
    index.sweep().unwrap();
    let contains = |word: &[u8]| {
        ["search.db", "search.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(dir.path().join(name)).unwrap();
            bytes.windows(word.len()).any(|window| window == word)
        })
    };
    assert!(contains(b"ordinary") && !contains(b"xyzzysecret"));
    // The same of a whole topic.
    index.forget(ROOM, u64::MAX).unwrap();
    index.sweep().unwrap();
    assert!(!contains(b"ordinary"));
}

#[test]
fn pages_go_back_without_gap_or_duplicate() {
    let (_dir, index) = index();
    let texts = vec!["tea"; 25];
    fill(&index, &texts);
    let mut question = TextQuery { limit: 10, ..query(&["tea"]) };
    let mut seen = Vec::new();
    for _ in 0..5 {
        let page = index.search(&question).unwrap();
        seen.extend(page.hits.iter().map(|hit| hit.offset));
        question.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    let wanted: Vec<u64> = (1..=25).rev().collect();
    assert_eq!(seen, wanted);
}

#[test]
fn a_question_looks_at_so_many_candidates_and_can_go_on() {
    let (_dir, index) = index();
    let put: Vec<_> = (1..=TEXT_PROBES_MAX as u64 + 10).map(|n| document(n, "tea")).collect();
    apply(&index, 0, &put, NOW);
    let places = (10_000..).take(TEXT_PLACES_MAX + 1).map(TopicId).collect();
    let first = index.search(&TextQuery { places, ..query(&["tea"]) }).unwrap();
    assert!(first.hits.is_empty() && first.next.is_some());
}

#[test]
fn a_file_that_cannot_be_used_is_made_anew() {
    let (dir, index) = index();
    let path = dir.path().join("search.db");
    fill(&index, &["tea"]);
    drop(index);
    for damage in [&b"this is no database, and long enough to be read as one"[..], b""] {
        remove(&path).unwrap();
        std::fs::write(&path, damage).unwrap();
        let index = TextIndex::open(&path).unwrap();
        assert_eq!(index.indexed(ROOM, NOW).unwrap(), 0);
        assert!(found(&index, &query(&["tea"])).is_empty());
        fill(&index, &["tea"]);
        assert_eq!(found(&index, &query(&["tea"])), [1]);
    }
    let index = TextIndex::open(&path).unwrap();
    index.writer().execute_batch("DROP TABLE text_index").unwrap();
    drop(index);
    let index = TextIndex::open(&path).unwrap();
    assert_eq!(index.indexed(ROOM, NOW).unwrap(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_question_is_an_error(
        phrases in prop::collection::vec(("\\PC{0,12}", any::<bool>()), 0..4),
        without in "\\PC{0,12}",
    ) {
        let (_dir, index) = index();
        fill(&index, &["tea", "東京"]);
        let phrase = |(text, begins)| TextPhrase { text, begins };
        let phrases = phrases.into_iter().map(phrase).collect();
        let without = vec![TextPhrase::beginning(without)];
        let question =
            TextQuery { phrases, without, places: vec![ROOM], limit: 5, ..TextQuery::default() };
        prop_assert!(index.search(&question).is_ok());
    }

    #[test]
    fn every_part_of_a_dense_text_is_found(text in "[東京都に行くカナ한국어]{2,12}", from in 0_usize..11, length in 1_usize..6) {
        let characters: Vec<char> = text.chars().collect();
        let from = from % characters.len();
        let part: String = characters[from..].iter().take(length).collect();
        let (_dir, index) = index();
        fill(&index, &[&text]);
        prop_assert_eq!(found(&index, &query(&[&part])), [1], "{} in {}", part, text);
    }
}

#[test]
fn stretches_of_several_topics_are_one_change() {
    let (_dir, index) = index();
    let other = TopicId(55);
    let put = |topic, word| stretch(topic, 0, &[document(1, word)], NOW);
    index.apply(&[put(ROOM, "tea"), put(other, "tea")]).unwrap();
    let both = TextQuery { places: vec![ROOM, other], ..query(&["tea"]) };
    assert_eq!(found(&index, &both), [1, 1]);
    assert_eq!((index.indexed(ROOM, NOW), index.indexed(other, NOW)), (Ok(1_000), Ok(1_000)));
    // One fails: the other is not applied either.
    let full = "CREATE TRIGGER full BEFORE INSERT ON text_document WHEN NEW.topic = 99
                BEGIN SELECT RAISE(ABORT, 'full'); END;";
    index.writer().execute_batch(full).unwrap();
    let later = stretch(ROOM, 1_000, &[document(2, "tea")], Position { offset: 2_000, ..NOW });
    assert!(index.apply(&[later, put(TopicId(99), "tea")]).is_err());
    assert_eq!(found(&index, &both), [1, 1]);
    assert_eq!(index.indexed(ROOM, NOW), Ok(1_000));
}
