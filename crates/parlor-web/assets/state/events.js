//! How each event changes the state. Pure; one handler per event of the protocol.

import * as Items from "./items.js";
import {
  befriended, change, emptied, joined, left, personId, put, readUpTo, roomId, withAvatars, withStaleMembers,
} from "./conversations.js";

const { isCall, merged, messageItem, PAGE, WINDOW_MAX, WINDOW_SLACK } = Items;

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
  "chat.edited": (state, frame) => alterItems(state, frame, (items) => Items.edited(items, { at: frame.at, ...frame.p })),
  "chat.redacted": (state, frame) => alterItems(state, frame, (items) => Items.redacted(items, frame.p)),
  "chat.reacted": (state, frame) =>
    alterItems(state, frame, (items) => Items.reacted(items, frame.p, true, state.me)),
  "chat.unreacted": (state, frame) =>
    alterItems(state, frame, (items) => Items.reacted(items, frame.p, false, state.me)),
  "chat.settings": (state, frame, context) =>
    withNotice(state, frame, context, (one) => ({
      ...one, settings: { ...one.settings, ...frame.p.settings },
      modes: withModes(one.modes, frame.p.settings ?? {}),
    })),
  "chat.banned": (state, frame, context) =>
    withNotice(state, frame, context, (one) => one),
  "chat.unbanned": (state, frame, context) =>
    withNotice(state, frame, context, (one) => one),
  "chat.notify": (state, { p }) =>
    change(state, conversationOf(p), (one) => ({ ...one, notify: p.level })),
  "chat.subject": (state, frame, context) =>
    withNotice(state, frame, context, (one) => ({ ...one, subject: frame.p.subject })),
  "chat.renamed": (state, frame, context) =>
    withNotice(state, frame, context, (one) => ({ ...one, name: frame.p.name })),
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
    return readUpTo(state, conversationOf(p), p.n);
  },
  "presence.entered": (state, frame) =>
    present(withOnline({ ...state, avatars: withAvatars(state.avatars, [frame.p]) }, frame.p, true), frame, "entered", (one) => {
      const known = one.members?.[frame.p.person] !== undefined;
      // Whoever comes without being connected is said to be away right after.
      const member = { role: "none", away: null, ...one.members?.[frame.p.person], gone: false, ...frame.p };
      return {
        ...one,
        members: one.members === null ? null : { ...one.members, [frame.p.person]: member },
        present: one.present + (known ? 0 : 1),
      };
    }),
  "profile.changed": (state, { p }) => ({ ...state, avatars: withAvatars(state.avatars, [p]) }),
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
    const [away, gone] = [p.text ?? null, p.gone ?? false];
    const me = state.me.person === p.person ? { ...state.me, away } : state.me;
    const next = change({ ...state, me }, personId(p.person), (one) => ({ ...one, away, online: !gone }));
    return change(next, roomId(k), (one) => ({ ...one, members: withMember(one.members, p.person, { away, gone }) }));
  },
  "presence.bot": (state, { k, p }) =>
    change(state, roomId(k), (one) => ({ ...one, members: withMember(one.members, p.person, { bot: p.bot }) })),
  reset(state, { p }) {
    const next = { ...state, positions: { ...state.positions, [p.k]: p.pos } };
    if (p.k !== state.inbox) return change(next, roomId(p.k), (one) => emptied(one, "room"));
    const conversations = { ...next.conversations };
    for (const one of Object.values(conversations)) {
      if (one.kind === "person") conversations[one.id] = emptied(one, "person");
    }
    return { ...next, conversations };
  },
  missed: (state, { p }) => change(state, roomId(p.k), withStaleMembers),
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

/** A change of a message: in its room, or in whichever private conversation holds it. */
function alterItems(state, { k, p }, alter) {
  const alterOne = (one) => {
    const items = alter(one.items);
    return items === one.items ? one : { ...one, items };
  };
  if (k !== state.inbox) return change(state, roomId(k), alterOne);
  const holder = Object.values(state.conversations)
    .find((one) => one.kind === "person" && one.items.some((item) => item.id === p.msgid));
  return holder === undefined ? state : change(state, holder.id, alterOne);
}

/** The id of the conversation that an event of the inbox is about. */
export function conversationOf({ k, person }) {
  return person === undefined || person === null ? roomId(k) : personId(person);
}

function withModes(modes, settings) {
  const told = ["invited_only", "moderated", "subject_locked"].filter((name) => settings[name] !== undefined);
  return told.length === 0 ? modes : { ...modes, ...Object.fromEntries(told.map((name) => [name, settings[name]])) };
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
