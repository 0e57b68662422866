//! Every key and every command, and how one writes messages and questions.

import { html, MOD } from "../html.js";
import { Dialog } from "../dialog.js";
import { WRITTEN } from "../../search.js";
import { COMMANDS } from "../../slash.js";

const KEYS = [
  ["Going places", [
    [[MOD, "K"], "Find a room, a person, an action"],
    [[MOD, "Shift", "F"], "Search messages"],
    [["Alt", "↑"], "Room above"],
    [["Alt", "↓"], "Room below"],
    [["Alt", "Shift", "↓"], "Next unread room"],
    [["Alt", "Shift", "↑"], "Unread room before"],
    [["Esc"], "Mark this room as read"],
    [["Shift", "Esc"], "Mark everything as read"],
    [["?"], "This list"],
  ]],
  ["Writing", [
    [["Enter"], "Send"],
    [["Shift", "Enter"], "New line"],
    [["↑"], "From an empty line: edit your last message"],
    [["Shift", "↑"], "From an empty line: to the messages"],
    [["@"], "Name somebody"],
    [["#"], "Name a room"],
    [[":"], "Emoji by name"],
    [[MOD, "B"], "Bold"],
    [[MOD, "I"], "Italic"],
    [[MOD, "E"], "Code"],
  ]],
  ["With the focus on a message", [
    [["↑"], "Message above"],
    [["↓"], "Message below"],
    [["r"], "Answer"],
    [["e"], "Edit"],
    [["+"], "React"],
    [["Del"], "Delete; u undoes it"],
    [["c"], "Copy"],
    [["m"], "Everything else"],
    [["n"], "Next unread room"],
    [["Esc"], "Back to writing"],
  ]],
];

const MARKS = [
  ["**bold**", "bold"], ["_italic_", "italic"], ["~~strike~~", "struck out"], ["`code`", "code"],
  ["```", "a block of code, until the next ```"], ["> quote", "a quote"], ["- item", "a list"], ["||spoiler||", "hidden until asked for"],
  ["[words](https://…)", "a link"],
];

export function Help() {
  return html`<${Dialog} title="Keys and commands" class="dialog-wide" lead>
    <div class="help">
      <div class="help-column">${KEYS.map(([title, keys]) => html`<section key=${title}><h3>${title}</h3>
        <dl class="keys">${keys.map(([names, does]) => html`<div key=${does}><dt>${names.map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dt><dd>${does}</dd></div>`)}</dl></section>`)}</div>
      <div class="help-column">
        <section><h3>Commands</h3><dl class="keys">${COMMANDS.map(({ name, takes, does }) => html`<div key=${name}><dt><code>/${name}</code> <span class="muted">${takes}</span></dt><dd>${does}</dd></div>`)}</dl></section>
        <section><h3>Marks in a message</h3><dl class="keys">${MARKS.map(([mark, does]) => html`<div key=${mark}><dt><code>${mark}</code></dt><dd>${does}</dd></div>`)}</dl></section>
        <section><h3>In a search</h3><dl class="keys">${WRITTEN.map(([written, means]) => html`<div key=${written}><dt><code>${written}</code></dt><dd>${means}</dd></div>`)}</dl></section>
      </div>
    </div>
  <//>`;
}
