//! What an idle connection takes of the process's memory, where that is more than the parts whose
//! sizes the unit tests hold: pages of a thread's stack, and what allocators make of it all.

use std::net::TcpStream;

use parlor_engine::{Limits, Model, Server, service};

use crate::running::{Running, anywhere, echo, echoed};
use crate::{child, processes};

/// Nothing else has a stack of this size, by which its mapping is known.
const STACK_KIB: usize = 228;
const PAGE_KIB: usize = 4;

/// One area of the process's memory.
struct Mapping {
    size_kib: usize,
    dirty_kib: usize,
}

fn mappings() -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in std::fs::read_to_string("/proc/self/smaps").unwrap().lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(number)) = (words.next(), words.next()) else { continue };
        match (name, mappings.last_mut()) {
            ("Size:", _) => {
                mappings.push(Mapping { size_kib: number.parse().unwrap(), dirty_kib: 0 });
            }
            ("Private_Dirty:", Some(mapping)) => mapping.dirty_kib = number.parse().unwrap(),
            _ => {}
        }
    }
    mappings
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

    let stacks: Vec<_> =
        mappings().into_iter().filter(|mapping| mapping.size_kib == STACK_KIB).collect();
    assert_eq!(stacks.len(), 2 * CONNECTIONS, "each thread has one");
    let pages = stacks.iter().map(|stack| stack.dirty_kib).sum::<usize>() / PAGE_KIB;
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
