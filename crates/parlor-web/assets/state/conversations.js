//! What the page knows, and how events change it: pure functions from one state to the next.
//!
//! A state is never changed in place; parts that didn't change stay the same objects, so that views
//! can tell by identity what to draw again. A conversation is a room or the private messages with
//! one person; it holds a window of its history, at most `WINDOW_MAX` items, not all of it.

import { isCall, isNews } from "./items.js";

/** In rooms about this large the server may not tell who comes and goes: their list is asked for at each visit. */
const LARGE = 150;

/** The state before the server said anything. */
export function initial() {
  return { me: null, server: null, inbox: null, conversations: {}, positions: {}, avatars: {} };
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

/** Unread messages and those that call for the reader, in all conversations that may. */
export function totals(state) {
  let unread = 0;
  let calls = 0;
  for (const one of Object.values(state.conversations)) {
    if (one.notify === "nothing") continue;
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
    // Messages are replayed; who came and went is told only to those who are there.
    conversations[roomId(room.k)] = withRoom(held ? withStaleMembers(old) : emptied(old, "room"), room);
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
  const avatars = withAvatars(state.avatars, [hello.me, ...(hello.direct ?? [])]);
  return { me, server: hello.server, inbox, conversations, positions, avatars };
}

/** Where the pictures of people are, with what is said of these: `[{ person, avatar }]`. */
export function withAvatars(avatars, people) {
  const other = people.filter(({ person, avatar }) => (avatar ?? undefined) !== avatars[person]);
  if (other.length === 0) return avatars;
  const next = { ...avatars };
  for (const { person, avatar } of other) {
    if (avatar) next[person] = avatar;
    else delete next[person];
  }
  return next;
}

/** A conversation of which nothing is held. */
export function emptied(old, kind) {
  const blank = {
    kind, name: "", unread: 0, calls: 0, read: 0, last: 0, marker: null, notify: "default",
    settings: {}, items: [], more: true, atEnd: true, loaded: false, members: null, membersStale: false,
  };
  return old === undefined ? blank : { ...old, items: [], more: true, atEnd: true, loaded: false, members: null };
}

/** Who is here is to be asked again; until that is answered the list stays as it is. */
export const withStaleMembers = (one) => ({ ...one, membersStale: one.members !== null });

function withRoom(old, room) {
  return {
    ...old, id: roomId(room.k), k: room.k, name: room.name, subject: room.subject ?? "",
    present: room.members ?? 0, role: room.role ?? "none", quiet: room.quiet ?? false,
    modes: room.modes ?? {}, unread: room.unread ?? 0,
    calls: room.mentions ?? 0, notify: room.notify ?? "default",
    settings: room.settings ?? old.settings, read: room.read ?? 0, last: Math.max(room.last ?? 0, old.loaded ? old.last : 0),
  };
}

function withDirect(old, direct) {
  return {
    ...old, id: personId(direct.person), person: direct.person, name: direct.nick,
    online: direct.online ?? false, unread: direct.unread ?? 0, read: direct.read ?? 0,
    notify: direct.notify ?? "default",
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
    ...emptied(undefined, "person"), id: personId(person), person, name: nick, online: online ?? isSeen(state, person),
  });
}

/** Whether somebody is connected, and in a room of which the page knows who is there. */
const isSeen = (state, person) => Object.values(state.conversations).some(({ members }) => members?.[person] !== undefined && !members[person].gone);

/** The reader opens a conversation: the line above the first unread message is set here. */
export function opened(state, id) {
  return change(state, id, (one) => ({
    ...(one.present >= LARGE ? withStaleMembers(one) : one), marker: one.unread > 0 ? one.read : null,
  }));
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


/** The state with this conversation. */
export function put(state, one) {
  return { ...state, conversations: { ...state.conversations, [one.id]: one } };
}

/** The state with one conversation changed, if it is there. */
export function change(state, id, alter) {
  const old = state.conversations[id];
  if (old === undefined) return state;
  const one = alter(old);
  return one === old ? state : put(state, one);
}
