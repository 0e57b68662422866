//! What an idle connection takes of the process's memory, where that is more than the parts whose
//! sizes the unit tests hold: pages of a thread's stack, and what allocators make of it all.

use std::net::TcpStream;

use parlor_engine::{Limits, Model, Server, service};

use crate::running::{Running, anywhere, echo, echoed};
use crate::{child, processes};

/// An odd size, so that few other areas have it.
const STACK_KIB: usize = 228;
const PAGE_KIB: usize = 4;
/// A heap of glibc's other arenas begins at a multiple of its greatest size, and grows page by page.
const HEAP_BYTES: u64 = 64 << 20;

/// How much of each thread's stack has been written to, in KiB, by what `/proc/PID/smaps` says.
///
/// A stack is known by its size, by belonging to no file, and by not being a heap that has grown to
/// the same size.
fn stacks_dirty_kib(smaps: &str) -> Vec<usize> {
    let mut stacks = Vec::new();
    let (mut anonymous, mut stack) = (false, false);
    for line in smaps.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            [range, permissions, _, _, inode, ref path @ ..] if range.contains('-') => {
                let start = u64::from_str_radix(range.split_once('-').unwrap().0, 16).unwrap();
                anonymous = permissions == "rw-p" && inode == "0" && path.is_empty();
                anonymous &= start % HEAP_BYTES != 0;
            }
            ["Size:", kib, "kB"] => stack = anonymous && kib.parse() == Ok(STACK_KIB),
            ["Private_Dirty:", kib, "kB"] if stack => stacks.push(kib.parse().unwrap()),
            _ => {}
        }
    }
    stacks
}

#[test]
fn a_stack_is_told_from_a_file_and_a_heap_of_its_size() {
    let area = |head: &str, dirty_kib: usize| {
        format!("{head}\nSize: {STACK_KIB} kB\nPrivate_Dirty: {dirty_kib} kB\nVmFlags: rd wr\n")
    };
    let smaps = [
        area("5565c0a00000-5565c0a39000 rw-p 00000000 fe:01 4711    /usr/bin/it", 1),
        area("5565c1b00000-5565c1b39000 rw-p 00000000 00:00 0       [heap]", 2),
        area("7f0a34000000-7f0a34039000 rw-p 00000000 00:00 0 ", 4),
        area("7f0a38001000-7f0a3803a000 rw-p 00000000 00:00 0 ", 8),
        area("7f0a3803a000-7f0a38073000 ---p 00000000 00:00 0 ", 16),
        "7f0a38074000-7f0a38078000 rw-p 00000000 00:00 0 \nSize: 16 kB\nPrivate_Dirty: 32 kB"
            .into(),
    ];
    assert_eq!(stacks_dirty_kib(&smaps.join("")), [8]);
}

/// So many connections that have said something once.
fn idle(server: &Running, count: usize) -> Vec<TcpStream> {
    let clients: Vec<_> = (0..count).map(|_| server.connect()).collect();
    for client in &clients {
        echoed(client, b"hello");
    }
    clients
}

/// The frames of a build that is not optimised are larger, and its handlers too. What an optimised
/// one takes of both was 11.9 KiB when it was measured, of a budget of 12.
#[test]
fn a_thread_keeps_few_pages_of_its_stack_and_little_else() {
    const CONNECTIONS: usize = 500;
    const PAGES_MAX: usize = if cfg!(debug_assertions) { 4 } else { 2 };
    const BYTES_MAX: usize = if cfg!(debug_assertions) { 21 * 1024 } else { 12 * 1024 };
    let test = "memory::a_thread_keeps_few_pages_of_its_stack_and_little_else";
    let Some(model) = child::model() else { return child::run(test, "threads") };

    let limits = Limits { thread_stack_bytes: STACK_KIB * 1024, ..Limits::default() };
    let server = Running::start(&model, limits, service(echo));
    // By then every arena of the allocator is in use.
    let _first = idle(&server, CONNECTIONS);
    let before = processes::resident_kib(std::process::id());
    let _second = idle(&server, CONNECTIONS);
    let each = (processes::resident_kib(std::process::id()) - before) * 1024 / CONNECTIONS;

    let stacks = stacks_dirty_kib(&std::fs::read_to_string("/proc/self/smaps").unwrap());
    assert_eq!(stacks.len(), 2 * CONNECTIONS, "each thread has one");
    let pages = stacks.iter().sum::<usize>() / PAGE_KIB;
    println!("{pages} pages of {} stacks, {each} bytes a connection", stacks.len());
    assert!(pages <= PAGES_MAX * stacks.len(), "{pages} pages of {} stacks", stacks.len());
    assert!(each <= BYTES_MAX, "{each} bytes a connection");
}

#[test]
fn a_ring_keeps_less_than_a_kib_of_a_connection() {
    const CONNECTIONS: usize = 2_000;
    const BYTES_MAX: usize = 1024;
    /// Each receive buffer of the ring has been used by then.
    const MESSAGES: usize = 600;
    let test = "memory::a_ring_keeps_less_than_a_kib_of_a_connection";
    let Some(model) = child::model() else { return child::run(test, "io_uring:1") };

    let server = Server::new(model.parse::<Model>().unwrap());
    if server.model().name() != "io_uring" {
        return println!("skipped, no ring on this machine");
    }
    let server = Running::run(server, &anywhere(), service(echo));
    let client = server.connect();
    for _ in 0..MESSAGES {
        echoed(&client, b"hello");
    }
    let resident = || processes::resident_kib(std::process::id());
    let before = resident();
    let _clients = idle(&server, CONNECTIONS);
    let each = (resident() - before) * 1024 / CONNECTIONS;
    println!("{each} bytes each, for {CONNECTIONS} connections");
    assert!(each <= BYTES_MAX, "{each} bytes each");
}
