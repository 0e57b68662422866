//! The messages of the open conversation: a window of rows that sticks to the newest, keeps its
//! place when older ones come in above, and can be walked through by the arrow keys.
//!
//! The list is no live region: history that is loaded must not be read out. What arrives live is
//! said by the log in `conversation.js`.

import { html, Icon, Picture } from "./html.js";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact-hooks.js";
import { Message, Time, Waiting } from "./message.js";
import { pressedOn } from "./message_keys.js";
import { atBottom, busy, dialog, leaving, lit, me, online, unsent } from "../store.js";
import { loadLatest, loadNewer, loadOlder, loadUnread } from "../action/history.js";
import { became } from "../action/writing.js";
import { rows, dayText, presenceText } from "../timeline.js";
import { counted } from "../text.js";

const STICKY_PX = 48;
/** Older messages are asked for so early that a quick reader doesn't meet the end. */
const NEAR_PX = 1_600;
const LIGHT_MS = 2_400;

export function Messages({ one }) {
  const scroller = useRef(null);
  const place = useRef({ key: null, offset: 0, top: 0, sticky: true, fresh: true, returning: false });
  const latest = useRef(one);
  latest.current = one;
  const [active, setActive] = useState(null);
  const self = me.value;
  const waiting = waitingOf(one);
  const shape = waiting.map((entry) => entry.key + entry.state).join(" ");
  // What waits is grouped like what is sent, so that nothing jumps when it is.
  const found = useMemo(
    () => rows([...one.items, ...waiting.map((entry) => waitingItem(entry, self))], { marker: one.marker, me: self?.person }),
    [one.items, shape, one.marker, self?.person],
  );

  // Read before the rows change, which takes the focus along and may cut the list shorter.
  const held = focusedRow(scroller.current);
  const since = scroller.current === null ? 0 : scroller.current.scrollTop - place.current.top;
  useLayoutEffect(() => keepFocus(scroller.current, held));
  useLayoutEffect(() => {
    keepPlace(scroller.current, place.current, one, since);
    reach(scroller.current);
  }, [found, shape, online.value, one.loaded, one.atEnd, one.more, busy.value]);
  useEffect(() => {
    const observer = new ResizeObserver(() =>
      keepPlace(scroller.current, place.current, latest.current, scrolledSince(scroller.current, place.current)));
    observer.observe(scroller.current);
    observer.observe(scroller.current.querySelector(".rows"));
    return () => observer.disconnect();
  }, []);
  // Sending something always shows it.
  useLayoutEffect(() => {
    if (waiting.length > 0 && waiting.at(-1).state !== "failed") toEnd(scroller.current, place.current);
  }, [waiting.at(-1)?.key]);
  const shown = useLight(scroller, place, one);

  const scrolled = () => {
    const list = scroller.current;
    // The event of a list that has gone already.
    if (list === null) return;
    look(list, place.current, latest.current);
    reach(list);
  };
  const jump = () => {
    place.current.returning = true;
    if (one.atEnd) toEnd(scroller.current, place.current);
    else loadLatest();
  };
  const unreachable = one.marker !== null && one.loaded && one.more && one.items.length > 0
    && one.items[0].n > one.marker + 1;
  const rowAt = (element) => element?.closest?.(".row-message")?.dataset.key ?? null;
  // A pointer counts when it moves: rows that move below it, because somebody writes, must not take
  // the actions away from the row that the reader is about to press on.
  const activate = (event) => setActive(rowAt(event.target));
  // Whoever goes on to write is done with the row; a dialog gives the focus back to it.
  const left = ({ relatedTarget: to }) => to !== null && to.closest("dialog") === null && setActive(rowAt(to));
  // Without the pointer it is the row with the focus that counts.
  const rest = () => setActive(rowAt(document.activeElement));

  return html`<div class="messages-frame">
    ${unreachable && html`<button type="button" class="pill pill-top" onClick=${() => { place.current.fresh = true; loadUnread(); }}>
      Jump to the first unread message</button>`}
    <div class="messages" ref=${scroller} onScroll=${scrolled} onKeyDown=${(event) => pressed(event, one)} tabindex="0"
      onPointerMove=${activate} onPointerDown=${activate} onFocusIn=${activate} onFocusOut=${left} onPointerLeave=${rest}
      role="group" aria-label=${`Messages in ${one.name}; arrow keys move`} data-loaded=${one.loaded ? "true" : "false"}>
      ${!one.loaded && html`<${Loading} />`}
      ${one.loaded && (one.more
        ? html`<p class="history-more">${busy.value === one.id ? "Loading older messages…" : online.value ? "" : "Older messages are on the server."}</p>`
        : html`<${Beginning} one=${one} />`)}
      <ol class="rows" aria-label="Messages">
        ${found.map((row) => html`<${Row} key=${row.key} row=${row} one=${one} self=${self}
          active=${row.key === active} going=${leaving.value.has(row.key)} lit=${shown === row.key} />`)}
      </ol>
    </div>
    ${(!atBottom.value || !one.atEnd) && one.loaded && html`<button type="button" class="pill pill-bottom" onClick=${jump}>
      <${Icon} name="down" />${one.unread > 0 ? counted(one.unread, "new message") : "To the newest"}</button>`}
  </div>`;
}

