//! No hidden runtime: what belongs to tokio fails on our own models instead of working by accident.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use parlor_engine::{Limits, block_on, service, spawn_local, time};

use crate::running::{PATIENCE, Running};

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[test]
fn a_stray_tokio_timer_panics_on_our_own_models() {
    for model in ["blocking", "threads", "pool:1", "select", "poll", "epoll:1"] {
        let (sender, seen) = mpsc::channel();
        let handler = service(move |_conn| {
            let sender = sender.clone();
            async move {
                #[expect(clippy::disallowed_methods, reason = "this is the mistake")]
                let stray = catch_unwind(|| tokio::time::sleep(Duration::ZERO));
                let panic = stray.map(drop).unwrap_err();
                let entered = tokio::runtime::Handle::try_current().is_ok();
                sender.send((message(&*panic), entered)).unwrap();
            }
        });
        let server = Running::start(model, Limits::default(), handler);
        let _client = server.connect();
        let (text, entered) = seen.recv_timeout(PATIENCE).unwrap();
        assert!(text.contains("no reactor running"), "{model}: {text}");
        assert!(!entered, "{model}");
    }
}

#[test]
fn block_on_within_a_handler_says_what_is_wrong() {
    let panic = catch_unwind(|| block_on(async { block_on(async {}) })).unwrap_err();
    assert!(message(&*panic).contains("`block_on` inside a handler"), "{}", message(&*panic));
    // The thread is usable afterwards.
    assert_eq!(block_on(async { 1 }), 1);
}

#[test]
fn outside_of_everything_the_panic_says_what_to_do() {
    let text = message(&*catch_unwind(|| spawn_local(async {})).unwrap_err());
    assert_eq!(
        text,
        "spawn_local needs a parlor_engine worker: run it in a handler or under `block_on`"
    );
    let mut sleep = time::sleep(Duration::from_secs(1));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let polled =
        catch_unwind(AssertUnwindSafe(|| Future::poll(std::pin::Pin::new(&mut sleep), &mut cx)));
    assert!(message(&*polled.unwrap_err()).starts_with("a timer needs a parlor_engine worker"));
}

#[test]
fn a_sleep_can_be_what_hyper_asks_for() {
    fn check<T: Send + Sync + Unpin + 'static>(_: &T) {}
    check(&time::sleep(Duration::ZERO));
}

#[test]
fn draining_never_comes_under_a_bare_block_on() {
    block_on(async {
        let waited = time::timeout(Duration::from_millis(20), parlor_engine::draining()).await;
        assert!(waited.is_err());
    });
}
