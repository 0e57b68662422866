//! What is typed with a slash in front: the commands, and texts that only look like one. Loaded when
//! the first is typed.

import { command, current, dialog, membersFit, membersShown } from "../store.js";
import { parse } from "../slash.js";
import { ban } from "./moderation.js";
import { note } from "./notes.js";
import { findPerson, join, kick, memberNamed, part, rename, setAway, setSubject, talk } from "./rooms.js";
import { post } from "./writing.js";

/** Does what was typed; null, or a sentence that says why not. */
export async function run(one, typed) {
  const wish = parse(typed);
  if (wish.do === "nothing") return null;
  if (wish.do === "refuse") return wish.why;
  if (wish.do === "post") return post(one, wish.kind, wish.text);
  try {
    return (await DO[wish.do](wish, one)) ?? null;
  } catch (error) {
    return error.message;
  }
}

/** What the commands do; a sentence that is given back says why not. */
const DO = {
  async msg({ nick, text }) {
    const person = await findPerson(nick);
    if (person === null) return `There is nobody called ${nick} here.`;
    talk(person);
    if (text !== "") return post(current.value, "text", text);
  },
  join: ({ name }) => join(name),
  part: ({ reason }, one) => part(one.id, reason),
  topic({ subject }, one) {
    if (one.kind !== "room") return "Only rooms have a topic.";
    if (subject === "") return void (dialog.value = { name: "topic", id: one.id });
    return setSubject(one.id, subject);
  },
  nick: ({ nick }) => rename(nick),
  away: ({ text }) => setAway(text),
  async invite({ nick }, one) {
    if (nick === "") return void (dialog.value = { name: "invite" });
    if (one.kind !== "room") return "Open the room first, then invite somebody to it.";
    await command("chat.invite", { k: one.k, nick });
    note(`${nick} is invited to ${one.name}.`);
  },
  async kick({ nick, reason }, one) {
    if (one.kind !== "room") return "Only rooms have members to remove.";
    const member = memberNamed(one, nick);
    if (member === undefined) return `There is nobody called ${nick} in ${one.name}.`;
    await kick(one.id, member.person, reason);
  },
  async ban({ nick, seconds, reason }, one) {
    if (one.kind !== "room") return "Only rooms can keep somebody out.";
    const member = memberNamed(one, nick);
    await ban(one.id, { ...(member === undefined ? { account: nick } : { person: member.person }), reason, seconds, mute: false });
    note(`${nick} is banned from ${one.name}.`);
  },
  search: ({ query }) => void (dialog.value = { name: "search", query }),
  who(_, one) {
    if (one.kind !== "room") return void (dialog.value = { name: "people" });
    if (membersFit.value) membersShown.value = true;
    else dialog.value = { name: "members" };
  },
  list: () => void (dialog.value = { name: "rooms" }),
  help: () => void (dialog.value = { name: "help" }),
};
