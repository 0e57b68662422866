//! The reducers: unread counts, windows of history, resuming, members.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as Conversations from "../assets/state/conversations.js";
import * as Events from "../assets/state/events.js";
import * as Items from "../assets/state/items.js";
import * as Pages from "../assets/state/pages.js";

const State = { ...Conversations, ...Events, ...Items, ...Pages };

const ME = { person: 1, name: "ann", nick: "ann", admin: false };
const room = (change = {}) => ({
  k: 5, name: "#lobby", subject: "", members: 2, role: "none", unread: 0, read: 10, last: 10, pos: "e.10",
  quiet: false, modes: {}, ...change,
});
const hello = (change = {}) => ({
  me: ME, server: { name: "Parlor", version: "0" }, inbox: { k: 2, pos: "e.4" }, rooms: [room()],
  direct: [{ person: 9, nick: "bob", online: true, unread: 0, read: 4, last: 4 }], resumed: [], reset: [], ...change,
});
const message = (n, person = 9, change = {}) => ({
  k: 5, n, msgid: `m${n}`, at: 1_000 * n, from: { person, nick: person === 1 ? "ann" : "bob" }, kind: "text", text: `t${n}`, ...change,
});
const posted = (n, person, change) => {
  const p = message(n, person, change);
  return { t: "chat.posted", k: p.k, n, pos: `e.${n}`, at: p.at, p };
};
const history = (from, to, more = true) => ({
  messages: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)), more,
});
const start = (change) => State.welcomed(State.initial(), hello(change));
const loaded = (change) => State.paged(start(change), "room:5", "latest", history(1, 10, false));
const lobby = (state) => state.conversations["room:5"];
const offsets = (state, id = "room:5") => state.conversations[id].items.map((item) => item.n);

test("a new message is unread unless it is seen or one's own", () => {
  assert.equal(lobby(State.apply(loaded(), posted(11))).unread, 1);
  const seen = lobby(State.apply(loaded(), posted(11), { seeing: "room:5", current: "room:5" }));
  assert.deepEqual([seen.unread, seen.read], [0, 11]);
  const own = lobby(State.apply(loaded(), posted(11, 1)));
  assert.deepEqual([own.unread, own.read], [0, 11]);
});

test("who is in a large room is asked for again at each visit", () => {
  const visited = (total) => {
    const listed = State.membersListed(loaded(), "room:5", { members: [{ person: 9, nick: "bob" }], total });
    const { members, membersStale } = lobby(State.opened(listed, "room:5"));
    return [Object.keys(members), membersStale];
  };
  assert.deepEqual(visited(2), [["9"], false]);
  assert.deepEqual(visited(500), [["9"], true]);
});

test("further members come behind those that are known", () => {
  const bob = { person: 9, nick: "bob" };
  const listed = State.membersListed(loaded(), "room:5", { members: [bob], total: 3 });
  const more = State.membersAdded(listed, "room:5", { members: [bob, { person: 8, nick: "cat" }], total: 2 });
  assert.deepEqual([Object.keys(lobby(more).members), lobby(more).present], [["8", "9"], 2]);
});

test("a mention and a private message call for the reader", () => {
  let state = State.apply(loaded(), posted(11, 9, { text: "Ann: look" }));
  state = State.apply(state, { ...posted(5, 9, { k: 2, to: { person: 1, nick: "ann" }, msgid: "d5" }) });
  assert.deepEqual(State.totals(state), { unread: 2, calls: 2 });
});

test("a private message of a stranger makes a conversation; one's own from elsewhere, too", () => {
  const from = { ...posted(5, 7, { k: 2, to: { person: 1, nick: "ann" }, msgid: "d5" }) };
  assert.equal(State.apply(start(), from).conversations["person:7"].unread, 1);
  const to = { ...posted(6, 1, { k: 2, to: { person: 8, nick: "carla" }, msgid: "d6" }) };
  const own = State.apply(start(), to).conversations["person:8"];
  assert.deepEqual([own.name, own.unread, own.online], ["carla", 0, false]);
  const members = [{ person: 8, nick: "carla", role: "none" }];
  const together = State.apply(State.membersListed(start(), "room:5", { members, total: 1 }), to);
  assert.equal(together.conversations["person:8"].online, true, "who is in a room is online");
});

test("the same message comes twice and stands once", () => {
  let state = State.apply(loaded(), posted(11));
  state = State.apply(state, posted(11));
  state = State.posted(state, "room:5", message(11));
  assert.deepEqual(offsets(state).slice(-2), [10, 11]);
  assert.equal(lobby(state).unread, 1);
});

test("the answer may come before the event", () => {
  const state = State.apply(State.posted(loaded(), "room:5", message(11, 1)), posted(11, 1));
  assert.deepEqual(offsets(state).slice(-2), [10, 11]);
});

test("what came live while the first page was on its way is kept once", () => {
  const early = State.apply(State.apply(start(), posted(11)), posted(12));
  assert.deepEqual(offsets(State.paged(early, "room:5", "latest", history(8, 11))), [8, 9, 10, 11, 12]);
});

