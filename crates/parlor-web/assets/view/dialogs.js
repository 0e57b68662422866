//! The dialogs: rooms, people, a person, a room, its topic, invitations, settings, help.

import { html, Icon, MOD, Picture } from "./html.js";
import { useEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { close, Dialog } from "./dialog.js";
import { Members } from "./members.js";
import {
  copy, currentId, dialog, go, join, kick, makeInvitation, me, note, part, people, rename, rooms,
  setAway, setRole, setSubject, singleKeys, state, talk, theme, unsent,
} from "../store.js";
import { COMMANDS, roomName } from "../slash.js";
import { counted } from "../text.js";
import { roomId } from "../state.js";

/** What a server answered, while it has not, and when it said no. */
function useAnswer(ask) {
  const [answer, setAnswer] = useState({ value: null, problem: null });
  useEffect(() => {
    ask().then((value) => setAnswer({ value, problem: null }), (error) => setAnswer({ value: null, problem: error.message }));
  }, []);
  return answer;
}

/** A form's action with its one place for what went wrong. */
function useAction(act) {
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event?.preventDefault();
    setProblem(null);
    try {
      const refused = await act();
      if (typeof refused === "string") setProblem(refused);
    } catch (error) {
      setProblem(error.message);
    }
  };
  return [submit, problem];
}

const Problem = ({ text }) => html`<p class="problem-line" role="alert">${text}</p>`;

