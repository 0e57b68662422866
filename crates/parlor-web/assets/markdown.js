//! The Markdown that messages know, as a tree: bold, italic, strike, code, quotes, lists, links,
//! spoilers. Pure; nothing here makes HTML, and views turn the tree into elements.
//!
//! Whoever reads by IRC sees the text as it was typed, so marks that stand for nothing stay as they
//! are: `2 * 3 * 4`, snake_case_names, a lone backtick. Any text has a tree; the time it takes grows
//! with its length only.

import { splitLinks, splitMentions } from "./text.js";

/** Marks inside marks inside marks end somewhere. */
const DEPTH_MAX = 6;
/** Takes the place of what was recognised first: code, links, escaped signs. */
const SLOT = "\uFFFC";
/** Longer marks first: `**` is not two `*`. */
const MARKS = [["**", "strong"], ["__", "strong"], ["~~", "strike"], ["||", "spoiler"], ["*", "emphasis"], ["_", "emphasis"]];
const WORD = /[\p{L}\p{N}]/u;

/**
 * A text as blocks: `{ type: "code", text, language }`, `{ type: "quote" | "paragraph", pieces }`,
 * `{ type: "list", start, items: [pieces] }`. Pieces are strings or `{ type, … }`; `nick` is the
 * reader's own, for mentions.
 */
export function tree(text, nick = "") {
  return fenced(text).flatMap((part) => (part.type === "code" ? [part] : lines(part.text, nick)));
}

/** The text without its marks, for quotes, notes and the like; spoilers stay hidden. */
export function plain(text) {
  return tree(text).map((block) => {
    if (block.type === "code") return block.text;
    if (block.type === "list") return block.items.map(bare).join(" · ");
    return bare(block.pieces);
  }).join(" ").replace(/\s+/g, " ").trim();
}

function bare(pieces) {
  return pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    if (piece.type === "spoiler") return "▒▒▒";
    return piece.text ?? bare(piece.pieces);
  }).join("");
}

