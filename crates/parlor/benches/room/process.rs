//! What the benchmark asks the kernel about processes, and where they run.

use std::sync::LazyLock;

use rustix::process::{Pid, Resource, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Seconds of CPU that a process has used, user and system.
pub(crate) fn cpu_s(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).unwrap())
}

/// Resident memory of a process in KiB.
pub(crate) fn resident_kib(pid: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// As many open files as there may be.
pub(crate) fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// Runs something on one processor, which what it starts inherits; then comes to the other one.
/// With one processor there is nothing to choose.
pub(crate) fn apart<T>(start: impl FnOnce() -> T) -> T {
    // Asked once: from then on this process has one of them, and would find no other.
    static TWO: LazyLock<bool> = LazyLock::new(|| {
        let all = sched_getaffinity(None).unwrap();
        [0, 1].iter().all(|cpu| all.is_set(*cpu))
    });
    if !*TWO {
        return start();
    }
    move_to(0);
    let started = start();
    move_to(1);
    started
}

fn move_to(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None::<Pid>, &set).unwrap();
}
