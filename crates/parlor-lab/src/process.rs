//! What the kernel says of processes and memory: files under `/proc`, read and parsed.
//!
//! Processor time is the process's and its descendants'. Memory is PSS, which counts a page that
//! several processes share once, so that a model with worker processes isn't charged twice. The
//! kernel's share (sockets, stacks of threads, page tables) is known for the whole machine only, so
//! it is read when it has come to rest, together with how many sockets it is for.

use std::collections::HashMap;
use std::fs;
use std::str::FromStr;
use std::time::Duration;

use crate::limits::THREADS_READ_MAX;

/// A process and all that it has started.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some(parent) = fs::read_to_string(format!("/proc/{id}/stat"))
            .ok()
            .as_deref()
            .and_then(|stat| after_name(stat).nth(1)?.parse().ok())
        {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        found.extend(children.get(&found[at]).into_iter().flatten().copied());
        at += 1;
    }
    found
}

/// Nanoseconds of processor time that a process has used so far, user and system.
///
/// `/proc/PID/stat` has steps of 10 ms and rounds down; the threads' `schedstat` is exact, but
/// forgets threads that have ended. Neither is ever too much, so the greater one is right.
pub(crate) fn cpu_ns(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = after_name(&stat).collect();
    let number = |at: usize| fields.get(at).and_then(|word| word.parse().ok()).unwrap_or(0_u64);
    let tick_ns = 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1);
    let by_ticks = (number(11) + number(12)) * tick_ns;
    let threads = usize::try_from(number(17)).unwrap_or(usize::MAX);
    if threads > THREADS_READ_MAX {
        return by_ticks;
    }
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let by_threads = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    by_ticks.max(by_threads.sum())
}

/// How often a process has left the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    /// Because there was nothing to do: it waits.
    pub(crate) voluntary: u64,
    /// Because others wanted the processor, or its time was up.
    pub(crate) involuntary: u64,
}

/// Context switches of all threads that a process has now, since each of them began.
///
/// The kernel forgets those of threads that have ended in `/proc`, so this says something only where
/// the same threads serve from one reading to the next.
pub(crate) fn switches(process: u32) -> Switches {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let mut sum = Switches::default();
    for task in tasks {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let count = |name| number_after(&status, name).unwrap_or(0);
        sum.voluntary += count("voluntary_ctxt_switches:");
        sum.involuntary += count("nonvoluntary_ctxt_switches:");
    }
    sum
}

impl Switches {
    /// What two processes have done together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            voluntary: self.voluntary + other.voluntary,
            involuntary: self.involuntary + other.involuntary,
        }
    }

    /// What has come on top since then.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            voluntary: self.voluntary.saturating_sub(before.voluntary),
            involuntary: self.involuntary.saturating_sub(before.involuntary),
        }
    }
}

/// The fields of a `stat` line after the process's name, which may hold spaces.
fn after_name(stat: &str) -> impl Iterator<Item = &str> {
    stat.rsplit(')').next().unwrap_or_default().split_whitespace()
}

/// Proportional set size of these processes in KiB.
pub(crate) fn pss_kib(processes: &[u32]) -> f64 {
    let of = |process: &u32| {
        let path = format!("/proc/{process}/smaps_rollup");
        number_after::<f64>(&fs::read_to_string(path).ok()?, "Pss:")
    };
    processes.iter().filter_map(of).sum()
}

/// Memory that the kernel holds, in KiB; for the whole machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Kernel {
    /// Kernel stacks of all threads.
    pub(crate) stacks: f64,
    /// Its own objects (sockets, descriptors, tasks), page tables, and socket buffers.
    pub(crate) objects: f64,
    /// How many TCP sockets there are, everybody's.
    pub(crate) sockets: f64,
}

/// What counts as no change from one reading to the next.
const REST_KIB: f64 = 64.0;

/// Reads what the kernel holds when that has stopped changing, or as it is after a tenth of a second:
/// what a server before this one has left behind is given back little by little.
pub(crate) fn kernel_at_rest() -> Kernel {
    let mut last = kernel();
    for _ in 0..20 {
        #[expect(
            clippy::disallowed_methods,
            reason = "nobody announces that memory was given back"
        )]
        std::thread::sleep(Duration::from_millis(5));
        let now = kernel();
        let change = (now.objects - last.objects).abs() + (now.stacks - last.stacks).abs();
        last = now;
        if change <= REST_KIB {
            break;
        }
    }
    last
}

