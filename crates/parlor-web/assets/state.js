//! What the page knows, and how events change it: pure functions from one state to the next.
//!
//! A state is never changed in place; parts that didn't change stay the same objects, so that views
//! can tell by identity what to draw again. A conversation is a room or the private messages with
//! one person; it holds a window of its history, at most `WINDOW_MAX` items, not all of it.

import { mentions } from "./text.js";

/** The most items of a conversation that are held (and drawn) at once. */
export const WINDOW_MAX = 200;
/** How far a live window may grow before it is cut back to `WINDOW_MAX`. */
const WINDOW_SLACK = 60;
/** How many messages are asked for at a time. */
export const PAGE = 60;

/** The state before the server said anything. */
export function initial() {
  return { me: null, server: null, inbox: null, conversations: {}, positions: {} };
}

export const roomId = (k) => `room:${k}`;
export const personId = (person) => `person:${person}`;

/** The conversations in the order of the list: rooms by name, then people by recency. */
export function ordered(state) {
  const all = Object.values(state.conversations);
  const rooms = all.filter((one) => one.kind === "room");
  const people = all.filter((one) => one.kind === "person");
  rooms.sort((a, b) => a.name.localeCompare(b.name, undefined, { sensitivity: "base" }));
  people.sort((a, b) => b.last - a.last || a.name.localeCompare(b.name));
  return { rooms, people, all: [...rooms, ...people] };
}

/** Unread messages and those that call for the reader, in all conversations. */
export function totals(state) {
  let unread = 0;
  let calls = 0;
  for (const one of Object.values(state.conversations)) {
    unread += one.unread;
    calls += one.kind === "person" ? one.unread : one.calls;
  }
  return { unread, calls };
}

/** Topics to resume: those of which a gapless window is held. */
export function resumable(state) {
  const topics = {};
  const add = (k) => {
    if (k !== null && state.positions[k] !== undefined) topics[k] = state.positions[k];
  };
  for (const one of Object.values(state.conversations)) {
    if (one.kind === "room" && one.loaded) add(one.k);
  }
  add(state.inbox);
  return topics;
}

/** The answer to `hello`: who we are, our rooms, what was resumed and what must be read anew. */
export function welcomed(state, hello) {
  const resumed = new Set((hello.resumed ?? []).map(String));
  const conversations = {};
  const positions = {};
  for (const room of hello.rooms ?? []) {
    const old = state.conversations[roomId(room.k)];
    const held = old?.loaded && resumed.has(String(room.k));
    conversations[roomId(room.k)] = withRoom(held ? old : emptied(old, "room"), room);
    positions[room.k] = held ? state.positions[room.k] : room.pos;
  }
  const inbox = hello.inbox?.k ?? null;
  const inboxHeld = inbox !== null && inbox === state.inbox && resumed.has(String(inbox));
  if (inbox !== null) positions[inbox] = inboxHeld ? state.positions[inbox] : hello.inbox.pos;
  for (const direct of hello.direct ?? []) {
    const old = state.conversations[personId(direct.person)];
    conversations[personId(direct.person)] = withDirect(inboxHeld && old ? old : emptied(old, "person"), direct);
  }
  for (const old of Object.values(state.conversations)) {
    // A conversation that was begun here, or with nothing said yet, is the page's own.
    if (old.kind === "person" && conversations[old.id] === undefined) {
      conversations[old.id] = inboxHeld ? old : emptied(old, "person");
    }
  }
  const me = { ...hello.me, away: hello.me.away ?? null };
  return { me, server: hello.server, inbox, conversations, positions };
}

function emptied(old, kind) {
  const blank = {
    kind, name: "", unread: 0, calls: 0, read: 0, last: 0, marker: null,
    items: [], more: true, atEnd: true, loaded: false, members: null,
  };
  return old === undefined ? blank : { ...old, items: [], more: true, atEnd: true, loaded: false, members: null };
}

function withRoom(old, room) {
  return {
    ...old, id: roomId(room.k), k: room.k, name: room.name, subject: room.subject ?? "",
    present: room.members ?? 0, role: room.role ?? "none", quiet: room.quiet ?? false,
    modes: room.modes ?? {}, unread: room.unread ?? 0, calls: room.unread > 0 ? old.calls : 0,
    read: room.read ?? 0, last: Math.max(room.last ?? 0, old.loaded ? old.last : 0),
  };
}

