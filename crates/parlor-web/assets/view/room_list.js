//! The list of conversations: rooms, then people, with what is unread.

import { html, Icon, IconButton, MOD, Picture } from "./html.js";
import { currentId, dialog, list, me, unsent } from "../store.js";
import { draft } from "../action/drafts.js";
import { addressOf, go } from "../action/places.js";
import { part } from "../action/rooms.js";

const COUNT_MAX = 99;

export function RoomList({ server }) {
  const { rooms, people } = list.value;
  return html`<nav class="list-pane" aria-label="Conversations">
    <header class="list-header">
      <p class="list-title">${server}</p>
      <${IconButton} icon="invite" label="Invite people" onClick=${() => (dialog.value = { name: "invite" })} />
    </header>
    <button type="button" class="find" onClick=${() => (dialog.value = { name: "palette" })}>
      <${Icon} name="search" /><span>Find a room or person</span><kbd aria-hidden="true">${MOD} K</kbd>
    </button>
    <div class="list-scroll">
      <${Section} title="Rooms" label="Add a room" onAdd=${() => (dialog.value = { name: "rooms" })}>
        ${rooms.map((one) => html`<${Entry} key=${one.id} one=${one} />`)}
        ${me.value !== null && rooms.length === 0 && html`<li class="list-empty">You are in no room.${" "}
          <button type="button" class="link-button" onClick=${() => (dialog.value = { name: "rooms" })}>Find one</button></li>`}
      <//>
      <${Section} title="People" label="Write to somebody" onAdd=${() => (dialog.value = { name: "people" })}>
        ${people.map((one) => html`<${Entry} key=${one.id} one=${one} />`)}
        ${me.value !== null && people.length === 0 && html`<li class="list-empty">Private messages stand here.</li>`}
      <//>
    </div>
  </nav>`;
}

function Section({ title, label, onAdd, children }) {
  return html`<section class="list-section">
    <div class="list-section-head">
      <h2>${title}</h2>
      <${IconButton} icon="plus" label=${label} onClick=${onAdd} />
    </div>
    <ul class="list">${children}</ul>
  </section>`;
}

function Entry({ one }) {
  const here = one.id === currentId.value;
  const waiting = unsent.value.filter((entry) => entry.conversation === one.id);
  const failed = waiting.some((entry) => entry.state === "failed");
  const quiet = one.notify === "nothing";
  const called = !quiet && (one.kind === "person" ? one.unread > 0 : one.calls > 0);
  const classes = ["entry", here && "is-current", one.unread > 0 && !quiet && "is-unread", called && "calls", quiet && "is-quiet"];
  return html`<li class="list-item">
    <a class=${classes.filter(Boolean).join(" ")} href=${addressOf(one.id)} aria-current=${here ? "page" : undefined}
      onClick=${(event) => { event.preventDefault(); go(one.id); }}>
      ${one.kind === "person"
        ? html`<${Picture} name=${one.name} person=${one.person} here=${one.online ? (one.away ? "away" : true) : false} size="picture-small" />`
        : html`<span class="hash" aria-hidden="true">${one.modes.invited_only ? html`<${Icon} name="lock" />` : "#"}</span>`}
      <span class="entry-name">${one.name.replace(/^#/, "")}</span>
      ${one.kind === "person" && html`<span class="visually-hidden">, ${one.online ? "online" : "offline"}</span>`}
      ${failed && html`<span class="entry-flag is-failed"><${Icon} name="warning" /><span class="visually-hidden">, a message was not sent</span></span>`}
      ${!here && !failed && draft(one.id) !== "" && html`<span class="entry-flag"><${Icon} name="edit" /><span class="visually-hidden">, has a draft</span></span>`}
      ${quiet && html`<span class="entry-flag"><${Icon} name="bell_off" /><span class="visually-hidden">, notifications are off</span></span>`}
      ${called && one.kind === "room" && html`<span class="badge badge-call"><span aria-hidden="true">@${one.calls > 1 ? one.calls : ""}</span><span class="visually-hidden">, ${one.calls === 1 ? "you are mentioned" : `${one.calls} mentions`}</span></span>`}
      ${one.unread > 0 && html`<span class="badge">${one.unread > COUNT_MAX ? `${COUNT_MAX}+` : one.unread}<span class="visually-hidden"> unread</span></span>`}
    </a>
    ${one.kind === "person" && here && html`<${IconButton} icon="close" class="entry-close"
      label=${`Close the conversation with ${one.name}`} onClick=${() => part(one.id)} />`}
  </li>`;
}
