//! Small things about text: links, mentions, names, counts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { counted, initials, listed, mentions, splitLinks, splitMentions, tone } from "../assets/text.js";

const short = (all) => all.map((one) => (one.type === "text" ? one.text : `<${one.type} ${one.text}>`)).join("");

/** The links of a text, short: a word and its type, plain text as itself. */
function check(text, expected) {
  assert.equal(short(splitLinks(text)), expected);
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

test("mentions are whole words", () => {
  const found = short(splitMentions("ann: hi @Ann, anna, joann, ann-marie", "ann"));
  assert.equal(found, "<mention ann>: hi <mention @Ann>, anna, joann, ann-marie");
  assert.ok(mentions("hey a|b!", "a|b"));
  assert.ok(!mentions("hey a|b|c", "a|b"));
  assert.ok(!mentions("anything", ""));
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
