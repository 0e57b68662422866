//! Generators and coroutines: state, ends, and nothing run before its time.

use std::cell::Cell;
use std::rc::Rc;

use super::{Coroutine, Generator};

#[test]
fn a_generator_runs_only_when_asked() {
    let steps = Rc::new(Cell::new(0));
    let counted = Rc::clone(&steps);
    let mut numbers = Generator::new(async move |caller| {
        for number in 0..3 {
            counted.set(counted.get() + 1);
            caller.give(number).await;
        }
    });
    assert_eq!(steps.get(), 0);
    assert_eq!(numbers.next(), Some(0));
    assert_eq!(steps.get(), 1);
    assert_eq!((numbers.next(), numbers.next()), (Some(1), Some(2)));
    // The end stays the end.
    assert_eq!((numbers.next(), numbers.next()), (None, None));
    assert_eq!(steps.get(), 3);
    assert_eq!(Rc::strong_count(&steps), 1, "an ended body is dropped");
}

#[test]
fn generators_chain() {
    let numbers = Generator::new(async |caller| {
        for number in 0..10 {
            caller.give(number).await;
        }
    });
    let odd = Generator::new(async |caller| {
        for number in numbers.filter(|number| number % 2 == 1) {
            caller.give(number).await;
        }
    });
    assert_eq!(odd.collect::<Vec<_>>(), [1, 3, 5, 7, 9]);
}

#[test]
fn a_coroutine_keeps_what_it_was_sent() {
    let mut words = Coroutine::new(async |caller| {
        let mut text = String::new();
        let mut word: &str = caller.receive().await;
        while !word.is_empty() {
            text += word;
            word = caller.answer(text.clone()).await;
        }
    });
    assert_eq!(words.send("a").as_deref(), Some("a"));
    assert_eq!(words.send("b").as_deref(), Some("ab"));
    assert!(!words.is_ended());
    assert_eq!(words.send(""), None);
    assert!(words.is_ended());
    assert_eq!(words.send("c"), None);
    assert_eq!(format!("{words:?}"), "Coroutine { ended: true, .. }");
}

#[test]
fn one_that_receives_twice_answers_every_second_time() {
    let mut pairs = Coroutine::new(async |caller| {
        let mut first = caller.receive().await;
        loop {
            let second = caller.receive().await;
            first = caller.answer((first, second)).await;
        }
    });
    let answers: Vec<_> = (1..=4).map(|number| pairs.send(number)).collect();
    assert_eq!(answers, [None, Some((1, 2)), None, Some((3, 4))]);
}

#[test]
fn one_that_waits_for_somebody_else_stops_without_an_answer() {
    let mut stuck = Generator::new(async |caller| {
        caller.give(1).await;
        std::future::pending::<()>().await;
    });
    assert_eq!((stuck.next(), stuck.next(), stuck.next()), (Some(1), None, None));
}

#[test]
fn a_value_that_nobody_received_is_not_kept_for_the_next() {
    let mut deaf = Coroutine::new(async |caller| {
        // Answers the first without having looked at it.
        let second = caller.answer(0).await;
        caller.answer(second).await;
    });
    assert_eq!((deaf.send(10), deaf.send(20)), (Some(0), Some(20)));
}
