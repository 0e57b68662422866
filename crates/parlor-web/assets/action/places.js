//! Going places: which conversation is open, and the address that says so.

import { batch } from "../vendor/signals.js";
import { announced, atBottom, currentId, list, narrow, online, shell, state } from "../store.js";
import { keep, kept } from "../kept.js";
import { opened, unmarked } from "../state/conversations.js";
import { ensureLoaded, jumpTo } from "./history.js";
import { leave } from "./reading.js";
import { tryJoin } from "./rooms.js";

/** A year: the server may show at once what was open last. */
const PLACE_AGE_S = 31_536_000;

/** Opens a conversation, or the list with null; the address follows. `msgid`: jumps to a message. */
export function go(id, msgid = null) {
  const path = addressOf(id);
  if (location.hash !== path) history.pushState(null, "", path);
  show(id);
  if (msgid !== null) jumpTo(msgid);
}

function show(id) {
  const before = currentId.value;
  if (before !== null && before !== id) leave(before);
  batch(() => {
    if (currentId.value !== null && currentId.value !== id) {
      state.value = unmarked(state.value, currentId.value);
    }
    if (currentId.value !== id) {
      announced.value = [];
      atBottom.value = true;
    }
    currentId.value = id;
    if (id !== null) {
      state.value = opened(state.value, id);
      remember(id);
    }
  });
  ensureLoaded();
  if (narrow()) requestAnimationFrame(() => focusPlace(id, before));
}

function remember(id) {
  keep(`parlor.last.${shell.me}`, id);
  document.cookie = `parlor_place=${id}; path=/; max-age=${PLACE_AGE_S}; samesite=lax`;
}

/** On a phone one pane takes the place of another, and the focus must not stay in the old one. */
function focusPlace(id, before) {
  if (document.querySelector("dialog[open]") !== null) return;
  if (id !== null) document.getElementById("conversation-title")?.focus();
  else document.querySelector(`.list-pane .entry[href="${addressOf(before).replaceAll('"', "%22")}"]`)?.focus();
}

/** Follows the address; at first, with none, the place where the reader was. */
export function route() {
  const match = /^#\/(room|person)\/([^?]+)(?:\?m=([\w-]+))?$/.exec(location.hash);
  const all = list.value.all;
  if (match !== null) {
    const name = decodeURIComponent(match[2]).toLowerCase();
    const wanted = match[1] === "room" ? `#${name}` : name;
    const found = all.find((one) => one.kind === match[1] && one.name.toLowerCase() === wanted);
    if (found !== undefined) {
      show(found.id);
      // The connection may be there in the same breath.
      if (match[3] !== undefined) queueMicrotask(() => jumpTo(match[3]));
      return;
    }
    // Before the server has answered, the page may not know of it yet.
    if (!online.value) return show(null);
    if (match[1] === "room") return void tryJoin(wanted);
  }
  if (location.hash === "#/" || narrow()) return show(null);
  const last = kept(`parlor.last.${shell.me}`, "");
  // The oldest room is where newcomers land.
  const [oldest] = all.filter((one) => one.kind === "room").sort((a, b) => a.k - b.k);
  const found = all.find((one) => one.id === last) ?? oldest;
  if (found !== undefined) {
    history.replaceState(null, "", addressOf(found.id));
    show(found.id);
  } else show(null);
}

export function addressOf(id) {
  const one = state.value.conversations[id];
  if (one === undefined) return "#/";
  return `#/${one.kind}/${encodeURIComponent(one.name.replace(/^#/, ""))}`;
}

/** The conversation above or below the open one; with `unreadOnly`, the next with news. */
export function step(by, unreadOnly = false) {
  const all = list.value.all;
  if (all.length === 0) return;
  const at = all.findIndex((one) => one.id === currentId.value);
  for (let moved = 1; moved <= all.length; moved += 1) {
    const one = all[(((at < 0 && by < 0 ? 0 : at) + by * moved) % all.length + all.length) % all.length];
    if (!unreadOnly || (one.unread > 0 && one.notify !== "nothing")) return go(one.id);
  }
}
