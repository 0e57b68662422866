//! From a conversation's items to the rows on the screen. Pure.
//!
//! Consecutive messages of one author form a group under one name; comings and goings become one
//! quiet line; a new day and the first unread message get a line of their own.

import { listed } from "./text.js";

const GROUP_MS = 5 * 60_000;

/**
 * The rows of a conversation.
 *
 * `marker` is the offset of the last message that was read when the reader came (null: no line).
 * Rows are `{ type: "day" | "unread" | "message" | "notice" | "presence", key, … }`.
 */
export function rows(items, { marker = null, me = null } = {}) {
  const found = [];
  let day = null;
  let previous = null;
  let marked = marker === null;
  let present = null;
  for (const item of items) {
    const today = dayOf(item.at);
    if (today !== day) {
      found.push({ type: "day", key: `day ${today}`, at: item.at });
      day = today;
      previous = present = null;
    }
    if (!marked && isUnread(item, marker, me)) {
      found.push({ type: "unread", key: "unread" });
      marked = true;
      previous = present = null;
    }
    if (item.type === "presence") {
      if (present === null) {
        present = { type: "presence", key: `presence ${item.id}`, at: item.at, items: [] };
        found.push(present);
      }
      present.items.push(item);
      previous = null;
    } else if (item.type === "message") {
      found.push({ type: "message", key: item.id, item, head: !continues(previous, item) });
      previous = item;
      present = null;
    } else {
      found.push({ type: "notice", key: item.id, item });
      previous = present = null;
    }
  }
  return found;
}

function isUnread(item, marker, me) {
  return item.type === "message" && item.n > marker && item.from.person !== me;
}

function continues(previous, item) {
  return (
    previous !== null &&
    previous.from.person === item.from.person &&
    previous.from.nick === item.from.nick &&
    previous.kind !== "action" &&
    item.kind !== "action" &&
    item.reply === undefined &&
    item.at - previous.at < GROUP_MS
  );
}

/** A day as a sortable word, in the reader's own time zone. */
export function dayOf(at) {
  const date = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** One sentence for many comings and goings: who came and went again isn't news. */
export function presenceText(items) {
  const people = new Map();
  const renamed = [];
  for (const item of items) {
    if (item.what === "renamed") {
      renamed.push(`${item.old} is now ${item.nick}`);
      continue;
    }
    const person = people.get(item.person) ?? { first: item.what };
    people.set(item.person, { ...person, nick: item.nick, last: item.what });
  }
  const names = (first, last) =>
    [...people.values()].filter((one) => one.first === first && one.last === last).map((one) => one.nick);
  const parts = [
    [names("entered", "entered"), "joined"],
    [names("left", "left"), "left"],
    [names("entered", "left"), "joined and left"],
    [names("left", "entered"), "left and came back"],
  ]
    .filter(([nicks]) => nicks.length > 0)
    .map(([nicks, verb]) => `${listed(nicks)} ${verb}`);
  return [...parts, ...renamed].join(" · ");
}

/** "Today", "Yesterday", or the date in words. */
export function dayText(at, now) {
  const day = dayOf(at);
  if (day === dayOf(now)) return "Today";
  if (day === dayOf(now - 86_400_000)) return "Yesterday";
  const date = new Date(at);
  const options = { weekday: "long", day: "numeric", month: "long" };
  if (date.getFullYear() !== new Date(now).getFullYear()) options.year = "numeric";
  return date.toLocaleDateString(undefined, options);
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** Hours and minutes, as the reader writes them; `bare` leaves out morning and afternoon. */
export function timeText(at, bare = false) {
  if (!bare) return CLOCK.format(at);
  const parts = CLOCK.formatToParts(at).filter(({ type }) => type !== "dayPeriod");
  return parts.map(({ value }) => value).join("").trim();
}
