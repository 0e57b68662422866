//! Why a model holds no more connections, in words: the wall that it ran into.

use rustix::process::{Resource, getrlimit};

use crate::record::group;
use crate::subject::Subject;

/// Connections that a subject has room for by its own account: its seats, or the descriptors of the
/// one process that serves them. Nothing where only trying can tell.
pub(crate) fn room(subject: &Subject) -> Option<usize> {
    let Subject::Model(model) = subject else { return None };
    let able = model.capabilities();
    let one_process = able.takes_descriptors && able.shared_state;
    let descriptors = getrlimit(Resource::Nofile).maximum.filter(|_| one_process);
    let descriptors = descriptors.and_then(|most| usize::try_from(most).ok());
    able.max_connections.into_iter().chain(descriptors).min()
}

/// Names the wall of a subject that served fewer connections than came.
pub(crate) fn name(subject: &Subject, served: usize, wanted: usize) -> String {
    let limit = getrlimit(Resource::Nofile).maximum;
    // A server has a few descriptors of its own besides.
    let out_of_descriptors =
        limit.is_some_and(|limit| served as u64 + 64 >= limit && (served as u64) <= limit);
    let why = match subject.family() {
        "blocking" => {
            "it serves one connection at a time, the others wait in the backlog".to_owned()
        }
        "pool" => {
            "each of its threads serves one connection, the others wait in its queue".to_owned()
        }
        "select" => "descriptors from 1,024 up have no bit in its sets".to_owned(),
        _ if out_of_descriptors => {
            let limit = group(&limit.unwrap_or_default().to_string());
            format!("a process may have {limit} descriptors")
        }
        // Fewer than half of the mappings: it was slow, or there was another wall.
        "threads" if served * MAPPINGS_OF_A_THREAD * 2 > mappings() => format!(
            "a thread takes four mappings, a process may have {} (vm.max_map_count), and some are kept",
            group(&mappings().to_string())
        ),
        _ => "the rest were not served in time".to_owned(),
    };
    let (served, wanted) = (group(&served.to_string()), group(&wanted.to_string()));
    format!("wall: {served} of {wanted} served; {why}")
}

/// Two for its stack and the page below it that guards it, two for those of its signals.
const MAPPINGS_OF_A_THREAD: usize = 4;

/// Mappings that a process may have.
fn mappings() -> usize {
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    text.trim().parse().unwrap_or(65_530)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_have_names() {
        let said = |subject: &str, served| name(&subject.parse().unwrap(), served, 100_000);
        assert!(said("blocking", 1).contains("one connection at a time"));
        assert!(said("select", 1_000).contains("1,024"));
        let limit = getrlimit(Resource::Nofile).maximum.unwrap_or(1 << 20);
        let full = usize::try_from(limit).unwrap() - 10;
        assert!(said("epoll", full).contains("descriptors"));
        assert!(said("epoll", 5).contains("not served in time"));
        assert!(said("threads", 5).contains("not served in time"));
        assert!(said("threads", mappings() / 5).contains("vm.max_map_count"));
    }

    #[test]
    fn room_is_known_where_seats_or_descriptors_are_counted() {
        let of = |subject: &str| room(&subject.parse().unwrap());
        assert_eq!((of("blocking"), of("pool:7")), (Some(1), Some(7)));
        assert!(of("select").is_some_and(|room| room <= 1_024));
        let limit =
            getrlimit(Resource::Nofile).maximum.map(|limit| usize::try_from(limit).unwrap());
        assert_eq!((of("epoll"), of("threads")), (limit, limit));
        // Their connections take no descriptors of one process.
        assert_eq!((of("io_uring"), of("prefork:6")), (None, None));
        assert_eq!(of("peer:python=python3 echo.py"), None);
    }
}
