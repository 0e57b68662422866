//! The command palette: rooms, people and actions by a few letters.

import { html, Icon, Picture } from "./html.js";
import { useEffect, useLayoutEffect, useState } from "../vendor/preact-hooks.js";
import { close, Dialog } from "./dialog.js";
import { dialog, list, me, membersShown, theme } from "../store.js";
import { go } from "../action/places.js";
import { markAllRead } from "../action/reading.js";
import { people, rooms, talk, tryJoin } from "../action/rooms.js";
import { roomId } from "../state/conversations.js";

const SHOWN_MAX = 12;

const show = (name) => () => (dialog.value = { name });
const ACTIONS = [
  { label: "Browse or create rooms", icon: "compass", act: show("rooms"), stays: true },
  { label: "Search messages", icon: "search", act: show("search"), stays: true },
  { label: "Write to somebody", icon: "people", act: show("people"), stays: true },
  { label: "Invite people", icon: "invite", act: show("invite"), stays: true },
  { label: "Mark everything as read", icon: "check", act: markAllRead },
  { label: "Show or hide members", icon: "people", act: () => (membersShown.value = !membersShown.value) },
  { label: "Light look", icon: "moon", act: () => (theme.value = "light") },
  { label: "Dark look", icon: "moon", act: () => (theme.value = "dark") },
  { label: "Look as the system", icon: "moon", act: () => (theme.value = "auto") },
  { label: "Settings, nick, away, sign out", icon: "gear", act: show("settings"), stays: true },
  { label: "Invitations", icon: "link", act: show("invitations"), stays: true },
  { label: "What was done on this server", icon: "shield", act: show("server_log"), stays: true, admin: true },
  { label: "Sessions and passwords", icon: "shield", act: () => (dialog.value = { name: "settings", tab: "security" }), stays: true },
  { label: "Keys and commands", icon: "keys", act: show("help"), stays: true },
];

export function Palette() {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [others, setOthers] = useState(null);
  const [eager, setEager] = useState(false);
  useEffect(() => {
    // What isn't in the list yet comes a moment later; without a connection it just doesn't.
    Promise.allSettled([rooms(), people()]).then(([found, known]) => setOthers([
      ...(found.value ?? []).filter((room) => !room.joined).map((room) => ({
        id: roomId(room.k), label: room.name, detail: "Join", hash: true, act: () => tryJoin(room.name),
      })),
      ...(known.value ?? []).filter((one) => one.person !== me.value?.person).map((one) => ({
        id: `person:${one.person}`, label: one.nick, detail: "Write", person: one, act: () => talk({ ...one, online: true }),
      })),
    ]));
  }, []);
  const found = matching(typed, others ?? []);
  const chosen = Math.min(at, found.length - 1);
  const take = (item) => {
    if (item === undefined) return;
    if (item.stays) return item.act();
    close();
    item.act();
  };
  // A name that is typed quicker than the server tells who is called so is no search yet.
  const enter = () => (others === null && found.length === 1 && found[0].id === "search" ? setEager(true) : take(found[chosen]));
  useLayoutEffect(() => {
    if (eager && others !== null) take(found[chosen]);
  }, [eager, others]);
  const pressed = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((chosen + by + found.length) % found.length);
      requestAnimationFrame(() => document.getElementById("palette-chosen")?.scrollIntoView({ block: "nearest" }));
    } else if (event.key === "Enter") {
      event.preventDefault();
      enter();
    }
  };
  return html`<${Dialog} title="Find" class="dialog-palette" plain>
    <div class="palette-field"><${Icon} name="search" />
      <input id="palette" class="palette-input" role="combobox" aria-label="Find a room, a person or an action" aria-expanded="true" aria-controls="palette-list"
        aria-activedescendant=${found.length > 0 ? "palette-chosen" : undefined} aria-autocomplete="list" autocomplete="off" autocapitalize="none" spellcheck=${false} autofocus
        placeholder="Find a room, a person, an action" value=${typed} onInput=${(event) => { setTyped(event.target.value); setAt(0); setEager(false); }} onKeyDown=${pressed} />
      <kbd aria-hidden="true">Esc</kbd></div>
    ${found.length > 0 && html`<ul class="palette-list" id="palette-list" role="listbox" aria-label="Found">
      ${found.map((item, index) => html`<li key=${item.id} id=${index === chosen ? "palette-chosen" : undefined} role="option" aria-selected=${index === chosen ? "true" : "false"}
        onClick=${() => take(item)} onMouseMove=${() => setAt(index)}>
        ${item.person ? html`<${Picture} name=${item.label} person=${item.person.person} size="picture-small" />` : item.hash ? html`<span class="hash" aria-hidden="true">#</span>` : html`<${Icon} name=${item.icon} />`}
        <span class="entry-name">${item.hash ? item.label.replace(/^#/, "") : item.label}</span>
        ${item.unread > 0 && html`<span class="badge">${item.unread}<span class="visually-hidden"> unread</span></span>`}
        <span class="entry-detail">${item.detail}</span></li>`)}
    </ul>`}
    <div class="visually-hidden" role="status">${typed === "" ? "" : `${found.length} found`}</div>
  <//>`;
}

function matching(typed, others) {
  const known = list.value.all.map((one) => ({
    id: one.id, label: one.name, detail: one.kind === "room" ? "Room" : one.online ? "Online" : "", hash: one.kind === "room",
    person: one.kind === "person" ? one : undefined, unread: one.unread, act: () => go(one.id),
  }));
  const ids = new Set(known.map((item) => item.id));
  const actions = ACTIONS.filter(({ admin }) => !admin || me.value?.admin).map((action) => ({ ...action, id: action.label, detail: "" }));
  const all = [...known, ...others.filter((item) => !ids.has(item.id)), ...actions];
  const words = typed.trim().toLowerCase().replace(/^[#@]/, "");
  const search = { id: "search", label: `Search messages for “${typed.trim()}”`, detail: "", icon: "search", stays: true, act: () => (dialog.value = { name: "search", query: typed.trim() }) };
  if (words === "") {
    const unread = known.filter((item) => item.unread > 0);
    return [...unread, ...all.filter((item) => !unread.includes(item))].slice(0, SHOWN_MAX);
  }
  const found = all
    .map((item) => ({ item, rank: rank(item.label.toLowerCase().replace(/^#/, ""), words) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, SHOWN_MAX)
    .map(({ item }) => item);
  return [...found, search];
}

/** A name that begins so comes first, then a word that does, then letters in that order. */
function rank(label, words) {
  if (label.startsWith(words)) return 4;
  if (label.split(/[\s\-_,]+/).some((word) => word.startsWith(words))) return 3;
  if (label.includes(words)) return 2;
  let from = 0;
  for (const letter of words) {
    from = label.indexOf(letter, from) + 1;
    if (from === 0) return 0;
  }
  return 1;
}
