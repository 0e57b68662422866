//! What goes along with a message that is being written: the one it answers or corrects, pictures.

import { html, Icon, IconButton } from "./html.js";
import { attachAgain, composed, detach } from "../action/messages.js";
import { plain } from "../markdown.js";

/** Says what is being answered or corrected, and how to stop. */
export function Beside({ one, cancel }) {
  const { reply, edit } = composed(one.id);
  if (reply === null && edit === null) return null;
  const back = () => {
    cancel();
    document.getElementById("composer")?.focus();
  };
  return html`<div class="beside">
    <${Icon} name=${edit === null ? "reply" : "edit"} />
    <p class="beside-words">${edit === null
      ? html`Answer to <strong>${reply.from.nick}</strong> <span class="muted">${plain(reply.text) || "a picture"}</span>`
      : html`<strong>Editing</strong> <span class="muted">${plain(edit.text)}</span>`}</p>
    <kbd aria-hidden="true">Esc</kbd>
    <${IconButton} icon="close" label=${edit === null ? "Don't answer" : "Stop editing"} onClick=${back} />
  </div>`;
}

/** The pictures that go with the message, and how far each is. */
export function Attachments({ one }) {
  const { files } = composed(one.id);
  if (files.length === 0) return null;
  return html`<ul class="attachments" aria-label="Pictures to send">${files.map((file) => html`<li key=${file.key} class=${file.problem === null ? "attachment" : "attachment is-failed"}>
    <img src=${file.preview} alt="" />
    <span class="attachment-name">${file.name}</span>
    ${file.problem !== null && html`<span class="attachment-problem" role="alert">${file.problem}</span>`}
    ${file.problem === null && file.done === null && html`<progress max="1" value=${file.progress} aria-label=${`${file.name} is being uploaded`}></progress>`}
    ${file.problem !== null && html`<button type="button" class="button button-small" aria-label=${`Try ${file.name} again`} onClick=${() => attachAgain(one.id, file.key)}>Try again</button>`}
    <${IconButton} icon="close" label=${`Take ${file.name} away`} onClick=${() => { detach(one.id, file.key); document.getElementById("composer")?.focus(); }} />
  </li>`)}</ul>`;
}
