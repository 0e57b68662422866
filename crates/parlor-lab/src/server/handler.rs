//! The handlers that every model is measured with: ordinary ones, one for each task.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Conn, Service, service, time};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::AsyncWriteExt;

use super::room::{Missed, Room};
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
            let room = Room::default();
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
async fn broadcast(mut conn: Conn, room: Room) {
    let mut listener = room.enter();
    // Bytes that are not yet received and messages that are not yet heard stay where they are.
    while let Ok(heard) = poll_fn(|cx| match conn.poll_recv(cx) {
        Poll::Ready(received) => Poll::Ready(received.map(Some)),
        Poll::Pending => {
            let heard = ready!(listener.poll_hear(cx, &mut conn));
            Poll::Ready(heard.map(|()| None).map_err(|Missed| ErrorKind::TimedOut.into()))
        }
    })
    .await
    {
        match heard {
            Some(bytes) if bytes.is_empty() => return,
            Some(bytes) => room.say(Bytes::copy_from_slice(&bytes)),
            // What waits for this client goes out in one write.
            None if conn.drain().await.is_err() => return,
            None => {}
        }
    }
}