function Rooms() {
  const { value, problem } = useAnswer(rooms);
  const [typed, setTyped] = useState("");
  const wanted = roomName(typed);
  const shown = (value ?? []).filter((room) => room.name.toLowerCase().includes(typed.trim().replace(/^#/, "").toLowerCase()));
  const exists = shown.some((room) => room.name.toLowerCase() === wanted?.toLowerCase());
  const enter = async (name) => {
    await join(name);
    close();
  };
  const [submit, refused] = useAction(() => (wanted === null ? "A room needs a name." : enter(wanted)));
  const open = (room) => {
    if (!room.joined) return enter(room.name).catch(() => {});
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

function People() {
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
      ${shown.map((one) => html`<li key=${one.person}><button type="button" class="entry" onClick=${() => open(one)}>
        <${Picture} name=${one.nick} here=${one.away ? "away" : true} size="picture-small" />
        <span class="entry-name">${one.nick}</span><span class="entry-detail">${one.away ? `away: ${one.away}` : one.account ? "" : "guest"}</span>
        <span class="entry-action">Write</span>
      </button></li>`)}
      ${value !== null && shown.length === 0 && html`<li class="dialog-empty">${typed === "" ? html`<p>You are the only one here just now.</p>
        <button type="button" class="button button-primary" onClick=${() => (dialog.value = { name: "invite" })}>Invite people</button>` : `Nobody here is called “${typed}”.`}</li>`}
    </ul>
  <//>`;
}

const ROLES = [["none", "No role"], ["voice", "Voice"], ["moderator", "Moderator"], ["owner", "Owner"]];
const LEADS = ["owner", "moderator"];

function Person({ person, nick, from }) {
  const room = state.value.conversations[from];
  const member = room?.members?.[person];
  const self = person === me.value.person;
  const name = member?.nick ?? nick;
  const may = room?.kind === "room" && member !== undefined && !self && LEADS.includes(room.role);
  const [remove, refused] = useAction(async () => { await kick(from, person, ""); close(); });
  const [change, denied] = useAction(async () => setRole(from, person, wanted.current.value));
  const wanted = useRef(null);
  return html`<${Dialog} title=${name} class="dialog-small">
    <div class="profile">
      <${Picture} name=${name} size="picture-large" here=${member === undefined ? undefined : member.away ? "away" : true} />
      <p>${self ? "This is you." : member?.away ? `Away: ${member.away}` : member ? `In ${room.name}` : ""}</p>
      ${member && !member.account && html`<p class="muted">A guest, without an account.</p>`}
    </div>
    ${!self && html`<button type="button" class="button button-primary button-wide" autofocus
      onClick=${() => { close(); talk({ person, nick: name, online: member !== undefined ? true : undefined }); }}>Write to ${name}</button>`}
    ${self && html`<button type="button" class="button button-wide" autofocus onClick=${() => (dialog.value = { name: "settings" })}>Settings</button>`}
    ${may && html`<div class="profile-moderate">
      ${room.role === "owner" && html`<label class="field-label" for="role">Role in ${room.name}</label>
        <select id="role" class="input" ref=${wanted} value=${member.role} onChange=${change}>
          ${(ROLES.some(([value]) => value === member.role) ? ROLES : [[member.role, "Member"], ...ROLES]).map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}
        </select>`}
      <button type="button" class="button button-danger button-wide" onClick=${remove}>Remove from ${room.name}</button>
    </div>`}
    <${Problem} text=${refused ?? denied} />
  <//>`;
}

function About({ id }) {
  const one = state.value.conversations[id];
  const [leave, refused] = useAction(async () => { await part(id); close(); });
  if (one === undefined) return null;
  return html`<${Dialog} title=${one.name} class="dialog-small">
    <dl class="facts">
      <div><dt>Topic</dt><dd>${one.subject || "None"}</dd></div>
      <div><dt>Here now</dt><dd>${counted(one.present, "person", "people")}</dd></div>
      <div><dt>Who may come in</dt><dd>${one.modes.invited_only ? "Invited people" : "Everybody on this server"}</dd></div>
      <div><dt>Your role</dt><dd>${ROLES.find(([role]) => role === one.role)?.[1] ?? "Member"}</dd></div>
    </dl>
    <div class="stack">
      <button type="button" class="button button-wide" autofocus onClick=${() => (dialog.value = { name: "topic", id })}>Change the topic</button>
      <button type="button" class="button button-danger button-wide" onClick=${leave}><${Icon} name="leave" />Leave ${one.name}</button>
    </div>
    <${Problem} text=${refused} />
  <//>`;
}

function Topic({ id }) {
  const one = state.value.conversations[id];
  const [typed, setTyped] = useState(one?.subject ?? "");
  const [submit, refused] = useAction(async () => { await setSubject(id, typed.trim()); close(); });
  return html`<${Dialog} title=${`Topic of ${one?.name}`} class="dialog-small">
    <form class="dialog-form" onSubmit=${submit}>
      <label class="field-label" for="topic">What is this room about?</label>
      <input id="topic" class="input" value=${typed} maxlength="300" autofocus onInput=${(event) => setTyped(event.target.value)} />
      <${Problem} text=${refused} />
      <div class="dialog-buttons"><button type="button" class="button" onClick=${close}>Cancel</button>
        <button type="submit" class="button button-primary">Save</button></div>
    </form>
  <//>`;
}

function Invite() {
  const [uses, setUses] = useState(10);
  const [days, setDays] = useState(7);
  const [made, setMade] = useState(null);
  const [copied, setCopied] = useState(false);
  const field = useRef(null);
  const [submit, refused] = useAction(async () => setMade(await makeInvitation(Number(uses), Number(days))));
  if (made !== null) {
    return html`<${Dialog} title="Invite people">
      <p class="dialog-lead">Whoever opens this link can make an account. It works for ${counted(Number(uses), "person", "people")}, for ${counted(Number(days), "day")}.</p>
      <label class="field-label" for="invitation">Invitation link</label>
      <div class="field-row">
        <input id="invitation" class="input" ref=${field} readonly value=${made.url} onFocus=${(event) => event.target.select()} />
        <button type="button" class="button button-primary" autofocus onClick=${async () => setCopied(await copy(made.url, field.current))}>
          <${Icon} name=${copied ? "check" : "copy"} />${copied ? "Copied" : "Copy"}</button>
      </div>
      ${made.qr && html`<figure class="qr"><img src=${`data:image/svg+xml,${encodeURIComponent(made.qr)}`} alt="QR code of the invitation link" width="208" height="208" />
        <figcaption>Or show this to a phone's camera.</figcaption></figure>`}
      <div class="visually-hidden" role="status">${copied ? "Copied" : ""}</div>
    <//>`;
  }
  return html`<${Dialog} title="Invite people">
    <form class="dialog-form" onSubmit=${submit}>
      <p class="dialog-lead">Make a link and send it to the people you want here. They choose a name and a password, and are in.</p>
      <div class="field-pair">
        <div><label class="field-label" for="invite-uses">For how many people</label>
          <input id="invite-uses" class="input" type="number" min="1" max="1000" required value=${uses} onInput=${(event) => setUses(event.target.value)} /></div>
        <div><label class="field-label" for="invite-days">For how many days</label>
          <input id="invite-days" class="input" type="number" min="1" max="90" required value=${days} onInput=${(event) => setDays(event.target.value)} /></div>
      </div>
      <${Problem} text=${refused} />
      <div class="dialog-buttons"><button type="submit" class="button button-primary" autofocus>Make a link</button></div>
    </form>
  <//>`;
}

function Settings({ version }) {
  const self = me.value;
  const [nick, setNick] = useState(self.nick);
  const [away, setAwayText] = useState(self.away ?? "");
  const [submitNick, nickRefused] = useAction(async () => {
    if (nick.trim() !== self.nick) { await rename(nick.trim()); note(`You are ${nick.trim()} now.`); }
  });
  const [submitAway, awayRefused] = useAction(() => setAway(self.away ? null : away.trim() || "away"));
  const waiting = unsent.value.length;
  return html`<${Dialog} title="You and this page" lead>
    <div class="profile profile-row"><${Picture} name=${self.nick} here=${self.away ? "away" : true} size="picture-large" />
      <div><p class="profile-name">${self.nick}</p><p class="muted">Account ${self.name}${self.admin ? ", administrator" : ""}</p></div></div>
    <form class="setting" onSubmit=${submitNick}>
      <label class="field-label" for="nick">Nick</label>
      <div class="field-row"><input id="nick" class="input" value=${nick} maxlength="32" autocomplete="off" autocapitalize="none" spellcheck=${false}
        onInput=${(event) => setNick(event.target.value)} /><button type="submit" class="button">Change</button></div>
      <${Problem} text=${nickRefused} />
    </form>
    <form class="setting" onSubmit=${submitAway}>
      <label class="field-label" for="away">Away</label>
      <div class="field-row"><input id="away" class="input" value=${away} maxlength="200" placeholder="Back at three" disabled=${Boolean(self.away)}
        onInput=${(event) => setAwayText(event.target.value)} /><button type="submit" class="button">${self.away ? "I am back" : "Set away"}</button></div>
      <${Problem} text=${awayRefused} />
    </form>
    <fieldset class="setting"><legend class="field-label">Look</legend>
      <div class="segments">${[["auto", "As the system"], ["light", "Light"], ["dark", "Dark"]].map(([value, label]) => html`<label key=${value} class="segment">
        <input type="radio" name="theme" value=${value} checked=${theme.value === value} onChange=${() => (theme.value = value)} /><span>${label}</span></label>`)}</div>
    </fieldset>
    <label class="setting check"><input type="checkbox" checked=${singleKeys.value} onChange=${(event) => (singleKeys.value = event.target.checked)} />
      <span>Single-key shortcuts, such as <kbd>?</kbd></span></label>
    <div class="dialog-foot">
      <button type="button" class="button" onClick=${() => (dialog.value = { name: "help" })}><${Icon} name="keys" />Keys and commands</button>
      <form method="post" action="/signout"><button type="submit" class="button button-danger"><${Icon} name="leave" />Sign out</button></form>
    </div>
    ${waiting > 0 && html`<p class="muted">${counted(waiting, "message")} not sent yet; kept in this browser for ${self.name}.</p>`}
    <p class="muted small">Parlor ${version}</p>
  <//>`;
}

const KEYS = [
  [[MOD, "K"], "Find a room, a person, an action"],
  [["Alt", "↑"], "Room above"],
  [["Alt", "↓"], "Room below"],
  [["Alt", "Shift", "↑"], "Unread room above"],
  [["Alt", "Shift", "↓"], "Unread room below"],
  [["Esc"], "Mark this room as read"],
  [["Shift", "Esc"], "Mark everything as read"],
  [["Enter"], "Send"],
  [["Shift", "Enter"], "New line"],
  [["↑"], "From an empty line: to the messages"],
  [["?"], "This list"],
];

function Help() {
  return html`<${Dialog} title="Keys and commands" class="dialog-wide" lead>
    <div class="help">
      <section><h3>Keys</h3><dl class="keys">${KEYS.map(([keys, does]) => html`<div key=${does}><dt>${keys.map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dt><dd>${does}</dd></div>`)}</dl></section>
      <section><h3>Commands</h3><dl class="keys">${COMMANDS.map(({ name, takes, does }) => html`<div key=${name}><dt><code>/${name}</code> <span class="muted">${takes}</span></dt><dd>${does}</dd></div>`)}</dl></section>
    </div>
  <//>`;
}

function MembersDialog() {
  const room = state.value.conversations[currentId.value];
  return room === undefined ? null : html`<${Dialog} title=${room.name} lead><${Members} room=${room} /><//>`;
}

export const DIALOGS = {
  rooms: Rooms, people: People, person: Person, room: About, topic: Topic, invite: Invite,
  settings: Settings, help: Help, members: MembersDialog,
};
