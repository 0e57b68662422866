//! What was typed and not sent: kept in the browser at once, and on the server for other devices.
//!
//! A draft that is "fresh" was typed here and isn't on the server yet: what the server has then is
//! older, and doesn't replace it.

import { signal } from "../vendor/signals.js";
import { command, online, shell, state, target } from "../store.js";
import { keep, kept } from "../kept.js";
import { bytesOf, TEXT_BYTES_MAX } from "../text.js";

const TELL_MS = 1_200;

/** Drafts that were looked at or changed since the page was opened, by conversation. */
export const drafts = signal({});
const timers = new Map();
const told = new Map();

const nameOf = (id) => `parlor.draft.${shell.me}.${id}`;
const freshOf = (id) => `parlor.fresh.${shell.me}.${id}`;

/** What was typed and not sent in a conversation. */
export const draft = (id) => drafts.value[id] ?? kept(nameOf(id), "");

/** The reader typed this. */
export function setDraft(id, text) {
  if (text === draft(id)) return;
  store(id, text);
  keep(freshOf(id), "1");
  clearTimeout(timers.get(id));
  timers.set(id, setTimeout(() => tell(id), TELL_MS));
}

/** The server, or another device, has this. */
export function adopt(id, text) {
  if (kept(freshOf(id), null) !== null || told.get(id) === text || text === draft(id)) return;
  // What was told from here is old now; if it comes back, it is news.
  told.delete(id);
  store(id, text);
}

/** The connection is back: what was typed meanwhile is told. */
export function tellAll() {
  for (const id of Object.keys(state.value.conversations)) {
    if (kept(freshOf(id), null) !== null) tell(id);
  }
}

async function tell(id) {
  timers.delete(id);
  const one = state.value.conversations[id];
  if (one === undefined || !online.value) return;
  const text = draft(id);
  // What is too long for a message stays in this browser.
  if (bytesOf(text) > TEXT_BYTES_MAX) return;
  told.set(id, text);
  try {
    await command("chat.draft", { ...target(one), text });
    if (draft(id) === text) keep(freshOf(id), null);
  } catch (error) {
    // A server that keeps no drafts, or refuses this one, is not asked again and again.
    if (error.code !== "disconnected") keep(freshOf(id), null);
  }
}

function store(id, text) {
  keep(nameOf(id), text === "" ? null : text);
  drafts.value = { ...drafts.value, [id]: text };
}
