//! The one store: signals that views read, and the actions that change them.
//!
//! Data comes in by `live.js`, is folded by the pure functions of `state.js`, and is shown by
//! `view/`. Only this file joins the three. Nothing a member typed lives only here: messages go
//! through the outbox, drafts into the browser's storage.

import { batch, computed, effect, signal } from "./vendor/signals.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";
import { parse } from "./slash.js";
import * as State from "./state.js";
import { counted } from "./text.js";

const READ_DELAY_MS = 400;
const RETRY_MS = 1_500;
const NOTICES_MAX = 3;
const NOTICE_MS = 6_000;
const ANNOUNCED_MAX = 6;
/** Codes that say "not now": the same message is sent again by itself. */
const LATER = new Set(["disconnected", "too_fast", "busy", "unavailable", "unknown_outcome"]);

export const state = signal(State.initial());
/** The connection: `{ phase, reason, retryAt }`. */
export const link = signal({ phase: "connecting", reason: null, retryAt: null });
/** The id of the open conversation, or null for the list. */
export const currentId = signal(null);
/** Unacknowledged messages, oldest first. */
export const unsent = signal([]);
/** The open dialog: `{ name, … }`, or null. */
export const dialog = signal(null);
/** Short notes that go away by themselves: `[{ id, text, tone }]`. */
export const notices = signal([]);
/** What a screen reader should say about the open conversation. */
export const announced = signal([]);
export const membersShown = signal(kept("parlor.members", "true") === "true");
export const theme = signal(kept("parlor.theme", "auto"));
export const singleKeys = signal(kept("parlor.keys", "true") === "true");
/** Whether the reader looks at the end of the open conversation. */
export const atBottom = signal(true);
/** Whether somebody sits before this page now. */
export const attentive = signal(!document.hidden && document.hasFocus());

export const current = computed(() => state.value.conversations[currentId.value] ?? null);
export const list = computed(() => State.ordered(state.value));
export const totals = computed(() => State.totals(state.value));
export const me = computed(() => state.value.me);
export const online = computed(() => link.value.phase === "online");

let live = null;
let outbox = new Outbox(null, "", 0);
let shell = null;
let noticeId = 0;
const loading = new Set();

/** Starts everything. `page` has the words of the server-rendered shell. */
export function start(page) {
  shell = page;
  outbox = new Outbox(storage(), page.me, Date.now());
  unsent.value = outbox.entries;
  live = new Live({
    url: page.live,
    hello: () => ({ resume: State.resumable(state.value) }),
    onWelcome: welcome,
    onFrames: receive,
    onPhase: (phase) => batch(() => setPhase(phase)),
    isSignedIn,
  });
  watch();
  live.start();
}

function watch() {
  const look = () => (attentive.value = !document.hidden && document.hasFocus());
  for (const name of ["focus", "blur"]) addEventListener(name, look);
  document.addEventListener("visibilitychange", look);
  addEventListener("storage", (event) => {
    if (event.newValue === null && outbox.forgotten(event.key)) unsent.value = outbox.entries;
  });
  effect(markSeen);
  effect(() => {
    const { calls, unread } = totals.value;
    const place = current.value?.name;
    const name = [place, shell.server].filter(Boolean).join(" · ");
    document.title = calls > 0 ? `(${calls}) ${name}` : unread > 0 ? `• ${name}` : name;
  });
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme.value;
    keep("parlor.theme", theme.value);
  });
  effect(() => keep("parlor.members", String(membersShown.value)));
  effect(() => keep("parlor.keys", String(singleKeys.value)));
}

async function isSignedIn() {
  try {
    const answer = await fetch("/api/v1/me", { headers: { accept: "application/json" } });
    return answer.status !== 401 && answer.status !== 403;
  } catch {
    return null;
  }
}

function setPhase(phase) {
  const was = link.value.phase;
  link.value = phase;
  if (was === "online" && phase.phase !== "online") {
    outbox.interrupted();
    unsent.value = outbox.entries;
  }
  if (phase.phase === "online") flushOutbox();
}

function welcome(answer) {
  const again = state.value.me !== null;
  const before = State.totals(state.value).unread;
  batch(() => {
    state.value = State.welcomed(state.value, answer);
    if (again && currentId.value !== null && current.value === null) go(null);
    if (again) {
      const fresh = State.totals(state.value).unread - before;
      if (fresh > 0) note(`Back, with ${counted(fresh, "new message")}.`);
    } else route();
  });
  ensureLoaded();
}

