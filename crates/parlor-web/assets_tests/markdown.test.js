//! Markdown in messages: what is a mark, what stays text, and that any text has a tree.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isEmojiOnly, pieces, plain, tree } from "../assets/markdown.js";

/** Pieces, short: a letter for the type around what is inside. */
const short = (all) => all.map((piece) => {
  if (typeof piece === "string") return piece;
  return `<${piece.type} ${piece.text ?? short(piece.pieces)}>`;
}).join("");
const check = (text, expected, nick = "ann") => assert.equal(short(pieces(text, nick)), expected, text);

test("marks around words", () => {
  check("**bold** __bold__ *it* _it_ ~~gone~~ ||hidden||",
    "<strong bold> <strong bold> <emphasis it> <emphasis it> <strike gone> <spoiler hidden>");
  check("**a *b* c**", "<strong a <emphasis b> c>");
  check("***x***", "***x***");
  check("a **b\nc** d", "a <strong b\nc> d");
});

test("signs that mark nothing stay as they are", () => {
  for (const text of ["2 * 3 * 4", "snake_case_name", "** no **", "a || b", "~~", "2**3**4", "*", "_ _", "|| ||", "a*b*c"]) check(text, text);
});

test("code, links and escaped signs are left alone inside", () => {
  check("run `a **b** https://c.d` now", "run <code a **b** https://c.d> now");
  check("a lone ` stays", "a lone ` stays");
  check("**a `**` b**", "<strong a <code **> b>");
  check("\\*no\\*", "*no*");
  check("https://a.b/_c_d_ _e_", "<link https://a.b/_c_d_> <emphasis e>");
  check("[words](https://a.b/c_(d)) end", "<link words> end");
  check("[words](javascript:alert(1))", "[words](javascript:alert(1))");
});

test("mentions inside marks", () => {
  check("hey **ann**, anna", "hey <strong <mention ann>>, anna");
});

test("blocks", () => {
  assert.deepEqual(tree("> a\n> b\nc"), [
    { type: "quote", pieces: ["a\nb"] }, { type: "paragraph", pieces: ["c"] },
  ]);
  assert.deepEqual(tree("Buy:\n- milk\n- **bread**\n\n3. x\n4. y"), [
    { type: "paragraph", pieces: ["Buy:"] },
    { type: "list", start: null, items: [["milk"], [{ type: "strong", pieces: ["bread"] }]] },
    { type: "list", start: 3, items: [["x"], ["y"]] },
  ]);
  assert.deepEqual(tree("a\n```js\nb\n  c\n```\nd"), [
    { type: "paragraph", pieces: ["a"] }, { type: "code", text: "b\n  c", language: "js" }, { type: "paragraph", pieces: ["d"] },
  ]);
  assert.deepEqual(tree("``` open"), [{ type: "paragraph", pieces: ["``` open"] }]);
  assert.deepEqual(tree("\n\n x "), [{ type: "paragraph", pieces: ["\n\n x "] }]);
  assert.deepEqual(tree("-5 degrees"), [{ type: "paragraph", pieces: ["-5 degrees"] }]);
});

test("without marks, for quotes", () => {
  assert.equal(plain("> **a**\n`b` ||c||\n```\nd\n```"), "a b ▒▒▒ d");
});

test("emoji alone", () => {
  for (const text of ["👍", "🎉 🎉", "👩‍👩‍👧", "❤️", "🇩🇪", "👍🏽"]) assert.ok(isEmojiOnly(text), text);
  for (const text of ["", "a 👍", "12", "#", "👍👍👍👍👍👍👍👍👍"]) assert.ok(!isEmojiOnly(text), text);
});

test("any text has a tree, that holds all its letters, in little time", () => {
  const signs = ["*", "**", "_", "~~", "||", "`", "```", "[", "](", "\n", "> ", "- ", "\\", "a", " ", "https://x.y", "\uFFFC", ")"];
  let seed = 20_261_122;
  const random = (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const letters = (text) => [...text].filter((letter) => letter === "a").length;
  for (let round = 0; round < 2_000; round += 1) {
    const text = Array.from({ length: random(24) }, () => signs[random(signs.length)]).join("");
    // An address of a link with words, and the language of code, are not shown.
    if (/\]\(http/.test(text) || /```[a-z]/.test(text)) continue;
    const shown = tree(text).map((block) => block.text ?? short(block.pieces ?? block.items.flat())).join("");
    assert.equal(letters(shown.replace(/<\w+ /g, "")), letters(text), JSON.stringify(text));
  }
  for (const sign of ["**a ", "*", "_a ", "||a ", "`", "``", "[a](", "> ", "~~a~~", "(", "\\", "http://("]) {
    assert.ok(tree(sign.repeat(16_000 / sign.length)).length > 0, sign);
  }
});
