//! What the client says: its lines, each handled and answered before the next, and what they cost.
//!
//! Before the first line a proxy may say who has connected, and what is no IRC is told so. A client
//! that has used up what it may spend is read no further until it may again.

use std::pin::Pin;
use std::time::Instant;

use parlor_engine::time;

use super::{Connection, Goodbye, perform, posting};
use crate::flood::Verdict;
use crate::foreign::{self, Look};
use crate::input::Found;
use crate::limits;
use crate::proxy::{self, Header};
use crate::session::{Next, Request};

impl Connection {
    /// Handles the lines that have come in, as far as the client may go on now.
    pub(super) async fn lines(&mut self) -> Option<Goodbye> {
        let goodbye = self.lines_in_order().await;
        if !self.posting.is_empty() {
            Box::pin(self.finish_posts()).await;
        }
        goodbye.or_else(|| self.ending.map(|words| Goodbye::Said(words.to_owned())))
    }

    async fn lines_in_order(&mut self) -> Option<Goodbye> {
        if !self.announced {
            match proxy::read(self.input.waiting()) {
                Header::Incomplete => return None,
                Header::Malformed => {
                    return Some(Goodbye::Said("The PROXY header cannot be understood".to_owned()));
                }
                Header::None => {}
                Header::Complete { bytes, from } => {
                    self.input.skip(bytes);
                    self.from = from.or(self.from);
                    // Whose connection it is now is no gateway.
                    self.session.gateway = false;
                }
            }
            self.announced = true;
        }
        if !self.looked {
            match foreign::look(self.input.waiting()) {
                Look::Foreign(answer) => return Some(Goodbye::Bytes(answer)),
                Look::Unclear if !self.input.waiting().contains(&b'\n') => return None,
                Look::Unclear | Look::Irc => self.looked = true,
            }
        }
        while self.may_go_on() {
            let now_ms = self.shared.store.now_ms();
            let (next, cost) = match self.input.find() {
                Found::Nothing => {
                    self.waiting = false;
                    return None;
                }
                Found::TooLong(label) => {
                    self.session.refuse_length(label.as_deref(), &mut self.out);
                    (Next::Done, parlor_hub::credit::COMMAND)
                }
                Found::Line(range) => {
                    let is_post = posting::begins_post(self.input.line(range.clone()));
                    if !self.posting.is_empty() && !is_post {
                        // What this line is answered at once stands behind what went before it.
                        Box::pin(self.finish_posts()).await;
                    }
                    let line = self.input.line(range);
                    self.session.line(line, now_ms, &mut self.out)
                }
            };
            let next = match next {
                Next::Ask(request @ Request::Post { .. }) => {
                    Box::pin(self.begin_post(request)).await.map(Next::Ask)
                }
                next => Some(next),
            };
            if let Some(next) = next {
                if !self.posting.is_empty() {
                    Box::pin(self.finish_posts()).await;
                }
                if let Some(goodbye) = self.follow(next).await {
                    return Some(goodbye);
                }
            }
            if let Some(goodbye) = self.charge(cost) {
                return Some(goodbye);
            }
        }
        self.waiting = true;
        None
    }

    pub(super) fn may_go_on(&self) -> bool {
        !self.clocks.is_held() && self.wire.queued() < limits::COMMAND_QUEUE_BYTES_MAX
    }

    /// Performs what a line led to, and queues the answer behind everything published before it.
    pub(super) async fn follow(&mut self, mut next: Next) -> Option<Goodbye> {
        self.settled = false;
        loop {
            match next {
                Next::Done => break,
                Next::Ask(request) => next = self.perform(request).await,
                Next::Close(words) => {
                    self.answer().await;
                    return Some(Goodbye::Said(words));
                }
            }
        }
        self.answer().await;
        self.ending.map(|words| Goodbye::Said(words.to_owned()))
    }

    /// Runs a request. Boxed: its future is many times the size of an idle connection.
    fn perform(&mut self, request: Request) -> Pin<Box<dyn Future<Output = Next> + '_>> {
        Box::pin(perform::run(self, request))
    }

    pub(super) fn charge(&mut self, cost: u32) -> Option<Goodbye> {
        self.shared.pools.as_ref()?;
        let now = time::now();
        if let Some(until) = self.spend(cost, now) {
            self.hold(until);
        }
        match self.flood.charge(cost, now) {
            Verdict::Go => {}
            Verdict::Hold(until) => self.hold(until),
            Verdict::Warn(until) => {
                let server = &self.session.server.name;
                let line = self.out.line().source(server).command("NOTICE");
                line.word(self.session.face()).text(
                    "You are sending faster than this server reads; it will close the connection \
                     if that goes on",
                );
                self.push_out();
                self.hold(until);
            }
            Verdict::Close => return Some(Goodbye::Said("Excess flood".to_owned())),
        }
        None
    }

    /// Spends what is shared with others; the time before which nothing more may be read, if there
    /// is one.
    fn spend(&mut self, cost: u32, now: Instant) -> Option<Instant> {
        if self.pool.is_none() {
            let address = self.session.reported.or(self.from)?;
            self.pool = Some(self.shared.pools.as_ref()?.of_address(address, now));
        }
        self.pool.as_ref()?.charge(cost, now)
    }

    /// Charges what an answer costs beside the line that asked for it; the verdict comes with that
    /// of the line.
    pub(super) fn charge_answer(&mut self, cost: u32) {
        if self.shared.pools.is_some() {
            let now = time::now();
            let _ = self.flood.charge(cost, now);
            let _ = self.spend(cost, now);
        }
    }

    pub(super) fn hold(&mut self, until: Instant) {
        if self.clocks.hold(until) {
            self.arm();
        }
    }
}
