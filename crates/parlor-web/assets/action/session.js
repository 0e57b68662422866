//! From the connection to the state and back: what the server says first, every event after that,
//! and what it means beside the state.

import { batch, effect } from "../vendor/signals.js";
import {
  atBottom, attentive, connectBy, current, currentId, link, membersShown, shell, sharesTyping,
  singleKeys, state, theme, writing,
} from "../store.js";
import { keep, storage } from "../kept.js";
import { Live } from "../live.js";
import { personId, resumable, roomId, totals, welcomed } from "../state/conversations.js";
import { apply, conversationOf } from "../state/events.js";
import { paged } from "../state/pages.js";
import { counted } from "../text.js";
import { adopt, tellAll } from "./drafts.js";
import { ensureLoaded } from "./history.js";
import { finishAll } from "./messages.js";
import { announce, note } from "./notes.js";
import { go, route } from "./places.js";
import { markSeen } from "./reading.js";
import { adoptQuietHours, ring, titled } from "./ringing.js";
import { tryJoin } from "./rooms.js";
import { forgetStale, heard } from "./typing.js";
import { delivered, flushOutbox, interrupted, matchUnsent, openOutbox } from "./writing.js";

let live = null;

/**
 * Starts everything. `page` has the words of the server-rendered shell, `first` what the server
 * knew when it wrote it: `{ welcome, conversation, page }`, or null.
 */
export function start(page, first) {
  Object.assign(shell, page);
  openOutbox(storage(), page.me);
  live = new Live({
    url: page.live,
    hello: () => ({ resume: resumable(state.value) }),
    onWelcome: welcome,
    onFrames: receive,
    onPhase: (phase) => batch(() => setPhase(phase)),
    isSignedIn,
  });
  connectBy(live);
  watch();
  if (first !== null) showFirst(first);
  live.start();
}

export const reconnect = () => live.now();

function watch() {
  const look = () => (attentive.value = !document.hidden && document.hasFocus());
  for (const name of ["focus", "blur"]) addEventListener(name, look);
  document.addEventListener("visibilitychange", look);
  addEventListener("storage", (event) => {
    if (event.newValue === null) delivered(event.key);
  });
  addEventListener("pagehide", finishAll);
  effect(markSeen);
  titled();
  forgetStale();
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme.value;
    keep("parlor.theme", theme.value);
  });
  effect(() => keep("parlor.members", String(membersShown.value)));
  effect(() => keep("parlor.keys", String(singleKeys.value)));
  effect(() => {
    keep("parlor.typing", String(sharesTyping.value));
    if (!sharesTyping.value) writing.value = {};
  });
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
  if (was === "online" && phase.phase !== "online") interrupted();
  if (phase.phase === "online") {
    flushOutbox();
    tellAll();
    ensureLoaded();
  }
}

/** The page came with what it shows first, so that nobody waits for the connection. */
function showFirst({ welcome: answer, conversation, page }) {
  batch(() => {
    state.value = welcomed(state.value, answer);
    if (conversation !== null) state.value = paged(state.value, conversation, "latest", page);
    route();
  });
}

let welcomedOnce = false;

function welcome(answer) {
  const again = welcomedOnce;
  welcomedOnce = true;
  const before = totals(state.value).unread;
  batch(() => {
    const known = state.value.me !== null;
    state.value = welcomed(state.value, answer);
    for (const each of [...(answer.rooms ?? []), ...(answer.direct ?? [])]) {
      adopt(conversationOf(each), each.draft ?? "");
    }
    adoptQuietHours(answer.quiet_hours ?? {});
    if (known && currentId.value !== null && current.value === null) go(null);
    if (again) {
      const fresh = totals(state.value).unread - before;
      if (fresh > 0) note(`Back, with ${counted(fresh, "new message")}.`);
    } else if (!known || current.value === null || location.hash.includes("?m=")) route();
  });
}

function receive(frames) {
  const seeing = attentive.value && atBottom.value ? currentId.value : null;
  batch(() => {
    let next = state.value;
    const spoken = [];
    for (const frame of frames) {
      if (next.me === null) break;
      aside(next, frame);
      next = apply(next, frame, { seeing, current: currentId.value });
      matchUnsent(next, frame);
      const words = wordsOf(next, frame);
      if (words !== null) spoken.push(words);
    }
    state.value = next;
    if (spoken.length > 0) announce(spoken);
  });
  for (const frame of frames) ring(frame);
  if (frames.some(({ t }) => t === "reset" || t === "missed")) ensureLoaded();
}

/** What an event means beside the state: a note, a place to leave. */
function aside(known, frame) {
  const { t, k, p } = frame;
  ASIDE[t]?.(known, frame);
  if (t === "chat.posted" && p.from.person !== known.me.person) {
    heard(p.to ? personId(p.from.person) : roomId(k), { by: p.from, state: "done" });
  }
}

const ASIDE = {
  "chat.kicked"(known, { k, p }) {
    if (p.person !== known.me.person) return;
    const room = known.conversations[roomId(k)];
    const why = p.reason ? `: ${p.reason}` : ".";
    note(`${p.by?.nick ?? "Somebody"} removed you from ${room?.name ?? "a room"}${why}`, "warn");
    if (room?.id === currentId.value) go(null);
  },
  gone(known, { p }) {
    const room = known.conversations[roomId(p.k)];
    if (room !== undefined && p.why !== "left") note(`You may not be in ${room.name} any more.`, "warn");
    if (room?.id === currentId.value) go(null);
  },
  "chat.invited"(known, { p }) {
    note(`${p.by?.nick ?? "Somebody"} invites you to ${p.room}.`, "plain", {
      label: `Join ${p.room}`, act: () => tryJoin(p.room),
    });
  },
  "chat.typing"(known, { k, p }) {
    if (p.by.person === known.me.person) return;
    heard(k === known.inbox ? personId(p.by.person) : roomId(k), p);
  },
  "chat.draft": (known, { p }) => adopt(conversationOf(p), p.text),
  "chat.quiet_hours": (known, { p }) => adoptQuietHours(p),
  "chat.reported"(known, { p }) {
    const room = known.conversations[roomId(p.k)];
    note(`${p.by?.nick ?? "Somebody"} reports a message in ${room?.name ?? "a room"}: ${p.reason}`, "warn",
      room === undefined ? null : { label: "Look", act: () => go(room.id, p.msgid) });
  },
  "session.ended": () => live.probe(),
};

function wordsOf(known, { t, k, p }) {
  if (t !== "chat.posted" || p.from.person === known.me.person) return null;
  const id = p.to ? personId(p.from.person) : roomId(k);
  if (id !== currentId.value) return null;
  return p.kind === "action" ? `${p.from.nick} ${p.text}` : `${p.from.nick}: ${p.text}`;
}
