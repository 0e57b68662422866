//! A server of your own in ten lines: `cargo run -p parlor-engine --example echo -- epoll:2`.

use parlor_engine::{Address, BindError, Conn, Model, Server, Shutdown, service};

async fn echo(mut conn: Conn) {
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
    {
        conn.push(bytes.to_vec().into());
        drop(bytes);
        if conn.drain().await.is_err() {
            return;
        }
    }
}

fn main() -> Result<(), BindError> {
    let model = std::env::args().nth(1).map_or(Ok(Model::default()), |word| word.parse());
    let model = model.unwrap_or_else(|error| panic!("{error}"));
    let mut server = Server::new(model);
    server.listen("echo", &Address::Tcp(([127, 0, 0, 1], 50001).into()), service(echo))?;
    server.run(Shutdown::new());
    Ok(())
}
