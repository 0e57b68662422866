//! A Unix socket: `cargo run -p parlor-engine --example unix -- threads ./shout`, then
//! `nc -U shout`. What comes in goes out in capitals.
//!
//! Nothing but the address differs from TCP. A file that a dead server has left is replaced, and
//! ours is removed at the end.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::path::PathBuf;

use parlor_engine::{Address, Conn, Model, Peer, Server, Shutdown, is_worker, service};

async fn shout(mut conn: Conn) {
    assert_eq!(*conn.peer(), Peer::Unix);
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
    {
        conn.push(bytes.to_ascii_uppercase().into());
        drop(bytes);
        if conn.drain().await.is_err() {
            return;
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let model: Model = words.next().unwrap_or_else(|| "epoll".into()).parse()?;
    let path = words.next().map_or_else(|| std::env::temp_dir().join("shout"), PathBuf::from);
    let mut server = Server::new(model);
    let bound = server.listen("shout", &Address::Unix(path), service(shout))?;
    // A worker of `prefork` is this program once more.
    if !is_worker() {
        println!("listening on {bound}");
    }
    server.run(Shutdown::new()).error.map_or(Ok(()), |error| Err(error.into()))
}
