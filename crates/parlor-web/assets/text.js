//! Message text as pieces: links, code, emphasis, mentions. Pure; nothing here makes HTML.
//!
//! The text of a message is shown as it was typed, with a light touch: what IRC users see raw must
//! read the same here. Every piece is `{ type, text, … }` and the pieces' texts, with their marks,
//! add up to the message; views turn pieces into elements.

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/gi;
const TRAILING = /[.,;:!?…]+$/;

/** Splits a text into lines of code and lines of prose: `[{ type: "block" | "prose", text }]`. */
export function blocks(text) {
  const found = [];
  let rest = text;
  for (;;) {
    const open = rest.indexOf("```");
    const close = open < 0 ? -1 : rest.indexOf("```", open + 3);
    if (close < 0) break;
    const before = rest.slice(0, open).replace(/\n$/, "");
    if (before !== "") found.push({ type: "prose", text: before });
    const code = rest.slice(open + 3, close).replace(/^[a-z0-9+-]*\n/i, "").replace(/\n$/, "");
    if (code !== "") found.push({ type: "block", text: code });
    rest = rest.slice(close + 3).replace(/^\n/, "");
  }
  if (rest !== "") found.push({ type: "prose", text: rest });
  return found;
}

/** Splits a line of prose into pieces; `nick` is the reader's own, for mentions. */
export function pieces(text, nick = "") {
  return splitCode(text).flatMap((part) =>
    part.type === "code"
      ? [part]
      : splitLinks(part.text).flatMap((piece) =>
          piece.type === "link"
            ? [piece]
            : splitEmphasis(piece.text).flatMap((inner) =>
                inner.type === "text" ? splitMentions(inner.text, nick) : [inner],
              ),
        ),
  );
}

/** Whether a text names this nick as a word of its own. */
export function mentions(text, nick) {
  return nick !== "" && mentionPattern(nick).test(text);
}

function splitCode(text) {
  return split(text, /`([^`\n]+)`/g, (match) => ({ type: "code", text: match[1] }));
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

function splitEmphasis(text) {
  // Marks count only around words: `2 * 3 * 4` and snake_case_names stay as they are.
  const pattern = /(?<![\w*])\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)/g;
  return split(text, pattern, (match) =>
    match[1] === undefined
      ? { type: "emphasis", text: match[2] }
      : { type: "strong", text: match[1] },
  );
}

function splitMentions(text, nick) {
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