/** What isn't acknowledged yet, without what is seen in the room already. */
function waitingOf(one) {
  const own = unsent.value.filter((entry) => entry.conversation === one.id);
  if (own.length === 0) return own;
  const held = new Set(one.items.map((item) => item.id));
  return own.filter((entry) => !(entry.msgid !== undefined && held.has(entry.msgid)));
}

/** A message that was jumped to is brought into sight, gets the focus and is lit for a moment. */
function useLight(scroller, place, one) {
  const wanted = lit.value?.conversation === one.id ? lit.value : null;
  const [shown, setShown] = useState(null);
  useLayoutEffect(() => {
    if (wanted === null) return;
    const row = rowOf(scroller.current, wanted.msgid);
    if (row === undefined) return;
    lit.value = null;
    place.current.fresh = false;
    place.current.sticky = false;
    scroller.current.scrollTop = row.offsetTop - scroller.current.clientHeight / 3;
    row.focus({ preventScroll: true });
    look(scroller.current, place.current, one);
    setShown(wanted.msgid);
    const timer = setTimeout(() => setShown((now) => (now === wanted.msgid ? null : now)), LIGHT_MS);
    return () => clearTimeout(timer);
  }, [wanted, one.items]);
  return shown;
}

const rowOf = (list, key) => [...list.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key);

/** Which row has the focus: itself, and its place counted from the newest; null when none has it. */
function focusedRow(list) {
  const row = document.activeElement?.closest?.(".row-message");
  if (list === null || !row || !list.contains(row)) return null;
  return { row, below: [...list.querySelectorAll(".row-message")].reverse().indexOf(row) };
}

/**
 * After rows changed: a row that went with the focus hands it on, since arrows need a place to start
 * from. A message that the server has taken is another row than the one that waited; with any other
 * it is the row that stands in its place.
 */
function keepFocus(list, held) {
  if (held === null || held.row.isConnected || document.activeElement !== document.body) return;
  const all = list.querySelectorAll(".row-message");
  const taken = rowOf(list, became(held.row.dataset.key));
  (taken ?? all[Math.max(0, all.length - 1 - held.below)] ?? list).focus({ preventScroll: true });
}

/**
 * After rows changed: stay at the end, or keep the row that the reader looks at where it was. Since
 * that was noted they may have scrolled `since` pixels: the event for it may be yet to come.
 */
function keepPlace(list, place, one, since) {
  if (list === null) return;
  if (place.fresh && one.loaded) {
    place.fresh = false;
    const line = list.querySelector(".row-unread");
    if (line !== null) list.scrollTop = Math.max(0, line.offsetTop - list.clientHeight / 4);
    else list.scrollTop = list.scrollHeight;
  } else if (place.sticky || (place.returning && one.atEnd)) {
    place.returning = false;
    list.scrollTop = list.scrollHeight;
  } else if (place.key !== null) {
    const row = rowOf(list, place.key);
    if (row !== undefined) list.scrollTop = bottomOf(row) - place.offset + since;
  }
  look(list, place, one);
}

/**
 * Notes where the reader is: at the end, or where the first row in sight ends. It may lose its
 * author's name above, when an older message of the same author comes in; what is below stays. Lines
 * between days don't count: with older messages of that day they move up.
 */
function look(list, place, one) {
  const rest = list.scrollHeight - list.scrollTop - list.clientHeight;
  place.sticky = rest < STICKY_PX && one.atEnd;
  if (one.loaded) atBottom.value = place.sticky;
  const row = firstInSight(list);
  if (row === undefined) return;
  place.key = row.dataset.key;
  place.offset = bottomOf(row) - list.scrollTop;
  place.top = list.scrollTop;
}

/** How far the reader has scrolled since the place was noted, unless the list became too short for it. */
function scrolledSince(list, { top }) {
  if (list === null) return 0;
  const cut = list.scrollHeight - list.clientHeight < top;
  return cut ? 0 : list.scrollTop - top;
}

const bottomOf = (row) => row.offsetTop + row.offsetHeight;

/** Rows stand in order, so the first in sight is found in a few steps. */
function firstInSight(list) {
  const all = list.querySelectorAll("[data-key]");
  let [from, to] = [0, all.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (bottomOf(all[middle]) > list.scrollTop) to = middle;
    else from = middle + 1;
  }
  return all[from];
}

/** Near an end of what is held, more is asked for. */
function reach(list) {
  if (list.scrollTop < NEAR_PX) loadOlder();
  if (list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX) loadNewer();
}

