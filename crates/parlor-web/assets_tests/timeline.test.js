//! Rows: groups, days, the unread line, comings and goings.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dayText, presenceText, rows } from "../assets/timeline.js";

const NOON = new Date(2026, 10, 22, 12, 0).getTime();
const MINUTE = 60_000;

function message(n, person, minutes, kind = "text") {
  return { type: "message", id: `m${n}`, n, at: NOON + minutes * MINUTE, kind, text: `t${n}`, from: { person, nick: `p${person}` } };
}

const presence = (what, person, nick = `p${person}`) => ({
  type: "presence", id: `${what}${person}`, what, person, nick, at: NOON, n: 0,
});

function check(items, expected, options) {
  const shown = rows(items, options).map((row) =>
    row.type === "message" ? `${row.head ? "+" : " "}${row.key}` : row.type,
  );
  assert.deepEqual(shown, expected);
}

test("messages of one author in a short time are one group", () => {
  check([message(1, 1, 0), message(2, 1, 1), message(3, 2, 1), message(4, 2, 9)],
    ["day", "+m1", " m2", "+m3", "+m4"]);
});

test("an action stands alone", () => {
  check([message(1, 1, 0), message(2, 1, 0, "action"), message(3, 1, 0)], ["day", "+m1", "+m2", "+m3"]);
});

test("a new day has a line and begins a group", () => {
  check([message(1, 1, 12 * 60 - 1), message(2, 1, 12 * 60 + 1)], ["day", "+m1", "day", "+m2"]);
});

test("the unread line stands before the first message of somebody else", () => {
  check([message(1, 1, 0), message(2, 9, 0), message(3, 1, 0), message(4, 1, 0)],
    ["day", "+m1", "+m2", "unread", "+m3", " m4"], { marker: 1, me: 9 });
  check([message(1, 1, 0)], ["day", "+m1"], { marker: 1, me: 9 });
});

test("comings and goings are one row until somebody speaks", () => {
  check([message(1, 1, 0), presence("entered", 2), presence("left", 3), message(2, 1, 0)],
    ["day", "+m1", "presence", "+m2"]);
});

test("who came and who went, in a sentence", () => {
  assert.equal(presenceText([presence("entered", 1), presence("entered", 2)]), "p1 and p2 joined");
  assert.equal(presenceText([presence("entered", 1), presence("left", 1)]), "p1 joined and left");
  assert.equal(presenceText([presence("left", 1), presence("entered", 1)]), "p1 left and came back");
  assert.equal(presenceText([presence("left", 1), presence("entered", 2)]), "p2 joined · p1 left");
  assert.equal(presenceText([{ ...presence("renamed", 1, "new"), old: "old" }]), "old is now new");
});

test("days in words", () => {
  assert.equal(dayText(NOON, NOON), "Today");
  assert.equal(dayText(NOON - 24 * 60 * MINUTE, NOON), "Yesterday");
  assert.match(dayText(NOON - 400 * 24 * 60 * MINUTE, NOON), /2025/);
});