test("older pages push the newest out of the window, and newer ones the oldest", () => {
  let state = State.paged(start({ rooms: [room({ last: 500 })] }), "room:5", "latest", history(441, 500));
  for (let first = 381; first > 240; first -= 60) {
    state = State.paged(state, "room:5", "older", history(first, first + 59));
  }
  assert.equal(lobby(state).items.length, State.WINDOW_MAX);
  assert.deepEqual([lobby(state).atEnd, offsets(state)[0]], [false, 261]);
  state = State.apply(state, posted(501));
  assert.ok(!offsets(state).includes(501));
  assert.equal(lobby(state).unread, 1);
  state = State.paged(state, "room:5", "newer", history(461, 501, false));
  assert.deepEqual([lobby(state).atEnd, offsets(state).at(-1), lobby(state).items.length], [true, 501, State.WINDOW_MAX]);
});

test("a storm leaves a bounded window, at the end or not", () => {
  for (const seeing of ["room:5", null]) {
    let state = loaded();
    for (let n = 11; n < 1_200; n += 1) state = State.apply(state, posted(n), { seeing, current: "room:5" });
    assert.ok(lobby(state).items.length <= State.WINDOW_MAX + 61, String(lobby(state).items.length));
    assert.equal(lobby(state).atEnd, seeing !== null);
    assert.equal(lobby(state).last, 1_199);
  }
});

test("a storm in a room that isn't open keeps little, without a gap at its end", () => {
  let state = start();
  for (let n = 11; n < 400; n += 1) state = State.apply(state, posted(n));
  assert.deepEqual(offsets(state), Array.from({ length: State.PAGE }, (_, index) => 400 - State.PAGE + index));
});

test("resumed rooms keep their window; missed messages count once", () => {
  const before = State.apply(loaded(), posted(11));
  assert.deepEqual(State.resumable(before), { 2: "e.4", 5: "e.11" });
  let after = State.welcomed(before, hello({ resumed: ["5", "2"], rooms: [room({ unread: 3, last: 13, pos: "e.13" })] }));
  assert.equal(after.positions[5], "e.11");
  for (const n of [12, 13]) after = State.apply(after, posted(n));
  assert.deepEqual(offsets(after).slice(-3), [11, 12, 13]);
  assert.deepEqual([lobby(after).last, after.positions[5]], [13, "e.13"]);
});

test("who is in a resumed room is asked anew, and shown as known until the answer", () => {
  const bob = { person: 9, nick: "bob", role: "none" };
  const before = State.membersListed(loaded(), "room:5", { members: [bob], total: 1 });
  assert.equal(lobby(before).membersStale, false);
  // Comings and goings are told to whoever is there, and not again.
  for (const after of [
    State.welcomed(before, hello({ resumed: ["5"] })),
    State.apply(before, { t: "missed", k: 5, p: { k: 5 } }),
  ]) {
    assert.deepEqual([Object.keys(lobby(after).members), lobby(after).membersStale], [["9"], true]);
    const listed = State.membersListed(after, "room:5", { members: [], total: 0 });
    assert.deepEqual([lobby(listed).members, lobby(listed).membersStale], [{}, false]);
  }
});

test("a room that wasn't resumed is read anew", () => {
  const after = State.welcomed(loaded(), hello({ reset: ["5"] }));
  assert.deepEqual([lobby(after).loaded, lobby(after).items.length, after.positions[5]], [false, 0, "e.10"]);
  const reset = State.apply(loaded(), { t: "reset", k: 5, p: { k: 5, pos: "f.0", why: "restored" } });
  assert.deepEqual([lobby(reset).loaded, reset.positions[5]], [false, "f.0"]);
});

test("a room that is gone from the server is gone here", () => {
  assert.deepEqual(Object.keys(State.welcomed(loaded(), hello({ rooms: [] })).conversations), ["person:9"]);
  assert.equal(State.apply(loaded(), { t: "gone", k: 5, p: { k: 5, why: "left" } }).conversations["room:5"], undefined);
  const kicked = { t: "chat.kicked", k: 5, n: 11, pos: "e.11", at: 1, p: { by: null, person: 1, nick: "ann", reason: "" } };
  assert.equal(State.apply(loaded(), kicked).conversations["room:5"], undefined);
});

test("a room that another device joins is here at once, and as it is", () => {
  const garden = room({ k: 6, name: "#garden", unread: 2, last: 7, read: 5, pos: "e.9" });
  let state = State.apply(loaded(), { t: "chat.joined", k: 2, p: { room: garden } });
  const here = state.conversations["room:6"];
  assert.deepEqual([here.name, here.unread, here.loaded, state.positions[6]], ["#garden", 2, false, "e.9"]);
  state = State.apply(state, posted(8, 9, { k: 6 }));
  assert.equal(state.conversations["room:6"].unread, 3);
  // The same device is told by its answer, in whatever order both come.
  const twice = State.apply(loaded(), { t: "chat.joined", k: 2, p: { room: room() } });
  assert.deepEqual(offsets(twice), offsets(loaded()));
});

