//! The table of accept(2), error by error.

use rustix::io::Errno;

use super::{Verdict, classify};

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
