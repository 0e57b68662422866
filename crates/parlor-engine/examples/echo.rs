//! A server of your own in ten lines: `cargo run -p parlor-engine --example echo -- epoll:2`.

use std::error::Error;

use parlor_engine::{Address, Conn, Model, Server, Shutdown, service};
use tokio::io::AsyncWriteExt;

async fn echo(mut conn: Conn) {
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
        && conn.write_all(&bytes).await.is_ok()
    {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let model: Model = std::env::args().nth(1).unwrap_or_else(|| "epoll".into()).parse()?;
    let mut server = Server::new(model);
    server.listen("echo", &Address::Tcp(([127, 0, 0, 1], 50001).into()), service(echo))?;
    server.run(Shutdown::new());
    Ok(())
}