function receive(frames) {
  const seeing = attentive.value && atBottom.value ? currentId.value : null;
  batch(() => {
    let next = state.value;
    const spoken = [];
    for (const frame of frames) {
      if (next.me === null) break;
      aside(next, frame);
      next = State.apply(next, frame, { seeing, current: currentId.value });
      matchUnsent(next, frame);
      const words = wordsOf(next, frame);
      if (words !== null) spoken.push(words);
    }
    state.value = next;
    if (spoken.length > 0) announce(spoken);
  });
  if (frames.some(({ t }) => t === "reset" || t === "missed")) ensureLoaded();
}

/** What an event means beside the state: a note, a place to leave. */
function aside(known, { t, k, p }) {
  if (t === "chat.kicked" && p.person === known.me.person) {
    const room = known.conversations[State.roomId(k)];
    const why = p.reason ? `: ${p.reason}` : ".";
    note(`${p.by?.nick ?? "Somebody"} removed you from ${room?.name ?? "a room"}${why}`, "warn");
    if (room?.id === currentId.value) go(null);
  } else if (t === "gone") {
    const room = known.conversations[State.roomId(p.k)];
    if (room !== undefined && p.why !== "left") note(`You may not be in ${room.name} any more.`, "warn");
    if (room?.id === currentId.value) go(null);
  } else if (t === "chat.invited") {
    note(`${p.by?.nick ?? "Somebody"} invites you to ${p.room}.`, "plain", {
      label: `Join ${p.room}`, act: () => join(p.room),
    });
  } else if (t === "session.ended") {
    live.probe();
  }
}

/** An own message may be seen in its room before its answer comes: it must not stand there twice. */
function matchUnsent(known, { t, p }) {
  if (t !== "chat.posted" || p.from.person !== known.me.person) return;
  const twin = outbox.entries.find(
    (entry) => entry.state === "sending" && entry.msgid === undefined && entry.text === p.text
      && entry.kind === (p.kind ?? "text") && (p.key === undefined || p.key === entry.key),
  );
  if (twin === undefined) return;
  outbox.seen(twin.key, p.msgid);
  unsent.value = outbox.entries;
}

function wordsOf(known, { t, k, p }) {
  if (t !== "chat.posted" || p.from.person === known.me.person) return null;
  const id = p.to ? State.personId(p.from.person) : State.roomId(k);
  if (id !== currentId.value) return null;
  return p.kind === "action" ? `${p.from.nick} ${p.text}` : `${p.from.nick}: ${p.text}`;
}

function announce(words) {
  const said = words.length > ANNOUNCED_MAX ? [`${words.length} new messages`] : words;
  const all = [...announced.value, ...said.map((text) => ({ id: (noticeId += 1), text }))];
  announced.value = all.slice(-ANNOUNCED_MAX);
}

// --- reading ---------------------------------------------------------------------------------

let readTimer = null;

/** Tells the server, a moment later, what the reader has seen; not at every single message. */
function markSeen() {
  const one = seenConversation();
  if (one === null) {
    clearTimeout(readTimer);
    readTimer = null;
  } else if (readTimer === null && (one.unread > 0 || sentRead.get(one.id) !== one.last)) {
    readTimer = setTimeout(() => {
      readTimer = null;
      if (seenConversation()?.id === one.id) markRead(one.id);
      // The reader went on meanwhile: what is seen now has its own moment.
      else markSeen();
    }, READ_DELAY_MS);
  }
}

function seenConversation() {
  const one = current.value;
  const seen = one !== null && one.loaded && one.atEnd && atBottom.value && attentive.value;
  return seen && one.last > 0 && online.value ? one : null;
}

const sentRead = new Map();

/** Marks a conversation as read up to its end. */
export function markRead(id) {
  const one = state.value.conversations[id];
  if (one === undefined) return;
  state.value = State.readUpTo(state.value, id, one.last);
  tellRead(id);
}

function tellRead(id) {
  const one = state.value.conversations[id];
  if (one === undefined || one.last === 0 || sentRead.get(id) === one.last || !online.value) return;
  sentRead.set(id, one.last);
  live.command("chat.read", { ...target(one), n: one.last }).catch(() => sentRead.delete(id));
}

/** Esc: the open conversation is read, and its line goes. */
export function markCurrentRead() {
  if (current.value === null) return;
  markRead(currentId.value);
  state.value = State.unmarked(state.value, currentId.value);
}

export function markAllRead() {
  for (const one of list.value.all) if (one.unread > 0) markRead(one.id);
  if (current.value !== null) state.value = State.unmarked(state.value, currentId.value);
}

