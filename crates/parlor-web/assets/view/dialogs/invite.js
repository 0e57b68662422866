//! Inviting people: a new link, and the links that are out there.

import { html, Icon } from "../html.js";
import { useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { close, Dialog } from "../dialog.js";
import { Problem, useAction, useAnswer } from "./form.js";
import { dialog, me, state } from "../../store.js";
import { invitations, makeInvitation, revokeInvitation } from "../../action/account.js";
import { copy } from "../../action/notes.js";
import { ordered } from "../../state/conversations.js";
import { counted } from "../../text.js";

const ROLES = [["member", "a member"], ["voice", "somebody with a voice"], ["moderator", "a moderator"], ["owner", "an owner"]];
const rank = (role) => ROLES.findIndex(([name]) => name === role);

/** The roles that may be given in a room: none above one's own, and beyond membership only by those who keep order. */
const givable = (one) => ROLES.filter(([name]) => name === "member" || (rank(one.role) >= rank("moderator") && rank(name) <= rank(one.role)));
const mayInvite = (one) => !one.modes.invited_only || rank(one.role) >= rank("moderator");

export function Invite() {
  const rooms = ordered(state.value).rooms.filter(mayInvite);
  const [uses, setUses] = useState(10);
  const [days, setDays] = useState(7);
  // Only an administrator's link can lead to the server alone.
  const [to, setTo] = useState(me.value.admin ? "" : (rooms[0]?.id ?? ""));
  const [role, setRole] = useState("member");
  const [made, setMade] = useState(null);
  const [copied, setCopied] = useState(false);
  const field = useRef(null);
  const room = rooms.find((one) => one.id === to);
  const roles = room === undefined ? [] : givable(room);
  const given = roles.some(([name]) => name === role) ? role : "member";
  const [submit, refused] = useAction(async () =>
    setMade(await makeInvitation(Number(uses), Number(days), room && { k: room.k, role: given })));
  // The button that made it is gone; the link is what is wanted now.
  useLayoutEffect(() => field.current?.focus(), [made]);
  if (made !== null) {
    const can = [me.value.admin && "make an account", room && `join ${room.name}`].filter(Boolean).join(" and ");
    return html`<${Dialog} title="Invite people">
      <p class="dialog-lead">Whoever opens this link can ${can}. It works for ${counted(Number(uses), "person", "people")}, for ${counted(Number(days), "day")}.</p>
      <div><label class="field-label" for="invitation">Invitation link</label><div class="field-row">
        <input id="invitation" class="input" ref=${field} readonly value=${made.url} onFocus=${(event) => event.target.select()} />
        <button type="button" class="button button-primary" autofocus onClick=${async () => setCopied(await copy(made.url, field.current))}>
          <${Icon} name=${copied ? "check" : "copy"} />${copied ? "Copied" : "Copy"}</button>
      </div></div>
      ${made.qr && html`<figure class="qr"><img src=${`data:image/svg+xml,${encodeURIComponent(made.qr)}`} alt="QR code of the invitation link" width="208" height="208" />
        <figcaption>Or show this to a phone's camera.</figcaption></figure>`}
      <div class="visually-hidden" role="status">${copied ? "Copied" : ""}</div>
    <//>`;
  }
  const choose = (value, label, chosen) => html`<option key=${value} value=${value} selected=${value === chosen}>${label}</option>`;
  return html`<${Dialog} title="Invite people">
    <form class="dialog-form" onSubmit=${submit}>
      <p class="dialog-lead">${me.value.admin ? "Make a link and send it to the people you want here. They choose a name and a password, and are in." : "Make a link to a room, for people who have an account here."}</p>
      <div class="field-pair">
        <div><label class="field-label" for="invite-uses">For how many people</label>
          <input id="invite-uses" class="input" type="number" min="1" max="1000" required value=${uses} onInput=${(event) => setUses(event.target.value)} /></div>
        <div><label class="field-label" for="invite-days">For how many days</label>
          <input id="invite-days" class="input" type="number" min="1" max="90" required value=${days} onInput=${(event) => setDays(event.target.value)} /></div>
        <div><label class="field-label" for="invite-room">To room</label>
          <select id="invite-room" class="input" value=${to} required=${!me.value.admin} onChange=${(event) => setTo(event.target.value)}>
            ${me.value.admin && choose("", "No room in particular", to)}${rooms.map((one) => choose(one.id, one.name, to))}</select></div>
        <div><label class="field-label" for="invite-role">As</label>
          <select id="invite-role" class="input" value=${given} disabled=${room === undefined} onChange=${(event) => setRole(event.target.value)}>
            ${(room === undefined ? [ROLES[0]] : roles).map(([name, label]) => choose(name, label, given))}</select></div>
      </div>
      <${Problem} text=${refused} />
      <div class="dialog-buttons"><button type="button" class="button" onClick=${() => (dialog.value = { name: "invitations" })}>Links made before</button>
        <button type="submit" class="button button-primary" autofocus>Make a link</button></div>
    </form>
  <//>`;
}

/** The invitations that still work; each can be taken back. */
export function Invitations() {
  const { value, problem, again } = useAnswer(invitations);
  const [, refused, revoke] = useRevoke(again);
  return html`<${Dialog} title="Invitations" lead>
    <p class="dialog-lead">Links that still work, and where they lead.</p>
    <${Problem} text=${refused ?? problem} />
    ${value === null && problem === null && html`<p class="quiet-text">Looking…</p>`}
    <ul class="facts-list" aria-label="Invitations">${(value ?? []).map((one) => html`<li key=${one.id} class="fact-row">
      <span class="fact-words"><strong>${counted(one.uses_left, "place", "places")} left</strong>
        <span class="muted">${one.room ? `to ${one.room}, as ${ROLES[rank(one.role)]?.[1] ?? "a member"}, ` : ""}by ${one.by}, until ${new Date(one.expires).toLocaleDateString()}</span></span>
      <button type="button" class="button button-small button-danger" onClick=${() => revoke(one.id)}>Revoke</button></li>`)}</ul>
    ${value?.length === 0 && html`<p class="quiet-text">There is none just now.</p>`}
    <div class="dialog-buttons"><button type="button" class="button" onClick=${close}>Close</button>
      <button type="button" class="button button-primary" onClick=${() => (dialog.value = { name: "invite" })}>Make a link</button></div>
  <//>`;
}

function useRevoke(again) {
  const wanted = useRef(null);
  const [submit, refused] = useAction(async () => { await revokeInvitation(wanted.current); await again(); });
  return [submit, refused, (id) => { wanted.current = id; return submit(); }];
}
