//! Every flavour of ring, on the kernel that is here.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use super::*;

const SHAPE: Shape = Shape {
    submissions: 4,
    completions: 8,
    buffers: 2,
    buffer_bytes: 4096,
    ahead_bytes: 0,
    direct: 4,
};

/// Waits for the completion of what has this tag.
fn completion(ring: &mut Uring, tag: u64) -> Completion {
    for _ in 0..1000 {
        while let Some(done) = ring.next() {
            if done.tag == tag {
                return done;
            }
        }
        ring.hurry();
        ring.enter(true, Some(Duration::from_secs(1))).unwrap();
    }
    panic!("no answer for {tag}");
}

fn exchange(ring: &mut Uring, socket: &Socket, peer: &Socket) {
    for round in 0..10 {
        let receiving = ring.recv(socket, 1, round % 2 == 0);
        let (bytes, from, attempt) = match round % 3 {
            0 => (&b"xx hello"[..], 3, Attempt::Again),
            _ => (&b"hello"[..], 0, Attempt::First),
        };
        ring.send(peer, 2, bytes.to_vec(), from, attempt);
        let sent = completion(ring, 2);
        assert_eq!(sent.result, Ok(5));
        assert_eq!(sent.bytes.as_deref(), Some(bytes), "the bytes come back");
        let received = completion(ring, 1);
        let filled = received.filled.expect("a buffer");
        assert_eq!(ring.bytes(&filled), b"hello");
        ring.give_back(filled);
        assert_eq!(ring.buffers_free(), 2);

        // One that is cancelled, and one that has ended before.
        let idle = ring.recv(socket, 3, true);
        ring.cancel(idle, 4);
        assert_eq!(completion(ring, 3).result, Err(Errno::CANCELED));
        ring.cancel(receiving, 5);
        assert_eq!(completion(ring, 5).result, Err(Errno::NOENT));
        while ring.in_flight() > 0 {
            ring.enter(true, Some(Duration::from_secs(1))).unwrap();
            while ring.next().is_some() {}
        }
    }
}

#[test]
fn every_flavour_receives_sends_cancels_and_closes() {
    let (mut made, count) = (0, FLAVOURS.len());
    for plainest in 0..count {
        let Ok(mut ring) = Uring::with_flavours(SHAPE, &FLAVOURS[plainest..=plainest]) else {
            continue;
        };
        made += 1;
        let (left, right) = UnixStream::pair().unwrap();
        let (left, right) = (Arc::new(OwnedFd::from(left)), Arc::new(OwnedFd::from(right)));
        exchange(&mut ring, &Socket::Plain(Arc::clone(&left)), &Socket::Plain(right.clone()));

        ring.install(3, left.as_fd()).unwrap();
        drop(left);
        exchange(&mut ring, &Socket::Direct(3), &Socket::Plain(Arc::clone(&right)));
        // Closed, so the other end sees the end.
        ring.close(3, 6);
        assert_eq!(completion(&mut ring, 6).result, Ok(0));
        ring.recv(&Socket::Plain(right), 7, false);
        assert_eq!(completion(&mut ring, 7).result, Ok(0));
    }
    println!("{made} of {count} flavours on this kernel");
}

/// A ring that says nothing of sends that went well, if there is one here.
fn quiet_ring() -> Option<Uring> {
    let ring = Uring::new(SHAPE).ok().filter(|ring| ring.can_be_quiet);
    if ring.is_none() {
        println!("skipped, no such ring here");
    }
    ring
}

/// All that is known by now, without a further call.
fn known(ring: &mut Uring) -> Vec<(u64, Result<u32, Errno>)> {
    std::iter::from_fn(|| ring.next()).map(|done| (done.tag, done.result)).collect()
}

#[test]
fn one_call_sends_and_waits_for_what_comes_next() {
    let Some(mut ring) = quiet_ring() else { return };
    let (left, right) = UnixStream::pair().unwrap();
    let (left, right) = (Arc::new(OwnedFd::from(left)), Arc::new(OwnedFd::from(right)));
    for _ in 0..10 {
        ring.recv(&Socket::Plain(Arc::clone(&right)), 1, true);
        ring.send(&Socket::Plain(Arc::clone(&left)), 2, b"hello".to_vec(), 0, Attempt::First);
        ring.enter(true, Some(Duration::from_secs(30))).unwrap();
        // Had the send ended the wait, it would be known alone.
        let mut done = Vec::new();
        while let Some(Completion { tag, result, filled, .. }) = ring.next() {
            filled.into_iter().for_each(|filled| ring.give_back(filled));
            done.push((tag, result));
        }
        assert_eq!(done, [(1, Ok(5)), (2, Ok(5))]);
        assert_eq!(ring.in_flight(), 0);
    }
}