function withDirect(old, direct) {
  return {
    ...old, id: personId(direct.person), person: direct.person, name: direct.nick,
    online: direct.online ?? false, unread: direct.unread ?? 0, read: direct.read ?? 0,
    last: Math.max(direct.last ?? 0, old.loaded ? old.last : 0),
  };
}

/** We joined a room (or made it). */
export function joined(state, room) {
  const next = put(state, withRoom(state.conversations[roomId(room.k)] ?? emptied(undefined, "room"), room));
  const known = state.positions[room.k];
  return { ...next, positions: { ...next.positions, [room.k]: known ?? room.pos } };
}

/** We are no longer in this room. */
export function left(state, id) {
  const conversations = { ...state.conversations };
  const positions = { ...state.positions };
  delete positions[conversations[id]?.k];
  delete conversations[id];
  return { ...state, conversations, positions };
}

/** A private conversation is on the page, with or without anything said in it. */
export function befriended(state, { person, nick, online }) {
  const old = state.conversations[personId(person)];
  if (old !== undefined) {
    return put(state, { ...old, name: nick ?? old.name, online: online ?? old.online });
  }
  return put(state, {
    ...emptied(undefined, "person"), id: personId(person), person, name: nick, online: online ?? false,
  });
}

/** The reader opens a conversation: the line above the first unread message is set here. */
export function opened(state, id) {
  return change(state, id, (one) => ({ ...one, marker: one.unread > 0 ? one.read : null }));
}

/** The reader went on: no line any more. */
export function unmarked(state, id) {
  return change(state, id, (one) => (one.marker === null ? one : { ...one, marker: null }));
}

/** Everything up to an offset is read. */
export function readUpTo(state, id, n) {
  return change(state, id, (one) => {
    if (n < one.read || (n === one.read && one.unread === 0)) return one;
    const rest = n >= one.last ? [] : one.items.filter((item) => isNews(item, state.me) && item.n > n);
    const calls = rest.filter((item) => isCall(item, state.me)).length;
    return { ...one, read: n, unread: rest.length, calls };
  });
}

/** A page of history; `where` is "latest", "older" or "newer". */
export function paged(state, id, where, page) {
  return change(state, id, (one) => {
    const items = page.messages.map(messageItem);
    const last = Math.max(one.last, items.at(-1)?.n ?? 0);
    if (where === "latest") {
      // What came live while the page was on its way is newer than the page or in it.
      const live = one.loaded ? [] : one.items;
      return { ...one, items: merged(items, live), more: page.more, atEnd: true, loaded: true, last };
    }
    if (where === "older") {
      const all = merged(items, one.items);
      const cut = all.length > WINDOW_MAX;
      return { ...one, items: all.slice(0, WINDOW_MAX), more: page.more, atEnd: one.atEnd && !cut };
    }
    const all = merged(one.items, items);
    const cut = Math.max(0, all.length - WINDOW_MAX);
    return { ...one, items: all.slice(cut), more: one.more || cut > 0, atEnd: !page.more, last };
  });
}

/** A window around a place far from the end: everything held is replaced. */
export function jumped(state, id, page, more) {
  return change(state, id, (one) => ({
    ...one, items: page.messages.map(messageItem), more, atEnd: !page.more, loaded: true,
  }));
}

/** The members of a room as the server lists them. */
export function membersListed(state, id, { members, total }) {
  const listed = {};
  for (const member of members) listed[member.person] = member;
  return change(state, id, (one) => ({ ...one, members: listed, present: total ?? one.present }));
}

/** An own message was acknowledged; its event may come before or after. */
export function posted(state, id, message) {
  return change(state, id, (one) => ({
    ...one,
    items: one.loaded && one.atEnd ? merged(one.items, [messageItem(message)]) : one.items,
    last: Math.max(one.last, message.n),
    read: one.unread === 0 ? Math.max(one.read, message.n) : one.read,
  }));
}

/**
 * One event. `seeing` is the conversation whose end the reader is looking at (or null); `current`
 * the one that is open, looked at or not.
 */
export function apply(state, frame, { seeing = null, current = null } = {}) {
  const handler = HANDLERS[frame.t];
  const moved = frame.pos === undefined ? state : positioned(state, frame);
  return handler === undefined ? moved : handler(moved, frame, { seeing, current });
}

