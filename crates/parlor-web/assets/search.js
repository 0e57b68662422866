//! What is searched for, and what was found, cut to where the words are. Pure.

/** How a question is written: `[written, means]`; the server knows what each does. */
export const WRITTEN = [
  ["tea", "the word, whole"],
  ["tea*", "every word that begins so, from two letters on"],
  ["\"tea for two\"", "these words side by side"],
  ["-coffee", "without this word"],
  ["from:ann", "said by her"],
  ["in:#garden", "said in this room"],
  ["has:link", "with a link; also file, image"],
  ["is:mention", "that names you"],
  ["after:2026-11-27", "on this day (UTC) or later"],
  ["before:2026-11-27", "earlier than this day (UTC)"],
];

const AROUND = 60;
const LENGTH_MAX = 220;

/**
 * A query while it is being typed: its last word may go on. What is no plain word, or has ended with a
 * space, stays as it is.
 */
export function growing(typed) {
  const last = /(?:^|\s)([^\s"]+)$/.exec(typed)?.[1];
  const quotes = (typed.match(/"/g) ?? []).length;
  const plainWord = last !== undefined && quotes % 2 === 0 && !/^-/.test(last) && !/^(?:from|in|has|is|before|after):/i.test(last);
  return plainWord && /[\p{L}\p{N}]$/u.test(last) ? `${typed}*` : typed;
}

/** The words of a query that stand in a message: no operators, nothing that is excluded. */
export function wordsOf(query) {
  return [...query.matchAll(/"([^"]+)"|(\S+)/g)]
    .map(([, phrase, word]) => phrase ?? word)
    .filter((word) => !/^-/.test(word) && !/^(?:from|in|has|is|before|after):/i.test(word))
    .map((word) => word.replace(/^["*]+|["*]+$/g, ""))
    .filter(Boolean);
}

/** A text as parts `{ text, hit }`, cut to the surroundings of the first hit. */
export function excerpt(text, query) {
  const words = wordsOf(query).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const pattern = words.length === 0 ? null : new RegExp(words.sort((a, b) => b.length - a.length).join("|"), "gi");
  const first = pattern === null ? 0 : Math.max(0, text.search(pattern));
  const from = first > LENGTH_MAX - AROUND ? first - AROUND : 0;
  const shown = text.slice(from, from + LENGTH_MAX);
  const parts = from > 0 ? [{ text: "…", hit: false }] : [];
  let done = 0;
  for (const match of pattern === null ? [] : shown.matchAll(pattern)) {
    if (match.index > done) parts.push({ text: shown.slice(done, match.index), hit: false });
    parts.push({ text: match[0], hit: true });
    done = match.index + match[0].length;
  }
  if (done < shown.length) parts.push({ text: shown.slice(done), hit: false });
  if (from + LENGTH_MAX < text.length) parts.push({ text: "…", hit: false });
  return parts;
}