#[test]
fn a_send_that_does_not_go_well_is_told_in_the_same_call() {
    let Some(mut ring) = quiet_ring() else { return };
    let (left, right) = UnixStream::pair().unwrap();
    let left = Socket::Plain(Arc::new(left.into()));
    const LONG: u32 = 16 << 20;
    ring.send(&left, 1, vec![1; LONG as usize], 0, Attempt::First);
    ring.enter(true, Some(Duration::from_secs(30))).unwrap();
    let part = known(&mut ring);
    assert!(matches!(part[..], [(1, Ok(1..LONG))]), "{part:?}");
    ring.send(&left, 2, b"more".to_vec(), 0, Attempt::First);
    ring.enter(true, Some(Duration::from_secs(30))).unwrap();
    assert_eq!(known(&mut ring), [(2, Err(Errno::AGAIN))]);
    drop(right);
    ring.send(&left, 3, b"more".to_vec(), 0, Attempt::First);
    ring.enter(true, Some(Duration::from_secs(30))).unwrap();
    assert_eq!(known(&mut ring), [(3, Err(Errno::PIPE))]);
    assert_eq!(ring.in_flight(), 0);
}

#[test]
fn who_waits_for_a_send_is_told_of_it_without_waiting_for_others() {
    let Some(mut ring) = quiet_ring() else { return };
    let (left, right) = UnixStream::pair().unwrap();
    ring.send(&Socket::Plain(Arc::new(left.into())), 1, b"hello".to_vec(), 0, Attempt::First);
    ring.hurry();
    // Nothing else would ever end this wait.
    ring.enter(true, None).unwrap();
    assert_eq!(known(&mut ring), [(1, Ok(5))]);
    drop(right);
}

#[test]
fn a_receive_goes_on_until_it_has_brought_enough() {
    let Ok(mut ring) = Uring::new(Shape { ahead_bytes: 10, ..SHAPE }) else {
        return println!("skipped, no ring here");
    };
    if ring.ahead_bytes == 0 {
        return println!("skipped, receives are asked for one by one here");
    }
    let (left, mut right) = UnixStream::pair().unwrap();
    let socket = Socket::Plain(Arc::new(left.into()));
    let flight = ring.recv(&socket, 1, true);
    let mut receive = |text: &[u8]| {
        right.write_all(text).unwrap();
        let Completion { result, more, filled, .. } = completion(&mut ring, 1);
        let filled = filled.expect("a buffer");
        assert_eq!((ring.bytes(&filled), result), (text, Ok(u32::try_from(text.len()).unwrap())));
        ring.give_back(filled);
        more
    };
    assert!(receive(b"hello"));
    assert!(receive(b"you"));
    // The one that goes beyond is the last, and whole.
    assert!(!receive(b"and everybody else"));
    assert_eq!(ring.in_flight(), 0);
    ring.cancel(flight, 2);
    assert_eq!(completion(&mut ring, 2).result, Err(Errno::NOENT));

    // One that goes on can be cancelled, and ends by itself when the peer does.
    let flight = ring.recv(&socket, 3, true);
    right.write_all(b"again").unwrap();
    let first = completion(&mut ring, 3);
    assert!(first.more && first.result == Ok(5));
    ring.give_back(first.filled.unwrap());
    ring.cancel(flight, 4);
    let last = completion(&mut ring, 3);
    assert_eq!((last.result, last.more), (Err(Errno::CANCELED), false));
    ring.recv(&socket, 5, true);
    drop(right);
    let end = completion(&mut ring, 5);
    assert_eq!((end.result, end.more), (Ok(0), false));
}

#[test]
fn the_bare_ring_echoes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    if Uring::new(SHAPE).is_err() {
        return println!("skipped, no ring here");
    }
    // It ends with the process.
    std::thread::spawn(move || bare_ring_echo(&listener).err());
    let mut clients: Vec<_> = (0..50).map(|_| TcpStream::connect(address).unwrap()).collect();
    for round in 0..20 {
        // Others take the places of those who leave.
        clients[round] = TcpStream::connect(address).unwrap();
        for (number, mut client) in clients.iter().enumerate() {
            client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            client.write_all(format!("{round:03} {number:03}").as_bytes()).unwrap();
        }
        for (number, mut client) in clients.iter().enumerate() {
            let mut answer = [0; 7];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(answer, format!("{round:03} {number:03}").as_bytes());
        }
    }
}

#[test]
fn a_ring_that_is_dropped_takes_back_what_is_in_flight() {
    let Ok(mut ring) = Uring::new(SHAPE) else { return println!("skipped, no ring here") };
    let lines: Vec<_> = (0..20).map(|_| UnixStream::pair().unwrap()).collect();
    for (number, (ours, _)) in lines.iter().enumerate() {
        // More than fit into its queue at once; the last have no time to be submitted.
        let fd = Arc::new(OwnedFd::from(ours.try_clone().unwrap()));
        ring.recv(&Socket::Plain(Arc::clone(&fd)), number as u64, true);
        ring.send(&Socket::Plain(fd), 100, vec![1; 1 << 20], 0, Attempt::First);
    }
    assert_eq!(ring.in_flight(), 40);
    assert!(ring.end(1000), "{} in flight", ring.in_flight());
    drop(ring);
    // Nothing holds the sockets any more.
    for (ours, theirs) in lines {
        drop(ours);
        let mut sink = Vec::new();
        (&theirs).read_to_end(&mut sink).unwrap();
    }
}
