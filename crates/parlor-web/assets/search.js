//! What is searched for, and what was found, cut to where the words are. Pure.

const AROUND = 60;
const LENGTH_MAX = 220;

/** A query as the server reads it: people leave out the sign of a room's name, as in `in:lobby`. */
export function written(query) {
  return query.replace(/(^|\s)(-?in:)(?=[^#\s])/gi, "$1$2#");
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
