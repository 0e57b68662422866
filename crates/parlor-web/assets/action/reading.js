//! What the reader has seen: told to the server a moment later, not at every single message.

import { atBottom, attentive, command, current, currentId, list, online, state, target } from "../store.js";
import { readUpTo, unmarked } from "../state/conversations.js";

const READ_DELAY_MS = 400;
let readTimer = null;
const sentRead = new Map();

/** An effect: whatever is seen becomes read. */
export function markSeen() {
  const one = seenConversation();
  if (one === null) {
    clearTimeout(readTimer);
    readTimer = null;
  } else if (readTimer === null && (one.unread > 0 || sentRead.get(one.id) !== one.last)) {
    readTimer = setTimeout(() => {
      readTimer = null;
      if (seenConversation()?.id === one.id) markRead(one.id);
      // The reader went on meanwhile: what is seen now has its own moment.
      else markSeen();
    }, READ_DELAY_MS);
  }
}

/** The reader goes elsewhere: what came while they looked is told now, not at the end of the pause. */
export function leave(id) {
  if (readTimer !== null && sentRead.has(id) && seenConversation()?.id === id) markRead(id);
}

function seenConversation() {
  const one = current.value;
  const seen = one !== null && one.loaded && one.atEnd && atBottom.value && attentive.value;
  return seen && one.last > 0 && online.value ? one : null;
}

/** Marks a conversation as read up to its end. */
export function markRead(id) {
  const one = state.value.conversations[id];
  if (one === undefined) return;
  state.value = readUpTo(state.value, id, one.last);
  tellRead(id);
}

function tellRead(id) {
  const one = state.value.conversations[id];
  if (one === undefined || one.last === 0 || sentRead.get(id) === one.last || !online.value) return;
  sentRead.set(id, one.last);
  command("chat.read", { ...target(one), n: one.last }).catch(() => sentRead.delete(id));
}

/** Esc: the open conversation is read, and its line goes. */
export function markCurrentRead() {
  if (current.value === null) return;
  markRead(currentId.value);
  state.value = unmarked(state.value, currentId.value);
}

export function markAllRead() {
  for (const one of list.value.all) if (one.unread > 0) markRead(one.id);
  if (current.value !== null) state.value = unmarked(state.value, currentId.value);
}
