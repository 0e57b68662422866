//! Searching in what was said, and the pictures of those who said it.

import { command, state } from "../store.js";
import { authorsOf, pictured } from "../state/pages.js";

/** A page of what was found: `{ hits, next }`. */
export async function find(question) {
  const { hits, next, avatars } = await command("chat.search", question);
  const messages = hits.map(({ message }) => message);
  state.value = pictured(state.value, authorsOf({ messages, avatars }));
  return { hits, next: next ?? null };
}