function positioned(state, { k, pos }) {
  return { ...state, positions: { ...state.positions, [k]: pos } };
}

const HANDLERS = {
  "chat.posted"(state, frame, context) {
    const message = frame.p;
    if (message.to === undefined || message.to === null) {
      return withMessage(state, roomId(frame.k), frame, context);
    }
    const other = message.from.person === state.me.person ? message.to : message.from;
    const known = befriended(state, { person: other.person, nick: other.nick, online: undefined });
    return withMessage(known, personId(other.person), frame, context);
  },
  "chat.subject": (state, frame, context) =>
    withNotice(state, frame, context, (one) => ({ ...one, subject: frame.p.subject })),
  "chat.role": (state, frame, context) =>
    withNotice(state, frame, context, (one) => ({
      ...one,
      role: frame.p.person === state.me.person ? frame.p.role : one.role,
      members: withMember(one.members, frame.p.person, { role: frame.p.role }),
    })),
  "chat.modes": (state, frame, context) =>
    withNotice(state, frame, context, (one) => ({ ...one, modes: frame.p.modes ?? one.modes })),
  "chat.created": (state, frame, context) => withNotice(state, frame, context, (one) => one),
  "chat.kicked"(state, frame, context) {
    if (frame.p.person === state.me.person) return left(state, roomId(frame.k));
    return withNotice(state, frame, context, (one) => withoutMember(one, frame.p.person));
  },
  // Another device of ours has joined it: we are in it, too.
  "chat.joined": (state, { p }) => joined(state, p.room),
  gone: (state, { p }) => left(state, roomId(p.k)),
  "chat.read"(state, { p }) {
    return readUpTo(state, p.person === undefined || p.person === null ? roomId(p.k) : personId(p.person), p.n);
  },
  "presence.entered": (state, frame) =>
    present(withOnline(state, frame.p, true), frame, "entered", (one) => {
      const known = one.members?.[frame.p.person] !== undefined;
      const member = { role: "none", away: null, ...one.members?.[frame.p.person], ...frame.p };
      return {
        ...one,
        members: one.members === null ? null : { ...one.members, [frame.p.person]: member },
        present: one.present + (known ? 0 : 1),
      };
    }),
  "presence.left"(state, frame) {
    const gone = frame.p.quit ? withOnline(state, frame.p, false) : state;
    return present(gone, frame, "left", (one) => withoutMember(one, frame.p.person));
  },
  "presence.renamed"(state, frame) {
    const { person } = frame.p;
    const to = frame.p.new;
    const me = state.me.person === person ? { ...state.me, nick: to } : state.me;
    const renamed = change({ ...state, me }, personId(person), (one) => ({ ...one, name: to }));
    const named = { ...frame, p: { person, nick: to, old: frame.p.old } };
    return present(renamed, named, "renamed", (one) => ({
      ...one, members: withMember(one.members, person, { nick: to }),
    }));
  },
  "presence.away"(state, { k, p }) {
    const away = p.text ?? null;
    const me = state.me.person === p.person ? { ...state.me, away } : state.me;
    const next = change({ ...state, me }, personId(p.person), (one) => ({ ...one, away }));
    return change(next, roomId(k), (one) => ({ ...one, members: withMember(one.members, p.person, { away }) }));
  },
  reset(state, { p }) {
    const next = { ...state, positions: { ...state.positions, [p.k]: p.pos } };
    if (p.k !== state.inbox) return change(next, roomId(p.k), (one) => emptied(one, "room"));
    const conversations = { ...next.conversations };
    for (const one of Object.values(conversations)) {
      if (one.kind === "person") conversations[one.id] = emptied(one, "person");
    }
    return { ...next, conversations };
  },
  missed: (state, { p }) => change(state, roomId(p.k), (one) => ({ ...one, members: null })),
};

