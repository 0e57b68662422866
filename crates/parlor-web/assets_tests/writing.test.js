//! Around writing: who is writing, what is completed, what may ring, what a search shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { choicesFor, closedName, wantsEmoji, wrapped } from "../assets/completion.js";
import { excerpt, growing, wordsOf } from "../assets/search.js";
import { parse, secondsOf } from "../assets/slash.js";
import { isQuiet, rings } from "../assets/state/notify.js";
import { nextStale, typingText, withoutStale, withTyping } from "../assets/state/typing.js";

const people = (...nicks) => nicks.map((nick, index) => ({ person: index, nick }));

test("who is writing, in words: three by name, more are several", () => {
  assert.equal(typingText([]), "");
  assert.equal(typingText(people("ann")), "ann is writing…");
  assert.equal(typingText(people("ann", "bob", "eve")), "ann, bob and eve are writing…");
  assert.equal(typingText(people("ann", "bob", "eve", "dan")), "Several people are writing…");
});

test("writing ends when it is said, or when nothing is heard for a while", () => {
  const ann = { person: 1, nick: "ann" };
  let all = withTyping({}, "room:5", { by: ann, state: "active" }, 1_000);
  all = withTyping(all, "room:5", { by: ann, state: "active" }, 3_000);
  assert.equal(all["room:5"].length, 1, "one person is one");
  assert.equal(withoutStale(all, 8_999), all);
  assert.equal(nextStale(all), 9_000);
  assert.deepEqual(withoutStale(all, 9_000), {});
  assert.deepEqual(withTyping(all, "room:5", { by: ann, state: "done" }, 4_000)["room:5"], []);
});

const known = {
  members: people("ann", "anna", "bob"), rooms: [{ name: "#garden", subject: "" }],
  emoji: (words) => (words === "tad" ? [{ emoji: "🎉", name: "tada" }] : []),
};
const inserts = (text) => choicesFor(text, text.length, known).map(({ insert }) => insert);

test("people, rooms, emoji and commands are completed where they can stand", () => {
  assert.deepEqual(inserts("hi @an"), ["@ann ", "@anna "]);
  assert.deepEqual(inserts("mail me@an"), []);
  assert.deepEqual(inserts("see #ga"), ["#garden "]);
  assert.deepEqual(inserts(":tad"), ["🎉 "]);
  assert.deepEqual(inserts("10:tad"), []);
  assert.deepEqual(inserts(":)"), []);
  assert.ok(inserts("/to").includes("/topic "));
  assert.ok(wantsEmoji("a :t", 4) && !wantsEmoji("a:t", 3));
});

test("a closed name is replaced, a time of day is not", () => {
  assert.deepEqual(closedName("so :tada:", 9), { from: 3, name: "tada" });
  assert.equal(closedName("12:30:", 6), null);
});

test("a key marks the selection, and again unmarks it", () => {
  const bold = wrapped("a word here", 2, 6, "b");
  assert.deepEqual(bold, { text: "a **word** here", start: 4, end: 8 });
  assert.deepEqual(wrapped(bold.text, bold.start, bold.end, "b"), { text: "a word here", start: 2, end: 6 });
  assert.equal(wrapped("x", 0, 1, "q"), null);
});

test("bans take a time and a reason, or only one of them", () => {
  assert.deepEqual(parse("/ban bob 2h too loud"), { do: "ban", nick: "bob", seconds: 7_200, reason: "too loud" });
  assert.deepEqual(parse("/ban @bob too loud"), { do: "ban", nick: "bob", seconds: null, reason: "too loud" });
  assert.equal(parse("/ban").do, "refuse");
  assert.equal(secondsOf("30m"), 1_800);
  assert.equal(secondsOf("soon"), null);
});

test("what rings, by level, and never in quiet hours", () => {
  const room = { kind: "room", level: "default", call: false, quiet: null, minute: 600 };
  assert.equal(rings(room), false);
  assert.equal(rings({ ...room, call: true }), true);
  assert.equal(rings({ ...room, kind: "person" }), true);
  assert.equal(rings({ ...room, level: "all" }), true);
  assert.equal(rings({ ...room, level: "nothing", call: true }), false);
  assert.equal(rings({ ...room, level: "mentions", kind: "person" }), false);
  assert.equal(rings({ ...room, call: true, quiet: { from: "09:00", to: "11:00" } }), false);
  const night = { from: "22:00", to: "07:00" };
  assert.deepEqual([1_320, 1_439, 0, 419, 420, 700].map((minute) => isQuiet(night, minute)), [true, true, true, true, false, false]);
});

test("the last word of a query may go on while it is typed", () => {
  for (const [typed, asked] of [
    ["cak", "cak*"], ["two cak", "two cak*"], ["cake ", "cake "], ["cak*", "cak*"], ["", ""], ["-pi", "-pi"], ["from:an", "from:an"],
    ['"two wor', '"two wor'], ['"two words"', '"two words"'], ['"two words" ca', '"two words" ca*'], ["cake!", "cake!"], ["苹果", "苹果*"],
  ]) assert.equal(growing(typed), asked, typed);
  assert.deepEqual(wordsOf("two cak*"), ["two", "cak"]);
});

test("a hit is shown where the words are, without operators", () => {
  assert.deepEqual(wordsOf('from:ann "two words" cake -pie in:x'), ["two words", "cake"]);
  const parts = excerpt(`${"so ".repeat(100)}Cake is here`, "cake");
  assert.ok(parts.some(({ text, hit }) => hit && text === "Cake"));
  assert.equal(parts[0].text, "…");
  assert.deepEqual(excerpt("plain", "from:ann"), [{ text: "plain", hit: false }]);
  assert.ok(excerpt("a (b", "(b").some(({ hit }) => hit));
});
