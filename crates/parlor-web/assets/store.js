//! The one store: the signals that views read. What changes them is in `action/`.
//!
//! Data comes in by `live.js`, is folded by the pure functions of `state/`, and is shown by `view/`.
//! Nothing a member typed lives only here: messages go through the outbox, drafts into the
//! browser's storage and to the server.

import { computed, signal } from "./vendor/signals.js";
import { kept } from "./kept.js";
import { CommandError, NO_CONNECTION } from "./live.js";
import { initial, ordered, totals as totalled } from "./state/conversations.js";

export const state = signal(initial());
/** The connection: `{ phase, reason, retryAt }`. */
export const link = signal({ phase: "connecting", reason: null, retryAt: null });
/** The id of the open conversation, or null for the list. */
export const currentId = signal(null);
/** Unacknowledged messages, oldest first. */
export const unsent = signal([]);
/** The open dialog: `{ name, … }`, or null. */
export const dialog = signal(null);
/** Short notes that go away by themselves: `[{ id, text, tone, action }]`. */
export const notices = signal([]);
/** What a screen reader should say about the open conversation. */
export const announced = signal([]);
/** What is being composed beside the draft, by conversation: `{ reply, edit, words, files }`; `words` correct `edit`. */
export const composing = signal({});
/** Messages that will be deleted when nobody says otherwise, by msgid. */
export const leaving = signal(new Map());
/** Who is writing where: `{ conversation: [{ person, nick, until }] }`. */
export const writing = signal({});
/** The message that was jumped to: shown with a light for a moment. */
export const lit = signal(null);
/** What of history is on its way: the id of a conversation, or null. */
export const busy = signal(null);

export const membersShown = signal(kept("parlor.members", "true") === "true");
const roomy = matchMedia("(min-width: 960px)");
/** Whether there is a place for the members beside the conversation; otherwise a dialog has them. */
export const membersFit = signal(roomy.matches);
roomy.addEventListener("change", () => (membersFit.value = roomy.matches));
export const theme = signal(kept("parlor.theme", "auto"));
export const singleKeys = signal(kept("parlor.keys", "true") === "true");
/** Whether others see when one is writing; then one sees it of them, too. */
export const sharesTyping = signal(kept("parlor.typing", "true") === "true");
/** When nothing may ring: `{ from, to }` as "22:00", or null. */
export const quietHours = signal(null);
/** Whether the reader looks at the end of the open conversation. */
export const atBottom = signal(true);
/** Whether somebody sits before this page now. */
export const attentive = signal(!document.hidden && document.hasFocus());

export const current = computed(() => state.value.conversations[currentId.value] ?? null);
export const list = computed(() => ordered(state.value));
export const totals = computed(() => totalled(state.value));
/** Where the pictures of people are, by person. */
export const avatars = computed(() => state.value.avatars);
export const me = computed(() => state.value.me);
export const online = computed(() => link.value.phase === "online");

/** The words of the server-rendered shell. */
export const shell = { server: "", version: "", me: "", live: "" };

let connection = null;

/** Names the connection that commands go through. */
export function connectBy(live) {
  connection = live;
}

/** Gives the server a command; the promise has its answer, or fails with a `CommandError`. */
export function command(t, p = {}) {
  if (connection === null) {
    return Promise.reject(new CommandError("disconnected", NO_CONNECTION));
  }
  return connection.command(t, p);
}

/** How the protocol names a conversation. */
export function target(one) {
  return one.kind === "room" ? { k: one.k } : { person: one.person };
}

export const narrow = () => matchMedia("(max-width: 719px)").matches;

/** A name for a message of which no other page can think. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
