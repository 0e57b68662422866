//! The machine that was measured on: a figure without it says nothing.

use std::fs;

use rustix::process::{Resource, getrlimit};
use serde::Serialize;

/// What a reader has to know about the machine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) processors: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    /// What ran beside the lab at its start: the load average of the last minute.
    pub(crate) load_before: f64,
    pub(crate) limits: Vec<(String, String)>,
    pub(crate) settings: Vec<(String, String)>,
}

const SETTINGS: &[&str] = &[
    "net/core/somaxconn",
    "net/ipv4/tcp_max_syn_backlog",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/tcp_rmem",
    "net/ipv4/tcp_wmem",
    "net/ipv4/tcp_mem",
    "net/ipv4/tcp_tw_reuse",
    "kernel/pid_max",
    "kernel/threads-max",
    "kernel/io_uring_disabled",
    "vm/max_map_count",
];

impl Machine {
    /// Looks around.
    pub(crate) fn look() -> Self {
        let info = read("/proc/cpuinfo");
        let processor = value(&info, "model name").unwrap_or_else(|| "unknown".to_owned());
        let total = value(&read("/proc/meminfo"), "MemTotal");
        let total = total.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
        let limits = [
            ("open files", Resource::Nofile),
            ("processes", Resource::Nproc),
            ("locked memory", Resource::Memlock),
        ];
        let limits = limits.map(|(name, resource)| {
            let most = getrlimit(resource).maximum;
            (name.to_owned(), most.map_or_else(|| "unlimited".to_owned(), |most| most.to_string()))
        });
        let settings = SETTINGS.iter().filter_map(|name| {
            let text = fs::read_to_string(format!("/proc/sys/{name}")).ok()?;
            Some((name.replace('/', "."), text.split_whitespace().collect::<Vec<_>>().join(" ")))
        });
        Self {
            processor,
            processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_gib: total.unwrap_or(0.0) / 1024.0 / 1024.0,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: load_average(),
            limits: limits.to_vec(),
            settings: settings.collect(),
        }
    }

    /// Server and generator each on a processor of its own, where there are two.
    pub(crate) fn pinned(&self) -> Option<(usize, usize)> {
        (self.processors > 1).then_some((0, 1))
    }
}

/// Processes that wanted a processor, averaged over the last minute.
pub(crate) fn load_average() -> f64 {
    read("/proc/loadavg").split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_kernel_and_memory() {
        let machine = Machine::look();
        assert!(machine.processors >= 1 && machine.memory_gib > 0.0);
        assert!(!machine.kernel.is_empty());
        assert!(machine.settings.iter().any(|(name, _)| name == "net.core.somaxconn"));
    }
}
