//! The keys of the message that has the focus: r answers, e edits, + reacts, Del deletes, m more.

import { pick } from "./message.js";
import { dialog, leaving, singleKeys } from "../store.js";
import { answer, beginEdit, held, mayDelete, mayEdit, remove, undo } from "../action/messages.js";
import { copy, note } from "../action/notes.js";

/** Whether the key was one of a message. */
export function pressedOn(event, one) {
  const row = document.activeElement?.closest?.(".row-message") ?? null;
  if (row === null) return false;
  if (event.key === "Escape") {
    document.getElementById("composer")?.focus();
    return taken(event);
  }
  const act = event.key === "Delete" ? KEYS.Delete : singleKeys.value ? KEYS[event.key] : undefined;
  if (act === undefined) return false;
  const item = held(row.dataset.msgid);
  // What is on its way can't be answered yet; its keys are no text for the composer either.
  if (item === undefined) return row.matches(".is-waiting:not(.is-failed)") && taken(event);
  if (item.redacted && event.key !== "c") return false;
  act(one, item);
  return taken(event);
}

/** The event ends here, so that the key isn't also written into the composer. */
function taken(event) {
  event.preventDefault();
  event.stopPropagation();
  return true;
}

const KEYS = {
  r: answer,
  e(one, item) {
    if (mayEdit(item) && item.kind !== "action") beginEdit(one, item);
    else note("Only your own messages can be edited.");
  },
  "+": (one, item) => pick(one.id, item),
  Delete(one, item) {
    if (mayDelete(one, item)) remove(one, item);
    else note("You can't delete this message.");
  },
  u: (one, item) => leaving.value.has(item.id) && undo(item.id),
  m: (one, item) => (dialog.value = { name: "message", place: one.id, msgid: item.id }),
  async c(_, item) {
    if (await copy(item.text)) note("Copied.");
  },
};
