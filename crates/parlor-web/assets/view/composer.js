//! Where messages are written: grows with the text, keeps a draft per conversation, completes
//! commands, nicks, rooms and emoji, takes pictures. Nothing typed is ever taken away by the state
//! of the connection.

import { html, Icon, IconButton, Picture } from "./html.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { Attachments, Beside } from "./beside.js";
import { dialog, list, narrow, online, writing } from "../store.js";
import { draft, setDraft } from "../action/drafts.js";
import { ACCEPTED, attach, beginEdit, compose, composed, lastOwn } from "../action/messages.js";
import { stopped, typed as tellTyping } from "../action/typing.js";
import { submit } from "../action/writing.js";
import { typingText } from "../state/typing.js";
import { counted } from "../text.js";

const ROWS_MAX = 10;

/** What helps with writing comes when the page is at rest, or with the first key. */
let aid = null;
export async function loadAid() {
  aid ??= { ...(await import("../completion.js")), ...(await import("../emoji.js")), ...(await import("../favourites.js")) };
}

export function Composer({ one }) {
  const { edit, words, files } = composed(one.id);
  const [problem, setProblem] = useState(null);
  const [choice, setChoice] = useState(0);
  const [caret, setCaret] = useState(null);
  const [, redraw] = useState(0);
  const field = useRef(null);
  const latest = useRef(null);
  const text = edit === null ? draft(one.id) : words;
  const choices = caret === null || aid === null ? [] : aid.choicesFor(text, caret, {
    members: Object.values(one.members ?? {}), rooms: list.value.rooms, emoji: (words, limit) => aid.search(words, limit),
  });
  const chosen = Math.min(choice, choices.length - 1);

  useLayoutEffect(() => {
    // On a phone the keyboard should not jump up before somebody wants to write, and who jumped to
    // a message stays with it.
    const elsewhere = document.querySelector("dialog[open], .row-message:focus") !== null;
    if (!narrow() && !elsewhere) field.current.focus();
    const correct = (event) => latest.current.begin(event.detail);
    field.current.addEventListener("correct", correct);
  }, []);
  useLayoutEffect(() => grow(field.current), [text]);
  // What could not be done without a connection can be tried again.
  useEffect(() => {
    if (online.value) setProblem(null);
  }, [online.value]);

  /** The text is this now, at once, with the caret there: the next key may come before a redraw. */
  const put = (next, at, end = at) => {
    write(next);
    field.current.value = next;
    field.current.focus();
    field.current.setSelectionRange(at, end);
  };
  const write = (next, at = null) => {
    if (edit === null) setDraft(one.id, next);
    else compose(one.id, { words: next });
    setProblem(null);
    setChoice(0);
    setCaret(at);
  };
  const input = (event) => {
    const { value, selectionStart } = event.target;
    const again = () => redraw((count) => count + 1);
    const assist = () => (aid.wantsEmoji(value, selectionStart) ? aid.load().then(again) : again());
    if (aid === null) loadAid().then(assist).catch(() => {});
    else if (aid.wantsEmoji(value, selectionStart)) aid.load().then(again, () => {});
    const closed = aid?.closedName(value, selectionStart) ?? null;
    const emoji = closed === null ? null : aid.named(closed.name);
    if (emoji !== null) {
      const shown = aid.toned(emoji, aid.tone());
      put(value.slice(0, closed.from) + shown + value.slice(selectionStart), closed.from + shown.length);
    } else write(value, selectionStart);
    if (edit === null) tellTyping(one, field.current.value);
  };
  const send = async () => {
    const typed = field.current.value;
    if (typed.trim() === "" && files.length === 0 && edit === null) return;
    const before = edit;
    if (before === null) write("");
    setProblem(null);
    setCaret(null);
    stopped(one);
    const refused = await submit(typed);
    if (refused === null) return;
    setProblem(refused);
    // What was refused comes back, unless something new was begun.
    if (before === null && draft(one.id) === "") setDraft(one.id, typed);
  };
  const complete = (index) => {
    const { from, insert } = choices[index];
    put(text.slice(0, from) + insert + text.slice(caret ?? text.length), from + insert.length);
  };
  const begin = (words) => {
    setProblem(null);
    setCaret(null);
    field.current.value = words;
    field.current.focus();
    field.current.setSelectionRange(words.length, words.length);
  };
  latest.current = { begin };
  const cancel = () => {
    compose(one.id, { edit: null, words: "", reply: null });
    setProblem(null);
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
    } else if (event.key === "Escape" && !event.shiftKey && (edit !== null || composed(one.id).reply !== null)) {
      event.preventDefault();
      event.stopPropagation();
      cancel();
    } else if (event.key === "ArrowUp" && event.target.value === "" && !event.altKey) {
      const own = event.shiftKey ? undefined : lastOwn(one);
      if (own === "on its way") event.preventDefault();
      else if (own !== undefined) { event.preventDefault(); beginEdit(one, own); }
      else if (toMessages()) event.preventDefault();
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      const { value, selectionStart, selectionEnd } = event.target;
      const next = aid === null ? null : aid.wrapped(value, selectionStart, selectionEnd, event.key.toLowerCase());
      if (next !== null) { event.preventDefault(); put(next.text, next.start, next.end); }
    }
  };
  const pasted = (event) => {
    const found = [...event.clipboardData.files];
    if (found.length === 0) return;
    event.preventDefault();
    attach(one.id, found);
  };
  const insertEmoji = () => {
    const at = field.current.selectionStart;
    dialog.value = { name: "emoji", act: (emoji) => put(text.slice(0, at) + emoji + text.slice(at), at + emoji.length) };
  };
  const sends = text.trim() !== "" || files.length > 0;

  return html`<form class="composer" onSubmit=${(event) => { event.preventDefault(); send(); }}>
    ${choices.length > 0 && html`<ul class="choices" id="choices" role="listbox" aria-label="Suggestions">
      ${choices.map((each, index) => html`<li key=${each.insert} id=${`choice-${index}`} role="option" aria-selected=${index === chosen ? "true" : "false"}
        onMouseDown=${(event) => { event.preventDefault(); complete(index); }}>
        ${each.nick ? html`<${Picture} name=${each.nick} person=${each.person} size="picture-small" />` : null}
        ${each.emoji ? html`<span class="choice-emoji" aria-hidden="true">${each.emoji}</span>` : null}
        <strong>${each.label}</strong> <span class="muted">${each.detail}</span></li>`)}
    </ul>`}
    <p class="composer-problem" role="alert">${problem}</p>
    <p class="composer-rule" id="composer-rule">${limitText(one)}</p>
    <${Beside} one=${one} cancel=${cancel} />
    <div class="composer-box">
      <${Attachments} one=${one} />
      <label class="icon-button attach" title="Add a picture"><${Icon} name="clip" /><span class="visually-hidden">Add a picture</span>
        <input type="file" class="visually-hidden" accept=${ACCEPTED} multiple onChange=${(event) => { attach(one.id, [...event.target.files]); event.target.value = ""; field.current.focus(); }} /></label>
      <label class="visually-hidden" for="composer">${edit === null ? `Message ${one.name}` : "Edit your message"}</label>
      <textarea id="composer" ref=${field} rows="1" dir="auto" placeholder=${`Message ${one.name}`} value=${text}
        enterkeyhint="send" autocomplete="off" aria-describedby="composer-rule composer-hint"
        aria-autocomplete="list" aria-controls=${choices.length > 0 ? "choices" : undefined}
        aria-activedescendant=${choices.length > 0 ? `choice-${chosen}` : undefined}
        onInput=${input} onKeyDown=${pressed} onPaste=${pasted}></textarea>
      <${IconButton} icon="smile" label="Emoji" class="composer-emoji" onClick=${insertEmoji} />
      <${IconButton} icon=${edit === null ? "send" : "check"} label=${edit === null ? "Send" : "Save"} class="send" type="submit" disabled=${!sends && edit === null} />
    </div>
    <${Hint} one=${one} />
    <div class="visually-hidden" role="status">${choices.length > 0 ? `${choices.length} suggestions; arrow keys choose, Tab takes.` : ""}</div>
  </form>`;
}

