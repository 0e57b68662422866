//! History: pages of it are fetched as the reader comes near an end, or jumps.

import { busy, command, current, currentId, lit, online, state, target } from "../store.js";
import { jumped, membersAdded, membersListed, paged, surrounded } from "../state/pages.js";
import { PAGE } from "../state/items.js";
import { note } from "./notes.js";

/** How long nothing is asked for after it failed. */
const PAUSE_MS = 2_000;
/** Who leafs through many conversations gets the one where they stop, not all those on the way. */
const OPENING_MAX = 2;
const opening = new Set();
const loading = new Set();
/** What the reader asked for while something else was on its way: the last such wish comes next. */
const wishes = new Map();

/**
 * Sees to it that the open conversation has its messages and its members, as far as there is a
 * connection; when there is one again, this is asked again.
 */
export function ensureLoaded() {
  const one = current.value;
  if (one === null || !online.value || opening.size >= OPENING_MAX) return;
  const asked = [];
  if (!one.loaded) asked.push(load(one, "latest"));
  if (one.kind === "room" && (one.members === null || one.membersStale)) asked.push(loadMembers(one.id));
  if (asked.length === 0 || opening.has(one.id)) return;
  opening.add(one.id);
  Promise.all(asked).then(() => {
    opening.delete(one.id);
    if (currentId.value !== one.id) ensureLoaded();
  });
}

/** Asks for older messages of the open conversation. */
export function loadOlder() {
  const one = current.value;
  if (online.value && one?.loaded && one.more && one.items.length > 0) load(one, "older");
}

export function loadNewer() {
  const one = current.value;
  if (online.value && one?.loaded && !one.atEnd && one.items.length > 0) load(one, "newer");
}

/** Back to the newest messages, however far away. */
export function loadLatest() {
  const one = current.value;
  if (one !== null) load(one, "latest", true);
}

/** To the first unread message, when it isn't among those that are held. */
export async function loadUnread() {
  const one = current.value;
  if (one === null || one.marker === null) return;
  await guarded(one.id, async () => {
    const after = Math.max(0, one.marker - 1);
    const page = await command("chat.history", { ...target(one), after, limit: PAGE });
    state.value = jumped(state.value, one.id, page, after > 0);
  }, true);
}

/** Shows a message of the open conversation, wherever it is, and lights it up. */
export async function jumpTo(msgid) {
  const one = current.value;
  if (one === null) return;
  if (one.items.some((item) => item.id === msgid)) return light(one.id, msgid);
  await guarded(one.id, async () => {
    const page = await command("chat.history", { ...target(one), around: msgid, limit: PAGE });
    if (!page.messages.some((message) => message.msgid === msgid)) {
      return void note("That message is not there any more.", "warn");
    }
    state.value = surrounded(state.value, one.id, page);
    light(one.id, msgid);
  }, true);
}

function light(conversation, msgid) {
  if (currentId.value === conversation) lit.value = { conversation, msgid };
}

function load(one, where, wished = false) {
  const edge = one.items.filter((item) => item.type === "message");
  const p = { ...target(one), limit: PAGE };
  if (where === "older") p.before = edge[0]?.n ?? one.items[0].n;
  if (where === "newer") p.after = edge.at(-1)?.n ?? one.items.at(-1).n;
  return guarded(one.id, async () => {
    const page = await command("chat.history", p);
    state.value = paged(state.value, one.id, where, page);
  }, wished);
}

/** One page of a conversation at a time: what scrolling wants can wait for the next scroll, a wish can't. */
async function guarded(id, act, wished = false) {
  if (loading.has(id)) {
    if (wished) wishes.set(id, act);
    return;
  }
  loading.add(id);
  busy.value = id;
  const free = () => {
    loading.delete(id);
    if (busy.value === id) busy.value = null;
    const next = wishes.get(id);
    wishes.delete(id);
    if (next !== undefined) guarded(id, next, true);
  };
  try {
    await act();
    free();
  } catch (error) {
    if (error.code === "disconnected") return free();
    note(error.message, "warn");
    // What is still wanted is asked for again, but not at once.
    setTimeout(() => {
      free();
      ensureLoaded();
    }, PAUSE_MS);
  }
}

/** Asks for the members behind those that are known, as the reader wants to see them. */
export const loadMoreMembers = (id) => guarded(`members of ${id}`, async () => {
  const { k, members } = state.value.conversations[id];
  const answer = await command("chat.members", { k, skip: Object.keys(members).length });
  state.value = membersAdded(state.value, id, answer);
});

async function loadMembers(id) {
  const one = state.value.conversations[id];
  try {
    const answer = await command("chat.members", { k: one.k });
    state.value = membersListed(state.value, id, answer);
  } catch {
    // The pane shows that it has no list; the next visit asks again.
  }
}
