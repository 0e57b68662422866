//! What can be done with a message: react, answer, edit, delete, report, copy.

import { batch } from "../vendor/signals.js";
import { NO_CONNECTION } from "../live.js";
import { part } from "../parts.js";
import { command, composing, currentId, leaving, me, online, state, target, unsent } from "../store.js";
import { change } from "../state/conversations.js";
import { edited, reacted } from "../state/items.js";
import { dismiss, note } from "./notes.js";

/** How long a deletion can be undone. */
const UNDO_MS = 6_000;
const NOTHING = { reply: null, edit: null, words: "", files: [] };

/** What is composed beside the text of a conversation. */
export const composed = (id) => composing.value[id] ?? NOTHING;

export function compose(id, alter) {
  composing.value = { ...composing.value, [id]: { ...composed(id), ...alter } };
}

/** The kinds of files that go with a message. */
export const ACCEPTED = "image/png,image/jpeg,image/gif,image/webp";

/** Adds files that were dropped, pasted or chosen to what is being composed. */
export const attach = (id, files) => withFiles(({ add }) => add(id, files));

/** Takes a file away again, also while it is on its way. */
export const detach = (id, key) => withFiles(({ takeAway }) => takeAway(id, key));

/** Uploads a file again that could not be. */
export const attachAgain = (id, key) => withFiles(({ again }) => again(id, key));

const withFiles = (act) => part("./action/files.js").then(act, (error) => void note(error.message, "warn"));

/** The next message answers this one. */
export function answer(one, item) {
  compose(one.id, { reply: item, edit: null });
  document.getElementById("composer")?.focus();
}

export const mayEdit = (item) => item.from.person === me.value?.person && !item.redacted;

/** Whoever leads a room may delete in it what others wrote. */
export function mayDelete(one, item) {
  if (item.redacted) return false;
  return item.from.person === me.value?.person
    || (one.kind === "room" && ["owner", "moderator"].includes(one.role));
}

/** The texts that a message has had, the first one first: `[{ text, at }]`. */
export const editsOf = (one, msgid) => command("chat.edits", { ...target(one), msgid }).then((answer) => answer.versions);

/** The composer takes this message to be corrected. */
export function beginEdit(one, item) {
  compose(one.id, { edit: item, words: item.text, reply: null });
  document.getElementById("composer")?.dispatchEvent(new CustomEvent("correct", { detail: item.text }));
}

/**
 * The last message of one's own that is held and can be corrected; "on its way" while a newer one
 * has not been seen in its room, since it would be the wrong one then.
 */
export function lastOwn(one) {
  const waits = ({ conversation, state, msgid }) => conversation === one.id && state !== "failed" && msgid === undefined;
  if (unsent.value.some(waits)) return "on its way";
  return one.items.findLast((item) => item.type === "message" && mayEdit(item) && item.kind !== "action");
}

/** Gives null when the correction was taken, or a sentence that says why not. */
export async function correct(one, item, text) {
  if (text.trim() === "") {
    remove(one, item);
    return null;
  }
  if (text === item.text) return null;
  const show = (words, at) => (state.value = change(state.value, one.id, (now) => ({
    ...now, items: edited(now.items, { msgid: item.id, text: words, at }),
  })));
  show(text, Date.now());
  try {
    await command("chat.edit", { ...target(one), msgid: item.id, text });
    return null;
  } catch (error) {
    show(item.text, item.edited);
    return error.message;
  }
}

/** Adds one's reaction, or takes it back. */
export async function react(one, item, emoji) {
  if (!online.value) return void note(NO_CONNECTION, "warn");
  const adds = !item.reactions?.some((each) => each.emoji === emoji && each.mine);
  const by = { person: me.value.person, nick: me.value.nick };
  const show = (shown) => (state.value = change(state.value, one.id, (now) => ({
    ...now, items: reacted(now.items, { msgid: item.id, by, emoji }, shown, me.value),
  })));
  show(adds);
  try {
    await command(adds ? "chat.react" : "chat.unreact", { ...target(one), msgid: item.id, emoji });
  } catch (error) {
    show(!adds);
    note(error.message, "warn");
  }
}

/** Deletes a message, but not before there was time to undo it; asked twice, at once. */
export function remove(one, item) {
  if (leaving.value.has(item.id)) return finish(item.id);
  const notice = note("The message will be deleted.", "plain", { label: "Undo", act: () => undo(item.id) });
  const timer = setTimeout(() => finish(item.id), UNDO_MS);
  leaving.value = new Map(leaving.value).set(item.id, { conversation: one.id, timer, notice });
}

export function undo(msgid) {
  drop(msgid);
}

async function finish(msgid) {
  const one = state.value.conversations[drop(msgid)?.conversation];
  if (one === undefined) return;
  try {
    await command("chat.redact", { ...target(one), msgid });
  } catch (error) {
    note(`Not deleted. ${error.message}`, "warn");
  }
}

function drop(msgid) {
  const known = leaving.value.get(msgid);
  if (known === undefined) return undefined;
  clearTimeout(known.timer);
  batch(() => {
    dismiss(known.notice);
    const left = new Map(leaving.value);
    left.delete(msgid);
    leaving.value = left;
  });
  return known;
}

/** The page is being left: what was to be deleted is deleted now. */
export function finishAll() {
  for (const msgid of [...leaving.value.keys()]) finish(msgid);
}

export const report = (one, msgid, reason) => command("chat.report", { ...target(one), msgid, reason });

/** The address of a message: whoever opens it and may read it finds it. */
export function addressOfMessage(item) {
  return `${location.origin}/${location.hash.split("?")[0]}?m=${item.id}`;
}

/** A message of the open conversation by its id. */
export function held(msgid) {
  return state.value.conversations[currentId.value]?.items.find((item) => item.id === msgid);
}
