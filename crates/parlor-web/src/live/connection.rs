//! One live connection: socket, seat and session joined.

use std::future::Future;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use parlor_engine::{draining, spawn_local, time};
use parlor_http::Problem;
use parlor_http::ws::{Frame, Message, WebSocket, WsError};
use parlor_hub::credit::{COMMAND, Pool};
use parlor_topics::{Local, TopicId};

use crate::limits;
use crate::live::command::{self, Command, chat_join, hello};
use crate::live::event;
use crate::live::message::{self, Envelope};
use crate::live::seat::{Delivered, Seat};
use crate::live::session::{
    Close, Due, FAILED, NOT_UNDERSTOOD, RESTARTING, SIGNED_OUT, Session, Signs,
};
use crate::site::App;
use crate::visitor::{self, Visitor};

/// How long a closing connection may take to say goodbye; less when the whole server goes.
const FAREWELL: Duration = Duration::from_secs(5);
const FAREWELL_RESTARTING: Duration = Duration::from_millis(300);
/// Turns of taking deliveries and writing them before others get theirs.
const TURNS_MAX: usize = 16;

/// Serves a socket until either side ends it.
pub(super) async fn serve(app: Arc<App>, visitor: Visitor, base_url: String, socket: WebSocket) {
    let local = app.store.local();
    if let Some(driver) = local.driver() {
        spawn_local(driver);
    }
    let session = Session::new(time::now(), socket.id());
    // Boxes keep an idle connection small: what it waits with is all that it carries.
    let mut live =
        Box::new(Live { app, visitor, base_url, local, socket, session, seat: None, pool: None });
    let end = live.run().await;
    Box::pin(live.end(end)).await;
}

struct Live {
    app: Arc<App>,
    visitor: Visitor,
    base_url: String,
    local: Local,
    socket: WebSocket,
    session: Session,
    /// Taken by hello.
    seat: Option<Seat>,
    /// What all connections of the account draw from.
    pool: Option<Arc<Pool>>,
}

/// How a live connection ends.
#[derive(Debug)]
enum End {
    /// The client closed or is gone.
    Client,
    /// The server closes.
    Server(Close),
}

/// What happened while the connection waited.
enum Wake {
    Message(Option<Message>),
    Failed(WsError),
    Recheck(TopicId),
    Renamed,
    Joined(TopicId),
    Timer,
    Draining,
    End(Close),
}

