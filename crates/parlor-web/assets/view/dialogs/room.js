//! A room: what it is about, how it works, who is kept out, what was done by those who keep order.

import { html, Icon } from "../html.js";
import { useEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { close, closeAfter, Dialog } from "../dialog.js";
import { Check, Panel, Problem, Tabs, useAction, useAnswer } from "./form.js";
import { leads, Notify, roleText } from "./person.js";
import { keptText } from "../messages.js";
import { dialog, me, state } from "../../store.js";
import { audit, bans, renameRoom, setSettings, unban } from "../../action/moderation.js";
import { deedText } from "../../deeds.js";
import { note } from "../../action/notes.js";
import { part, setSubject } from "../../action/rooms.js";
import { roomName } from "../../slash.js";
import { counted } from "../../text.js";

export function Room({ id, tab: first = "about" }) {
  const one = state.value.conversations[id];
  const [tab, setTab] = useState(first);
  if (one === undefined) return null;
  const keeps = leads(one) || me.value.admin;
  const tabs = [["about", "About"], ...(keeps ? [["rules", "Settings"], ["bans", "Bans"], ["log", "Log"]] : [])];
  const Open = { about: About, rules: Rules, bans: Bans, log: Log }[tab];
  return html`<${Dialog} title=${one.name} lead=${keeps}>
    ${keeps && html`<${Tabs} label=${`About ${one.name}`} tabs=${tabs} open=${tab} onOpen=${setTab} />`}
    <${Panel} tab=${tab}><${Open} key=${tab} one=${one} /><//>
  <//>`;
}

function About({ one }) {
  const [leave, refused] = useAction(() => closeAfter(part(one.id)));
  const { settings = {} } = one;
  return html`<dl class="facts">
      <div><dt>Topic</dt><dd>${one.subject || "None"}</dd></div>
      ${settings.description && html`<div><dt>Description</dt><dd>${settings.description}</dd></div>`}
      <div><dt>Here now</dt><dd>${counted(one.present, "person", "people")}</dd></div>
      <div><dt>Who may come in</dt><dd>${one.modes.invited_only ? "Invited people" : "Everybody on this server"}</dd></div>
      <div><dt>What is kept</dt><dd>${keptText(settings.retention)}</dd></div>
      ${settings.slow_s > 0 && html`<div><dt>Slow mode</dt><dd>One message in ${counted(settings.slow_s, "second")}</dd></div>`}
      <div><dt>Your role</dt><dd>${roleText(one.role)}</dd></div>
    </dl>
    <${Notify} one=${one} />
    <div class="stack">
      <button type="button" class="button button-wide" onClick=${() => (dialog.value = { name: "topic", id: one.id })}>Change the topic</button>
      <button type="button" class="button button-danger button-wide" onClick=${leave}><${Icon} name="leave" />Leave ${one.name}</button>
    </div>
    <${Problem} text=${refused} />`;
}

const SLOW = [[0, "Off"], [5, "5 seconds"], [30, "30 seconds"], [60, "1 minute"], [300, "5 minutes"]];

function Rules({ one }) {
  const { settings = {}, modes } = one;
  const [wish, setWish] = useState({
    name: one.name, description: settings.description ?? "", keep: keepOf(settings.retention), days: settings.retention?.days ?? 30,
    slow_s: settings.slow_s ?? 0, locked: settings.locked ?? false, invited_only: modes.invited_only ?? false,
    moderated: modes.moderated ?? false, subject_locked: modes.subject_locked ?? false,
  });
  const set = (name) => (value) => setWish((now) => ({ ...now, [name]: value }));
  const [submit, refused] = useAction(async () => {
    const { name: typed, keep, days, ...rest } = wish;
    const name = typed === one.name ? one.name : (roomName(typed) ?? one.name);
    const retention = keep === "days" ? { days: Number(days) } : keep;
    await closeAfter(save(one, name, { ...rest, retention }));
    note(`${name} works like that now.`);
  });
  const slow = SLOW.some(([value]) => value === wish.slow_s) ? SLOW : [...SLOW, [wish.slow_s, counted(wish.slow_s, "second")]];
  return html`<form class="stack" onSubmit=${submit}>
    <div><label class="field-label" for="room-name">Name</label>
      <input id="room-name" class="input" value=${wish.name} maxlength="64" required autocomplete="off" autocapitalize="none" spellcheck=${false}
        onInput=${(event) => set("name")(event.target.value)} /></div>
    <div><label class="field-label" for="description">What the room is for</label>
      <input id="description" class="input" value=${wish.description} maxlength="300" onInput=${(event) => set("description")(event.target.value)} /></div>
    <div class="field-pair">
      <div><label class="field-label" for="retention">Messages are kept</label>
        <select id="retention" class="input" value=${wish.keep} onChange=${(event) => set("keep")(event.target.value)}>
          ${[["forever", "For ever"], ["days", "For some days"], ["nothing", "Not at all"]].map(([value, label]) => html`<option key=${value} value=${value} selected=${value === wish.keep}>${label}</option>`)}</select></div>
      ${wish.keep === "days"
        ? html`<div><label class="field-label" for="retention-days">Days</label>
            <input id="retention-days" class="input" type="number" min="1" max="3650" required value=${wish.days} onInput=${(event) => set("days")(event.target.value)} /></div>`
        : html`<div></div>`}
      <div><label class="field-label" for="slow">Slow mode: one message in</label>
        <select id="slow" class="input" value=${wish.slow_s} onChange=${(event) => set("slow_s")(Number(event.target.value))}>
          ${slow.map(([value, label]) => html`<option key=${value} value=${value} selected=${value === wish.slow_s}>${label}</option>`)}</select></div>
    </div>
    <div>
      <${Check} checked=${wish.invited_only} onChange=${set("invited_only")}>Only invited people may come in<//>
      <${Check} checked=${wish.moderated} onChange=${set("moderated")}>Only people with a voice may write<//>
      <${Check} checked=${wish.subject_locked} onChange=${set("subject_locked")}>Only moderators set the topic<//>
      <${Check} checked=${wish.locked} onChange=${set("locked")}>Locked: nobody but moderators may write<//>
    </div>
    ${wish.keep !== keepOf(settings.retention) && wish.keep !== "forever" && html`<p class="warn-line">What is older than that is deleted for good.</p>`}
    <${Problem} text=${refused} />
    <div class="dialog-buttons"><button type="button" class="button" onClick=${close}>Cancel</button>
      <button type="submit" class="button button-primary">Save</button></div>
  </form>`;
}

async function save(one, name, settings) {
  if (name !== one.name) await renameRoom(one.id, name);
  await setSettings(one.id, settings);
}

const keepOf = (retention) => (retention?.days !== undefined ? "days" : retention === "nothing" ? "nothing" : "forever");

function Bans({ one }) {
  const { value, problem, again } = useAnswer(() => bans(one.id));
  const wanted = useRef(null);
  const [lift, refused] = useAction(async () => { await unban(one.id, wanted.current); await again(); });
  return html`<${Problem} text=${refused ?? problem} />
    ${value === null && problem === null && html`<p class="quiet-text">Looking…</p>`}
    <ul class="facts-list" aria-label="Bans">${(value ?? []).map((ban) => html`<li key=${`${ban.mask} ${ban.mute}`} class="fact-row">
      <span class="fact-words"><strong>${ban.nick ?? ban.mask}</strong> <span class="role">${ban.mute ? "muted" : "banned"}</span>
        <span class="muted">${[ban.reason, ban.by && `by ${ban.by}`, ban.expires ? `until ${new Date(ban.expires).toLocaleString()}` : "for good"].filter(Boolean).join(" · ")}</span></span>
      <button type="button" class="button button-small" aria-label=${`Lift what keeps ${ban.nick ?? ban.mask}`} onClick=${() => { wanted.current = ban; lift(); }}>Lift</button></li>`)}</ul>
    ${value?.length === 0 && html`<p class="quiet-text">Nobody is kept out. Open somebody in the member list to ban or mute them.</p>`}`;
}

/** The log of a room, or with no room that of the server. */
export function Log({ one = null }) {
  const [entries, setEntries] = useState([]);
  const [more, setMore] = useState(true);
  const [load, problem] = useAction(async () => {
    const page = await audit(one?.id ?? null, entries.at(-1)?.n);
    setEntries([...entries, ...page.entries]);
    setMore(page.more);
  });
  useEffect(() => void load(), []);
  return html`<${Problem} text=${problem} />
    <ol class="facts-list" aria-label="What was done">${entries.map((entry) => html`<li key=${entry.n} class="fact-row">
      <span class="fact-words"><strong>${entry.by || "The server"}</strong> ${deedText(entry)}
        <span class="muted">${[entry.reason, new Date(entry.at).toLocaleString()].filter(Boolean).join(" · ")}</span></span></li>`)}</ol>
    ${!more && entries.length === 0 && html`<p class="quiet-text">Nothing was done yet.</p>`}
    ${more && entries.length > 0 && html`<button type="button" class="button button-wide" onClick=${load}>Show older</button>`}`;
}

export function ServerLog() {
  return html`<${Dialog} title="What was done on this server" lead><${Log} /><//>`;
}

export function Topic({ id }) {
  const one = state.value.conversations[id];
  const [typed, setTyped] = useState(one?.subject ?? "");
  const [submit, refused] = useAction(() => closeAfter(setSubject(id, typed.trim())));
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
