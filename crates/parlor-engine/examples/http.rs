//! HTTP by hyper, on any model: `cargo run -p parlor-engine --example http -- io_uring`, then
//! `curl localhost:50001/hello`.
//!
//! hyper brings no runtime. It is given the connection through `hyper_util`'s adapter, and our
//! timers, without which its time limit for a request's head is silently off.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parlor_engine::{Address, Conn, Model, Server, Shutdown, draining, is_worker, service, time};

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(format!("{} is here\n", request.uri().path()).into()))
}

async fn serve(conn: Conn) {
    let mut http = http1::Builder::new();
    http.timer(Timer).header_read_timeout(Duration::from_secs(10));
    let mut served = pin!(http.serve_connection(TokioIo::new(conn), service_fn(hello)));
    // Both go on after the other: hyper finishes the request it is at.
    tokio::select! {
        result = &mut served => return drop(result),
        () = draining() => served.as_mut().graceful_shutdown(),
    }
    served.await.ok();
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let model: Model = words.next().unwrap_or_else(|| "epoll".into()).parse()?;
    let at: SocketAddr = words.next().unwrap_or_else(|| "127.0.0.1:50001".into()).parse()?;
    let mut server = Server::new(model);
    let bound = server.listen("http", &Address::Tcp(at), service(serve))?;
    // A worker of `prefork` is this program once more.
    if !is_worker() {
        println!("listening on {bound}");
    }
    server.run(Shutdown::new()).error.map_or(Ok(()), |error| Err(error.into()))
}

/// Our timers, as hyper asks for them.
struct Timer;

struct Sleep(time::Sleep);

impl hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Sleep(time::sleep(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Sleep(time::sleep_until(deadline)))
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl hyper::rt::Sleep for Sleep {}
