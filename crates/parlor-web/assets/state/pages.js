//! Pages of history as they come in, and how a conversation's window takes them. Pure.

import { merged, messageItem, WINDOW_MAX } from "./items.js";
import { change, withAvatars } from "./conversations.js";

/** Who wrote these messages, and where their pictures are: `[{ person, avatar }]`. */
export function authorsOf({ messages, avatars }) {
  const authors = new Set(messages.map(({ from }) => from.person));
  return [...authors].map((person) => ({ person, avatar: avatars?.[person] }));
}

/** The state with the pictures of these people. */
export function pictured(state, people) {
  const avatars = withAvatars(state.avatars, people);
  return avatars === state.avatars ? state : { ...state, avatars };
}

/** A page of history; `where` is "latest", "older" or "newer". */
export function paged(state, id, where, page) {
  return change(pictured(state, authorsOf(page)), id, (one) => {
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
  return change(pictured(state, authorsOf(page)), id, (one) => ({
    ...one, items: page.messages.map(messageItem), more, atEnd: !page.more, loaded: true,
  }));
}

/** A window on both sides of a message: both ends are asked for when the reader comes near. */
export function surrounded(state, id, page) {
  return change(pictured(state, authorsOf(page)), id, (one) => ({
    ...one, items: page.messages.map(messageItem), more: true, atEnd: false, loaded: true,
  }));
}

/** The members of a room as the server lists them. */
export function membersListed(state, id, { members, total }) {
  const listed = {};
  for (const member of members) listed[member.person] = member;
  return change(pictured(state, members), id, (one) => ({
    ...one, members: listed, membersStale: false, present: total ?? one.present,
  }));
}

/** Further members of a room, as the server lists them behind those that are known. */
export function membersAdded(state, id, { members, total }) {
  return change(pictured(state, members), id, (one) => {
    const listed = { ...one.members };
    for (const member of members) listed[member.person] = member;
    return { ...one, members: listed, present: total };
  });
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
