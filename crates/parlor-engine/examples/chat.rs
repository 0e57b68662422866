//! A chat in sixty lines: `cargo run -p parlor-engine --example chat`, then `nc localhost 50001`
//! from several terminals. What one types, all others read; `/who` says how many are here.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use parlor_engine::{Address, Conn, Model, Server, Shutdown, draining, is_worker, service};
use tokio::sync::mpsc;

/// A client this far behind is sent away: one slow reader must not fill our memory.
const LINES_BEHIND_MAX: usize = 64;
const LINE_BYTES_MAX: usize = 4096;

/// Everybody present: the number of the connection, and the queue of what it is to be sent.
#[derive(Clone, Default)]
struct Room(Arc<Mutex<HashMap<u64, mpsc::Sender<Bytes>>>>);

impl Room {
    fn present(&self) -> MutexGuard<'_, HashMap<u64, mpsc::Sender<Bytes>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells all but one. Those whose queue is full lose their place, which ends their handler.
    fn tell(&self, from: u64, line: &Bytes) {
        self.present().retain(|id, queue| *id == from || queue.try_send(line.clone()).is_ok());
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let model: Model = words.next().unwrap_or_else(|| "epoll".into()).parse()?;
    let at: SocketAddr = words.next().unwrap_or_else(|| "127.0.0.1:50001".into()).parse()?;
    if !model.capabilities().shared_state {
        return Err(format!("`{model}` has processes, and a room is in the memory of one").into());
    }
    let room = Room::default();
    let mut server = Server::new(model);
    let handler = service(move |conn| chat(conn, room.clone()));
    let bound = server.listen("chat", &Address::Tcp(at), handler)?;
    // A worker of `prefork` is this program once more.
    if !is_worker() {
        println!("listening on {bound}");
    }
    server.run(Shutdown::new()).error.map_or(Ok(()), |error| Err(error.into()))
}

async fn chat(mut conn: Conn, room: Room) {
    let id = conn.id();
    let (queue, mut lines) = mpsc::channel(LINES_BEHIND_MAX);
    room.present().insert(id, queue);
    let mut typed = Vec::new();
    // Whatever comes first: bytes of our client's, a line from another (or the loss of our place),
    // the end of the server. All three may be dropped while they wait and lose nothing.
    loop {
        tokio::select! {
            bytes = conn.recv() => match bytes {
                Ok(bytes) if !bytes.is_empty() => typed.extend_from_slice(&bytes),
                _ => break,
            },
            line = lines.recv() => match line {
                Some(line) => conn.push(line),
                None => break,
            },
            () = draining() => break,
        }
        while let Some(end) = typed.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = typed.drain(..=end).collect();
            match line.trim_ascii() {
                b"/who" => conn.push(format!("{} here\n", room.present().len()).into()),
                _ => room.tell(id, &[format!("{id}: ").as_bytes(), &line].concat().into()),
            }
        }
        if typed.len() > LINE_BYTES_MAX || conn.drain().await.is_err() {
            break;
        }
    }
    room.present().remove(&id);
}
