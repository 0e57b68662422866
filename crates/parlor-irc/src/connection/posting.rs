//! Posts of one client that are on their way to the store together.
//!
//! A client may send many messages without waiting for the first. Those that came together are
//! handed to the store together, in order, and the answers are taken in the same order; so they
//! share a commit instead of each waiting for one, and what everybody receives is coalesced. Nothing
//! else of the client is performed and no delivery is taken until all of them are answered, so
//! echoes stand where the room's order has them, and a refusal behind the echoes of what went with
//! it. At most `limits::POSTS_IN_FLIGHT_MAX` are on their way.

use std::pin::Pin;
use std::task::{Context, Poll};

use parlor_chat::{MessageKind, NewMessage, Posted, Refusal, Target};
use parlor_hub::Failure;

use super::Connection;
use super::perform::say;
use crate::limits;
use crate::session::Request;

type Answer = Result<Posted, Failure<Refusal>>;

/// One message on its way.
pub(super) struct Posting {
    command: &'static str,
    to: String,
    answer: Pin<Box<dyn Future<Output = Answer>>>,
    /// What the first poll brought, if it was ready at once.
    early: Option<Answer>,
}

/// Whether a line without tags may be a message, and so be on its way with those before it.
pub(super) fn begins_post(line: &[u8]) -> bool {
    let word = line.split(|&byte| byte == b' ').find(|word| !word.is_empty());
    word.is_some_and(|word| {
        word.eq_ignore_ascii_case(b"PRIVMSG") || word.eq_ignore_ascii_case(b"NOTICE")
    })
}

impl Connection {
    /// Takes a message for one joined room, to be handed to the store with those beside it;
    /// anything else, and anything labelled, is given back.
    pub(super) async fn begin_post(&mut self, request: Request) -> Option<Request> {
        let Request::Post { targets, kind, text, reply } = &request else { return Some(request) };
        let (Some(attachment), [to], None) = (&self.attachment, &targets[..], &self.session.label)
        else {
            return Some(request);
        };
        let Some(room) = self.session.room(to).map(|room| room.topic) else {
            return Some(request);
        };
        if say::may_have_images(&self.session, *kind, text) {
            return Some(request);
        }
        self.shared.link.touch(&attachment.who);
        let (chat, who) = (self.shared.chat.clone(), attachment.who.clone());
        let message = NewMessage {
            kind: *kind,
            text: text.clone(),
            reply: reply.clone(),
            ..NewMessage::default()
        };
        let posting = Posting {
            command: if *kind == MessageKind::Notice { "NOTICE" } else { "PRIVMSG" },
            to: to.clone(),
            answer: Box::pin(async move { chat.post(&who, Target::Room(room), message).await }),
            early: None,
        };
        self.posting.push_back(posting);
        if self.posting.len() >= limits::POSTS_IN_FLIGHT_MAX {
            self.finish_posts().await;
        }
        None
    }

    /// Hands all messages that were taken to the store, waits for them, and queues what the answers
    /// say.
    pub(super) async fn finish_posts(&mut self) {
        if self.posting.is_empty() {
            return;
        }
        // The first poll is what hands one over, so it decides the order.
        let Self { posting, shared, .. } = self;
        std::future::poll_fn(|cx| {
            shared.store.together(|| posting.iter_mut().for_each(|one| one.poll_once(cx)));
            Poll::Ready(())
        })
        .await;
        while let Some(mut posting) = self.posting.pop_front() {
            let answer = match posting.early.take() {
                Some(answer) => answer,
                None => posting.answer.await,
            };
            say::posted(self, posting.command, &posting.to, answer);
        }
        self.settled = false;
        self.answer().await;
    }
}

impl Posting {
    fn poll_once(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(answer) = self.answer.as_mut().poll(cx) {
            self.early = Some(answer);
        }
    }
}
