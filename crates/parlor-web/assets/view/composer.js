//! Where messages are written: grows with the text, keeps a draft per conversation, completes
//! commands and nicks. Nothing typed is ever taken away by the state of the connection.

import { html, IconButton, Picture } from "./html.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { draft, narrow, setDraft, submit } from "../store.js";
import { completions } from "../slash.js";

const ROWS_MAX = 10;
const CHOICES_MAX = 8;

export function Composer({ one }) {
  const [text, setText] = useState(() => draft(one.id));
  const [problem, setProblem] = useState(null);
  const [choice, setChoice] = useState(0);
  const [caret, setCaret] = useState(null);
  const field = useRef(null);
  const choices = choicesFor(text, caret, one);
  const chosen = Math.min(choice, choices.length - 1);

  useEffect(() => {
    // On a phone the keyboard should not jump up before somebody wants to write.
    if (!narrow() && document.querySelector("dialog[open]") === null) field.current.focus();
    const refill = () => setText(draft(one.id));
    field.current.addEventListener("refill", refill);
  }, []);
  useLayoutEffect(() => grow(field.current), [text]);

  const change = (next, at = null) => {
    setText(next);
    setDraft(one.id, next);
    setProblem(null);
    setChoice(0);
    setCaret(at);
  };
  const send = async () => {
    const typed = field.current.value;
    if (typed.trim() === "") return;
    change("");
    const refused = await submit(typed);
    if (refused === null) return;
    setProblem(refused);
    // What was refused comes back, unless something new was begun.
    if (field.current !== null && field.current.value === "") {
      setText(typed);
      setDraft(one.id, typed);
    }
  };
  const complete = (index) => {
    const { from, insert } = choices[index];
    const next = text.slice(0, from) + insert + text.slice(caret ?? text.length);
    change(next);
    // At once, not when it is drawn: the next key may come before that, and belongs behind.
    field.current.value = next;
    field.current.focus();
    field.current.setSelectionRange(from + insert.length, from + insert.length);
  };
  const pressed = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (choices.length > 0 && CHOOSING[event.key] !== undefined && !event.shiftKey) {
      event.preventDefault();
      const by = CHOOSING[event.key];
      if (by === "take") complete(chosen);
      else if (by === "close") { setCaret(null); event.stopPropagation(); }
      else setChoice((chosen + by + choices.length) % choices.length);
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && !event.altKey && !event.shiftKey) {
      const rows = document.querySelectorAll(".row-message");
      if (rows.length > 0) { event.preventDefault(); rows[rows.length - 1].focus(); }
    }
  };

  return html`<form class="composer" onSubmit=${(event) => { event.preventDefault(); send(); }}>
    ${choices.length > 0 && html`<ul class="choices" id="choices" role="listbox" aria-label="Suggestions">
      ${choices.map((each, index) => html`<li key=${each.insert} id=${`choice-${index}`} role="option" aria-selected=${index === chosen ? "true" : "false"}
        onMouseDown=${(event) => { event.preventDefault(); complete(index); }}>
        ${each.nick ? html`<${Picture} name=${each.nick} size="picture-small" />` : null}
        <strong>${each.label}</strong> <span class="muted">${each.detail}</span></li>`)}
    </ul>`}
    <p class="composer-problem" role="alert">${problem}</p>
    <div class="composer-box">
      <label class="visually-hidden" for="composer">Message ${one.name}</label>
      <textarea id="composer" ref=${field} rows="1" maxlength="16000" placeholder=${`Message ${one.name}`} value=${text}
        enterkeyhint="send" autocomplete="off" aria-describedby="composer-hint"
        aria-autocomplete="list" aria-controls=${choices.length > 0 ? "choices" : undefined}
        aria-activedescendant=${choices.length > 0 ? `choice-${chosen}` : undefined}
        onInput=${(event) => change(event.target.value, event.target.selectionStart)} onKeyDown=${pressed}></textarea>
      <${IconButton} icon="send" label="Send" class="send" type="submit" disabled=${text.trim() === ""} />
    </div>
    <p class="composer-hint" id="composer-hint"><span><kbd>Enter</kbd> sends</span><span><kbd>Shift Enter</kbd> new line</span><span><kbd>/</kbd> commands</span></p>
    <div class="visually-hidden" role="status">${choices.length > 0 ? `${choices.length} suggestions; arrow keys choose, Tab takes.` : ""}</div>
  </form>`;
}

const CHOOSING = { ArrowDown: 1, ArrowUp: -1, Tab: "take", Enter: "take", Escape: "close" };

/** As many rows as the text has lines; where the browser can, it measures wrapped ones too. */
function grow(field) {
  field.rows = Math.min(ROWS_MAX, field.value.split("\n").length);
}

function choicesFor(text, caret, one) {
  if (caret === null) return [];
  const before = text.slice(0, caret);
  const commands = completions(before);
  if (commands.length > 0) {
    // A command that is typed out in full is no question any more.
    if (commands.length === 1 && commands[0].name === before.slice(1)) return [];
    return commands.slice(0, CHOICES_MAX).map(({ name, takes, does }) => ({
      from: 0, insert: `/${name}${takes === "" ? "" : " "}`, label: `/${name} ${takes}`, detail: does,
    }));
  }
  const match = /(?:^|\s)@([^\s@]*)$/.exec(before);
  if (match === null || one.kind !== "room") return [];
  const begun = match[1].toLowerCase();
  return Object.values(one.members ?? {})
    .filter((member) => member.nick.toLowerCase().startsWith(begun) && member.nick.toLowerCase() !== begun)
    .slice(0, CHOICES_MAX)
    .map((member) => ({
      from: caret - match[1].length - 1, insert: `@${member.nick} `, label: member.nick,
      detail: member.away ? "away" : "", nick: member.nick,
    }));
}
