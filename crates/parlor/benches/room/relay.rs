//! The floor: a bare epoll loop that sends what one client says to all others, and knows nothing
//! else. What waits for a client is kept and written once a turn, as the best servers do.
//!
//! It greets each client with the line that the benchmark takes for the end of joining.

use std::io::{ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};

use rustix::event::epoll;
use rustix::net::{AddressFamily, SocketType};

const LISTENER: u64 = u64::MAX;
const GREETING: &[u8] = b": 422 \r\n: 366 \r\n";

struct Peer {
    stream: TcpStream,
    waiting: Vec<u8>,
}

/// Serves until it is killed.
pub(crate) fn serve() -> ! {
    crate::process::raise_descriptor_limit();
    let listener = listen();
    println!("relay {}", listener.local_addr().unwrap());
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let data = epoll::EventData::new_u64(LISTENER);
    epoll::add(&poll, &listener, data, epoll::EventFlags::IN).unwrap();
    let (mut peers, mut buffer): (Vec<Peer>, _) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); 1024];
        let (ready, _) = epoll::wait(&poll, &mut events, None).unwrap();
        for event in ready {
            let index = event.data.u64();
            if index == LISTENER {
                accept(&listener, &poll, &mut peers);
                continue;
            }
            let index = usize::try_from(index).unwrap();
            while let Ok(count @ 1..) = peers[index].stream.read(&mut buffer) {
                relay(&mut peers, index, &buffer[..count]);
            }
        }
        for peer in peers.iter_mut().filter(|peer| !peer.waiting.is_empty()) {
            match peer.stream.write(&peer.waiting) {
                Ok(sent) => drop(peer.waiting.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => peer.waiting.clear(),
            }
        }
    }
}

fn listen() -> TcpListener {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    let address = std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 0);
    rustix::net::bind(&socket, &address).unwrap();
    rustix::net::listen(&socket, 4096).unwrap();
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true).unwrap();
    listener
}

fn accept(listener: &TcpListener, poll: &rustix::fd::OwnedFd, peers: &mut Vec<Peer>) {
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(true).unwrap();
        stream.set_nodelay(true).unwrap();
        let data = epoll::EventData::new_u64(peers.len() as u64);
        epoll::add(
            poll,
            &stream,
            data,
            epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET,
        )
        .unwrap();
        peers.push(Peer { stream, waiting: GREETING.to_vec() });
    }
}

/// Only what is said in the room goes on; the greeting of a client is nobody else's business.
fn relay(peers: &mut [Peer], from: usize, bytes: &[u8]) {
    if !bytes.starts_with(b"PRIVMSG ") {
        return;
    }
    // As long as a server's: with the name of whoever says it.
    let said = b":u00000!u@guest ";
    for (index, peer) in peers.iter_mut().enumerate() {
        if index != from {
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                peer.waiting.extend_from_slice(said);
                peer.waiting.extend_from_slice(line);
            }
        }
    }
}
