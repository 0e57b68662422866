//! Rooms and people: joining, leaving, writing to somebody, one's own nick and absence.

import { batch } from "../vendor/signals.js";
import { command, currentId, list, narrow, state } from "../store.js";
import { befriended, joined, left, personId, roomId } from "../state/conversations.js";
import { pictured } from "../state/pages.js";
import { note } from "./notes.js";
import { go } from "./places.js";

/** Joins a room, or makes it; fails with the reason why not. */
export async function join(name) {
  const answer = await command("chat.join", { name });
  state.value = joined(state.value, answer.room);
  go(roomId(answer.room.k));
}

/** The same where nothing waits for it: the reason why not is a note. */
export const tryJoin = (name) => join(name).catch((error) => note(error.message, "warn"));

export async function part(id, reason = "") {
  const one = state.value.conversations[id];
  if (one === undefined) return;
  if (one.kind === "room") await command("chat.part", { k: one.k, reason });
  const next = list.value.rooms.find((other) => other.id !== id);
  batch(() => {
    if (currentId.value === id) go(narrow() ? null : (next?.id ?? null));
    state.value = left(state.value, id);
  });
}

/** Opens the private conversation with somebody. */
export function talk({ person, nick, online: here = true }) {
  state.value = befriended(state.value, { person, nick, online: here });
  go(personId(person));
}

/** Whoever is called so: known here, online, or away with an account; else null. */
export async function findPerson(nick) {
  const folded = nick.toLowerCase();
  for (const one of list.value.all) {
    if (one.kind === "person" && one.name.toLowerCase() === folded) return { person: one.person, nick: one.name, online: one.online };
    const member = one.kind === "room" ? memberNamed(one, nick) : undefined;
    if (member !== undefined) return { ...member, online: !member.gone };
  }
  // The server knows everybody online, and who has an account and is away.
  const { people } = await command("people", { nick });
  return people[0] ?? null;
}

export function memberNamed(one, nick) {
  const folded = nick.toLowerCase();
  return Object.values(one.members ?? {}).find((member) => member.nick.toLowerCase() === folded);
}

export const rooms = () => command("chat.rooms", {}).then((answer) => answer.rooms);
export async function people() {
  const { people } = await command("people", {});
  state.value = pictured(state.value, people);
  return people.map((one) => ({ ...one, gone: one.online === false }));
}

export const setSubject = (id, subject) => onRoom(id, "chat.subject", { subject });
export const kick = (id, person, reason) => onRoom(id, "chat.kick", { person, reason: reason ?? "" });
export const setRole = (id, person, role) => onRoom(id, "chat.role", { person, role });

async function onRoom(id, name, p) {
  await command(name, { k: state.value.conversations[id].k, ...p });
}

export async function rename(nick) {
  const answer = await command("nick", { nick });
  state.value = { ...state.value, me: { ...state.value.me, nick: answer.nick ?? nick } };
}

export async function setAway(text) {
  await command("away", { text });
  state.value = { ...state.value, me: { ...state.value.me, away: text } };
  note(text === null ? "You are back." : "You are marked as away.");
}
