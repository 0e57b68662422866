//! Message text: links, code, emphasis, mentions; names.

import assert from "node:assert/strict";
import { test } from "node:test";

import { blocks, counted, initials, listed, mentions, pieces, splitLinks, tone } from "../assets/text.js";

/** The pieces of a text, short: a word and its type, plain text as itself. */
function check(text, expected, nick = "ann") {
  const shown = pieces(text, nick).map((one) => (one.type === "text" ? one.text : `<${one.type} ${one.text}>`));
  assert.equal(shown.join(""), expected);
}

test("links end where the sentence does", () => {
  check("see https://example.org.", "see <link https://example.org>.");
  check("(https://example.org/a_(b))", "(<link https://example.org/a_(b)>)");
  check("http://a.b/c?d=e&f=#g, then", "<link http://a.b/c?d=e&f=#g>, then");
  check("https://x.y/1 https://x.y/2", "<link https://x.y/1> <link https://x.y/2>");
});

test("only http and https are links", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://a.b", "https://", "file:///etc"]) {
    assert.ok(splitLinks(text).every((one) => one.type === "text"), text);
  }
});

test("code is left alone inside", () => {
  check("run `a **b** https://c.d` now", "run <code a **b** https://c.d> now");
  check("a lone ` stays", "a lone ` stays");
});

test("emphasis stands around words only", () => {
  check("**no** 2 ** 3 ** 4", "<strong no> 2 ** 3 ** 4");
  check("_yes_ snake_case_name", "<emphasis yes> snake_case_name");
});

test("mentions are whole words", () => {
  check("ann: hi @Ann, anna, joann, ann-marie", "<mention ann>: hi <mention @Ann>, anna, joann, ann-marie");
  assert.ok(mentions("hey a|b!", "a|b"));
  assert.ok(!mentions("hey a|b|c", "a|b"));
  assert.ok(!mentions("anything", ""));
});

test("the pieces add up to the text", () => {
  for (const text of ["a `b` **c** https://d.e _f_ ann", "<b>&amp;</b>", "**", "`", "__", "@", "\n\n x "]) {
    const marks = { code: "`", strong: "**", emphasis: "_" };
    const whole = pieces(text, "ann").map((one) => (marks[one.type] ?? "") + one.text + (marks[one.type] ?? ""));
    assert.equal(whole.join(""), text);
  }
});

test("code blocks stand apart", () => {
  assert.deepEqual(blocks("a\n```js\nb\n  c\n```\nd"), [
    { type: "prose", text: "a" }, { type: "block", text: "b\n  c" }, { type: "prose", text: "d" },
  ]);
  assert.deepEqual(blocks("``` open"), [{ type: "prose", text: "``` open" }]);
});

test("names", () => {
  assert.equal(listed(["a"]), "a");
  assert.equal(listed(["a", "b"]), "a and b");
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
  assert.equal(listed(["a", "b", "c", "d"]), "a, b and 2 others");
  assert.equal(counted(1, "person", "people"), "1 person");
  assert.equal(counted(1200, "message"), "1,200 messages");
  assert.equal(initials("eve-online"), "EO");
  assert.equal(initials("ann"), "A");
  assert.equal(initials("[]"), "?");
  assert.equal(tone("Ann"), tone("ann"));
  assert.ok(new Set(["ann", "bob", "eve", "dan", "max", "ida", "tim", "lea"].map(tone)).size > 3);
});
