//! Why a model holds no more connections, in words: the wall that it ran into.

use rustix::process::{Resource, getrlimit};

use crate::record::group;
use crate::subject::Subject;

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
        "threads" => format!(
            "a thread takes four mappings, a process may have {} (vm.max_map_count), and some are kept",
            group(mappings().trim())
        ),
        _ => "the rest were not served in time".to_owned(),
    };
    let (served, wanted) = (group(&served.to_string()), group(&wanted.to_string()));
    format!("wall: {served} of {wanted} served; {why}")
}

/// Mappings that a process may have.
fn mappings() -> String {
    std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default()
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
    }
}
