//! WebSocket (RFC 6455) by hand, on any model: `cargo run -p parlor-engine --example websocket`,
//! then in a browser's console: `ws = new WebSocket("ws://localhost:50001");
//! ws.onmessage = e => console.log(e.data); ws.onopen = () => ws.send("hello")`.
//!
//! Enough of it to echo: the handshake, masked frames of up to 64 KiB, ping, close. The product's
//! own codec, in `parlor-http`, knows the rest.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlor_engine::{Address, Conn, Model, Server, Shutdown, is_worker, service};
use sha1::{Digest, Sha1};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A request may have no more than this before its empty line.
const HEAD_BYTES_MAX: usize = 4096;

async fn serve(mut conn: Conn) {
    // An error of the peer's ends the connection, and there is nobody to tell.
    if handshake(&mut conn).await.is_ok() {
        echo(&mut conn).await.ok();
    }
}

/// Reads the request and answers with its key, hashed as the protocol says.
async fn handshake(conn: &mut Conn) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(conn.read_u8().await?);
        if head.len() > HEAD_BYTES_MAX {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    let head = String::from_utf8(head).map_err(|_| ErrorKind::InvalidData)?;
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut keys = fields.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let (_, key) = keys.next().ok_or(ErrorKind::InvalidData)?;
    let hash = Sha1::new().chain_update(key.trim()).chain_update(GUID).finalize();
    let accept = STANDARD.encode(hash);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    conn.write_all(answer.as_bytes()).await
}

const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Sends every message back, until the client closes.
async fn echo(conn: &mut Conn) -> io::Result<()> {
    const CLOSE: u8 = 8;
    const PING: u8 = 9;
    const PONG: u8 = 10;
    loop {
        let first = conn.read_u8().await?;
        let second = conn.read_u8().await?;
        let length = match second & 0x7f {
            126 => conn.read_u16().await?,
            short @ 0..126 => short.into(),
            _ => return Err(ErrorKind::InvalidData.into()),
        };
        // Clients mask what they send, so that no proxy takes it for a request.
        let mut mask = [0; 4];
        conn.read_exact(&mut mask).await?;
        let mut body = vec![0; length.into()];
        conn.read_exact(&mut body).await?;
        for (byte, mask) in body.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }

        let opcode = first & 0x0f;
        let answer = if opcode == PING { first & 0xf0 | PONG } else { first };
        let mut frame = match u8::try_from(length) {
            Ok(short @ 0..126) => vec![answer, short],
            _ => [&[answer, 126][..], &length.to_be_bytes()].concat(),
        };
        frame.extend(body);
        if opcode != PONG {
            conn.write_all(&frame).await?;
        }
        if opcode == CLOSE {
            return conn.shutdown_write().await;
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let model: Model = words.next().unwrap_or_else(|| "epoll".into()).parse()?;
    let at: SocketAddr = words.next().unwrap_or_else(|| "127.0.0.1:50001".into()).parse()?;
    let mut server = Server::new(model);
    let bound = server.listen("websocket", &Address::Tcp(at), service(serve))?;
    // A worker of `prefork` is this program once more.
    if !is_worker() {
        println!("listening on {bound}");
    }
    server.run(Shutdown::new()).error.map_or(Ok(()), |error| Err(error.into()))
}