// --- going places ----------------------------------------------------------------------------

/** Opens a conversation, or the list with null; the address follows. */
export function go(id) {
  const path = addressOf(id);
  if (location.hash !== path) history.pushState(null, "", path);
  show(id);
}

function show(id) {
  const before = currentId.value;
  batch(() => {
    if (currentId.value !== null && currentId.value !== id) {
      state.value = State.unmarked(state.value, currentId.value);
    }
    if (currentId.value !== id) {
      announced.value = [];
      atBottom.value = true;
    }
    currentId.value = id;
    if (id !== null) {
      state.value = State.opened(state.value, id);
      keep(`parlor.last.${shell.me}`, id);
    }
  });
  ensureLoaded();
  if (narrow()) requestAnimationFrame(() => focusPlace(id, before));
}

/** On a phone one pane takes the place of another, and the focus must not stay in the old one. */
function focusPlace(id, before) {
  if (document.querySelector("dialog[open]") !== null) return;
  if (id !== null) document.getElementById("conversation-title")?.focus();
  else document.querySelector(`.list-pane .entry[href="${addressOf(before).replaceAll('"', "%22")}"]`)?.focus();
}

/** Follows the address; at first, with none, the place where the reader was. */
export function route() {
  const match = /^#\/(room|person)\/(.+)$/.exec(location.hash);
  const all = list.value.all;
  if (match !== null) {
    const name = decodeURIComponent(match[2]).toLowerCase();
    const wanted = match[1] === "room" ? `#${name}` : name;
    const found = all.find((one) => one.kind === match[1] && one.name.toLowerCase() === wanted);
    if (found !== undefined) return show(found.id);
    if (match[1] === "room" && online.value) return void join(wanted);
  }
  if (location.hash === "#/" || narrow()) return show(null);
  const last = kept(`parlor.last.${shell.me}`, "");
  // The oldest room is where newcomers land.
  const [oldest] = all.filter((one) => one.kind === "room").sort((a, b) => a.k - b.k);
  const found = all.find((one) => one.id === last) ?? oldest;
  if (found !== undefined) {
    history.replaceState(null, "", addressOf(found.id));
    show(found.id);
  } else show(null);
}

export const narrow = () => matchMedia("(max-width: 719px)").matches;

export function addressOf(id) {
  const one = state.value.conversations[id];
  if (one === undefined) return "#/";
  return `#/${one.kind}/${encodeURIComponent(one.name.replace(/^#/, ""))}`;
}

/** The conversation above or below the open one; with `unreadOnly`, the next with news. */
export function step(by, unreadOnly = false) {
  const all = list.value.all;
  if (all.length === 0) return;
  const at = all.findIndex((one) => one.id === currentId.value);
  for (let moved = 1; moved <= all.length; moved += 1) {
    const one = all[(((at < 0 && by < 0 ? 0 : at) + by * moved) % all.length + all.length) % all.length];
    if (!unreadOnly || one.unread > 0) return go(one.id);
  }
}

// --- history ---------------------------------------------------------------------------------

function ensureLoaded() {
  const one = current.value;
  if (one === null || !online.value) {
    if (one !== null && !one.loaded) queueMicrotask(retryLoad);
    return;
  }
  if (!one.loaded) load(one, "latest");
  if (one.kind === "room" && one.members === null) loadMembers(one.id);
}

function retryLoad() {
  const stop = effect(() => {
    if (!online.value) return;
    queueMicrotask(() => { stop(); ensureLoaded(); });
  });
}

/** Asks for older or newer messages of the open conversation. */
export function loadOlder() {
  const one = current.value;
  if (one?.loaded && one.more && one.items.length > 0) load(one, "older");
}

export function loadNewer() {
  const one = current.value;
  if (one?.loaded && !one.atEnd && one.items.length > 0) load(one, "newer");
}

/** Back to the newest messages, however far away. */
export function loadLatest() {
  const one = current.value;
  if (one !== null) return load(one, "latest");
}

/** To the first unread message, when it isn't among those that are held. */
export async function loadUnread() {
  const one = current.value;
  if (one === null || one.marker === null) return;
  await guarded(one.id, async () => {
    const after = Math.max(0, one.marker - 1);
    const page = await live.command("chat.history", { ...target(one), after, limit: State.PAGE });
    state.value = State.jumped(state.value, one.id, page, after > 0);
  });
}

