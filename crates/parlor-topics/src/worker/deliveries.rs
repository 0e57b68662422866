//! Deliveries: what a reader gets next, in commit order across its topics.
//!
//! Looking and taking are two steps: `look` finds what each topic has and changes nothing that was
//! not yet delivered, `take` moves the one that is earliest. A topic that waits for a page holds up
//! its reader's other topics, because what the page has may be earlier.

use std::sync::Arc;

use super::Tables;
use crate::channel::{PageWait, SubState};
use crate::frame::Order;
use crate::page::{self, Found};
use crate::registry::Head;
use crate::{Delivery, Error, Position, ResetReason};

/// What there is for a reader.
pub(super) enum Step {
    Deliver(Result<Delivery, Error>),
    Wait,
}

/// What one subscription has.
enum Look {
    Now(Result<Delivery, Error>),
    Frame(Order),
    Wait,
    Nothing,
}

impl Tables {
    /// The earliest thing there is for a reader. One that waits for a page waits with all its
    /// topics: what the page holds may be earlier than what the others have.
    pub(super) fn next(&mut self, session: u32) -> Step {
        let mut best: Option<(Order, u32)> = None;
        let mut blocked = false;
        let mut at = 0;
        while let Some(&sub) = self.sessions[session as usize].ready.get(at) {
            match self.look(session, sub) {
                Look::Now(delivery) => return Step::Deliver(delivery),
                Look::Frame(order) => {
                    if best.is_none_or(|(earliest, _)| order < earliest) {
                        best = Some((order, sub));
                    }
                    at += 1;
                }
                Look::Wait => {
                    blocked = true;
                    at += 1;
                }
                Look::Nothing => {
                    let session = &mut self.sessions[session as usize];
                    session.subs[sub as usize].queued = false;
                    session.ready.swap_remove(at);
                }
            }
        }
        match best {
            Some((_, sub)) if !blocked => Step::Deliver(Ok(self.take(session, sub))),
            _ if self.closed => Step::Deliver(Err(Error::Closed)),
            _ => Step::Wait,
        }
    }

    /// What one subscription has next.
    fn look(&mut self, session: u32, at: u32) -> Look {
        loop {
            let sub = &mut self.sessions[session as usize].subs[at as usize];
            let index = sub.channel;
            let channel = &mut self.channels[index as usize];
            match sub.state {
                SubState::Reset(why) => return Look::Now(Ok(self.reset(session, at, why))),
                SubState::Live if sub.missed => {
                    sub.missed = false;
                    return Look::Now(Ok(Delivery::Missed { topic: channel.topic }));
                }
                SubState::Live => {
                    let Some(entry) = channel.ring.get(sub.cursor) else { return Look::Nothing };
                    let offset = entry.frame.as_ref().map_or(0, |frame| frame.event.offset);
                    if offset == 0 || offset == sub.delivered + 1 {
                        return Look::Frame(entry.order);
                    }
                    if offset > sub.delivered {
                        tracing::error!(topic = %channel.topic, "a ring lacks an event");
                        channel.go_lagging(sub);
                    } else {
                        channel.ring.took(sub.cursor);
                        sub.cursor += 1;
                    }
                    self.shed(index);
                }
                SubState::Lagging => {
                    if channel.rejoin(sub) {
                        self.shed(index);
                    } else if sub.delivered + 1 < channel.head.first {
                        channel.detach(sub);
                        sub.state = SubState::Reset(ResetReason::Trimmed);
                        self.shed(index);
                    } else {
                        return self.look_in_pages(session, at);
                    }
                }
            }
        }
    }

    fn look_in_pages(&mut self, session: u32, at: u32) -> Look {
        let sub = &mut self.sessions[session as usize].subs[at as usize];
        let channel = &mut self.channels[sub.channel as usize];
        match page::find(&channel.pages, sub.delivered + 1) {
            Found::Frame(frame) => Look::Frame(frame.order),
            Found::Failed(error) => {
                let error = error.clone();
                self.unsubscribe(session, at as usize);
                Look::Now(Err(error))
            }
            Found::Missing(start) => {
                let wait = channel.waits.iter_mut().find(|wait| wait.start == start);
                let ticket = match wait {
                    Some(wait) => {
                        if sub.waiting != wait.ticket {
                            wait.readers.push(session);
                        }
                        wait.ticket
                    }
                    None => {
                        self.page_ticket += 1;
                        let (ticket, readers) = (self.page_ticket, vec![session]);
                        channel.waits.push(PageWait { start, ticket, readers });
                        self.pages_wanted.push_back((sub.channel, start));
                        ticket
                    }
                };
                sub.waiting = ticket;
                self.read_pages();
                Look::Wait
            }
        }
    }

    /// Takes what `look` has found.
    fn take(&mut self, session: u32, at: u32) -> Delivery {
        let sub = &mut self.sessions[session as usize].subs[at as usize];
        let index = sub.channel;
        let channel = &mut self.channels[index as usize];
        let frame = if sub.state == SubState::Live {
            let entry = channel.ring.get(sub.cursor).expect("look found it there");
            let frame = entry.frame.clone();
            channel.ring.took(sub.cursor);
            sub.cursor += 1;
            self.shed(index);
            frame
        } else {
            match page::find(&channel.pages, sub.delivered + 1) {
                Found::Frame(frame) => Some(Arc::clone(frame).into()),
                Found::Failed(_) | Found::Missing(_) => unreachable!("look found it there"),
            }
        };
        let Some(frame) = frame else {
            return Delivery::Missed { topic: self.channels[index as usize].topic };
        };
        if !frame.is_ephemeral() {
            let sub = &mut self.sessions[session as usize].subs[at as usize];
            sub.delivered = frame.event.offset;
        }
        Delivery::Event(frame)
    }

    /// Tells a reader that a subscription starts anew, from now on.
    fn reset(&mut self, session: u32, at: u32, why: ResetReason) -> Delivery {
        let sub = &mut self.sessions[session as usize].subs[at as usize];
        let channel = &mut self.channels[sub.channel as usize];
        let Head { epoch, offset, .. } = channel.head;
        let position = Position { epoch, offset };
        let topic = channel.topic;
        if why == ResetReason::Deleted {
            self.unsubscribe(session, at as usize);
        } else {
            sub.delivered = offset;
            sub.missed = false;
            channel.go_live(sub, channel.ring.end());
        }
        Delivery::Reset { topic, position, why }
    }
}
