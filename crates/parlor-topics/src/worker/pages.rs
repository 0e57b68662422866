//! Pages read from the store for readers that lag: asked for, kept for others, dropped.
//!
//! A few reads are under way at a time and the rest waits in order. `page_bytes` is the sum over
//! all pages kept; a page belongs to one generation of its channel, so an answer that comes after
//! a redaction or a new epoch is void, and whoever waited asks again.

use std::sync::Arc;

use super::Tables;
use crate::limits::{PAGE_READS_MAX, PAGES_BYTES_MAX, PAGES_KEPT, PAGES_MAX};
use crate::mailbox::Arrival;
use crate::page::{self, Page, PageRead};
use crate::{Error, TopicId};

impl Tables {
    /// Sends off the page reads that are wanted, a few at a time.
    pub(super) fn read_pages(&mut self) {
        while self.page_reads < PAGE_READS_MAX
            && let Some((index, start)) = self.pages_wanted.pop_front()
        {
            let Some(channel) = self.channels.get(index as usize) else { continue };
            // The channel may be another one by now, or nobody may wait any more.
            if !channel.waits.iter().any(|wait| wait.start == start) {
                continue;
            }
            let (topic, generation) = (channel.topic, channel.generation);
            let mailbox = Arc::clone(&self.mailbox);
            let sent = self.shared.read_for_worker(move |snapshot| {
                let result = snapshot.and_then(|snapshot| page::read(snapshot, topic, start));
                let page = Box::new(PageRead { start, generation, result });
                if let Some(waker) = mailbox.deliver(Arrival::Page { topic, page }) {
                    waker.wake();
                }
            });
            if sent.is_err() {
                // Only a closed store refuses; closing wakes everybody.
                return;
            }
            self.page_reads += 1;
        }
    }

    pub(super) fn page_read(&mut self, topic: TopicId, read: PageRead) {
        self.page_reads -= 1;
        self.read_pages();
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        let PageRead { start, generation, result } = read;
        if let Some(wait) = channel.waits.iter().position(|wait| wait.start == start) {
            for reader in channel.waits.swap_remove(wait).readers {
                // A number that another reader has by now only wakes that one in vain.
                if let Some(session) = self.sessions.get_mut(reader as usize) {
                    self.wakers.extend(session.waker.take());
                }
            }
        }
        if generation != channel.generation {
            return;
        }
        let page = match result {
            Ok(content) => {
                if content.head.epoch != channel.head.epoch {
                    return;
                }
                channel.head.first = channel.head.first.max(content.head.first);
                if content.frames.is_empty() {
                    return;
                }
                Page { start, frames: content.frames, error: None, bytes: content.bytes }
            }
            // The news that it was deleted is on its way.
            Err(Error::NoSuchTopic(_)) => return,
            Err(error) => Page { start, frames: Vec::new(), error: Some(error), bytes: 0 },
        };
        self.keep_page(index, page);
    }

    fn keep_page(&mut self, index: u32, mut page: Page) {
        let channel = &mut self.channels[index as usize];
        let first = channel.head.first;
        let mut dropped = 0;
        channel.pages.retain(|old| {
            let keep = old.start != page.start && (old.error.is_some() || old.end() > first);
            dropped += if keep { 0 } else { old.bytes };
            keep
        });
        self.page_bytes += page.bytes;
        self.page_bytes -= dropped;
        if channel.pages.iter_mut().any(|old| old.join(&mut page)) {
            return;
        }
        self.page_log.push_back((index, page.start));
        channel.pages.push(page);
        while self.page_log.len() > PAGES_MAX
            || (self.page_log.len() > PAGES_KEPT && self.page_bytes > PAGES_BYTES_MAX)
        {
            let Some((oldest, start)) = self.page_log.pop_front() else { break };
            let Some(channel) = self.channels.get_mut(oldest as usize) else { continue };
            if let Some(at) = channel.pages.iter().position(|page| page.start == start) {
                self.page_bytes -= channel.pages.swap_remove(at).bytes;
            }
        }
    }

    /// What was read of a topic is no longer what the store has.
    pub(super) fn void_pages(&mut self, index: u32) {
        self.generation += 1;
        let channel = &mut self.channels[index as usize];
        channel.generation = self.generation;
        self.page_bytes -= channel.pages.drain(..).map(|page| page.bytes).sum::<usize>();
    }
}
