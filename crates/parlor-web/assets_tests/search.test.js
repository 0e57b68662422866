//! What a question is made of, as the page reads it while it is typed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { growing, wordsOf, WRITTEN } from "../assets/search.js";

test("what the help shows is read as what it says", () => {
  const operators = WRITTEN.map(([written]) => written).filter((written) => written.includes(":"));
  assert.deepEqual(operators.map((written) => written.split(":")[0]), ["from", "in", "has", "is", "after", "before"]);
  for (const written of [...operators, "-coffee"]) {
    assert.equal(growing(written), written, "it does not go on");
    assert.deepEqual(wordsOf(written), [], "nothing of it is marked");
  }
  assert.deepEqual(wordsOf("tea* \"tea for two\""), ["tea", "tea for two"]);
});

test("the word that is being typed may go on, others are whole", () => {
  for (const [typed, asked] of [
    ["tea", "tea*"], ["green tea", "green tea*"], ["tea ", "tea "], ["tea*", "tea*"], ["\"tea for", "\"tea for"], ["in:#garden tea", "in:#garden tea*"],
  ]) {
    assert.equal(growing(typed), asked);
  }
});
