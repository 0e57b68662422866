//! Somebody: who they are, writing to them, and what those who keep order can do.

import { awayWords, hereOf, html, Picture } from "../html.js";
import { useRef, useState } from "../../vendor/preact-hooks.js";
import { close, closeAfter, Dialog } from "../dialog.js";
import { Check, Problem, useAction, useAnswer } from "./form.js";
import { dialog, me, state } from "../../store.js";
import { setNotify } from "../../action/account.js";
import { ban } from "../../action/moderation.js";
import { profileOf } from "../../action/profile.js";
import { note } from "../../action/notes.js";
import { kick, part, setRole, talk } from "../../action/rooms.js";
import { personId } from "../../state/conversations.js";
import { LEVELS } from "../../state/notify.js";

const ROLES = [["none", "No role"], ["voice", "Voice"], ["moderator", "Moderator"], ["owner", "Owner"]];
const LEADS = ["owner", "moderator"];

export const leads = (room) => room?.kind === "room" && LEADS.includes(room.role);
export const roleText = (role) => ROLES.find(([each]) => each === role)?.[1] ?? "Member";

export function Person({ person, nick, from }) {
  const room = state.value.conversations[from];
  const direct = state.value.conversations[personId(person)];
  const member = room?.members?.[person];
  const self = person === me.value.person;
  const name = member?.nick ?? nick;
  const { value } = useAnswer(() => profileOf(name));
  const words = value?.person === person ? value : {};
  const [change, denied] = useAction(async () => setRole(from, person, wanted.current.value));
  const [remove, refused] = useAction(() => closeAfter(kick(from, person, "")));
  const wanted = useRef(null);
  return html`<${Dialog} title=${name} class="dialog-small">
    <div class="profile">
      <${Picture} name=${name} person=${person} size="picture-large" here=${member === undefined ? undefined : hereOf(member)} />
      ${(words.display || words.pronouns) && html`<p class="profile-name">${words.display && html`<bdi>${words.display}</bdi> `}
        ${words.pronouns && html`<span class="muted small"><bdi>${words.pronouns}</bdi></span>`}</p>`}
      ${words.color && html`<span class="swatch" style=${{ backgroundColor: words.color }} role="img" aria-label=${`Color ${words.color}`} title=${words.color}></span>`}
      <p>${self ? "This is you." : member?.away ? awayWords(member, "Away") : member ? `In ${room.name}` : ""}</p>
      ${words.status && html`<p class="profile-status"><span class="visually-hidden">Status: </span><bdi>${words.status}</bdi></p>`}
      ${words.about && html`<p class="profile-about">${words.about}</p>`}
      ${words.homepage && html`<p class="profile-about"><a href=${words.homepage} target="_blank" rel="noopener noreferrer nofollow">${words.homepage}</a></p>`}
      ${member && !member.account && html`<p class="muted">A guest, without an account.</p>`}
      ${(member ?? words).bot && html`<p class="muted">A bot: a program writes here, not a person.</p>`}
    </div>
    ${!self && html`<button type="button" class="button button-primary button-wide" autofocus
      onClick=${() => { close(); talk({ person, nick: name, online: member !== undefined ? !member.gone : undefined }); }}>Write to ${name}</button>`}
    ${self && html`<button type="button" class="button button-wide" autofocus onClick=${() => (dialog.value = { name: "settings" })}>Settings</button>`}
    ${direct !== undefined && from === null && html`<${Notify} one=${direct} />
      <button type="button" class="button button-wide" onClick=${() => { close(); part(direct.id); }}>Close this conversation</button>`}
    ${leads(room) && !self && html`<div class="profile-moderate">
      ${room.role === "owner" && member !== undefined && html`<label class="field-label" for="role">Role in ${room.name}</label>
        <select id="role" class="input" ref=${wanted} value=${member.role} onChange=${change}>
          ${(ROLES.some(([value]) => value === member.role) ? ROLES : [[member.role, "Member"], ...ROLES]).map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}
        </select>`}
      ${member !== undefined && html`<button type="button" class="button button-wide" onClick=${remove}>Remove from ${room.name}</button>`}
      <button type="button" class="button button-danger button-wide" onClick=${() => (dialog.value = { name: "ban", place: from, person, nick: name })}>Ban or mute…</button>
    </div>`}
    <${Problem} text=${refused ?? denied} />
  <//>`;
}

/** What of a conversation may ring. */
export function Notify({ one }) {
  const [problem, setProblem] = useState(null);
  const choose = (event) => setNotify(one.id, event.target.value).then(() => setProblem(null), (error) => setProblem(error.message));
  return html`<div class="setting"><label class="field-label" for="notify">Notifications</label>
    <select id="notify" class="input" value=${one.notify} onChange=${choose}>
      ${LEVELS.map(([value, label]) => html`<option key=${value} value=${value} selected=${one.notify === value}>${label}</option>`)}
    </select><${Problem} text=${problem} /></div>`;
}

const TIMES = [["3600", "1 hour"], ["86400", "1 day"], ["604800", "1 week"], ["2592000", "30 days"], ["", "For good"]];

export function Ban({ place, person, nick }) {
  const room = state.value.conversations[place];
  const [time, setTime] = useState("86400");
  const [reason, setReason] = useState("");
  const [mute, setMute] = useState(false);
  const [submit, refused] = useAction(async () => {
    await closeAfter(ban(place, { person, reason: reason.trim(), seconds: time === "" ? null : Number(time), mute }));
    note(mute ? `${nick} may read ${room.name}, not write.` : `${nick} is banned from ${room.name}.`);
  });
  return html`<${Dialog} title=${`Ban or mute ${nick}`} class="dialog-small">
    <form class="dialog-form stack" onSubmit=${submit}>
      <div><label class="field-label" for="ban-time">For how long</label>
        <select id="ban-time" class="input" value=${time} autofocus onChange=${(event) => setTime(event.target.value)}>
          ${TIMES.map(([value, label]) => html`<option key=${value} value=${value} selected=${value === time}>${label}</option>`)}</select></div>
      <div><label class="field-label" for="ban-reason">Reason</label>
        <input id="ban-reason" class="input" value=${reason} maxlength="300" autocomplete="off" onInput=${(event) => setReason(event.target.value)} /></div>
      <${Check} checked=${mute} onChange=${setMute}>Mute only: may read, not write<//>
      <${Problem} text=${refused} />
      <div class="dialog-buttons"><button type="button" class="button" onClick=${close}>Cancel</button>
        <button type="submit" class="button button-danger">${mute ? "Mute" : "Ban"} ${nick}</button></div>
    </form>
  <//>`;
}
