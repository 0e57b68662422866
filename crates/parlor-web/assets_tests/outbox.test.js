//! The outbox: order, keys, what survives a reload.

import assert from "node:assert/strict";
import { test } from "node:test";

import { KEY_KEPT_MS, Outbox } from "../assets/outbox.js";

/** Like localStorage, in memory. */
class Storage {
  items = new Map();
  get length() { return this.items.size; }
  key(index) { return [...this.items.keys()][index]; }
  getItem(name) { return this.items.get(name) ?? null; }
  setItem(name, value) { this.items.set(name, value); }
  removeItem(name) { this.items.delete(name); }
}

const entry = (key, conversation = "room:5", at = 1_000) => ({
  key, conversation, target: { k: 5 }, kind: "text", text: `text of ${key}`, at,
});
const keys = (entries) => entries.map((one) => one.key);

test("one message at a time goes to each conversation", () => {
  const outbox = new Outbox(new Storage(), "ann", 1_000);
  for (const one of [entry("a"), entry("b"), entry("c", "person:2")]) outbox.add(one);
  assert.deepEqual(keys(outbox.next()), ["a", "c"]);
  outbox.sending("a");
  assert.deepEqual(keys(outbox.next()), ["c"]);
  outbox.done("a");
  assert.deepEqual(keys(outbox.next()), ["b", "c"]);
});

test("what was on its way is sent again under the same key", () => {
  const outbox = new Outbox(new Storage(), "ann", 1_000);
  outbox.add(entry("a"));
  outbox.sending("a");
  outbox.interrupted();
  assert.deepEqual(keys(outbox.next()), ["a"]);
});

test("what an entry has become is known, for the newest of them", () => {
  const outbox = new Outbox(null, "ann", 1_000);
  for (const key of ["a", "b", "c"]) outbox.add(entry(key));
  outbox.seen("a", "m1");
  outbox.done("b", "m2");
  outbox.discard("c");
  assert.deepEqual(["a", "b", "c"].map((key) => outbox.became(key)), ["m1", "m2", undefined]);
  for (let number = 0; number < 300; number += 1) outbox.done(`key ${number}`, `id ${number}`);
  assert.equal(outbox.became("a"), undefined);
  assert.equal(outbox.became("key 299"), "id 299");
});

test("a reload finds everything in order, and nothing of another account", () => {
  const storage = new Storage();
  const before = new Outbox(storage, "ann", 1_000);
  for (const [index, key] of ["z", "y", "x"].entries()) before.add(entry(key, "room:5", 1_000 + index));
  before.sending("z");
  before.done("y");
  new Outbox(storage, "bob", 1_000).add(entry("theirs"));
  const after = new Outbox(storage, "ann", 2_000);
  assert.deepEqual(keys(after.entries), ["z", "x"]);
  assert.deepEqual(after.entries.map((one) => one.state), ["queued", "queued"]);
});

test("a message whose key the server may have forgotten asks first", () => {
  const storage = new Storage();
  new Outbox(storage, "ann", 1_000).add(entry("a"));
  const later = new Outbox(storage, "ann", 1_001 + KEY_KEPT_MS);
  assert.deepEqual(later.next(), []);
  assert.equal(later.entries[0].state, "failed");
  later.retry("a", "b");
  assert.deepEqual(keys(later.next()), ["b"]);
  assert.deepEqual(keys(new Outbox(storage, "ann", 2_000).entries), ["b"]);
});

test("a refused message does not hold up the others", () => {
  const outbox = new Outbox(null, "ann", 1_000);
  outbox.add(entry("a"));
  outbox.add(entry("b"));
  outbox.failed("a", "Too long.");
  assert.deepEqual(keys(outbox.next()), ["b"]);
  assert.equal(outbox.entries[0].error, "Too long.");
});

test("another tab's delivery is noticed", () => {
  const storage = new Storage();
  const outbox = new Outbox(storage, "ann", 1_000);
  outbox.add(entry("a"));
  assert.equal(outbox.forgotten("parlor.outbox.bob.a"), false);
  assert.equal(outbox.forgotten("parlor.outbox.ann.a"), true);
  assert.deepEqual(outbox.entries, []);
});

test("damaged and full storages cost nothing but the safety net", () => {
  const storage = new Storage();
  storage.setItem("parlor.outbox.ann.a", "{no json");
  storage.setItem("parlor.outbox.ann.b", '{"key":"b"}');
  assert.deepEqual(new Outbox(storage, "ann", 1_000).entries, []);
  storage.setItem = () => { throw new Error("full"); };
  const outbox = new Outbox(storage, "ann", 1_000);
  outbox.add(entry("a"));
  assert.deepEqual(keys(outbox.next()), ["a"]);
});
