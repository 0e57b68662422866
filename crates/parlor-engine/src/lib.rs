//! One connection handler on every I/O model.
#![allow(missing_docs, dead_code, unused_variables, clippy::todo, reason = "skeleton")]

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    Threads,
    Epoll { workers: Option<NonZeroUsize> },
    Tokio { workers: Option<NonZeroUsize> },
}
impl Model {
    pub const NAMES: &'static [&'static str] = &["threads", "epoll", "tokio"];
    pub fn capabilities(&self) -> Capabilities {
        Capabilities { max_connections: None, push: true, shared_state: true }
    }
}
impl Default for Model {
    fn default() -> Self {
        Self::Epoll { workers: None }
    }
}
impl FromStr for Model {
    type Err = ModelError;
    fn from_str(text: &str) -> Result<Self, ModelError> {
        todo!()
    }
}
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    pub max_connections: Option<usize>,
    pub push: bool,
    pub shared_state: bool,
}
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("no such model")]
pub struct ModelError(String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    Tcp(SocketAddr),
    Unix,
    Pair,
}
impl Peer {
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip()),
            _ => None,
        }
    }
}
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

#[derive(Debug)]
pub struct Received(Vec<u8>);
impl Deref for Received {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[derive(Debug)]
pub struct Conn(std::marker::PhantomData<std::rc::Rc<()>>);
impl Conn {
    pub fn id(&self) -> u64 {
        todo!()
    }
    pub fn peer(&self) -> &Peer {
        todo!()
    }
    pub fn local(&self) -> &Peer {
        todo!()
    }
    pub async fn recv(&mut self) -> io::Result<Received> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Received>> {
        todo!()
    }
    pub fn push(&mut self, bytes: Bytes) {
        todo!()
    }
    pub fn queued(&self) -> usize {
        todo!()
    }
    pub fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        todo!()
    }
    pub async fn drain(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_drain(cx)).await
    }
    pub async fn shutdown_write(&mut self) -> io::Result<()> {
        todo!()
    }
    pub fn pair() -> (Self, Self) {
        todo!()
    }
}
impl AsyncRead for Conn {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        todo!()
    }
}
impl AsyncWrite for Conn {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        todo!()
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        todo!()
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        todo!()
    }
}

pub mod time {
    use super::*;
    pub use std::time::{Duration, Instant};
    pub fn now() -> Instant {
        todo!()
    }
    #[derive(Debug)]
    pub struct Sleep(());
    impl Sleep {
        pub fn reset(&mut self, t: Instant) {
            todo!()
        }
    }
    impl Future for Sleep {
        type Output = ();
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            todo!()
        }
    }
    pub fn sleep(d: Duration) -> Sleep {
        todo!()
    }
    pub fn sleep_until(t: Instant) -> Sleep {
        todo!()
    }
    #[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
    #[error("time is up")]
    pub struct Elapsed(());
    pub async fn timeout<F: Future>(d: Duration, future: F) -> Result<F::Output, Elapsed> {
        todo!()
    }
}

pub fn spawn_local(future: impl Future<Output = ()> + 'static) {
    todo!()
}
pub async fn yield_now() {
    todo!()
}
pub async fn draining() {
    todo!()
}
pub fn block_on<F: Future>(future: F) -> F::Output {
    todo!()
}

#[derive(Clone)]
pub struct Service(());
impl Service {
    /// Bytes a refused connection is sent before it is closed.
    pub fn refuse_with(self, bytes: impl Into<Bytes>) -> Self {
        todo!()
    }
}
pub fn service<F, Fut>(f: F) -> Service
where
    F: Fn(Conn) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + 'static,
{
    todo!()
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub backlog: u32,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
    pub drain_ms: u64,
    pub thread_stack_bytes: usize,
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            backlog: 4096,
            connections_max: 0,
            connections_per_address_max: 0,
            drain_ms: 5_000,
            thread_stack_bytes: 256 * 1024,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}
#[derive(Debug, thiserror::Error)]
#[error("cannot bind")]
pub struct BindError(#[source] io::Error);

#[derive(Clone, Debug, Default)]
pub struct Shutdown(std::sync::Arc<()>);
impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn trigger(&self) {
        todo!()
    }
    pub fn is_triggered(&self) -> bool {
        todo!()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub accepted: u64,
    pub served: u64,
    pub refused: u64,
    pub panicked: u64,
    pub dropped: u64,
}
/// A running server's counters.
#[derive(Clone, Debug)]
pub struct Metrics(());

pub struct Server(());
impl Server {
    pub fn new(model: Model) -> Self {
        todo!()
    }
    pub fn limits(self, limits: Limits) -> Self {
        todo!()
    }
    pub fn listen(
        &mut self,
        name: &'static str,
        address: &Address,
        service: Service,
    ) -> Result<Address, BindError> {
        todo!()
    }
    pub fn metrics(&self) -> Metrics {
        todo!()
    }
    pub fn run(self, shutdown: Shutdown) -> Report {
        todo!()
    }
}
