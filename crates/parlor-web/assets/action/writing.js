//! Writing: what was typed is a message, a correction or a command; messages go by the outbox.

import { batch } from "../vendor/signals.js";
import { command, current, me, newKey, online, state, target, unsent } from "../store.js";
import { Outbox } from "../outbox.js";
import { part } from "../parts.js";
import { quoted } from "../state/items.js";
import { posted } from "../state/pages.js";
import { bytesOf, TEXT_BYTES_MAX } from "../text.js";
import { loadLatest } from "./history.js";
import { compose, composed, correct } from "./messages.js";

const RETRY_MS = 1_500;
/** Codes that say "not now": the same message is sent again by itself. */
const LATER = new Set(["disconnected", "busy", "unavailable", "disk_full", "unknown_outcome"]);

let outbox = new Outbox(null, "", 0);

/** Opens the outbox of an account. */
export function openOutbox(storage, account) {
  outbox = new Outbox(storage, account, Date.now());
  unsent.value = outbox.entries;
}

/** Another tab delivered an entry. */
export function delivered(storageKey) {
  if (outbox.forgotten(storageKey)) unsent.value = outbox.entries;
}

/** The connection broke. */
export function interrupted() {
  outbox.interrupted();
  unsent.value = outbox.entries;
}

/** An own message may be seen in its room before its answer comes: it must not stand there twice. */
export function matchUnsent(known, { t, p }) {
  if (t !== "chat.posted" || p.from.person !== known.me.person) return;
  const twin = outbox.entries.find(
    (entry) => entry.state === "sending" && entry.msgid === undefined && entry.text === p.text
      && entry.kind === (p.kind ?? "text") && (p.key === undefined || p.key === entry.key),
  );
  if (twin === undefined) return;
  outbox.seen(twin.key, p.msgid);
  unsent.value = outbox.entries;
}

/**
 * Takes what was typed. Gives null when it was taken, or a sentence that says why not: then the
 * text stays in the composer.
 */
export async function submit(typed) {
  const one = current.value;
  if (one === null) return null;
  const { edit, files } = composed(one.id);
  const text = typed.replace(/\s+$/, "");
  const bytes = bytesOf(text);
  if (bytes > TEXT_BYTES_MAX) {
    const [found, most] = [bytes, TEXT_BYTES_MAX].map((number) => number.toLocaleString("en"));
    return `This is too long for one message: ${found} bytes, and ${most} are possible.`;
  }
  if (edit !== null) return submitCorrection(one, edit, text);
  if (text.trim() === "" && files.length === 0) return null;
  if (!text.startsWith("/")) return post(one, "text", text);
  try {
    const { run } = await part("./action/commands.js");
    return run(one, text);
  } catch (error) {
    return error.message;
  }
}

/** What was refused is there to be corrected again, unless another correction was begun. */
async function submitCorrection(one, edit, text) {
  compose(one.id, { edit: null, words: "" });
  const refused = await correct(one, edit, text);
  if (refused !== null && composed(one.id).edit === null) compose(one.id, { edit, words: text });
  return refused;
}

/** Puts a message into the outbox; null, or why it can't be. */
export function post(one, kind, text) {
  if (outbox.full) return "Too many messages wait to be sent. Let us wait for the server first.";
  const { reply, files } = composed(one.id);
  if (files.some((file) => file.problem !== null)) return "A picture could not be uploaded. Take it away, or try it again.";
  if (files.some((file) => file.done === null)) return "A picture is still on its way; a moment.";
  outbox.add({
    key: newKey(), conversation: one.id, target: target(one), kind, text, at: Date.now(),
    reply: reply === null ? undefined : quote(reply),
    files: files.length === 0 ? undefined : files.map((file) => file.done),
  });
  batch(() => {
    compose(one.id, { reply: null, files: [] });
    unsent.value = outbox.entries;
  });
  for (const { preview } of files) URL.revokeObjectURL(preview);
  flushOutbox();
  // What one says is shown at the end, however far up one was reading.
  if (one.loaded && !one.atEnd) loadLatest();
  return null;
}

function quote({ id, n, from, text }) {
  return { msgid: id, n, nick: from.nick, text: quoted(text) };
}

/** Sends what waits, each conversation in its order. */
export function flushOutbox() {
  if (!online.value) return;
  for (const entry of outbox.next()) sendEntry(entry);
  unsent.value = outbox.entries;
}

async function sendEntry(entry) {
  const { key, kind, text, conversation, reply, files } = entry;
  outbox.sending(key);
  try {
    const p = { ...entry.target, kind, text, key, reply: reply?.msgid, files: files?.map(({ id }) => id) };
    const answer = await command("chat.post", p);
    batch(() => {
      outbox.done(key, answer.msgid);
      const one = state.value.conversations[conversation];
      if (one !== undefined) {
        state.value = posted(state.value, conversation, ownMessage(one, entry, answer));
      }
      unsent.value = outbox.entries;
    });
    flushOutbox();
  } catch (error) {
    if (LATER.has(error.code)) {
      outbox.interrupted();
      const pause = (error.retryAfterS ?? 0) * 1_000 || RETRY_MS;
      if (error.code !== "disconnected") setTimeout(flushOutbox, pause);
    } else {
      outbox.failed(key, error.message);
    }
    unsent.value = outbox.entries;
    if (!LATER.has(error.code)) flushOutbox();
  }
}

function ownMessage(one, { kind, text, reply, files }, { k, n, msgid, at }) {
  const { person, nick, name } = me.value;
  const to = one.kind === "person" ? { person: one.person, nick: one.name } : undefined;
  return { k, n, msgid, at, from: { person, nick, account: name }, to, kind, text, reply, files };
}

/** The id of the message that something unsent has become, or undefined. */
export const became = (key) => outbox.became(key);

export function retry(key) {
  outbox.retry(key, newKey());
  unsent.value = outbox.entries;
  flushOutbox();
}

export function discard(key) {
  outbox.discard(key);
  unsent.value = outbox.entries;
}
