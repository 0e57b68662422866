//! The open conversation: its head, its messages, the place to write.

import { html, Icon, IconButton, Mark, Picture } from "./html.js";
import { Composer } from "./composer.js";
import { Messages } from "./messages.js";
import { announced, current, currentId, dialog, go, link, list, membersShown, narrow } from "../store.js";
import { counted } from "../text.js";

export function Conversation() {
  const one = current.value;
  if (one === null) return html`<main class="conversation is-empty">${nothing()}</main>`;
  return html`<main class="conversation" aria-labelledby="conversation-title">
    <${Head} one=${one} />
    <${Messages} key=${one.id} one=${one} />
    <${Composer} key=${`composer ${one.id}`} one=${one} />
    <div class="visually-hidden" role="log" aria-label="New messages" aria-live="polite">
      ${announced.value.map(({ id, text }) => html`<p key=${id}>${text}</p>`)}
    </div>
  </main>`;
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
    if (narrow() || matchMedia("(max-width: 959px)").matches) dialog.value = { name: "members" };
    else membersShown.value = !membersShown.value;
  };
  return html`<header class="conversation-head">
    <${IconButton} icon="back" class="only-narrow" label="Back to the list" onClick=${() => go(null)} />
    ${one.kind === "person"
      ? html`<${Picture} name=${one.name} here=${one.online ? (one.away ? "away" : true) : false} />`
      : html`<span class="head-hash" aria-hidden="true">${one.modes.invited_only ? html`<${Icon} name="lock" />` : "#"}</span>`}
    <div class="head-words">
      <h2 id="conversation-title" tabindex="-1">${one.name.replace(/^#/, "")}</h2>
      ${one.kind === "person"
        ? html`<p class="head-topic">${one.online ? (one.away ? `Away: ${one.away}` : "Online") : "Offline; reads it later"}</p>`
        : html`<${Topic} one=${one} />`}
    </div>
    ${one.kind === "room" && html`<button type="button" class="head-button" aria-pressed=${membersShown.value ? "true" : "false"}
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
