//! Keeping order in a room: removing, banning, muting, its settings, reports and the audit log.

import { command, state } from "../store.js";

const onRoom = (id, name, p) => command(name, { k: state.value.conversations[id].k, ...p });

/** `who` names a person, an account or a mask; without `seconds` it is for good. */
export function ban(id, { person, account, mask, reason, seconds, mute }) {
  return onRoom(id, "chat.ban", {
    person, account, mask, reason: reason || undefined, expires_s: seconds ?? undefined, mute: mute || undefined,
  });
}

export const unban = (id, { mask, mute }) => onRoom(id, "chat.unban", { mask, mute });
export const bans = (id) => onRoom(id, "chat.bans", {}).then((answer) => answer.bans);
export const setSettings = (id, change) => onRoom(id, "chat.settings", change);
export const renameRoom = (id, name) => onRoom(id, "chat.rename", { name });
/**
 * What was done by those who keep order, newest first, before the place `before`; `id` null is the
 * whole server.
 */
export function audit(id, before) {
  return id === null ? command("chat.audit", { before }) : onRoom(id, "chat.audit", { before });
}
