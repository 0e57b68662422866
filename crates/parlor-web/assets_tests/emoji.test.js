//! Emoji by name: search, groups, tones.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { groups, index, load, named, search } from "../assets/emoji.js";
import { toned } from "../assets/favourites.js";

const text = readFileSync(new URL("../assets/vendor/emojilib.json", import.meta.url), "utf8");
const all = index(JSON.parse(text));

test("names that people know find what they mean", () => {
  for (const [name, emoji] of [["tada", "🎉"], ["+1", "👍"], ["joy", "😂"], ["heart", "❤️"], ["grapes", "🍇"], ["red_heart", "❤️"]]) {
    assert.equal(named(name, all), emoji, name);
  }
  assert.equal(named("no_such_thing", all), null);
});

test("search goes from the exact to the similar", () => {
  const first = (typed) => search(typed, 3, all)[0].emoji;
  assert.equal(first("rocket"), "🚀");
  assert.equal(first("tad"), "🎉");
  assert.equal(first("thumbs up"), "👍");
  assert.equal(search("zzzz", 3, all).length, 0);
  assert.equal(search("", 3, all).length, 0);
});

test("every emoji has a group", async (context) => {
  context.mock.method(globalThis, "fetch", async () => ({ json: async () => JSON.parse(text) }));
  await load();
  const found = groups();
  assert.ok(found.every(({ emoji }) => emoji.length > 50), "groups of some size");
  assert.equal(found.reduce((sum, { emoji }) => sum + emoji.length, 0), all.length);
});

test("tones are for hands and people", () => {
  assert.equal(toned("👍", 3), "👍🏽");
  assert.equal(toned("☝️", 1), "☝🏻");
  assert.equal(toned("🎉", 3), "🎉");
  assert.equal(toned("👍", 0), "👍");
});
