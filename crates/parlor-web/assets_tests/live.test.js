//! Frames on the wire: ids that are too large for a number.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parsed, written } from "../assets/live.js";

const GUEST = "4611686018427387905";

test("the ids of guests survive both ways", () => {
  const frame = parsed(`{"t":"presence.left","p":{"person":${GUEST},"nick":"g"}}`);
  assert.equal(frame.p.person, GUEST);
  assert.equal(written({ t: "chat.post", id: 1, p: frame.p }), `{"t":"chat.post","id":1,"p":{"person":${GUEST},"nick":"g"}}`);
  assert.equal(parsed('{"p":{"person":7}}').p.person, 7);
});

test("a text that looks like an id is left alone", () => {
  const text = `{"person":${GUEST}} {"person":"${GUEST}"}`;
  assert.equal(parsed(JSON.stringify({ t: "x", p: { text } })).p.text, text);
  assert.equal(JSON.parse(written({ t: "x", p: { text } })).p.text, text);
});

test("what is no JSON is no frame", () => assert.equal(parsed("{"), null));
