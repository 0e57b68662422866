//! This process and the workers that it has started, as `/proc` shows them.

/// The processes that this one has started and not buried, zombies included.
pub(crate) fn children() -> Vec<u32> {
    let mut children = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let list = task.unwrap().path().join("children");
        // A thread may end meanwhile.
        let list = std::fs::read_to_string(list).unwrap_or_default();
        children.extend(list.split_whitespace().map(|word| word.parse::<u32>().unwrap()));
    }
    children.sort_unstable();
    children
}

/// This process, then its workers.
pub(crate) fn all() -> Vec<u32> {
    std::iter::once(std::process::id()).chain(children()).collect()
}

pub(crate) fn descriptors(process: u32) -> usize {
    entries(process, "fd")
}

pub(crate) fn threads(process: u32) -> usize {
    entries(process, "task")
}

/// Resident memory that is no file's.
pub(crate) fn resident_kib(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn entries(process: u32, folder: &str) -> usize {
    std::fs::read_dir(format!("/proc/{process}/{folder}")).unwrap().count()
}
