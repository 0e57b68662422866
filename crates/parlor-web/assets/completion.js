//! What the composer offers to complete: commands, people, rooms, emoji. Pure.

import { completions } from "./slash.js";

const CHOICES_MAX = 8;
/** Fewer letters after a colon are more often a smile than a name. */
const EMOJI_LETTERS_MIN = 2;

/**
 * The choices for a text with the caret in it: `{ from, insert, label, detail, nick?, emoji? }`.
 * `known` has `members`, `rooms` and `emoji(words, limit)`, which gives null while its list is on
 * its way.
 */
export function choicesFor(text, caret, known) {
  const before = text.slice(0, caret);
  const commands = completions(before);
  if (commands.length > 0) {
    // A command that is typed out in full is no question any more.
    if (commands.length === 1 && commands[0].name === before.slice(1)) return [];
    return commands.slice(0, CHOICES_MAX).map(({ name, takes, does }) => ({
      from: 0, insert: `/${name}${takes === "" ? "" : " "}`, label: `/${name} ${takes}`, detail: does,
    }));
  }
  const match = /(?:^|[\s(])([@#:])([^\s@#:]*)$/.exec(before);
  if (match === null) return [];
  const [, sign, begun] = match;
  const from = caret - begun.length - 1;
  if (sign === "@") return people(begun.toLowerCase(), from, known.members);
  if (sign === "#") return rooms(begun.toLowerCase(), from, known.rooms);
  return emoji(begun, from, known.emoji);
}

/** Whether the text before the caret asks for the list of emoji. */
export function wantsEmoji(text, caret) {
  return /(?:^|[\s(]):[a-z0-9+_-]+:?$/i.test(text.slice(0, caret));
}

/** A closed `:name:` before the caret, or null: `{ from, name }`. */
export function closedName(text, caret) {
  const match = /(?:^|[\s(]):([a-z0-9+_-]{2,40}):$/i.exec(text.slice(0, caret));
  return match === null ? null : { from: caret - match[1].length - 2, name: match[1] };
}

function people(begun, from, members) {
  return members
    .filter(({ nick }) => nick.toLowerCase().startsWith(begun) && nick.toLowerCase() !== begun)
    .slice(0, CHOICES_MAX)
    .map(({ nick, away }) => ({
      from, insert: `@${nick} `, label: nick, detail: away ? "away" : "", nick,
    }));
}

function rooms(begun, from, all) {
  return all
    .filter(({ name }) => name.toLowerCase().startsWith(`#${begun}`) && name.toLowerCase() !== `#${begun}`)
    .slice(0, CHOICES_MAX)
    .map(({ name, subject }) => ({ from, insert: `${name} `, label: name, detail: subject }));
}

function emoji(begun, from, find) {
  if (begun.length < EMOJI_LETTERS_MIN || !/^[a-z0-9+_-]+$/i.test(begun)) return [];
  return (find(begun, CHOICES_MAX) ?? []).map((entry) => ({
    from, insert: `${entry.emoji} `, label: `:${entry.name}:`, detail: "", emoji: entry.emoji,
  }));
}

const WRAPS = { b: "**", i: "_", e: "`" };

/** The text with a mark around the selection, or without it if it stands there; null: no such key. */
export function wrapped(text, start, end, key) {
  const mark = WRAPS[key];
  if (mark === undefined) return null;
  const inside = text.slice(start, end);
  const before = text.slice(0, start);
  const after = text.slice(end);
  if (before.endsWith(mark) && after.startsWith(mark)) {
    return { text: before.slice(0, -mark.length) + inside + after.slice(mark.length), start: start - mark.length, end: end - mark.length };
  }
  return { text: before + mark + inside + mark + after, start: start + mark.length, end: end + mark.length };
}
