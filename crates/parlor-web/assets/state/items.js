//! The items of a conversation: messages, notices, comings and goings, and how each changes. Pure.
//!
//! An item that changes becomes a new object; the others stay the same, so that only it is drawn
//! again. Changes of a message that isn't held are of no use to the page and do nothing.

import { mentions } from "../text.js";

/** The most items of a conversation that are held (and drawn) at once. */
export const WINDOW_MAX = 200;
/** How far a live window may grow before it is cut back to `WINDOW_MAX`. */
export const WINDOW_SLACK = 60;
/** How many messages are asked for at a time. */
export const PAGE = 60;
/** How much of a message is quoted above an answer to it. */
const QUOTE_CHARS_MAX = 200;
/** How many people a reaction names; more are only counted. */
const NAMED_MAX = 20;

export function messageItem(message) {
  return { type: "message", id: message.msgid, ...message, kind: message.kind ?? "text" };
}

/** Two ascending lists as one; an item that is in both stands once. Lone items keep their place. */
export function merged(first, second) {
  if (second.length === 0) return first;
  const ids = new Set(first.map((item) => item.id));
  const fresh = second.filter((item) => !ids.has(item.id));
  if (fresh.length === 0) return first;
  const all = [...first, ...fresh];
  const sorted = first.length === 0 || fresh[0].n >= first.at(-1).n;
  return sorted ? all : all.sort((a, b) => a.n - b.n);
}

/** Whether an item is a message of somebody else. */
export function isNews(item, me) {
  return item.type === "message" && item.from.person !== me?.person;
}

/** Whether an item calls for the reader by name. */
export function isCall(item, me) {
  return isNews(item, me) && mentions(item.text, me?.nick ?? "");
}

/** The author has corrected a message; whoever quotes it quotes the new words. */
export function edited(items, { msgid, text, at, files }) {
  // An empty text is that of a message which was deleted since; the event for that comes later.
  if (text === "") return items;
  return changed(items, msgid, (item) => (item.redacted ? item : {
    ...item, text, edited: at, ...(files === undefined ? {} : { files }),
  }), (reply) => ({ ...reply, text: quoted(text) }));
}

/** A message was taken back: nothing of it is kept here. */
export function redacted(items, { msgid, by, reason }) {
  return changed(items, msgid, (item) => ({
    ...item, text: "", redacted: true, reactions: undefined, files: undefined, edited: undefined,
    redactedBy: by?.nick, reason,
  }), () => ({ msgid }));
}

/** Somebody reacts to a message, or takes it back; doing either twice changes nothing. */
export function reacted(items, { msgid, by, emoji }, adds, me) {
  return changed(items, msgid, (item) => {
    const reactions = withReaction(item.reactions ?? [], by, emoji, adds, me);
    return reactions === item.reactions ? item : { ...item, reactions };
  });
}

function withReaction(all, by, emoji, adds, me) {
  const old = all.find((one) => one.emoji === emoji);
  const mine = by.person === me?.person;
  const known = old?.people.some(({ person }) => person === by.person) || (mine && old?.mine);
  if (adds === Boolean(known)) return all;
  if (old === undefined) {
    return [...all, { emoji, people: [{ person: by.person, nick: by.nick }], count: 1, mine }];
  }
  const others = old.people.filter(({ person }) => person !== by.person);
  const people = adds && others.length < NAMED_MAX ? [...others, { person: by.person, nick: by.nick }] : others;
  const next = { ...old, people, count: old.count + (adds ? 1 : -1), mine: mine ? adds : old.mine };
  return next.count <= 0 ? all.filter((one) => one !== old) : all.map((one) => (one === old ? next : one));
}

/** Changes one message, and what others quote of it. */
function changed(items, msgid, alter, requote = null) {
  let touched = false;
  const next = items.map((item) => {
    if (item.type !== "message") return item;
    const to = item.id === msgid
      ? alter(item)
      : requote !== null && item.reply?.msgid === msgid ? { ...item, reply: requote(item.reply) } : item;
    touched ||= to !== item;
    return to;
  });
  return touched ? next : items;
}

/** The beginning of a text, as an answer quotes it. */
export function quoted(text) {
  const letters = [...text];
  return letters.length <= QUOTE_CHARS_MAX ? text : letters.slice(0, QUOTE_CHARS_MAX).join("");
}
