//! What happens to messages: reactions, corrections, deletions; and where events find them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { befriended, initial, welcomed } from "../assets/state/conversations.js";
import { apply } from "../assets/state/events.js";
import { edited, messageItem, quoted, reacted, redacted } from "../assets/state/items.js";
import { paged } from "../assets/state/pages.js";

const ANN = { person: 1, nick: "ann" };
const BOB = { person: 9, nick: "bob" };
const message = (n, change = {}) => messageItem({
  k: 5, n, msgid: `m${n}`, at: n, from: BOB, text: `t${n}`, ...change,
});
const react = (items, by, adds = true, emoji = "👍") => reacted(items, { msgid: "m1", by, emoji }, adds, ANN);

test("reactions are counted once for each person, and go with the last", () => {
  const one = react([message(1)], BOB);
  assert.deepEqual(one[0].reactions, [{ emoji: "👍", people: [BOB], count: 1, mine: false }]);
  assert.equal(react(one, BOB), one, "twice is once");
  const two = react(one, ANN);
  assert.deepEqual([two[0].reactions[0].count, two[0].reactions[0].mine], [2, true]);
  const left = react(react(two, BOB, false), ANN, false);
  assert.deepEqual(left[0].reactions, []);
  assert.equal(react(left, ANN, false)[0].reactions.length, 0, "what isn't there can't be taken back");
});

test("more people than are named are counted all the same", () => {
  let items = [message(1)];
  for (let person = 10; person < 40; person += 1) items = react(items, { person, nick: `p${person}` });
  const [{ people, count }] = items[0].reactions;
  assert.deepEqual([people.length, count], [20, 30]);
});

test("a correction changes the message and what others quote of it, nothing else", () => {
  const items = [message(1), message(2, { reply: { msgid: "m1", n: 1, nick: "bob", text: "t1" } }), message(3)];
  const next = edited(items, { msgid: "m1", text: "better", at: 77 });
  assert.deepEqual([next[0].text, next[0].edited, next[1].reply.text], ["better", 77, "better"]);
  assert.equal(next[2], items[2]);
  assert.equal(edited(items, { msgid: "m9", text: "x", at: 1 }), items, "what isn't held changes nothing");
  assert.equal(edited(items, { msgid: "m1", text: "", at: 1 }), items, "an empty one was deleted since");
});

test("of a deleted message nothing is kept, also not in a quote or by a late correction", () => {
  const items = [
    react([message(1, { files: [{ id: "f" }], edited: 3 })], ANN)[0],
    message(2, { reply: { msgid: "m1", n: 1, nick: "bob", text: "t1" } }),
  ];
  const next = redacted(items, { msgid: "m1", by: ANN, reason: "no" });
  assert.ok(!JSON.stringify(next).includes("t1"));
  assert.deepEqual([next[0].redacted, next[0].files, next[0].reactions, next[0].redactedBy], [true, undefined, undefined, "ann"]);
  assert.deepEqual(next[1].reply, { msgid: "m1" });
  assert.equal(edited(next, { msgid: "m1", text: "again", at: 5 })[0].text, "");
});

test("a quote is cut between letters", () => {
  assert.equal([...quoted("👍".repeat(300))].length, 200);
  assert.equal(quoted("short"), "short");
});

test("events find their message in a room, and in whichever private conversation holds it", () => {
  let state = welcomed(initial(), {
    me: { ...ANN, name: "ann" }, inbox: { k: 2, pos: "e.1" },
    rooms: [{ k: 5, name: "#lobby", members: 2, unread: 0, read: 1, last: 1, pos: "e.1", modes: {} }], direct: [],
  });
  state = befriended(state, { person: 9, nick: "bob", online: true });
  state = paged(state, "room:5", "latest", { messages: [message(1)], more: false });
  state = paged(state, "person:9", "latest", { messages: [message(4, { k: 2, to: ANN, msgid: "d4" })], more: false });
  const event = (t, k, p) => ({ t, k, n: 9, pos: "e.9", at: 9, p: { by: BOB, n: 1, ...p } });
  state = apply(state, event("chat.edited", 5, { msgid: "m1", text: "new" }));
  state = apply(state, event("chat.reacted", 2, { msgid: "d4", emoji: "🎉" }));
  assert.equal(state.conversations["room:5"].items[0].text, "new");
  assert.equal(state.conversations["person:9"].items[0].reactions[0].emoji, "🎉");
  assert.equal(state.conversations["room:5"].unread, 0, "a change is no news");
  state = apply(state, event("chat.redacted", 2, { msgid: "d4" }));
  assert.equal(state.conversations["person:9"].items[0].redacted, true);
});

test("settings and levels arrive in their conversation", () => {
  let state = welcomed(initial(), {
    me: { ...ANN, name: "ann" }, inbox: { k: 2, pos: "e.1" },
    rooms: [{ k: 5, name: "#lobby", members: 2, unread: 2, mentions: 1, read: 1, last: 3, pos: "e.1", modes: {}, notify: "mentions" }], direct: [],
  });
  const lobby = () => state.conversations["room:5"];
  assert.deepEqual([lobby().calls, lobby().notify], [1, "mentions"]);
  state = apply(state, { t: "chat.settings", k: 5, n: 4, pos: "e.4", at: 4, p: { by: BOB, settings: { slow_s: 30, locked: true, invited_only: true } } });
  assert.deepEqual([lobby().settings.slow_s, lobby().settings.locked, lobby().modes.invited_only], [30, true, true]);
  state = apply(state, { t: "chat.renamed", k: 5, n: 5, pos: "e.5", at: 5, p: { by: BOB, before: "#lobby", name: "#hall", reason: "" } });
  assert.deepEqual([lobby().name, lobby().items.at(-1).what, lobby().unread], ["#hall", "chat.renamed", 2]);
  state = apply(state, { t: "chat.notify", k: 2, p: { k: 5, level: "nothing" } });
  assert.equal(lobby().notify, "nothing");
});
