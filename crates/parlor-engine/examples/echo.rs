//! A server of your own in ten lines: `cargo run -p parlor-engine --example echo -- epoll:2`.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::net::SocketAddr;

use parlor_engine::{Address, Conn, Model, Server, Shutdown, is_worker, service};
use tokio::io::AsyncWriteExt;

async fn echo(mut conn: Conn) {
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
        && conn.write_all(&bytes).await.is_ok()
    {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let model: Model = words.next().unwrap_or_else(|| "epoll".into()).parse()?;
    let at: SocketAddr = words.next().unwrap_or_else(|| "127.0.0.1:50001".into()).parse()?;
    let mut server = Server::new(model);
    let bound = server.listen("echo", &Address::Tcp(at), service(echo))?;
    // A worker of `prefork` is this program once more.
    if !is_worker() {
        println!("listening on {bound}");
    }
    server.run(Shutdown::new()).error.map_or(Ok(()), |error| Err(error.into()))
}
