//! What may ring: by the conversation's level, and not in quiet hours. Pure.

/** The levels in the order in which they are offered. */
export const LEVELS = [
  ["default", "As usual: mentions and private messages"],
  ["all", "Every message"],
  ["mentions", "Mentions only"],
  ["nothing", "Nothing; it counts nowhere"],
];

/** Whether a message is worth a sound or a note of the system. */
export function rings({ kind, level, call, quiet, minute }) {
  if (level === "nothing" || (quiet !== null && isQuiet(quiet, minute))) return false;
  if (level === "all") return true;
  return level === "mentions" ? call : call || kind === "person";
}

/** Whether a minute of the day lies in quiet hours, which may go over midnight. */
export function isQuiet({ from, to }, minute) {
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  if (begin === null || end === null || begin === end) return false;
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end;
}

/** "22:30" as minutes since midnight, or null. */
export function minuteOf(text) {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text ?? "");
  if (match === null) return null;
  const [hour, minute] = [Number(match[1]), Number(match[2])];
  return hour < 24 && minute < 60 ? hour * 60 + minute : null;
}
