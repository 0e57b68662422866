//! Where a subscription begins, from what is known of its topic.

use super::subscriptions::begin;
use crate::channel::SubState;
use crate::registry::Head;
use crate::{Position, ResetReason};

const HEAD: Head = Head { epoch: 7, offset: 10, first: 4 };

/// Checks where a subscription from here begins.
fn check(after: (u64, u64), asked: Option<Head>, begins: Option<(SubState, u64)>) {
    let after = Position { epoch: after.0, offset: after.1 };
    assert_eq!(begin(HEAD, Some(after), asked), begins, "{after:?}, {asked:?}");
}

#[test]
fn what_the_worker_knows_decides_most_beginnings() {
    assert_eq!(begin(HEAD, None, None), Some((SubState::Live, 10)));
    check((7, 10), None, Some((SubState::Live, 10)));
    check((7, 9), None, Some((SubState::Lagging, 9)));
    // The last position from which nothing is missed.
    check((7, 3), None, Some((SubState::Lagging, 3)));
    check((7, 2), None, Some((SubState::Reset(ResetReason::Trimmed), 2)));
}

#[test]
fn what_the_worker_has_not_heard_of_is_asked() {
    let asked = Head { offset: 12, ..HEAD };
    check((7, 12), None, None);
    check((7, 12), Some(asked), Some((SubState::Live, 12)));
    check((7, 13), Some(asked), Some((SubState::Reset(ResetReason::Future), 13)));
    check((6, 5), Some(asked), Some((SubState::Reset(ResetReason::Epoch), 5)));
    // The store is an epoch ahead of the worker: it asks again until that has arrived.
    check((8, 5), Some(Head { epoch: 8, ..HEAD }), None);
}
