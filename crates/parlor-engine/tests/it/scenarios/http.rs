//! hyper on a `Conn`, with our timers in the shape that it asks for.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Conn, time};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::reports::reporting;
use super::{noise, start};

/// Our timer in the shape that hyper asks for, as the HTTP crate will have it.
#[derive(Clone)]
struct Timer;

struct Nap(time::Sleep);

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl hyper::rt::Sleep for Nap {}

impl hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Nap(time::sleep(duration)))
    }

    fn sleep_until(&self, deadline: time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Nap(time::sleep_until(deadline)))
    }
}

/// A `Conn` in the shape that hyper asks for.
struct HyperIo(Conn);

impl hyper::rt::Read for HyperIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        let room = cursor.remaining().min(bytes.len());
        let mut buffer = ReadBuf::new(&mut bytes[..room]);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
        cursor.put_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for HyperIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

pub(super) fn http(model: &str) -> Vec<u8> {
    use http_body_util::{BodyExt, Full};
    use hyper::{Request, Response, body::Incoming, service::service_fn};

    async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await?.to_bytes();
        let text = format!("{path} with {} bytes\n", body.len());
        Ok(Response::builder().header("date", "never").body(Full::from(text)).unwrap())
    }

    let (service, reports) = reporting(|conn, report| async move {
        let served = hyper::server::conn::http1::Builder::new()
            .timer(Timer)
            .header_read_timeout(Duration::from_millis(100))
            .serve_connection(HyperIo(conn), service_fn(answer))
            .await;
        report.send(&format!("{:?}", served.map_err(|error| error.is_timeout())));
    });
    let server = start(model, service);
    let mut client = server.connect();
    let body = noise(100_000);
    // Two requests at once, the second with a body that takes many reads, then half of a third.
    client.write_all(b"GET /first HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
    write!(client, "PUT /second HTTP/1.1\r\nhost: here\r\ncontent-length: {}\r\n\r\n", body.len())
        .unwrap();
    client.write_all(&body).unwrap();
    client.write_all(b"GET /never-fin").unwrap();
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    seen.extend(reports.unwrap().next());
    seen
}
