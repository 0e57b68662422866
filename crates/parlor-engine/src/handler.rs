//! A service: what is done with a connection.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;

use crate::conn::Conn;
use crate::coroutine::task::{BoxFuture, describe};

/// Makes a handler for every connection. Cheap to clone. See [`service`].
#[derive(Clone)]
pub struct Service {
    make: Make,
    refusal: Bytes,
}

type Make = Arc<dyn Fn(Conn) -> BoxFuture + Send + Sync>;

/// Turns `async fn handle(conn: Conn)` into a service.
///
/// The function is shared by all workers, so it has to be `Send + Sync`. The future that it makes
/// stays on the thread that serves the connection, so it may hold an `Rc` over an `.await`. The
/// future is one allocation as large as all that it keeps over its waits: ten thousand idle
/// connections pay for it ten thousand times.
pub fn service<F, Fut>(handler: F) -> Service
where
    F: Fn(Conn) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + 'static,
{
    Service { make: Arc::new(move |conn| Box::pin(handler(conn))), refusal: Bytes::new() }
}

impl Service {
    /// What a connection is sent before it is closed, when a limit does not let it in: one
    /// `recv(2)` for bytes that would turn the close into a reset, one `send(2)` and `shutdown(2)`,
    /// none of which waits.
    #[must_use]
    pub fn refuse_with(mut self, bytes: impl Into<Bytes>) -> Self {
        self.refusal = bytes.into();
        self
    }

    pub(crate) fn refusal(&self) -> &Bytes {
        &self.refusal
    }

    /// Calls the function and waits for its future, where a panic is caught further out.
    pub(crate) async fn run(&self, conn: Conn) {
        (self.make)(conn).await;
    }

    /// Calls the function, which may panic before there is a future to catch it in.
    pub(crate) fn handle(&self, conn: Conn) -> Option<BoxFuture> {
        let id = conn.id();
        match catch_unwind(AssertUnwindSafe(|| (self.make)(conn))) {
            Ok(future) => Some(future),
            Err(panic) => {
                tracing::error!(conn = id, reason = describe(&*panic), "a handler panicked");
                None
            }
        }
    }
}
