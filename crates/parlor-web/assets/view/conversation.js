//! The open conversation: its head, its messages, the place to write.

import { html, Icon, IconButton, Mark, Picture } from "./html.js";
import { Composer } from "./composer.js";
import { Messages } from "./messages.js";
import { useRef, useState } from "../vendor/preact-hooks.js";
import { announced, current, currentId, dialog, link, list, membersFit, membersShown } from "../store.js";
import { attach } from "../action/messages.js";
import { go } from "../action/places.js";
import { counted } from "../text.js";

export function Conversation() {
  const one = current.value;
  if (one === null) return html`<main class="conversation is-empty">${nothing()}</main>`;
  return html`<${Open} one=${one} />`;
}

function Open({ one }) {
  const [over, drop] = useDrop((files) => attach(one.id, files));
  return html`<main class="conversation" aria-labelledby="conversation-title" ...${drop}>
    <${Head} one=${one} />
    <${Messages} key=${one.id} one=${one} />
    <${Composer} key=${`composer ${one.id}`} one=${one} />
    <div class="visually-hidden" role="log" aria-label="New messages" aria-live="polite">
      ${announced.value.map(({ id, text }) => html`<p key=${id}>${text}</p>`)}
    </div>
    ${over && html`<div class="drop" aria-hidden="true"><${Icon} name="image" /><p>Drop pictures to add them to your message</p></div>`}
  </main>`;
}

/** Files that are dragged over the conversation; gives whether some are, and what listens. */
function useDrop(take) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const enter = (event) => {
    if (!carries(event)) return;
    depth.current += 1;
    setOver(true);
  };
  const leave = (event) => {
    if (!carries(event)) return;
    depth.current = Math.max(0, depth.current - 1);
    if (depth.current === 0) setOver(false);
  };
  const drop = (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    take([...event.dataTransfer.files]);
    document.getElementById("composer")?.focus();
  };
  const allow = (event) => carries(event) && event.preventDefault();
  return [over, { onDragEnter: enter, onDragLeave: leave, onDragOver: allow, onDrop: drop }];
}

function nothing() {
  if (link.value.phase === "connecting" && currentId.value === null && list.value.all.length === 0) {
    return html`<p class="quiet-text">Opening…</p>`;
  }
  return html`<div class="welcome">
    <${Mark} />
    <h2>Pick a conversation</h2>
    <p>Rooms are for everybody in them; private messages are between two.</p>
    <button type="button" class="button button-primary" onClick=${() => (dialog.value = { name: "rooms" })}>Browse rooms</button>
  </div>`;
}

function Head({ one }) {
  const toggleMembers = () => {
    if (membersFit.value) membersShown.value = !membersShown.value;
    else dialog.value = { name: "members" };
  };
  return html`<header class="conversation-head">
    <${IconButton} icon="back" class="only-narrow" label="Back to the list" onClick=${() => go(null)} />
    ${one.kind === "person"
      ? html`<${Picture} name=${one.name} person=${one.person} here=${one.online ? (one.away ? "away" : true) : false} />`
      : html`<span class="head-hash" aria-hidden="true">${one.modes.invited_only || one.settings?.locked ? html`<${Icon} name="lock" />` : "#"}</span>`}
    <div class="head-words">
      <h2 id="conversation-title" tabindex="-1">${one.name.replace(/^#/, "")}</h2>
      ${one.kind === "person"
        ? html`<p class="head-topic">${one.online ? (one.away ? `Away: ${one.away}` : "Online") : "Offline; reads it later"}</p>`
        : html`<${Topic} one=${one} />`}
    </div>
    <${IconButton} icon="search" label=${`Search in ${one.name}`} onClick=${() => (dialog.value = { name: "search", query: "", place: one.id })} />
    ${one.notify === "nothing" && html`<span class="head-flag" title="Notifications are off"><${Icon} name="bell_off" /><span class="visually-hidden">Notifications are off</span></span>`}
    ${one.kind === "room" && html`<button type="button" class="head-button" aria-pressed=${membersFit.value ? String(membersShown.value) : null}
        onClick=${toggleMembers} title="Members">
        <${Icon} name="people" /><span>${one.present.toLocaleString()}</span><span class="visually-hidden"> ${one.present === 1 ? "member" : "members"} here; show them</span></button>
      <${IconButton} icon="gear" label=${`About ${one.name}`} onClick=${() => (dialog.value = { name: "room", id: one.id })} />`}
    ${one.kind === "person" && html`<${IconButton} icon="person" label=${`About ${one.name}`}
      onClick=${() => (dialog.value = { name: "person", person: one.person, nick: one.name, from: null })} />`}
  </header>`;
}

function Topic({ one }) {
  const may = !one.modes.subject_locked || ["owner", "moderator"].includes(one.role);
  if (!may) return html`<p class="head-topic">${one.subject || counted(one.present, "person", "people")}</p>`;
  return html`<button type="button" class="head-topic is-button" title=${one.subject || undefined}
    onClick=${() => (dialog.value = { name: "topic", id: one.id })}>
    <span class="visually-hidden">Topic: </span>${one.subject || "Add a topic"}<span class="visually-hidden">. Change it</span>
  </button>`;
}
