//! Small things about text: links and mentions in it, names, counts. Pure.

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/gi;
const TRAILING = /[.,;:!?…]+$/;

/** What a message may have at most; the server refuses more. */
export const TEXT_BYTES_MAX = 8_000;

/** How large a text is on the wire. */
export const bytesOf = (text) => new TextEncoder().encode(text).length;

/** Whether a text names this nick as a word of its own. */
export function mentions(text, nick) {
  return nick !== "" && mentionPattern(nick).test(text);
}

/** Splits off `http` and `https` links; what closes a sentence isn't part of one. */
export function splitLinks(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const url = trimLink(match[0]);
    if (!parses(url)) continue;
    if (match.index > from) found.push({ type: "text", text: text.slice(from, match.index) });
    found.push({ type: "link", text: url, url });
    from = match.index + url.length;
  }
  if (from < text.length) found.push({ type: "text", text: text.slice(from) });
  return found;
}

/** Cuts closing punctuation, and a closing bracket that the link didn't open. */
function trimLink(url) {
  for (;;) {
    const before = url;
    url = url.replace(TRAILING, "");
    for (const [open, close] of ["()", "[]", "{}"]) {
      if (url.endsWith(close) && count(url, close) > count(url, open)) url = url.slice(0, -1);
    }
    if (url === before) return url;
  }
}

function parses(url) {
  try {
    return new URL(url).hostname !== "";
  } catch {
    return false;
  }
}

function count(text, letter) {
  return text.split(letter).length - 1;
}

/** Splits off the places where this nick is named. */
export function splitMentions(text, nick) {
  if (nick === "") return [{ type: "text", text }];
  return split(text, mentionPattern(nick, "gi"), (match) => ({ type: "mention", text: match[0] }));
}

/** A nick may hold signs that are word boundaries for a pattern, hence the look-arounds. */
function mentionPattern(nick, flags = "i") {
  const escaped = nick.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`(?<![\\w\\-\\[\\]\\\\\`^{}|])@?${escaped}(?![\\w\\-\\[\\]\\\\\`^{}|])`, flags);
}

function split(text, pattern, piece) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) found.push({ type: "text", text: text.slice(from, match.index) });
    found.push(piece(match));
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ type: "text", text: text.slice(from) });
  return found;
}

/** The colour of a person, 0 to 7: the same for everybody who looks. */
export function tone(name) {
  let mixed = 0x2545f491;
  for (const letter of String(name).toLowerCase()) {
    mixed = Math.imul(mixed ^ letter.codePointAt(0), 0x01000193);
  }
  return ((mixed ^ (mixed >>> 13) ^ (mixed >>> 23)) >>> 0) % 8;
}

/** What stands in a person's picture. */
export function initials(name) {
  const words = String(name).split(/[-_[\]\\`^{}|\s]+/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words[1][0] : (words[0] ?? "?").slice(0, 1);
  return letters.toUpperCase();
}

/** Names in a sentence: "ann", "ann and bob", "ann, bob and 3 others". */
export function listed(names, most = 3) {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length <= most) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} others`;
}

/** "1 person", "2 people". */
export function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
