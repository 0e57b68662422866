//! What a waiting connection keeps, and the rules of a connection in memory.

use std::mem::size_of;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Conn, Inner};
use crate::coroutine::source::Source;
use crate::coroutine::task::Task;
use crate::limits::PAIR_BYTES;
use crate::{Peer, block_on, spawn_local, time};

/// The budget is half a KiB for each idle connection, allocator and handler included. These are
/// the parts that are ours; a new field costs every connection.
#[test]
fn an_idle_connection_stays_small() {
    assert!(size_of::<Conn>() == 8, "compilers keep arguments twice");
    assert!(size_of::<Inner>() <= 80, "{}", size_of::<Inner>());
    assert!(size_of::<Source>() <= 72, "{}", size_of::<Source>());
    assert!(size_of::<Task>() <= 80, "{}", size_of::<Task>());
}

#[test]
fn a_pair_ends_and_breaks_like_a_socket() {
    block_on(async {
        let (mut left, mut right) = Conn::pair();
        assert_eq!((left.peer(), left.local()), (&Peer::Pair, &Peer::Pair));
        left.push(Bytes::from_static(b"last words"));
        left.drain().await.unwrap();
        drop(left);
        // What was written before the end is still read; then comes the end, again and again.
        assert_eq!(&*right.recv().await.unwrap(), b"last words");
        assert!(right.recv().await.unwrap().is_empty());
        assert!(right.recv().await.unwrap().is_empty());
        let error = right.write_all(b"hello?").await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_pair_is_bounded() {
    block_on(async {
        let (mut left, mut right) = Conn::pair();
        left.push(vec![1; 3 * PAIR_BYTES].into());
        let full = time::timeout(Duration::from_millis(10), left.drain()).await;
        assert!(full.is_err());
        assert_eq!(left.queued(), 2 * PAIR_BYTES);
        spawn_local(async move {
            left.drain().await.unwrap();
        });
        let mut all = Vec::new();
        right.read_to_end(&mut all).await.unwrap();
        assert_eq!(all.len(), 3 * PAIR_BYTES);
    });
}

#[test]
fn one_direction_may_end_before_the_other() {
    block_on(async {
        let (mut left, mut right) = Conn::pair();
        left.shutdown_write().await.unwrap();
        assert!(right.recv().await.unwrap().is_empty());
        right.write_all(b"still talking").await.unwrap();
        assert_eq!(&*left.recv().await.unwrap(), b"still talking");
    });
}
