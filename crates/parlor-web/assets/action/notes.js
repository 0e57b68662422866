//! Short notes at the edge of the page, and what a screen reader is told.

import { announced, notices } from "../store.js";

const NOTICES_MAX = 3;
const NOTICE_MS = 6_000;
const ANNOUNCED_MAX = 6;
let lastId = 0;

/** Shows a short note; `action` is `{ label, act }`. Gives its id. */
export function note(text, tone = "plain", action = null) {
  const id = (lastId += 1);
  notices.value = [...notices.value, { id, text, tone, action }].slice(-NOTICES_MAX);
  setTimeout(() => dismiss(id), action === null ? NOTICE_MS : NOTICE_MS * 3);
  return id;
}

export function dismiss(id) {
  if (notices.value.some((one) => one.id === id)) notices.value = notices.value.filter((one) => one.id !== id);
}

/** Has a screen reader say these words, when it has said what came before. */
export function announce(words) {
  const said = words.length > ANNOUNCED_MAX ? [`${words.length} new messages`] : words;
  const all = [...announced.value, ...said.map((text) => ({ id: (lastId += 1), text }))];
  announced.value = all.slice(-ANNOUNCED_MAX);
}

/** Copies a text, also where the page is not a secure context (a plain address in a LAN). */
export async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const own = field ?? borrowedField(text);
    own.select();
    const done = document.execCommand("copy");
    if (field === undefined || field === null) own.remove();
    return done;
  }
}

function borrowedField(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  return field;
}