/** Whether a text is nothing but a few emoji: such may be large. */
export function isEmojiOnly(text) {
  const signs = text.replace(/[\s\u200d\ufe0f\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]/gu, "");
  if (signs === "" || [...signs].length > 8) return false;
  return /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|[#*0-9]\u20e3)+$/u.test(signs);
}

/** Code between fences, and what stands around it. A fence that is never closed is text. */
function fenced(text) {
  const found = [];
  let rest = text;
  for (;;) {
    const open = rest.indexOf("```");
    const close = open < 0 ? -1 : rest.indexOf("```", open + 3);
    if (close < 0) break;
    const before = rest.slice(0, open).replace(/\n$/, "");
    if (before !== "") found.push({ type: "prose", text: before });
    const inside = rest.slice(open + 3, close);
    const language = /^([a-z0-9+#-]*)\n/i.exec(inside);
    const code = inside.slice(language?.[0].length ?? 0).replace(/\n$/, "");
    if (code !== "") found.push({ type: "code", text: code, language: language?.[1] ?? "" });
    rest = rest.slice(close + 3).replace(/^\n/, "");
  }
  if (rest !== "") found.push({ type: "prose", text: rest });
  return found;
}

/** Lines of prose as quotes, lists and paragraphs. */
function lines(text, nick) {
  const found = [];
  for (const line of text.split("\n")) {
    const quote = /^>\s?(.*)$/.exec(line);
    const item = /^\s{0,3}(?:[-*•]|(\d{1,4})[.)])\s+(\S.*)$/.exec(line);
    const last = found.at(-1);
    if (quote !== null) {
      if (last?.type === "quote") last.lines.push(quote[1]);
      else found.push({ type: "quote", lines: [quote[1]] });
    } else if (item !== null) {
      const start = item[1] === undefined ? null : Number(item[1]);
      if (last?.type === "list" && (last.start === null) === (start === null)) last.lines.push(item[2]);
      else found.push({ type: "list", start, lines: [item[2]] });
    } else if (last?.type === "paragraph") last.lines.push(line);
    else found.push({ type: "paragraph", lines: [line] });
  }
  return found
    // An empty line beside a list or a quote has done its work.
    .map((block) => (block.type === "paragraph" && found.length > 1 ? { ...block, lines: trimmed(block.lines) } : block))
    .filter((block) => block.lines.length > 0)
    .map(({ type, start, lines: held }) =>
      type === "list"
        ? { type, start, items: held.map((line) => pieces(line, nick)) }
        : { type, pieces: pieces(held.join("\n"), nick) },
    );
}

function trimmed(all) {
  const from = all.findIndex((line) => line.trim() !== "");
  return from < 0 ? [] : all.slice(from, all.findLastIndex((line) => line.trim() !== "") + 1);
}

/** A text as pieces. */
export function pieces(text, nick = "") {
  const atoms = [];
  const slotted = withSlots(text, atoms);
  return joined(marked(slotted, { atoms, nick, at: 0 }, 0));
}

/** Takes out what no mark may reach into, leaving a slot for each. */
function withSlots(text, atoms) {
  const pattern = /\uFFFC|\\([\\`*_~|[\]()#>.-])|`([^`\n]+)`|\[([^\][\n]{1,200})\]\((https?:\/\/[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)\)/g;
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const [all, escaped, code, label, url] = match;
    parts.push(linked(text.slice(from, match.index), atoms), SLOT);
    atoms.push(
      code !== undefined ? { type: "code", text: code }
        : label !== undefined && URL.canParse(url) ? { type: "link", text: label, url }
          : escaped ?? all,
    );
    from = match.index + all.length;
  }
  parts.push(linked(text.slice(from), atoms));
  return parts.join("");
}

/** Bare links take slots, too: their signs are no marks. */
function linked(text, atoms) {
  return splitLinks(text).map((piece) => {
    if (piece.type !== "link") return piece.text;
    atoms.push(piece);
    return SLOT;
  }).join("");
}

/** Marks and what stands between them; slots are filled in their order. */
function marked(text, scene, depth) {
  const found = [];
  const dead = new Set();
  let plainFrom = 0;
  let at = 0;
  while (at < text.length) {
    const mark = depth < DEPTH_MAX ? MARKS.find(([sign]) => !dead.has(sign) && opens(text, at, sign)) : undefined;
    const close = mark === undefined ? -1 : closing(text, at + mark[0].length, mark[0]);
    if (mark !== undefined && close < 0) dead.add(mark[0]);
    if (close < 0) {
      at += 1;
      continue;
    }
    const [sign, type] = mark;
    found.push(...leaves(text.slice(plainFrom, at), scene));
    found.push({ type, pieces: joined(marked(text.slice(at + sign.length, close), scene, depth + 1)) });
    at = close + sign.length;
    plainFrom = at;
  }
  found.push(...leaves(text.slice(plainFrom), scene));
  return found;
}

/** Whether a mark stands here and before a word: what follows is no space, what precedes no word. */
function opens(text, at, sign) {
  if (!text.startsWith(sign, at)) return false;
  const before = text[at - 1];
  const after = text[at + sign.length];
  if (after === undefined || /\s/.test(after) || after === sign[0]) return false;
  if (sign === "||" || sign === "~~") return true;
  return before === undefined || !(WORD.test(before) || before === sign[0]);
}

function closing(text, from, sign) {
  for (let at = text.indexOf(sign, from + 1); at >= 0; at = text.indexOf(sign, at + 1)) {
    const before = text[at - 1];
    const after = text[at + sign.length];
    if (/\s/.test(before) || (before === sign[0] && sign.length === 1)) continue;
    if (sign === "||" || sign === "~~") return at;
    if (after === undefined || !(WORD.test(after) || after === sign[0])) return at;
  }
  return -1;
}

function leaves(text, scene) {
  return text.split(/(\uFFFC)/).flatMap((part) => {
    if (part === SLOT) return [scene.atoms[scene.at++] ?? ""];
    if (part === "") return [];
    return splitMentions(part, scene.nick).map((piece) => (piece.type === "text" ? piece.text : piece));
  });
}

/** Neighbouring strings as one. */
function joined(all) {
  const found = [];
  for (const piece of all) {
    if (typeof piece === "string" && typeof found.at(-1) === "string") found[found.length - 1] += piece;
    else if (piece !== "") found.push(piece);
  }
  return found;
}
