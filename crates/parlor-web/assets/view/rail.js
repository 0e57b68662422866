//! The rail: the apps of the server, and what concerns the reader. On a phone, the bar below.
//!
//! Each app that works has one entry in `APPS`; what does not work yet is not shown.

import { html, Icon, Mark, MOD, Picture } from "./html.js";
import { dialog, link, me, narrow, totals } from "../store.js";
import { go } from "../action/places.js";
import { counted } from "../text.js";

const APPS = [{ name: "chat", label: "Chat", icon: "chat" }];

export function Rail({ server }) {
  const { unread } = totals.value;
  const self = me.value;
  return html`<nav class="rail" aria-label="Main">
    <span class="rail-mark" title=${server}><${Mark} /></span>
    <ul class="rail-apps">
      ${APPS.map((app) => html`<li key=${app.name}>
        <a class="rail-item is-current" href="#/" aria-current="page"
          onClick=${(event) => { event.preventDefault(); toList(); }}>
          <${Icon} name=${app.icon} /><span class="rail-label">${app.label}</span>
          ${unread > 0 && html`<span class="rail-dot"></span><span class="visually-hidden">, ${counted(unread, "unread message")}</span>`}
        </a>
      </li>`)}
    </ul>
    <ul class="rail-tools">
      <li><button type="button" class="rail-item" aria-keyshortcuts="Control+K" title=${`Find (${MOD} K)`}
        onClick=${() => (dialog.value = { name: "palette" })}>
        <${Icon} name="search" /><span class="rail-label">Find</span></button></li>
      <li><button type="button" class="rail-item" onClick=${() => (dialog.value = { name: "people" })}>
        <${Icon} name="people" /><span class="rail-label">People</span></button></li>
      <li><button type="button" class="rail-item" onClick=${() => (dialog.value = { name: "settings" })}>
        ${self === null
          ? html`<${Icon} name="person" />`
          : html`<${Picture} name=${self.nick} person=${self.person} here=${link.value.phase === "online" ? (self.away ? "away" : true) : false} size="picture-small" />`}
        <span class="rail-label">You</span></button></li>
    </ul>
  </nav>`;
}

/** On a phone the list is a place to go to; elsewhere it is there already. */
function toList() {
  if (narrow()) go(null);
  else document.querySelector(".list-pane .entry.is-current, .list-pane .entry")?.focus();
}
