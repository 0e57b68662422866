//! What calls for the reader outside the page: the title, and notes of the system where the browser
//! has them (not on a plain address in a LAN). Nothing of what was said leaves the browser.

import { effect } from "../vendor/signals.js";
import { attentive, current, quietHours, shell, state, totals } from "../store.js";
import { keep, kept } from "../kept.js";
import { isCall } from "../state/items.js";
import { personId, roomId } from "../state/conversations.js";
import { rings } from "../state/notify.js";
import { go } from "./places.js";

/** Whether the browser has notes of the system here. */
export const canRing = () => typeof Notification === "function" && isSecureContext;
export const wantsToRing = () => canRing() && Notification.permission === "granted" && kept("parlor.ring", "false") === "true";

/** Switches notes of the system on or off; gives whether they are on now. */
export async function setRinging(on) {
  const granted = on && canRing() && (await Notification.requestPermission()) === "granted";
  keep("parlor.ring", String(granted));
  return granted;
}

/** An effect: the title says what waits. */
export function titled() {
  effect(() => {
    const { calls, unread } = totals.value;
    const place = current.value?.name;
    const name = [place, shell.server].filter(Boolean).join(" · ");
    document.title = calls > 0 ? `(${calls}) ${name}` : unread > 0 ? `• ${name}` : name;
  });
}

/** A message came while nobody sits before the page. */
export function ring({ t, k, p }) {
  const { me, conversations } = state.value;
  if (t !== "chat.posted" || attentive.value || p.from.person === me?.person || !wantsToRing()) return;
  const one = conversations[p.to ? personId(p.from.person) : roomId(k)];
  const now = new Date();
  const call = isCall({ type: "message", ...p }, me);
  const level = one?.notify ?? "default";
  const minute = now.getHours() * 60 + now.getMinutes();
  if (one === undefined || !rings({ kind: one.kind, level, call, quiet: quietHours.value, minute })) return;
  const title = one.kind === "person" ? p.from.nick : `${p.from.nick} in ${one.name}`;
  const shown = new Notification(title, { body: p.text.slice(0, 140), tag: p.msgid });
  shown.onclick = () => {
    focus();
    go(one.id);
    shown.close();
  };
}

/** What another device set: quiet hours. */
export function adoptQuietHours({ from, to }) {
  quietHours.value = from && to ? { from, to } : null;
}