/** What keeps one from writing here, said before one has written. */
function limitText({ kind, role, modes, settings = {} }) {
  if (kind !== "room" || role === "owner" || role === "moderator") return "";
  if (settings.locked) return "This room is locked: only moderators write here.";
  if (role === "voice") return "";
  if (modes.moderated) return "Only people with a voice write here.";
  return settings.slow_s > 0 ? `Slow mode: one message every ${counted(settings.slow_s, "second")}.` : "";
}

const CHOOSING = { ArrowDown: 1, ArrowUp: -1, Tab: "take", Enter: "take", Escape: "close" };

/** Who is writing; else what the keys do. */
function Hint({ one }) {
  const who = typingText(writing.value[one.id]);
  return html`<p class="composer-hint" id="composer-hint" data-typing=${who === "" ? undefined : "true"}>
    ${who !== ""
      ? html`<span class="typing"><span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>${who}</span>`
      : html`<span><kbd>Enter</kbd> sends</span><span><kbd>Shift Enter</kbd> new line</span><span><kbd>↑</kbd> edits</span><span><kbd>/</kbd> commands</span>`}</p>`;
}

/** The focus goes to the last message; false if there is none. */
function toMessages() {
  const rows = document.querySelectorAll(".row-message");
  rows[rows.length - 1]?.focus();
  return rows.length > 0;
}

/** As many rows as the text has lines; where the browser can, it measures wrapped ones too. */
function grow(field) {
  field.rows = Math.min(ROWS_MAX, field.value.split("\n").length);
}
