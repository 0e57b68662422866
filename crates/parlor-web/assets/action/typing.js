//! Tells others that one is writing, and notes who is; not when the reader switched it off.

import { effect } from "../vendor/signals.js";
import { command, online, sharesTyping, target, writing } from "../store.js";
import { nextStale, withoutStale, withTyping } from "../state/typing.js";

/** The server passes on one sign of life in so much time. */
const AGAIN_MS = 3_000;
const PAUSE_MS = 5_000;

let said = { id: null, at: 0 };
let pause = null;

/** Something was typed into the composer of a conversation. */
export function typed(one, text) {
  const command = text.startsWith("/") && !text.startsWith("//") && !text.startsWith("/me ");
  if (text.trim() === "" || command) return stopped(one);
  if (!sharesTyping.value || !online.value) return;
  clearTimeout(pause);
  pause = setTimeout(() => tell(one, "paused"), PAUSE_MS);
  if (said.id === one.id && Date.now() - said.at < AGAIN_MS) return;
  said = { id: one.id, at: Date.now() };
  tell(one, "active");
}

/** What was being written is sent, or gone. */
export function stopped(one) {
  clearTimeout(pause);
  if (said.id !== one.id) return;
  said = { id: null, at: 0 };
  tell(one, "done");
}

function tell(one, state) {
  if (state === "paused") said = { id: null, at: 0 };
  if (sharesTyping.value && online.value) command("chat.typing", { ...target(one), state }).catch(() => {});
}

/** Somebody is writing, or has stopped. */
export function heard(conversation, { by, state }) {
  if (sharesTyping.value) writing.value = withTyping(writing.value, conversation, { by, state }, Date.now());
}

/** An effect: whoever isn't heard of any more isn't writing any more. */
export function forgetStale() {
  let timer = null;
  effect(() => {
    clearTimeout(timer);
    const next = nextStale(writing.value);
    if (next === null) return;
    timer = setTimeout(() => (writing.value = withoutStale(writing.value, Date.now())), Math.max(50, next - Date.now()));
  });
}
