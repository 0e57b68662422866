//! The lecture's first server, on any model: receive once, send the same bytes, close.
//!
//! `cargo run -p parlor-engine --example oneshot -- blocking`, then `echo hello | nc localhost 50001`.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::net::SocketAddr;

use parlor_engine::{Address, Conn, Model, Server, Shutdown, is_worker, service};
use tokio::io::AsyncWriteExt;

/// The connection closes when it is dropped, which is at the end of its handler.
async fn answer(mut conn: Conn) {
    if let Ok(bytes) = conn.recv().await {
        // Whoever is gone already has no use for an answer.
        conn.write_all(&bytes).await.ok();
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let model: Model = words.next().unwrap_or_else(|| "epoll".into()).parse()?;
    let at: SocketAddr = words.next().unwrap_or_else(|| "127.0.0.1:50001".into()).parse()?;
    let mut server = Server::new(model);
    let bound = server.listen("oneshot", &Address::Tcp(at), service(answer))?;
    // A worker of `prefork` is this program once more.
    if !is_worker() {
        println!("listening on {bound}");
    }
    server.run(Shutdown::new()).error.map_or(Ok(()), |error| Err(error.into()))
}