impl Live {
    async fn run(&mut self) -> End {
        let mut stopping = pin!(draining());
        let mut timer = time::sleep_until(self.session.deadline(self.signs()));
        loop {
            timer.reset(self.session.deadline(self.signs()));
            let wake = poll_fn(|cx| {
                if let Poll::Ready(wake) = self.poll_wake(cx) {
                    return Poll::Ready(wake);
                }
                if Pin::new(&mut timer).poll(cx).is_ready() {
                    return Poll::Ready(Wake::Timer);
                }
                stopping.as_mut().poll(cx).map(|()| Wake::Draining)
            });
            let end = match wake.await {
                Wake::Message(Some(Message::Text(text))) => Box::pin(self.command(&text)).await,
                Wake::Message(Some(_)) => Some(End::Server(NOT_UNDERSTOOD)),
                Wake::Message(None) => Some(End::Client),
                Wake::Failed(error) => {
                    tracing::debug!(conn = self.socket.id(), %error, "a live connection failed");
                    Some(End::Client)
                }
                Wake::Recheck(room) => Box::pin(self.recheck(room)).await,
                Wake::Renamed => Box::pin(self.renamed()).await,
                Wake::Joined(room) => Box::pin(self.joined(room)).await,
                Wake::Timer => self.timer(),
                Wake::Draining => Some(End::Server(RESTARTING)),
                Wake::End(close) => Some(End::Server(close)),
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Moves deliveries to the socket, output to the peer, and a message from it.
    ///
    /// Deliveries are taken in batches before anything is written, so that many become one write.
    fn poll_wake(&mut self, cx: &mut Context<'_>) -> Poll<Wake> {
        for _ in 0..TURNS_MAX {
            let taken = self.poll_deliveries(cx);
            if let Poll::Ready(Some(wake)) = taken {
                return Poll::Ready(wake);
            }
            let message = if self.session.is_held() {
                // Its timer ends that.
                match self.socket.poll_drain(cx) {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
                    Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
                }
            } else {
                self.socket.poll_next(cx)
            };
            match message {
                Poll::Ready(Ok(message)) => return Poll::Ready(Wake::Message(message)),
                Poll::Ready(Err(error)) => return Poll::Ready(Wake::Failed(error)),
                Poll::Pending => {}
            }
            // Pending deliveries wake us; with a full queue it is the socket that will.
            if taken.is_pending() || self.socket.queued() >= limits::QUEUED_BYTES_MAX {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes deliveries until there are none (pending), one needs attention, or a batch is full
    /// (ready with nothing).
    fn poll_deliveries(&mut self, cx: &mut Context<'_>) -> Poll<Option<Wake>> {
        let Some(seat) = &mut self.seat else { return Poll::Pending };
        let mut batch = 0;
        while self.socket.queued() < limits::QUEUED_BYTES_MAX && batch < limits::BATCH_BYTES {
            let delivery = match seat.reader.poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(delivery)) => delivery,
                Poll::Ready(Err(error)) => {
                    tracing::warn!(conn = self.socket.id(), %error, "deliveries failed");
                    return Poll::Ready(Some(Wake::End(FAILED)));
                }
            };
            let (frame, then) = match seat.deliver(&delivery) {
                Delivered::Shared(frame) => {
                    batch += frame.len();
                    if !frame.is_empty() {
                        self.socket.send_shared(frame);
                    }
                    continue;
                }
                Delivered::Frame(frame) => (frame, None),
                Delivered::Recheck(room, frame) => (frame, Some(Wake::Recheck(room))),
                Delivered::Renamed(frame) => (frame, Some(Wake::Renamed)),
                Delivered::Joined(room) => (Bytes::new(), Some(Wake::Joined(room))),
                Delivered::SignedOut => return Poll::Ready(Some(Wake::End(SIGNED_OUT))),
            };
            batch += frame.len();
            if !frame.is_empty() {
                self.socket.send(frame);
            }
            if then.is_some() {
                return Poll::Ready(then);
            }
        }
        Poll::Ready(None)
    }

    /// Carries out one command and answers it.
    async fn command(&mut self, text: &str) -> Option<End> {
        let Ok(envelope) = Envelope::decode(text) else {
            return Some(End::Server(NOT_UNDERSTOOD));
        };
        let command = Command::decode(&envelope.t, envelope.params());
        self.charge(command.as_ref().map_or(COMMAND, Command::cost));
        let answer = match command {
            Ok(Command::Hello(wish)) => match self.hello(envelope.id, wish).await {
                Ok(()) => return None,
                Err(problem) if problem.code == visitor::SIGNED_OUT => {
                    return Some(End::Server(SIGNED_OUT));
                }
                Err(problem) => Err(problem),
            },
            Ok(command) => match &mut self.seat {
                Some(seat) => {
                    self.app.link.touch(seat.who());
                    command::run(seat, envelope.id, command).await
                }
                None => Err(not_greeted()),
            },
            Err(problem) => Err(problem),
        };
        if let Some(end) = self.flush().await {
            return Some(end);
        }
        self.socket.send(answer.unwrap_or_else(|problem| message::err(envelope.id, &problem)));
        None
    }

    /// Charges a command; who has used up its credit is read more slowly.
    fn charge(&mut self, cost: u32) {
        if self.app.options.pools.is_some() {
            let now = time::now();
            let shared = self.pool.as_ref().and_then(|pool| pool.charge(cost, now));
            self.session.pace(now, shared);
        }
    }

    async fn hello(&mut self, id: u64, wish: hello::Hello) -> Result<(), Problem> {
        if self.session.is_greeted() {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "already_greeted",
                "This connection has said hello before.",
            ));
        }
        let opening = hello::Opening {
            app: Arc::clone(&self.app),
            visitor: self.visitor.clone(),
            base_url: self.base_url.clone(),
            reader: self.local.reader(),
        };
        let (seat, answer) = Box::pin(hello::run(opening, wish)).await?;
        self.session.greet();
        if let (Some(account), Some(pools)) = (&seat.who().account, &self.app.options.pools) {
            self.pool = Some(pools.of_account(account.id, time::now()));
        }
        // The answer goes out before any delivery, so the seat is taken only after it is queued.
        self.socket.send(message::ok(id, &answer));
        self.seat = Some(seat);
        Ok(())
    }

    /// Queues every delivery of what happened before now, so that an answer comes after it.
    async fn flush(&mut self) -> Option<End> {
        self.local.drain();
        loop {
            let wake = poll_fn(|cx| match self.poll_deliveries(cx) {
                Poll::Ready(None) if self.socket.queued() < limits::QUEUED_BYTES_MAX => {
                    Poll::Ready(Some(None))
                }
                Poll::Ready(Some(wake)) => Poll::Ready(Some(Some(wake))),
                Poll::Ready(None) | Poll::Pending => Poll::Ready(None),
            });
            let end = match wake.await {
                None => return None,
                Some(Some(Wake::Recheck(room))) => self.recheck(room).await,
                Some(Some(Wake::Joined(room))) => self.joined(room).await,
                Some(Some(Wake::End(close))) => Some(End::Server(close)),
                Some(_) => None,
            };
            if end.is_some() {
                return end;
            }
        }
    }

    async fn recheck(&mut self, room: TopicId) -> Option<End> {
        let seat = self.seat.as_mut()?;
        match seat.recheck(room).await {
            Ok(Some(frame)) => self.socket.send(frame),
            Ok(None) => {}
            // Without an answer nothing more may be delivered.
            Err(_) => return Some(End::Server(FAILED)),
        }
        None
    }

    /// Leaves the rooms that keep out whoever has the person's new nick.
    async fn renamed(&self) -> Option<End> {
        let seat = self.seat.as_ref()?;
        seat.app.chat.renamed(seat.who().person).await;
        None
    }

    /// Follows the account into a room that it has joined with another device.
    async fn joined(&mut self, room: TopicId) -> Option<End> {
        let seat = self.seat.as_mut()?;
        match chat_join::follow(seat, room).await {
            Ok(Some(view)) => self.socket.send(event::joined(seat.who().inbox, view)),
            Ok(None) => {}
            // A client that is not in step says hello again.
            Err(_) => return Some(End::Server(FAILED)),
        }
        None
    }

    fn timer(&mut self) -> Option<End> {
        match self.session.due(time::now(), self.signs()) {
            Due::Nothing => None,
            Due::Ping => {
                self.socket.send(Frame::ping(b""));
                None
            }
            Due::Dead => Some(End::Client),
            Due::Close(close) => Some(End::Server(close)),
        }
    }

    fn signs(&self) -> Signs {
        Signs { heard: self.socket.heard(), stalled_since: self.socket.stalled_since() }
    }

    async fn end(&mut self, end: End) {
        let mut wait = FAREWELL;
        if let End::Server(close) = end {
            tracing::debug!(
                conn = self.socket.id(),
                code = close.code,
                "closing a live connection"
            );
            self.socket.close(close.code, close.reason);
            if close == RESTARTING {
                wait = FAREWELL_RESTARTING;
            }
        }
        if let Some(seat) = &mut self.seat {
            seat.presence_mut().farewell = match end {
                End::Client => "closed the page",
                End::Server(_) => "connection ended by the server",
            };
        }
        // The person has left when the conversation is over, not when its last bytes are out.
        drop(self.seat.take());
        self.socket.finish(wait).await;
    }
}

fn not_greeted() -> Problem {
    Problem::new(StatusCode::CONFLICT, "no_hello", "The first command has to be hello.")
}
