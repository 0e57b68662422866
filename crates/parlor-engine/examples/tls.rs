//! TLS by tokio-rustls, on any model: `cargo run -p parlor-engine --example tls -- poll`, then
//! `openssl s_client -quiet -connect localhost:50001`.
//!
//! A `Conn` is what tokio-rustls asks for, so encryption is one line in the handler. The certificate
//! lies beside this file with its key, which everybody can read: it is good for this example only.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parlor_engine::{Address, Conn, Model, Server, Shutdown, is_worker, service, time};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

const HANDSHAKE: Duration = Duration::from_secs(10);

async fn echo(conn: Conn, tls: TlsAcceptor) {
    // The handshake has no time limit of its own, and a client may never finish it.
    let Ok(Ok(mut stream)) = time::timeout(HANDSHAKE, tls.accept(conn)).await else { return };
    let mut buffer = [0; 1024];
    while let Ok(count) = stream.read(&mut buffer).await
        && count > 0
        && stream.write_all(&buffer[..count]).await.is_ok()
        && stream.flush().await.is_ok()
    {}
    stream.shutdown().await.ok();
}

fn main() -> Result<(), Box<dyn Error>> {
    let certificate = include_bytes!("certificate/localhost.pem");
    let key = include_bytes!("certificate/localhost.key.pem");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(
        vec![CertificateDer::from_pem_slice(certificate)?],
        PrivateKeyDer::from_pem_slice(key)?,
    )?;
    let tls = TlsAcceptor::from(Arc::new(config));

    let mut words = std::env::args().skip(1);
    let model: Model = words.next().unwrap_or_else(|| "epoll".into()).parse()?;
    let at: SocketAddr = words.next().unwrap_or_else(|| "127.0.0.1:50001".into()).parse()?;
    let mut server = Server::new(model);
    let handler = service(move |conn| echo(conn, tls.clone()));
    let bound = server.listen("tls", &Address::Tcp(at), handler)?;
    // A worker of `prefork` is this program once more.
    if !is_worker() {
        println!("listening on {bound}");
    }
    server.run(Shutdown::new()).error.map_or(Ok(()), |error| Err(error.into()))
}
