//! The reader's own account: invitations, passwords, sessions, what may ring.

import { command, quietHours, state, target } from "../store.js";
import { change } from "../state/conversations.js";

/** `to`: a room and a role there, `{ k, role }`; without one the link is to the server. */
export const makeInvitation = (uses, days, to) => command("invite.create", { uses, days, ...to });
export const invitations = () => command("invite.list", {}).then((answer) => answer.invitations);
export const revokeInvitation = (id) => command("invite.revoke", { id });
export const sessions = () => command("sessions.list", {}).then((answer) => answer.sessions);
export const endSession = (id) => command("sessions.end", { id });
export const appPasswords = () => command("passwords.list", {}).then((answer) => answer.passwords);
export const makeAppPassword = (name) => command("passwords.create", { name });
export const removeAppPassword = (id) => command("passwords.remove", { id });
export const changePassword = (old, next) => command("password.change", { old, new: next });

/** What of a conversation may ring. */
export async function setNotify(id, level) {
  const one = state.value.conversations[id];
  const before = one.notify;
  const show = (shown) => (state.value = change(state.value, id, (now) => ({ ...now, notify: shown })));
  show(level);
  try {
    await command("chat.notify", { ...target(one), level });
  } catch (error) {
    show(before);
    throw error;
  }
}

/** Whether one stays in one's rooms while no device is connected. */
export async function setAlwaysOn(on) {
  await command("always_on", { on });
  state.value = { ...state.value, me: { ...state.value.me, always_on: on } };
}

/** When nothing may ring: `{ from, to }`, or null for never. */
export async function setQuietHours(hours) {
  await command("chat.quiet_hours", hours ?? { from: null, to: null });
  quietHours.value = hours;
}
