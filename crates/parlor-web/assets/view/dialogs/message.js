//! What can be done with a message, as a menu (for fingers, and for who likes menus); what it said
//! before it was corrected; reporting it.

import { html, Icon } from "../html.js";
import { useState } from "../../vendor/preact-hooks.js";
import { close, closeAfter, Dialog } from "../dialog.js";
import { Problem, useAction, useAnswer } from "./form.js";
import { pick } from "../message.js";
import { dialog, state } from "../../store.js";
import { addressOfMessage, answer, beginEdit, editsOf, mayDelete, mayEdit, react, remove, report } from "../../action/messages.js";
import { copy, note } from "../../action/notes.js";
import { recent } from "../../favourites.js";
import { plain } from "../../markdown.js";

const QUICK = 6;

export function MessageMenu({ place, msgid }) {
  const one = state.value.conversations[place];
  const item = one?.items.find((each) => each.id === msgid);
  if (item === undefined) return null;
  // The dialog gives the focus back when it closes, and what is done then may want it elsewhere.
  const then = (act) => () => { close(); act(); };
  const copied = async (text) => { if (await copy(text)) note("Copied."); };
  const entries = [
    ["reply", "Answer", "r", then(() => answer(one, item))],
    mayEdit(item) && item.kind !== "action" && ["edit", "Edit", "e", then(() => beginEdit(one, item))],
    ["copy", "Copy the text", "c", () => closeAfter(copied(item.text))],
    ["link", "Copy a link to it", "", () => closeAfter(copied(addressOfMessage(item)))],
    !mayEdit(item) && ["flag", "Report it", "", () => (dialog.value = { name: "report", place, msgid })],
    item.edited && mayDelete(one, item) && ["edit", "What it said before", "", () => (dialog.value = { name: "edits", place, msgid })],
    mayDelete(one, item) && ["trash", "Delete", "Del", then(() => remove(one, item))],
  ].filter(Boolean);
  return html`<${Dialog} title="Message" class="dialog-small">
    <blockquote class="menu-quote"><strong>${item.from.nick}</strong> ${plain(item.text) || "A picture"}</blockquote>
    <div class="menu-emoji">${recent().slice(0, QUICK).map((emoji) => html`<button key=${emoji} type="button" class="icon-button" aria-label=${`React with ${emoji}`}
      onClick=${() => { close(); react(one, item, emoji); }}>${emoji}</button>`)}
      <button type="button" class="icon-button" aria-label="Other emoji" title="Other emoji" onClick=${() => pick(place, item)}><${Icon} name="smile" /></button></div>
    <ul class="list">${entries.map(([icon, label, key, act], index) => html`<li key=${label}><button type="button" class="entry" autofocus=${index === 0} onClick=${act}>
      <${Icon} name=${icon} /><span class="entry-name">${label}</span>${key !== "" && html`<kbd aria-hidden="true">${key}</kbd>`}</button></li>`)}</ul>
  <//>`;
}

/** What a message has said, the first text first. */
export function Edits({ place, msgid }) {
  const one = state.value.conversations[place];
  const { value, problem } = useAnswer(() => editsOf(one, msgid));
  return html`<${Dialog} title="What it said" class="dialog-small" lead>
    <${Problem} text=${problem} />
    ${value === null && problem === null && html`<p class="quiet-text">Looking…</p>`}
    <ol class="facts-list" aria-label="Texts of the message">${(value ?? []).map(({ text, at }, index) => html`<li key=${index} class="fact-row">
      <span class="fact-words">${plain(text) || "A picture"}
        <span class="muted">${index === value.length - 1 ? "now, since" : index === 0 ? "said" : "corrected"} ${new Date(at).toLocaleString()}</span></span></li>`)}</ol>
    <div class="dialog-buttons"><button type="button" class="button" onClick=${close}>Close</button></div>
  <//>`;
}

export function Report({ place, msgid }) {
  const one = state.value.conversations[place];
  const item = one?.items.find((each) => each.id === msgid);
  const [reason, setReason] = useState("");
  const [submit, refused] = useAction(async () => {
    await closeAfter(report(one, msgid, reason.trim()));
    note("Reported. Those who keep order here will see it.");
  });
  return html`<${Dialog} title="Report a message" class="dialog-small">
    <blockquote class="menu-quote"><strong>${item?.from.nick}</strong> ${plain(item?.text ?? "")}</blockquote>
    <form class="dialog-form stack" onSubmit=${submit}>
      <div><label class="field-label" for="report-reason">What is wrong with it?</label>
        <input id="report-reason" class="input" value=${reason} maxlength="300" required autofocus autocomplete="off" onInput=${(event) => setReason(event.target.value)} /></div>
      <${Problem} text=${refused} />
      <div class="dialog-buttons"><button type="button" class="button" onClick=${close}>Cancel</button>
        <button type="submit" class="button button-danger">Report</button></div>
    </form>
  <//>`;
}
