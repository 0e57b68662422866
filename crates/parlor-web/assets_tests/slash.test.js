//! What is typed: messages and commands.

import assert from "node:assert/strict";
import { test } from "node:test";

import { COMMANDS, completions, parse, roomName } from "../assets/slash.js";

const check = (typed, expected) => assert.deepEqual(parse(typed), expected, typed);

test("messages", () => {
  check("hello ", { do: "post", kind: "text", text: "hello" });
  check("a\nb", { do: "post", kind: "text", text: "a\nb" });
  check("  indented", { do: "post", kind: "text", text: "  indented" });
  check("/etc/hosts", { do: "post", kind: "text", text: "/etc/hosts" });
  check("//me is how", { do: "post", kind: "text", text: "/me is how" });
  check(" \n ", { do: "nothing" });
});

test("commands", () => {
  check("/me waves  twice", { do: "post", kind: "action", text: "waves  twice" });
  check("/msg @bob hi there", { do: "msg", nick: "bob", text: "hi there" });
  check("/msg bob", { do: "msg", nick: "bob", text: "" });
  check("/JOIN garden", { do: "join", name: "#garden" });
  check("/part see you", { do: "part", reason: "see you" });
  check("/topic A, b", { do: "topic", subject: "A, b" });
  check("/nick annie", { do: "nick", nick: "annie" });
  check("/away", { do: "away", text: null });
  check("/away lunch", { do: "away", text: "lunch" });
  check("/invite", { do: "invite", nick: "" });
  check("/kick bob too loud", { do: "kick", nick: "bob", reason: "too loud" });
  for (const name of ["who", "list", "help"]) check(`/${name}`, { do: name });
});

test("what can't be understood is refused, not sent", () => {
  for (const typed of ["/me", "/msg", "/join", "/nick a b", "/kick", "/frobnicate now"]) {
    const { do: what, why } = parse(typed);
    assert.equal(what, "refuse", typed);
    assert.match(why, /^[A-Z].*\S$/);
  }
});

test("every command listed is understood", () => {
  for (const { name } of COMMANDS) assert.notEqual(parse(`/${name} #x y`).why?.startsWith("There is no"), true, name);
});

test("completion", () => {
  assert.deepEqual(completions("/m").map((one) => one.name), ["me", "msg"]);
  assert.equal(completions("/").length, COMMANDS.length);
  assert.equal(completions("/me x").length, 0);
  assert.equal(completions("hi /m").length, 0);
});

test("room names", () => {
  assert.equal(roomName(" ##My room, now "), "#My-room-now");
  assert.equal(roomName("#"), null);
});