function withMessage(state, id, frame, { seeing, current }) {
  const item = messageItem({ ...frame.p, k: frame.k, n: frame.n ?? frame.p.n, at: frame.p.at ?? frame.at });
  return change(state, id, (one) => {
    const news = item.n > one.last && item.from.person !== state.me.person;
    const seen = seeing === id;
    const call = one.kind === "room" && isCall(item, state.me);
    const own = item.from.person === state.me.person;
    // Somebody who has the room open but looks elsewhere finds a line where they stopped reading.
    const marker = one.marker === null && news && !seen && current === id ? one.read : one.marker;
    return {
      ...one,
      items: live(one, item, seen),
      atEnd: one.atEnd && holdsMore(one, seen),
      ...trimmed(one, seen),
      marker,
      last: Math.max(one.last, item.n),
      read: seen || (own && one.unread === 0) ? Math.max(one.read, item.n) : one.read,
      unread: one.unread + (news && !seen ? 1 : 0),
      calls: one.calls + (news && !seen && call ? 1 : 0),
    };
  });
}

/** Whether a live window takes one more item: a reader who looks at older ones isn't pushed on. */
function holdsMore(one, seen) {
  return !one.loaded || seen || one.items.length < WINDOW_MAX + WINDOW_SLACK;
}

function live(one, item, seen) {
  // Before its first page is here, a conversation keeps just what the page may have missed.
  if (!one.loaded) return merged(one.items, [item]).slice(-PAGE);
  if (!one.atEnd || !holdsMore(one, seen)) return one.items;
  const items = merged(one.items, [item]);
  return seen && items.length > WINDOW_MAX + WINDOW_SLACK ? items.slice(items.length - WINDOW_MAX) : items;
}

function trimmed(one, seen) {
  return seen && one.items.length >= WINDOW_MAX + WINDOW_SLACK ? { more: true } : {};
}

function withNotice(state, frame, { seeing }, alter) {
  const item = { type: "notice", id: `n${frame.k}.${frame.n}`, what: frame.t, n: frame.n, at: frame.at, ...frame.p };
  return change(state, roomId(frame.k), (one) => {
    const changed = alter(one);
    const seen = seeing === one.id;
    // Offsets are shared with messages; a notice alone leaves nothing unread.
    const read = one.unread === 0 ? Math.max(one.read, frame.n ?? 0) : one.read;
    return { ...changed, items: live(one, item, seen), last: Math.max(one.last, frame.n ?? 0), read };
  });
}

function present(state, frame, what, alter) {
  const id = roomId(frame.k);
  const one = state.conversations[id];
  if (one === undefined) return state;
  const changed = alter(one);
  const quiet = one.quiet || !one.loaded || frame.p.person === state.me.person;
  if (quiet) return put(state, changed);
  const before = one.items.at(-1);
  const item = {
    type: "presence", id: `${what} ${frame.p.person} ${frame.at} ${before?.id ?? ""}`.slice(0, 80),
    what, at: frame.at ?? before?.at ?? 0, person: frame.p.person, nick: frame.p.nick, old: frame.p.old,
    n: before?.n ?? 0,
  };
  return put(state, { ...changed, items: live(one, item, false) });
}

function withOnline(state, { person, nick }, online) {
  return change(state, personId(person), (one) => ({ ...one, online, name: nick ?? one.name }));
}

function withMember(members, person, alter) {
  const old = members?.[person];
  return old === undefined ? members : { ...members, [person]: { ...old, ...alter } };
}

function withoutMember(one, person) {
  if (one.members === null) return { ...one, present: Math.max(0, one.present - 1) };
  if (one.members[person] === undefined) return one;
  const members = { ...one.members };
  delete members[person];
  return { ...one, members, present: Math.max(0, one.present - 1) };
}

function messageItem(message) {
  return { type: "message", id: message.msgid, ...message, kind: message.kind ?? "text" };
}

/** Two ascending lists as one; an item that is in both stands once. Lone items keep their place. */
function merged(first, second) {
  if (second.length === 0) return first;
  const ids = new Set(first.map((item) => item.id));
  const fresh = second.filter((item) => !ids.has(item.id));
  if (fresh.length === 0) return first;
  const all = [...first, ...fresh];
  const sorted = first.length === 0 || fresh[0].n >= first.at(-1).n;
  return sorted ? all : all.sort((a, b) => a.n - b.n);
}

function isNews(item, me) {
  return item.type === "message" && item.from.person !== me?.person;
}

function isCall(item, me) {
  return isNews(item, me) && mentions(item.text, me?.nick ?? "");
}

function put(state, one) {
  return { ...state, conversations: { ...state.conversations, [one.id]: one } };
}

function change(state, id, alter) {
  const old = state.conversations[id];
  if (old === undefined) return state;
  const one = alter(old);
  return one === old ? state : put(state, one);
}
