//! The handlers that every model is measured with: ordinary ones, one for each task.

use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Conn, Service, service, time};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::AsyncWriteExt;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{Receiver, Sender, channel};

use crate::limits::ROOM_QUEUE;
use crate::load::message;
use crate::order::Task;

/// What a heavy request costs.
const HEAVY: Duration = Duration::from_millis(10);

/// How long the imagined database takes.
const DATABASE: Duration = Duration::from_millis(50);

/// The handler of a task.
pub(super) fn of(task: Task) -> Service {
    match task {
        Task::Echo => service(echo),
        Task::Once => service(once),
        Task::Work => service(work),
        Task::Wait => service(wait),
        Task::Broadcast => {
            let (room, _) = channel(ROOM_QUEUE);
            service(move |conn| broadcast(conn, room.clone()))
        }
    }
}

async fn echo(mut conn: Conn) {
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
        && conn.write_all(&bytes).await.is_ok()
    {}
}

async fn once(mut conn: Conn) {
    if let Ok(bytes) = conn.recv().await
        && conn.write_all(&bytes).await.is_ok()
    {
        drop(bytes);
        conn.shutdown_write().await.ok();
    }
}

async fn work(mut conn: Conn) {
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
    {
        if message::is_heavy(&bytes) {
            burn(HEAVY);
        }
        if conn.write_all(&bytes).await.is_err() {
            break;
        }
    }
}

/// Computes, and nothing else, for this much processor time of this thread.
fn burn(time: Duration) {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
    let end = now() + time;
    while now() < end {
        std::hint::spin_loop();
    }
}

async fn wait(mut conn: Conn) {
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
    {
        let answer = Bytes::copy_from_slice(&bytes);
        drop(bytes);
        time::sleep(DATABASE).await;
        conn.push(answer);
        if conn.drain().await.is_err() {
            break;
        }
    }
}

/// Hears what anybody says, and says what its own client sends.
async fn broadcast(mut conn: Conn, room: Sender<Bytes>) {
    let mut heard = room.subscribe();
    loop {
        tokio::select! {
            // Both are cancel-safe: bytes not yet received and messages not yet heard stay.
            received = conn.recv() => match received {
                Ok(bytes) if !bytes.is_empty() => {
                    room.send(Bytes::copy_from_slice(&bytes)).ok();
                }
                _ => return,
            },
            first = heard.recv() => {
                // What waits for this client goes out in one write.
                if queue(&mut conn, first, &mut heard).is_none() || conn.drain().await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Queues the message and all others that are there; nothing when this client has missed some.
fn queue(
    conn: &mut Conn,
    first: Result<Bytes, RecvError>,
    heard: &mut Receiver<Bytes>,
) -> Option<()> {
    conn.push(first.ok()?);
    loop {
        match heard.try_recv() {
            Ok(next) => conn.push(next),
            Err(TryRecvError::Empty) => return Some(()),
            Err(TryRecvError::Lagged(_) | TryRecvError::Closed) => return None,
        }
    }
}
