//! The keys of the whole page. Keys of one part are handled where that part is.

import { current, dialog, singleKeys } from "./store.js";
import { step } from "./action/places.js";
import { markAllRead, markCurrentRead } from "./action/reading.js";

export function listen() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (pressed(event)) event.preventDefault();
  });
}

/** Whether the key was ours. */
function pressed(event) {
  const { key, altKey, shiftKey } = event;
  const mod = event.ctrlKey || event.metaKey;
  if (mod && !altKey && !shiftKey && key.toLowerCase() === "k") {
    dialog.value = dialog.value?.name === "palette" ? null : { name: "palette" };
    return true;
  }
  if (mod && key === "/") return show("help");
  if (mod && shiftKey && key.toLowerCase() === "f") {
    dialog.value = { name: "search", query: "" };
    return true;
  }
  // Everything else is the dialog's while one is open.
  if (dialog.value !== null) return false;
  if (altKey && !mod && (key === "ArrowUp" || key === "ArrowDown")) {
    step(key === "ArrowUp" ? -1 : 1, shiftKey);
    return true;
  }
  if (key === "Escape") {
    if (shiftKey) markAllRead();
    else markCurrentRead();
    return current.value !== null;
  }
  if (mod || altKey || writing(event.target)) return false;
  if (key === "?" && singleKeys.value) return show("help");
  // With the focus on a message, not on the way to the composer.
  const onMessage = event.target instanceof Element && event.target.closest(".row-message") !== null;
  if (singleKeys.value && onMessage && (key === "n" || key === "p")) {
    step(key === "n" ? 1 : -1, true);
    return true;
  }
  // Whoever begins to write means the composer, wherever the focus is.
  if (key.length === 1 && key !== " " && current.value !== null && singleKeys.value) {
    document.getElementById("composer")?.focus();
  }
  return false;
}

function show(name) {
  dialog.value = { name };
  return true;
}

function writing(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}
