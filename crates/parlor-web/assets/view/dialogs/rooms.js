//! Finding a room or somebody to write to.

import { awayWords, hereOf, html, Icon, Picture } from "../html.js";
import { useState } from "../../vendor/preact-hooks.js";
import { close, closeAfter, Dialog } from "../dialog.js";
import { Problem, useAction, useAnswer } from "./form.js";
import { currentId, dialog, me, state } from "../../store.js";
import { go } from "../../action/places.js";
import { join, people, rooms, talk, tryJoin } from "../../action/rooms.js";
import { Members } from "../members.js";
import { roomName } from "../../slash.js";
import { roomId } from "../../state/conversations.js";
import { counted } from "../../text.js";

export function Rooms() {
  const { value, problem } = useAnswer(rooms);
  const [typed, setTyped] = useState("");
  const wanted = roomName(typed);
  const shown = (value ?? []).filter((room) => room.name.toLowerCase().includes(typed.trim().replace(/^#/, "").toLowerCase()));
  const exists = shown.some((room) => room.name.toLowerCase() === wanted?.toLowerCase());
  const [submit, refused] = useAction(() => (wanted === null ? "A room needs a name." : closeAfter(join(wanted))));
  const open = (room) => {
    if (!room.joined) return closeAfter(tryJoin(room.name));
    go(roomId(room.k));
    close();
  };
  return html`<${Dialog} title="Rooms">
    <form class="dialog-form" onSubmit=${submit}>
      <label class="field-label" for="room-name">Find a room, or name a new one</label>
      <div class="field-row">
        <input id="room-name" class="input" value=${typed} autocomplete="off" autocapitalize="none" spellcheck=${false} maxlength="63" placeholder="#garden"
          autofocus onInput=${(event) => setTyped(event.target.value)} />
        <button class="button button-primary" type="submit" disabled=${wanted === null}>${exists ? "Open" : "Create"}</button>
      </div>
      <${Problem} text=${refused ?? problem} />
    </form>
    <ul class="list dialog-list" aria-label="Rooms on this server">
      ${value === null && problem === null && html`<li class="quiet-text">Looking…</li>`}
      ${shown.map((room) => html`<li key=${room.k}><button type="button" class="entry entry-tall" onClick=${() => open(room)}>
        <span class="hash" aria-hidden="true">${room.private ? html`<${Icon} name="lock" />` : "#"}</span>
        <span class="entry-words"><span class="entry-name">${room.name.replace(/^#/, "")}</span>
          <span class="entry-detail">${[counted(room.members, "person here", "people here"), room.subject].filter(Boolean).join(" · ")}</span></span>
        <span class="entry-action">${room.joined ? "Open" : "Join"}</span>
      </button></li>`)}
      ${value !== null && shown.length === 0 && html`<li class="quiet-text">${wanted === null ? "There is no room yet. Name the first one." : `No room is called like that. You can make ${wanted}.`}</li>`}
    </ul>
  <//>`;
}

export function People() {
  const { value, problem } = useAnswer(people);
  const [typed, setTyped] = useState("");
  const others = (value ?? []).filter((one) => one.person !== me.value.person);
  const shown = others.filter((one) => one.nick.toLowerCase().includes(typed.trim().toLowerCase()));
  const open = (one) => {
    close();
    talk({ ...one, online: one.online ?? true });
  };
  return html`<${Dialog} title="People">
    <form class="dialog-form" onSubmit=${(event) => { event.preventDefault(); if (shown.length > 0) open(shown[0]); }}>
      <label class="field-label" for="person-name">Write to</label>
      <input id="person-name" class="input" value=${typed} autocomplete="off" autocapitalize="none" spellcheck=${false} placeholder="A name"
        autofocus onInput=${(event) => setTyped(event.target.value)} />
      <${Problem} text=${problem} />
    </form>
    <ul class="list dialog-list" aria-label="People who are here">
      ${value === null && problem === null && html`<li class="quiet-text">Looking…</li>`}
      ${shown.map((one) => html`<li key=${one.person}><button type="button" class=${`entry ${one.gone ? "is-gone" : ""}`} onClick=${() => open(one)}>
        <${Picture} name=${one.nick} person=${one.person} here=${hereOf(one)} size="picture-small" />
        <span class="entry-name">${one.nick}</span><span class="entry-detail">${one.away ? awayWords(one) : one.account ? "" : "guest"}</span>
        <span class="entry-action">Write</span>
      </button></li>`)}
      ${value !== null && shown.length === 0 && html`<li class="dialog-empty">${typed === "" ? html`<p>You are the only one here just now.</p>
        <button type="button" class="button button-primary" onClick=${() => (dialog.value = { name: "invite" })}>Invite people</button>` : `Nobody here is called “${typed}”.`}</li>`}
    </ul>
  <//>`;
}

export function MembersDialog() {
  const room = state.value.conversations[currentId.value];
  return room === undefined ? null : html`<${Dialog} title=${room.name} lead><${Members} room=${room} /><//>`;
}