/// Reads what the kernel holds now.
fn kernel() -> Kernel {
    // Each processor counts for itself and adds it to the machine's figures once a second. Root may
    // ask for it now; for others some hundred KiB may be missing.
    fs::read("/proc/sys/vm/stat_refresh").ok();
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let sockets = fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    let page_kib = rustix::param::page_size() as f64 / 1024.0;
    let kib = |name| number_after(&info, name).unwrap_or(0.0);
    Kernel {
        stacks: kib("KernelStack:"),
        objects: kib("Slab:") + kib("PageTables:") + of_tcp(&sockets, "mem") * page_kib,
        sockets: of_tcp(&sockets, "alloc"),
    }
}

/// One of TCP's figures: `alloc` sockets, `mem` pages in their buffers.
fn of_tcp(sockstat: &str, name: &str) -> f64 {
    let line = sockstat.lines().find(|line| line.starts_with("TCP:")).unwrap_or_default();
    let mut words = line.split_whitespace();
    words.find(|word| *word == name);
    words.next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

/// The number behind a name at the beginning of a line; none where there is no such line.
fn number_after<T: FromStr>(text: &str, name: &str) -> Option<T> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// SYNs that the kernel has dropped because a backlog was full, since the machine started.
pub(crate) fn listen_drops() -> u64 {
    let text = fs::read_to_string("/proc/net/netstat").unwrap_or_default();
    counter(&text, "TcpExt:", "ListenDrops").unwrap_or(0)
}

/// One counter of a file whose lines come in pairs: names, then numbers.
fn counter(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(group));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let at = names.split_whitespace().position(|word| word == name)?;
    numbers.split_whitespace().nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let own = std::process::id();
        let before = cpu_ns(own);
        let mut sum = 0_u64;
        while cpu_ns(own) < before + 1_000_000 {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(pss_kib(&[own]) > 100.0);
        assert_eq!(tree(own)[0], own);
        assert!(kernel_at_rest().objects > 0.0);
    }

    #[test]
    fn both_ends_of_a_connection_are_sockets_of_the_machine() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let before = kernel().sockets;
        let address = listener.local_addr().unwrap();
        // Others may close some meanwhile, but not so many.
        let pair = |_| (std::net::TcpStream::connect(address).unwrap(), listener.accept().unwrap());
        let pairs: Vec<_> = (0..200).map(pair).collect();
        assert!(kernel().sockets > before + pairs.len() as f64, "{before}");
    }

    #[test]
    fn a_thread_that_waits_gives_up_the_processor_by_itself() {
        let (questions, asked) = std::sync::mpsc::channel::<()>();
        let (answers, answered) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || {
            for () in asked {
                answers.send(()).unwrap();
            }
        });
        let before = switches(std::process::id());
        // Nobody waits if the other is quick enough, so it is asked until somebody has waited.
        let waited = (0..100_000).any(|_| {
            questions.send(()).unwrap();
            answered.recv().unwrap();
            switches(std::process::id()).since(before).voluntary >= 10
        });
        assert!(waited);
        drop(questions);
        other.join().unwrap();
        assert_eq!(switches(u32::MAX), Switches::default(), "nobody has that number");
    }

    #[test]
    fn numbers_are_found_by_the_beginning_of_their_line() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";
        assert_eq!(number_after(status, "voluntary_ctxt_switches:"), Some(12_u64));
        assert_eq!(number_after(status, "nonvoluntary_ctxt_switches:"), Some(3_u64));
        assert_eq!(number_after::<u64>(status, "ctxt_switches:"), None);
    }

    #[test]
    fn names_with_spaces_and_brackets_do_not_shift_the_fields() {
        let fields: Vec<&str> = after_name("12 (a) b (c) S 1 2 3").collect();
        assert_eq!(fields, ["S", "1", "2", "3"]);
    }

    #[test]
    fn counters_and_pages_are_found_by_name() {
        let text = "TcpExt: A ListenDrops B\nTcpExt: 1 42 3\nIpExt: X\nIpExt: 9\n";
        assert_eq!(counter(text, "TcpExt:", "ListenDrops"), Some(42));
        assert_eq!(counter(text, "TcpExt:", "Nothing"), None);
        let sockstat = "sockets: used 16\nTCP: inuse 1 orphan 0 tw 0 alloc 5 mem 292\nUDP: mem 3";
        assert_eq!((of_tcp(sockstat, "mem"), of_tcp(sockstat, "alloc")), (292.0, 5.0));
        assert_eq!(of_tcp("", "mem"), 0.0);
    }
}
