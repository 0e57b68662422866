//! The members of a room: who leads it, who is here, who is away, whose devices are all gone. Long
//! lists come in pages.

import { awayWords, hereOf, html, Picture } from "./html.js";
import { useState } from "../vendor/preact-hooks.js";
import { dialog, me } from "../store.js";
import { loadMoreMembers } from "../action/history.js";

const PAGE = 60;
const ROLES = { owner: "Owner", moderator: "Moderator", voice: "Voice" };

export function Members({ room }) {
  const [shown, setShown] = useState(PAGE);
  const all = Object.values(room.members ?? {});
  const groups = grouped(all);
  let left = shown;
  const further = Math.max(room.present, all.length) - shown;
  const more = () => {
    setShown(shown + PAGE * 2);
    if (shown + PAGE * 2 > all.length && all.length < room.present) loadMoreMembers(room.id);
  };
  return html`<div class="members">
    <h2 class="members-title" id="members-title">Members <span class="muted">${room.present.toLocaleString()}</span></h2>
    ${room.members === null && html`<p class="quiet-text">Looking who is here…</p>`}
    ${groups.map(([title, members]) => {
      const some = members.slice(0, Math.max(0, left));
      left -= some.length;
      return some.length > 0 && html`<section key=${title}>
        <h3>${title} <span class="muted">${members.length}</span></h3>
        <ul class="list">${some.map((member) => html`<${Member} key=${member.person} room=${room} member=${member} />`)}</ul>
      </section>`;
    })}
    ${room.members !== null && further > 0 && html`<button type="button" class="button button-wide" onClick=${more}>
      Show ${Math.min(PAGE * 2, further)} more</button>`}
  </div>`;
}

function grouped(all) {
  const byName = [...all].sort((a, b) => a.nick.localeCompare(b.nick, undefined, { sensitivity: "base" }));
  const leads = ({ role }) => role === "owner" || role === "moderator";
  const away = (member) => member.away !== null && member.away !== undefined && member.away !== "";
  return [
    ["Leading", byName.filter(leads)],
    ["Here", byName.filter((member) => !leads(member) && !away(member))],
    ["Away", byName.filter((member) => !leads(member) && away(member) && !member.gone)],
    ["Not connected", byName.filter((member) => !leads(member) && member.gone)],
  ].filter(([, members]) => members.length > 0);
}

function Member({ room, member }) {
  const self = member.person === me.value?.person;
  const open = () => (dialog.value = { name: "person", person: member.person, nick: member.nick, from: room.id });
  return html`<li><button type="button" class=${`entry ${member.gone ? "is-gone" : ""}`} onClick=${open}>
    <${Picture} name=${member.nick} person=${member.person} here=${hereOf(member)} size="picture-small" />
    <span class="entry-name">${member.nick}${self && html` <span class="muted">(you)</span>`}</span>
    ${member.away && html`<span class="visually-hidden">, ${awayWords(member)}</span>`}
    ${ROLES[member.role] && html`<span class="role">${ROLES[member.role]}</span>`}
    ${!member.account && html`<span class="role">Guest</span>`}
    ${member.bot && html`<span class="role">Bot</span>`}
  </button></li>`;
}