function toEnd(list, place) {
  place.sticky = true;
  list.scrollTop = list.scrollHeight;
}

function pressed(event, one) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const inside = event.target.closest("a, button, pre");
  if (inside === null || event.key === "Escape") {
    if (pressedOn(event, one)) return;
  }
  if (inside === null) walk(event);
}

/** Arrow keys go from message to message; Home and End to the ends of what is held. */
function walk(event) {
  const list = event.currentTarget;
  const all = [...list.querySelectorAll(".row-message")];
  const at = all.indexOf(document.activeElement);
  const to = {
    ArrowUp: at < 0 ? all.length - 1 : at - 1,
    ArrowDown: at < 0 ? all.length - 1 : at + 1,
    Home: 0,
    End: all.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  // Below the last message is the place to write.
  if (to >= all.length) return document.getElementById("composer")?.focus();
  if (to < 0) return;
  all[to].focus({ preventScroll: true });
  all[to].scrollIntoView({ block: "nearest" });
}

function Row({ row, one, self, active, going, lit: shown }) {
  if (row.type === "day") {
    return html`<li class="row-day"><span>${dayText(row.at, Date.now())}</span></li>`;
  }
  if (row.type === "unread") return html`<li class="row-unread"><span>New</span></li>`;
  if (row.type === "presence") {
    return html`<li class="row-quiet" data-key=${row.key}>${presenceText(row.items)}</li>`;
  }
  if (row.type === "notice") {
    return html`<li class="row-quiet" data-key=${row.key}>${noticeText(row.item)} <${Time} at=${row.item.at} /></li>`;
  }
  if (row.item.entry !== undefined) {
    return html`<${Waiting} entry=${row.item.entry} nick=${row.item.from.nick} head=${row.head} online=${online.value} />`;
  }
  return html`<${Message} item=${row.item} head=${row.head} nick=${self?.nick ?? ""} own=${self?.person} place=${one.id}
    role=${one.role} active=${active} going=${going} lit=${shown} />`;
}

function waitingItem(entry, self) {
  const { key: id, at, kind, text, reply } = entry;
  const from = { person: self?.person, nick: self?.nick ?? "" };
  return { type: "message", id, n: Infinity, at, kind, text, from, entry, reply };
}

function noticeText(item) {
  const by = item.by?.nick ?? "Somebody";
  const who = item.nick ?? item.mask ?? "somebody";
  const why = item.reason ? `: ${item.reason}` : ".";
  if (item.what === "chat.subject") {
    return item.subject === "" ? `${by} cleared the topic.` : `${by} set the topic: ${item.subject}`;
  }
  if (item.what === "chat.renamed") return `${by} renamed this room from ${item.before} to ${item.name}${why}`;
  if (item.what === "chat.kicked") return `${by} removed ${item.nick}${why}`;
  if (item.what === "chat.banned") return item.mute ? `${by} muted ${who}${why}` : `${by} banned ${who}${why}`;
  if (item.what === "chat.unbanned") return `${by} lifted the ban on ${who}.`;
  if (item.what === "chat.role") return `${by} made ${item.nick} ${ROLE_WORDS[item.role] ?? item.role}.`;
  if (item.what === "chat.created") return `${by} made this room.`;
  return `${by} changed how this room works.`;
}

const ROLE_WORDS = { owner: "an owner", moderator: "a moderator", voice: "a voice", member: "a member", none: "a visitor" };

function Loading() {
  return html`<div class="skeleton" aria-hidden="true">
    ${[3, 5, 2, 4, 3, 5].map((width, index) => html`<div key=${index} class="skeleton-row"><i></i><b class=${`wide-${width}`}></b></div>`)}
  </div>`;
}

function Beginning({ one }) {
  if (one.kind === "person") {
    return html`<div class="beginning"><${Picture} name=${one.name} person=${one.person} size="picture-large" />
      <h3>${one.name}</h3><p>This is the beginning of your private messages. Only you two read them.</p></div>`;
  }
  const kept = keptText(one.settings?.retention);
  return html`<div class="beginning"><span class="beginning-hash" aria-hidden="true">#</span>
    <h3>Welcome to ${one.name}</h3>
    <p>This is where the room begins. ${one.present <= 1 ? "Nobody else is here yet." : kept}</p>
    ${one.present <= 1 && html`<button type="button" class="button button-primary" onClick=${() => (dialog.value = { name: "invite" })}>
      <${Icon} name="invite" />Invite people</button>`}
  </div>`;
}

/** How long a room keeps what is said, in a sentence. */
export function keptText(retention) {
  if (retention === "nothing") return "Nothing that is said here is kept.";
  if (retention?.days !== undefined) return `What is said here is kept for ${counted(retention.days, "day")}.`;
  return "Everything said here is kept.";
}
