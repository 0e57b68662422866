//! A chat in sixty lines: `cargo run -p parlor-engine --example chat`, then `nc localhost 50001`
//! from several terminals. What one types, all others read; `/who` says how many are here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use parlor_engine::{Address, BindError, Conn, Model, Server, Shutdown, draining, service};
use tokio::sync::mpsc;

/// A client this far behind is sent away: one slow reader must not fill our memory.
const LINES_BEHIND_MAX: usize = 64;
const LINE_BYTES_MAX: usize = 4096;

/// Everybody present, by the number of their connection, with the queue of what they are to read.
type Room = Arc<Mutex<HashMap<u64, mpsc::Sender<Bytes>>>>;

fn main() -> Result<(), BindError> {
    let room = Room::default();
    let model: Model =
        std::env::args().nth(1).map_or(Ok(Model::default()), |word| word.parse()).unwrap();
    let mut server = Server::new(model);
    let address = Address::Tcp(([127, 0, 0, 1], 50001).into());
    server.listen("chat", &address, service(move |conn| chat(conn, Arc::clone(&room))))?;
    server.run(Shutdown::new());
    Ok(())
}

async fn chat(mut conn: Conn, room: Room) {
    let id = conn.id();
    let (sender, mut lines) = mpsc::channel(LINES_BEHIND_MAX);
    room.lock().unwrap().insert(id, sender);
    let mut typed = Vec::new();
    // Whatever comes first: bytes from our client, a line from another, the end of the server.
    // All three may be dropped while they wait without losing anything.
    loop {
        tokio::select! {
            bytes = conn.recv() => match bytes {
                Ok(bytes) if !bytes.is_empty() => typed.extend_from_slice(&bytes),
                _ => break,
            },
            Some(line) = lines.recv() => conn.push(line),
            () = draining() => break,
        }
        while let Some(end) = typed.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = typed.drain(..=end).collect();
            if line.starts_with(b"/who") {
                conn.push(format!("{} here\n", room.lock().unwrap().len()).into());
            } else {
                tell_the_others(&room, id, &[format!("{id}: ").as_bytes(), &line].concat().into());
            }
        }
        if typed.len() > LINE_BYTES_MAX || conn.drain().await.is_err() {
            break;
        }
    }
    room.lock().unwrap().remove(&id);
}

fn tell_the_others(room: &Room, from: u64, line: &Bytes) {
    // A full queue: that client is too slow. Forgetting its sender ends its handler's queue.
    room.lock().unwrap().retain(|id, others| *id == from || others.try_send(line.clone()).is_ok());
}