test("being out without having been thrown out is being out", () => {
  for (const why of ["left", "not_allowed"]) {
    const state = State.apply(loaded(), { t: "gone", k: 5, p: { k: 5, why } });
    assert.deepEqual(Object.keys(state.conversations), ["person:9"]);
    assert.equal(state.positions[5], undefined);
    assert.deepEqual(State.resumable(state), { 2: "e.4" });
    // What is still on its way makes no new room, and coming back begins anew.
    assert.equal(State.apply(state, posted(11)).conversations["room:5"], undefined);
    const back = State.joined(state, room({ last: 20, pos: "e.20" }));
    assert.deepEqual([lobby(back).items.length, lobby(back).loaded, back.positions[5]], [0, false, "e.20"]);
  }
});

test("reading elsewhere counts here", () => {
  let state = loaded();
  for (const n of [11, 12, 13]) state = State.apply(state, posted(n));
  state = State.apply(state, { t: "chat.read", k: 2, p: { k: 5, n: 12 } });
  assert.deepEqual([lobby(state).unread, lobby(state).read], [1, 12]);
  state = State.apply(state, { t: "chat.read", k: 2, p: { k: 5, n: 13 } });
  assert.equal(lobby(state).unread, 0);
});

test("the line is set on opening, moves with nothing, and goes on leaving", () => {
  let state = State.opened(State.apply(loaded(), posted(11)), "room:5");
  assert.equal(lobby(state).marker, 10);
  state = State.readUpTo(state, "room:5", 11);
  assert.equal(lobby(state).marker, 10);
  assert.equal(lobby(State.unmarked(state, "room:5")).marker, null);
});

test("members come, go, change their nick and step away", () => {
  const event = (t, p) => ({ t, k: 5, at: 1, p });
  let state = State.membersListed(loaded(), "room:5", {
    members: [{ person: 1, nick: "ann", role: "owner", away: null }, { person: 9, nick: "bob", role: "none", away: null }], total: 2,
  });
  state = State.apply(state, event("presence.entered", { person: 7, nick: "carla", account: "carla" }));
  state = State.apply(state, event("presence.entered", { person: 7, nick: "carla", account: "carla" }));
  assert.equal(lobby(state).present, 3);
  state = State.apply(state, event("presence.away", { person: 7, nick: "carla", text: "tea" }));
  state = State.apply(state, event("presence.renamed", { person: 9, old: "bob", new: "rob" }));
  state = State.apply(state, event("presence.bot", { person: 7, nick: "carla", bot: true }));
  assert.equal(lobby(state).members[7].away, "tea");
  assert.equal(lobby(state).members[7].bot, true);
  state = State.apply(state, event("presence.bot", { person: 7, nick: "carla", bot: false }));
  assert.equal(lobby(state).members[7].bot, false);
  assert.equal(lobby(state).members[9].nick, "rob");
  assert.equal(state.conversations["person:9"].name, "rob");
  state = State.apply(state, event("presence.left", { person: 9, nick: "rob", reason: "", quit: true }));
  assert.equal(lobby(state).present, 2);
  assert.equal(state.conversations["person:9"].online, false);
  state = State.apply(state, { t: "missed", p: { k: 5 } });
  assert.equal(lobby(state).membersStale, true);
});

test("an event that isn't known changes nothing but the position", () => {
  const state = loaded();
  const after = State.apply(state, { t: "chat.reacted", k: 5, n: 11, pos: "e.11", at: 1, p: {} });
  assert.equal(after.conversations, state.conversations);
  assert.equal(after.positions[5], "e.11");
});

test("no state is ever changed in place", () => {
  const freeze = (value) => {
    if (value !== null && typeof value === "object") Object.values(value).forEach(freeze);
    return Object.freeze(value);
  };
  let state = freeze(loaded());
  for (const n of [11, 12]) state = freeze(State.apply(state, posted(n)));
  freeze(State.welcomed(state, hello({ resumed: ["5"] })));
  freeze(State.readUpTo(state, "room:5", 11));
});

test("pictures of people are known from what the server says last", () => {
  const avatar = "/files/a/avatar";
  const at = (state) => state.avatars[9];
  const begun = start({ direct: [{ person: 9, nick: "bob", online: true, avatar }] });
  assert.equal(at(begun), avatar);
  const page = { ...history(1, 2), avatars: { 9: "/files/b/avatar" } };
  const read = State.paged(begun, "room:5", "latest", page);
  assert.equal(at(read), "/files/b/avatar");
  assert.equal(State.paged(read, "room:5", "latest", page).avatars, read.avatars, "nothing is another");
  const without = State.apply(read, { t: "profile.changed", k: 5, p: { person: 9, display: "", avatar: null } });
  assert.deepEqual(without.avatars, {});
  const members = [{ person: 9, nick: "bob", role: "none", avatar }];
  assert.equal(at(State.membersListed(without, "room:5", { members, total: 1 })), avatar);
  const entered = { t: "presence.entered", k: 5, p: { person: 9, nick: "bob", account: "bob", avatar } };
  assert.equal(at(State.apply(without, entered)), avatar);
  const found = { messages: page.messages, avatars: { 9: avatar } };
  assert.equal(at(State.pictured(without, State.authorsOf(found))), avatar);
});
