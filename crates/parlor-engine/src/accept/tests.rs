//! The table of accept(2), error by error, and who is handed on when.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::io::Errno;

use super::{Acceptor, Door, Verdict, classify};
use crate::address::{Address, Listener};
use crate::admission::Admission;
use crate::bell::Bell;
use crate::handler::service;
use crate::limits::{ACCEPTS_PER_WAKE, Limits};
use crate::metrics::{Counters, Metrics};
use crate::model::{Arrival, Workers};
use crate::shutdown::Shutdown;

#[test]
fn every_error_of_accept_has_the_class_the_manual_gives_it() {
    let table = [
        (Verdict::Empty, &[Errno::AGAIN, Errno::WOULDBLOCK][..]),
        // The client went away, or the call was interrupted.
        (Verdict::Next, &[Errno::INTR, Errno::CONNABORTED, Errno::PERM, Errno::PROTO]),
        // "These errors are already pending on the new socket ... treat them like EAGAIN by
        // retrying."
        (
            Verdict::Next,
            &[
                Errno::NETDOWN,
                Errno::NOPROTOOPT,
                Errno::HOSTDOWN,
                Errno::NONET,
                Errno::HOSTUNREACH,
                Errno::OPNOTSUPP,
                Errno::NETUNREACH,
                Errno::TIMEDOUT,
            ],
        ),
        (Verdict::Starved, &[Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]),
        (Verdict::Broken, &[Errno::BADF, Errno::FAULT, Errno::INVAL, Errno::NOTSOCK]),
    ];
    for (verdict, errors) in table {
        for error in errors {
            assert_eq!(classify(*error), verdict, "{error:?}");
        }
    }
}

#[test]
fn an_unknown_error_never_spins() {
    // Only the errors named above may lead to another attempt at once.
    let at_once = (1..=133)
        .map(Errno::from_raw_os_error)
        .filter(|error| matches!(classify(*error), Verdict::Next));
    assert_eq!(at_once.count(), 13);
}

/// Workers that note how many had been accepted when each connection was handed to them.
struct Noting {
    counters: Arc<Counters>,
    shutdown: Shutdown,
    crowd: usize,
    accepted: Vec<u64>,
}

impl Workers for Noting {
    fn blocking(&self) -> bool {
        false
    }

    fn serve(&mut self, _: Arrival) {
        self.accepted.push(self.counters.accepted.load(Ordering::Relaxed));
        if self.accepted.len() == self.crowd {
            self.shutdown.trigger();
        }
    }

    fn drain(&mut self) {}

    fn stop(self: Box<Self>, _: Duration) -> usize {
        0
    }
}

#[test]
fn a_crowd_is_accepted_before_anybody_of_it_is_handed_on() {
    const CROWD: usize = ACCEPTS_PER_WAKE * 3 + 1;
    let metrics = Metrics::default();
    let counters = metrics.counters();
    let limits = Limits::default();
    let anywhere = Address::Tcp((Ipv4Addr::LOCALHOST, 0).into());
    let listener = Listener::bind(&anywhere, limits.backlog, false).unwrap();
    let Address::Tcp(address) = listener.bound.clone() else { unreachable!("it is TCP") };
    let door = Door { number: 0, name: "test", listener, service: service(|_| async {}) };
    let _crowd: Vec<_> = (0..CROWD).map(|_| TcpStream::connect(address).unwrap()).collect();

    let (bell, shutdown) = (Arc::new(Bell::new().unwrap()), Shutdown::new());
    shutdown.ring_when_triggered(&bell);
    let admission = Admission::new(&limits, 1, Arc::clone(counters), Arc::clone(&bell));
    let mut workers = Noting {
        counters: Arc::clone(counters),
        shutdown: shutdown.clone(),
        crowd: CROWD,
        accepted: Vec::new(),
    };
    Acceptor::new(vec![Arc::new(door)], &mut workers, admission, counters, bell).run(&shutdown);
    assert_eq!(workers.accepted, [CROWD as u64; CROWD]);
}
