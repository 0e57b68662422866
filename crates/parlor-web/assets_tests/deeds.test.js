//! The log in sentences.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deedText } from "../assets/deeds.js";

const SENTENCES = [
  ["kick", "bob", "removed bob"],
  ["mute", "bob (~account:bob)", "muted bob (~account:bob)"],
  ["role", "bob: member to voice", "changed the role of bob: member to voice"],
  ["rename", "#den to #cave", "renamed the room from #den to #cave"],
  ["invitation", "10 people, as member", "made an invitation for 10 people, as member"],
  ["slow", "30 s", "set slow mode to one message every 30 s"],
  ["slow", "0 s", "switched slow mode off"],
  ["retention", "14 days", "set messages to be kept for 14 days"],
  ["retention", "forever", "set messages to be kept for ever"],
  ["retention", "nothing", "set messages not to be kept"],
  ["lock", "", "locked the room"],
  ["moderated", "off", "let everybody write"],
  ["account.add", "bob", "added the account bob"],
  ["from.a_newer", "server", "from a newer server"],
];

for (const [what, about, sentence] of SENTENCES) {
  test(sentence, () => assert.equal(deedText({ what, about }), sentence));
}
