//! The words for models, and connections for tests of workers.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};

use super::{Arrival, Inner, Model, ModelError};
use crate::address::Peer;
use crate::admission::Admission;
use crate::handler::Service;

/// A connection that was let in, on a descriptor that brings nothing.
pub(super) fn arrival(admission: &Arc<Admission>, connection: u64, service: &Service) -> Arrival {
    let fd = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let ticket = admission.admit(connection, None, None).expect("no limit");
    Arrival { fd, peer: Peer::Unix, service: service.clone(), ticket, door: 0 }
}

#[test]
fn a_model_is_a_word_with_perhaps_a_number() {
    let two = NonZeroUsize::new(2);
    for (word, model) in [
        ("blocking", Model::Blocking),
        ("threads", Model::Threads),
        ("pool", Model::Pool { workers: None }),
        ("pool:2", Model::Pool { workers: two }),
        ("prefork", Model::Prefork { workers: None, inner: Inner::default() }),
        ("prefork:2", Model::Prefork { workers: two, inner: Inner::default() }),
        ("select", Model::Select { big: false }),
        ("select:big", Model::Select { big: true }),
        ("poll", Model::Poll),
        ("epoll", Model::Epoll { workers: None }),
        ("epoll:2", Model::Epoll { workers: two }),
        ("io_uring", Model::IoUring { workers: None }),
        ("io_uring:2", Model::IoUring { workers: two }),
        ("tokio", Model::Tokio { workers: None }),
        ("tokio:2", Model::Tokio { workers: two }),
    ] {
        assert_eq!(word.parse(), Ok(model));
        assert_eq!(model.to_string(), word);
    }
}

#[test]
fn processes_have_a_model_of_their_own() {
    for word in ["epoll", "epoll:2", "io_uring", "threads", "blocking", "pool:3", "select:big"] {
        let model: Model = format!("prefork:2/{word}").parse().unwrap();
        assert_eq!(model.to_string(), format!("prefork:2/{word}"));
        let Model::Prefork { inner, .. } = model else { panic!("{model:?}") };
        assert_eq!(inner.model(), word.parse().unwrap());
    }
    let usual: Model = "prefork:3".parse().unwrap();
    assert_eq!("prefork:3/epoll:1".parse(), Ok(usual));
    assert_eq!("prefork/threads".parse::<Model>().unwrap().to_string(), "prefork/threads");
}

#[test]
fn every_name_is_a_model() {
    for name in Model::NAMES {
        assert_eq!(name.parse::<Model>().unwrap().name(), *name);
    }
}

#[test]
fn a_wrong_word_is_told_the_nearest() {
    for (word, expected) in [
        (
            "epol",
            "there is no model `epol`; did you mean `epoll`? \
             (models: blocking, threads, pool, prefork, select, poll, epoll, io_uring, tokio)",
        ),
        (
            "Threads",
            "there is no model `Threads`; did you mean `threads`? \
             (models: blocking, threads, pool, prefork, select, poll, epoll, io_uring, tokio)",
        ),
        ("epoll:0", "`0` is no number of workers; give 1 to 1024, as in `epoll:2`"),
        ("tokio:many", "`many` is no number of workers; give 1 to 1024, as in `epoll:2`"),
        ("pool:0", "`0` is no number of workers; give 1 to 1024, as in `epoll:2`"),
        ("blocking:2", "`blocking` takes no number: it serves one connection at a time"),
        ("select:2", "`select` takes no number: it is one event loop"),
        ("prefork:0", "`0` is no number of workers; give 1 to 1024, as in `epoll:2`"),
        ("prefork:2/prefork", "the processes of `prefork` serve with any model but `prefork`"),
        ("threads:3", "`threads` takes no number: it has a thread for each connection"),
    ] {
        let error: ModelError = word.parse::<Model>().unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn only_processes_take_a_model() {
    let error = "epoll:2/threads".parse::<Model>().unwrap_err().to_string();
    let expected = "`epoll` takes no model after a slash, only `prefork` does, as in \
                    `prefork:2/threads`";
    assert_eq!(error, expected);
    let error = "perfork:2/threads".parse::<Model>().unwrap_err().to_string();
    assert!(error.contains("did you mean `prefork`?"), "{error}");
    assert!("prefork:2/".parse::<Model>().is_err());
    assert!("prefork:2/threads:2".parse::<Model>().is_err());
}

#[test]
fn only_processes_do_not_share_memory() {
    for name in Model::NAMES {
        let able = name.parse::<Model>().unwrap().capabilities();
        assert!(able.push);
        assert_eq!(able.shared_state, *name != "prefork", "{name}");
    }
}

#[test]
fn a_model_says_how_many_it_can_serve() {
    for (word, most) in [
        ("blocking", Some(1)),
        ("threads", None),
        ("pool", Some(5)),
        ("pool:12", Some(12)),
        ("prefork:4", None),
        ("prefork:4/blocking", Some(4)),
        ("prefork:4/pool:3", Some(12)),
        ("poll", None),
        ("epoll:1", None),
        ("io_uring", None),
        ("tokio", None),
    ] {
        let able = word.parse::<Model>().unwrap().capabilities();
        assert_eq!(able.max_connections, most, "{word}");
    }
}

#[test]
fn a_ring_that_is_not_to_be_had_is_an_epoll() {
    let refused = || Err(std::io::ErrorKind::PermissionDenied.into());
    for (word, expected) in [
        ("io_uring", "epoll"),
        ("io_uring:3", "epoll:3"),
        ("poll", "poll"),
        ("prefork:2/io_uring:3", "prefork:2/epoll:3"),
        ("prefork:2", "prefork:2"),
    ] {
        let model = word.parse::<Model>().unwrap();
        assert_eq!(model.or_fallback_if(refused).to_string(), expected);
        assert_eq!(model.or_fallback_if(|| Ok(())), model);
    }
}

#[test]
fn each_name_is_suggested_for_what_looks_like_it() {
    for (word, expected) in [
        ("block", "blocking"),
        ("thread", "threads"),
        ("pools:8", "pool"),
        ("pre-fork:2", "prefork"),
        ("seelct", "select"),
        ("polls", "poll"),
        ("epol", "epoll"),
        ("iouring", "io_uring"),
        ("uring:2", "io_uring"),
        ("tokyo", "tokio"),
    ] {
        let Err(ModelError::Unknown { nearest, .. }) = word.parse::<Model>() else {
            panic!("`{word}` is a model");
        };
        assert_eq!(nearest, expected, "{word}");
    }
}