function load(one, where) {
  const edge = one.items.filter((item) => item.type === "message");
  const p = { ...target(one), limit: State.PAGE };
  if (where === "older") p.before = edge[0]?.n ?? one.items[0].n;
  if (where === "newer") p.after = edge.at(-1)?.n ?? one.items.at(-1).n;
  return guarded(one.id, async () => {
    const page = await live.command("chat.history", p);
    state.value = State.paged(state.value, one.id, where, page);
  });
}

export const busy = signal(null);

async function guarded(id, act) {
  if (loading.has(id)) return;
  loading.add(id);
  busy.value = id;
  try {
    await act();
  } catch (error) {
    if (error.code !== "disconnected") note(error.message, "warn");
  } finally {
    loading.delete(id);
    if (busy.value === id) busy.value = null;
  }
}

async function loadMembers(id) {
  const one = state.value.conversations[id];
  try {
    const answer = await live.command("chat.members", { k: one.k });
    state.value = State.membersListed(state.value, id, answer);
  } catch {
    // The pane shows that it has no list; the next visit asks again.
  }
}

// --- writing ---------------------------------------------------------------------------------

/** What was typed and not sent, for a conversation. */
export const draft = (id) => kept(`parlor.draft.${shell.me}.${id}`, "");
export function setDraft(id, text) {
  keep(`parlor.draft.${shell.me}.${id}`, text === "" ? null : text);
}

/**
 * Takes what was typed. Gives null when it was taken, or a sentence that says why not: then the
 * text stays in the composer.
 */
export async function submit(typed) {
  const command = parse(typed);
  const one = current.value;
  if (command.do === "nothing" || one === null) return null;
  if (command.do === "refuse") return command.why;
  if (command.do === "post") return post(one, command.kind, command.text);
  try {
    return (await DO[command.do](command, one)) ?? null;
  } catch (error) {
    return error.message;
  }
}

function post(one, kind, text) {
  if (outbox.full) return "Too many messages wait to be sent. Let us wait for the server first.";
  outbox.add({
    key: newKey(), conversation: one.id, target: target(one), kind, text, at: Date.now(),
  });
  unsent.value = outbox.entries;
  flushOutbox();
  // What one says is shown at the end, however far up one was reading.
  if (one.loaded && !one.atEnd) loadLatest();
  return null;
}

function flushOutbox() {
  if (!online.value) return;
  for (const entry of outbox.next()) sendEntry(entry);
  unsent.value = outbox.entries;
}

async function sendEntry(entry) {
  const { key, kind, text, conversation } = entry;
  outbox.sending(key);
  try {
    const answer = await live.command("chat.post", { ...entry.target, kind, text, key });
    batch(() => {
      outbox.done(key);
      const one = state.value.conversations[conversation];
      if (one !== undefined) {
        state.value = State.posted(state.value, conversation, ownMessage(one, entry, answer));
      }
      unsent.value = outbox.entries;
    });
    flushOutbox();
  } catch (error) {
    if (LATER.has(error.code)) {
      outbox.interrupted();
      const pause = (error.retryAfterS ?? 0) * 1_000 || RETRY_MS;
      if (error.code !== "disconnected") setTimeout(flushOutbox, pause);
    } else {
      outbox.failed(key, error.message);
    }
    unsent.value = outbox.entries;
    if (!LATER.has(error.code)) flushOutbox();
  }
}

function ownMessage(one, { kind, text }, { k, n, msgid, at }) {
  const { person, nick, name } = state.value.me;
  const to = one.kind === "person" ? { person: one.person, nick: one.name } : undefined;
  return { k, n, msgid, at, from: { person, nick, account: name }, to, kind, text };
}

export function retry(key) {
  outbox.retry(key, newKey());
  unsent.value = outbox.entries;
  flushOutbox();
}

export function discard(key) {
  outbox.done(key);
  unsent.value = outbox.entries;
}

