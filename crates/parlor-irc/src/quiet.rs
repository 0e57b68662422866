//! The short list of names that a newcomer to a quiet room is shown.
//!
//! Why: in a room of thousands a full list for each newcomer is quadratic. The newcomer is shown
//! itself, those who keep order, and those who have spoken, up to a bound; asking with NAMES still
//! gives everybody. The list is made at most once in a while for each thread and shared by all who
//! join meanwhile.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use parlor_chat::Member;
use parlor_hub::Role;
use parlor_topics::TopicId;

use crate::limits;

/// Rooms whose list is kept; more drop the oldest lists.
const ROOMS_KEPT: usize = 64;

/// Members of a quiet room that are worth showing.
pub(crate) type Shortlist = Rc<[Member]>;

struct Kept {
    room: TopicId,
    at: Instant,
    members: Shortlist,
}

thread_local! {
    static LISTS: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// The list of a room, if one was made not long ago.
pub(crate) fn kept(room: TopicId, now: Instant) -> Option<Shortlist> {
    LISTS.with_borrow_mut(|lists| {
        lists.retain(|kept| now.saturating_duration_since(kept.at) < limits::QUIET_NAMES_AGE);
        lists.iter().find(|kept| kept.room == room).map(|kept| Rc::clone(&kept.members))
    })
}

/// Makes the list of a room and keeps it: those who keep order first, then those who were seen, who
/// is connected before who is not.
pub(crate) fn keep(room: TopicId, members: &[Member], now: Instant) -> Shortlist {
    let mut bytes = 0;
    let keepers = members.iter().filter(|member| member.role >= Role::Voice);
    let seen = |connected| {
        let rest = members.iter().filter(|member| member.role < Role::Voice && member.revealed);
        rest.filter(move |member| member.present.connected == connected)
    };
    let members: Shortlist = keepers
        .chain(seen(true))
        .chain(seen(false))
        .take_while(|member| {
            bytes += member.present.nick.as_str().len() + 2;
            bytes <= limits::QUIET_NAMES_BYTES_MAX
        })
        .cloned()
        .collect();
    LISTS.with_borrow_mut(|lists| {
        lists.retain(|kept| kept.room != room);
        if lists.len() == ROOMS_KEPT {
            lists.remove(0);
        }
        lists.push(Kept { room, at: now, members: Rc::clone(&members) });
    });
    members
}
