//! Who is writing where. Pure: the time is an argument.

/** How long somebody who said nothing more is taken to be writing. */
export const ACTIVE_MS = 6_000;
/** More people than these are "several". */
const NAMED_MAX = 3;

/** Somebody writes, pauses or stops; nothing but writing is shown. */
export function withTyping(all, conversation, { by, state }, now) {
  const others = (all[conversation] ?? []).filter(({ person }) => person !== by.person);
  const people = state === "active" ? [...others, { person: by.person, nick: by.nick, until: now + ACTIVE_MS }] : others;
  if (people.length === 0 && all[conversation] === undefined) return all;
  return { ...all, [conversation]: people };
}

/** Without those of whom nothing was heard; the same object when nobody goes. */
export function withoutStale(all, now) {
  let changed = false;
  const next = {};
  for (const [conversation, people] of Object.entries(all)) {
    const left = people.filter(({ until }) => until > now);
    changed ||= left.length !== people.length;
    if (left.length > 0) next[conversation] = left;
  }
  return changed ? next : all;
}

/** When the next of them goes stale, or null. */
export function nextStale(all) {
  const times = Object.values(all).flat().map(({ until }) => until);
  return times.length === 0 ? null : Math.min(...times);
}

/** "ann is writing", "ann, bob and carla are writing", "Several people are writing". */
export function typingText(people = []) {
  const nicks = people.map(({ nick }) => nick);
  if (nicks.length === 0) return "";
  if (nicks.length === 1) return `${nicks[0]} is writing…`;
  if (nicks.length > NAMED_MAX) return "Several people are writing…";
  return `${nicks.slice(0, -1).join(", ")} and ${nicks.at(-1)} are writing…`;
}