const DO = {
  async msg({ nick, text }) {
    const person = await findPerson(nick);
    if (person === null) return `There is nobody called ${nick} here.`;
    talk(person);
    if (text !== "") return post(current.value, "text", text);
  },
  join: ({ name }) => join(name),
  part: ({ reason }, one) => part(one.id, reason),
  topic({ subject }, one) {
    if (one.kind !== "room") return "Only rooms have a topic.";
    if (subject === "") return void (dialog.value = { name: "topic", id: one.id });
    return setSubject(one.id, subject);
  },
  nick: ({ nick }) => rename(nick),
  away: ({ text }) => setAway(text),
  async invite({ nick }, one) {
    if (nick === "") return void (dialog.value = { name: "invite" });
    if (one.kind !== "room") return "Open the room first, then invite somebody to it.";
    await live.command("chat.invite", { k: one.k, nick });
    note(`${nick} is invited to ${one.name}.`);
  },
  async kick({ nick, reason }, one) {
    if (one.kind !== "room") return "Only rooms have members to remove.";
    const member = memberNamed(one, nick);
    if (member === undefined) return `There is nobody called ${nick} in ${one.name}.`;
    await kick(one.id, member.person, reason);
  },
  who(_, one) {
    if (one.kind !== "room") return void (dialog.value = { name: "people" });
    membersShown.value = true;
    if (narrow()) dialog.value = { name: "members" };
  },
  list: () => void (dialog.value = { name: "rooms" }),
  help: () => void (dialog.value = { name: "help" }),
};

// --- rooms and people ------------------------------------------------------------------------

export async function join(name) {
  try {
    const answer = await live.command("chat.join", { name });
    state.value = State.joined(state.value, answer.room);
    go(State.roomId(answer.room.k));
    return answer;
  } catch (error) {
    note(error.message, "warn");
    throw error;
  }
}

export async function part(id, reason = "") {
  const one = state.value.conversations[id];
  if (one === undefined) return;
  if (one.kind === "room") await live.command("chat.part", { k: one.k, reason });
  const next = list.value.rooms.find((other) => other.id !== id);
  batch(() => {
    if (currentId.value === id) go(narrow() ? null : (next?.id ?? null));
    state.value = State.left(state.value, id);
  });
}

/** Opens the private conversation with somebody. */
export function talk({ person, nick, online: here = true }) {
  state.value = State.befriended(state.value, { person, nick, online: here });
  go(State.personId(person));
}

async function findPerson(nick) {
  const folded = nick.toLowerCase();
  for (const one of list.value.all) {
    if (one.kind === "person" && one.name.toLowerCase() === folded) return { person: one.person, nick: one.name, online: one.online };
    const member = one.kind === "room" ? memberNamed(one, nick) : undefined;
    if (member !== undefined) return member;
  }
  // The server knows everybody online, and who has an account and is away.
  const { people } = await live.command("people", { nick });
  return people[0] ?? null;
}

function memberNamed(one, nick) {
  const folded = nick.toLowerCase();
  return Object.values(one.members ?? {}).find((member) => member.nick.toLowerCase() === folded);
}

export const rooms = () => live.command("chat.rooms", {}).then((answer) => answer.rooms);
export const people = () => live.command("people", {}).then((answer) => answer.people);
export const makeInvitation = (uses, days) => live.command("invite.create", { uses, days });
export const setSubject = (id, subject) => onRoom(id, "chat.subject", { subject });
export const kick = (id, person, reason) => onRoom(id, "chat.kick", { person, reason: reason ?? "" });
export const setRole = (id, person, role) => onRoom(id, "chat.role", { person, role });

async function onRoom(id, command, p) {
  await live.command(command, { k: state.value.conversations[id].k, ...p });
}

export async function rename(nick) {
  const answer = await live.command("nick", { nick });
  state.value = { ...state.value, me: { ...state.value.me, nick: answer.nick ?? nick } };
}

export async function setAway(text) {
  await live.command("away", { text });
  state.value = { ...state.value, me: { ...state.value.me, away: text } };
  note(text === null ? "You are back." : "You are marked as away.");
}

export const reconnect = () => live.now();

// --- small things ----------------------------------------------------------------------------

/** Shows a short note; `action` is `{ label, act }`. */
export function note(text, tone = "plain", action = null) {
  const id = (noticeId += 1);
  notices.value = [...notices.value, { id, text, tone, action }].slice(-NOTICES_MAX);
  setTimeout(() => dismiss(id), action === null ? NOTICE_MS : NOTICE_MS * 3);
}

export function dismiss(id) {
  notices.value = notices.value.filter((one) => one.id !== id);
}

/** Copies a text, also where the page is not a secure context (a plain address in a LAN). */
export async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.select();
    return document.execCommand("copy");
  }
}

function target(one) {
  return one.kind === "room" ? { k: one.k } : { person: one.person };
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function kept(name, otherwise) {
  try {
    return window.localStorage.getItem(name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(name, value) {
  try {
    if (value === null) window.localStorage.removeItem(name);
    else window.localStorage.setItem(name, value);
  } catch {
    // Without storage a setting lasts as long as the page.
  }
}
