//! The messages of the open conversation: a window of rows that sticks to the newest, keeps its
//! place when older ones come in above, and can be walked through by the arrow keys.
//!
//! The list is no live region: history that is loaded must not be read out. What arrives live is
//! said by the log in `conversation.js`.

import { html, Icon, Picture } from "./html.js";
import { useEffect, useLayoutEffect, useMemo, useRef } from "../vendor/preact-hooks.js";
import {
  atBottom, busy, dialog, discard, loadLatest, loadNewer, loadOlder, loadUnread, me, note, online,
  retry, setDraft, unsent,
} from "../store.js";
import { rows, dayText, presenceText, timeText } from "../timeline.js";
import { blocks, counted, pieces, tone } from "../text.js";

const STICKY_PX = 48;
const NEAR_PX = 700;

export function Messages({ one }) {
  const scroller = useRef(null);
  const place = useRef({ key: null, offset: 0, sticky: true, fresh: true });
  const latest = useRef(one);
  latest.current = one;
  const self = me.value;
  const held = new Set(one.items.map((item) => item.id));
  const waiting = unsent.value.filter(
    (entry) => entry.conversation === one.id && !(entry.msgid !== undefined && held.has(entry.msgid)),
  );
  const shape = waiting.map((entry) => entry.key + entry.state).join(" ");
  // What waits is grouped like what is sent, so that nothing jumps when it is.
  const found = useMemo(
    () => rows([...one.items, ...waiting.map((entry) => waitingItem(entry, self))], { marker: one.marker, me: self?.person }),
    [one.items, shape, one.marker, self?.person],
  );

  useLayoutEffect(() => {
    keepPlace(scroller.current, place.current, one);
    reach(scroller.current);
  }, [found, shape, online.value, one.loaded]);
  useEffect(() => {
    const observer = new ResizeObserver(() => keepPlace(scroller.current, place.current, latest.current));
    observer.observe(scroller.current);
    observer.observe(scroller.current.querySelector(".rows"));
    return () => observer.disconnect();
  }, []);
  // Sending something always shows it.
  useLayoutEffect(() => {
    if (waiting.length > 0 && waiting.at(-1).state !== "failed") toEnd(scroller.current, place.current);
  }, [waiting.at(-1)?.key]);

  const scrolled = () => {
    const list = scroller.current;
    look(list, place.current, one);
    reach(list);
  };
  const jump = () => {
    place.current.sticky = true;
    if (one.atEnd) toEnd(scroller.current, place.current);
    else loadLatest();
  };
  const unreachable = one.marker !== null && one.loaded && one.more && one.items.length > 0
    && one.items[0].n > one.marker + 1;

  return html`<div class="messages-frame">
    ${unreachable && html`<button type="button" class="pill pill-top" onClick=${() => { place.current.fresh = true; loadUnread(); }}>
      Jump to the first unread message</button>`}
    <div class="messages" ref=${scroller} onScroll=${scrolled} onKeyDown=${walk} tabindex="0"
      role="group" aria-label=${`Messages in ${one.name}; arrow keys move`} data-loaded=${one.loaded ? "true" : "false"}>
      ${!one.loaded && html`<${Loading} />`}
      ${one.loaded && (one.more
        ? html`<p class="history-more">${busy.value === one.id ? "Loading older messages…" : online.value ? "" : "Older messages are on the server."}</p>`
        : html`<${Beginning} one=${one} />`)}
      <ol class="rows" aria-label="Messages">
        ${found.map((row) => html`<${Row} key=${row.key} row=${row} nick=${self?.nick ?? ""} own=${self?.person} room=${one.kind === "room" ? one.id : null} />`)}
      </ol>
    </div>
    ${(!atBottom.value || !one.atEnd) && one.loaded && html`<button type="button" class="pill pill-bottom" onClick=${jump}>
      <${Icon} name="down" />${one.unread > 0 ? counted(one.unread, "new message") : "To the newest"}</button>`}
  </div>`;
}

/** After rows changed: stay at the end, or keep the row that the reader looks at where it was. */
function keepPlace(list, place, one) {
  if (list === null) return;
  if (place.fresh && one.loaded) {
    place.fresh = false;
    const line = list.querySelector(".row-unread");
    if (line !== null) list.scrollTop = Math.max(0, line.offsetTop - list.clientHeight / 4);
    else list.scrollTop = list.scrollHeight;
  } else if (place.sticky) {
    list.scrollTop = list.scrollHeight;
  } else if (place.key !== null) {
    const row = [...list.querySelectorAll("[data-key]")].find((each) => each.dataset.key === place.key);
    if (row !== undefined) list.scrollTop += row.offsetTop - list.scrollTop - place.offset;
  }
  look(list, place, one);
}

/**
 * Notes where the reader is: at the end, or which row is the first in sight. Lines between days
 * don't count: with older messages of that day they move up.
 */
function look(list, place, one) {
  const rest = list.scrollHeight - list.scrollTop - list.clientHeight;
  place.sticky = rest < STICKY_PX && one.atEnd;
  if (one.loaded) atBottom.value = place.sticky;
  for (const row of list.querySelectorAll("[data-key]")) {
    if (row.offsetTop + row.offsetHeight > list.scrollTop) {
      place.key = row.dataset.key;
      place.offset = row.offsetTop - list.scrollTop;
      return;
    }
  }
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

/** Arrow keys go from message to message; Home and End to the ends of what is held. */
function walk(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("a, button") !== null) return;
  const list = event.currentTarget;
  const all = [...list.querySelectorAll(".row-message")];
  const at = all.indexOf(document.activeElement);
  const to = {
    ArrowUp: at < 0 ? all.length - 1 : at - 1,
    ArrowDown: at < 0 ? all.length - 1 : at + 1,
    Home: 0,
    End: all.length - 1,
  }[event.key];
  if (to === undefined || all[to] === undefined) return;
  event.preventDefault();
  all[to].focus({ preventScroll: true });
  all[to].scrollIntoView({ block: "nearest" });
}

function Row({ row, nick, own, room }) {
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
    return html`<${Waiting} entry=${row.item.entry} nick=${row.item.from.nick} head=${row.head} />`;
  }
  return html`<${Message} item=${row.item} head=${row.head} nick=${nick} own=${own} room=${room} />`;
}

function Message({ item, head, nick, own, room }) {
  const open = () => (dialog.value = { name: "person", person: item.from.person, nick: item.from.nick, from: room });
  const mine = item.from.person === own;
  if (item.kind === "action") {
    return html`<li class="row-message is-action" data-key=${item.id} tabindex="-1">
      <span class="gutter"><${Time} at=${item.at} bare /></span>
      <div class="body"><button type="button" class=${`author tone-text-${tone(item.from.nick)}`} onClick=${open}>${item.from.nick}</button>
        ${" "}<${Text} text=${item.text} nick=${nick} /></div>
    </li>`;
  }
  const classes = ["row-message", head ? "is-head" : "is-rest", mine && "is-mine", item.kind === "notice" && "is-notice"];
  return html`<li class=${classes.filter(Boolean).join(" ")} data-key=${item.id} tabindex="-1">
    <span class="gutter">${head ? html`<${Picture} name=${item.from.nick} />` : html`<${Time} at=${item.at} bare />`}</span>
    <div class="body">
      ${head
        ? html`<p class="byline"><button type="button" class=${`author tone-text-${tone(item.from.nick)}`} onClick=${open}>${item.from.nick}</button>
          ${item.kind === "notice" && html`<span class="role">notice</span>`}<${Time} at=${item.at} /></p>`
        : html`<span class="visually-hidden">${item.from.nick}: </span>`}
      <${Text} text=${item.text} nick=${nick} />
    </div>
  </li>`;
}

function waitingItem(entry, self) {
  const { key: id, at, kind, text } = entry;
  const from = { person: self?.person, nick: self?.nick ?? "" };
  return { type: "message", id, n: Infinity, at, kind, text, from, entry };
}

function Waiting({ entry, nick, head }) {
  const failed = entry.state === "failed";
  const state = failed ? "Not sent" : online.value ? "Sending…" : "Waits for the connection";
  return html`<li class=${`row-message is-waiting ${failed ? "is-failed" : ""} ${head ? "is-head" : "is-rest"}`} data-key=${entry.key} tabindex="-1">
    <span class="gutter">${head ? html`<${Picture} name=${nick} />` : null}</span>
    <div class="body">
      ${head && html`<p class="byline"><span class=${`author tone-text-${tone(nick)}`}>${nick}</span></p>`}
      <${Text} text=${entry.kind === "action" ? `${nick} ${entry.text}` : entry.text} nick="" />
      <p class="message-state"><${Icon} name=${failed ? "warning" : "clock"} /><span>${state}${failed && `: ${entry.error}`}</span></p>
      ${failed && html`<p class="message-actions">
        <button type="button" class="button button-small" onClick=${() => retry(entry.key)}>Try again</button>
        <button type="button" class="button button-small" onClick=${() => edit(entry)}>Edit</button>
        <button type="button" class="button button-small" onClick=${() => discard(entry.key)}>Discard</button>
      </p>`}
    </div>
  </li>`;
}

function edit(entry) {
  const composer = document.getElementById("composer");
  if (composer.value.trim() !== "") return note("Send or clear what you are writing first.");
  setDraft(entry.conversation, entry.text);
  discard(entry.key);
  composer.dispatchEvent(new CustomEvent("refill"));
  composer.focus();
}

function Time({ at, bare = false }) {
  const date = new Date(at);
  return html`<time class="time" datetime=${date.toISOString()} title=${date.toLocaleString()}>${timeText(at, bare)}</time>`;
}

function Text({ text, nick }) {
  return html`<div class="text">${blocks(text).map((block) =>
    block.type === "block"
      ? html`<pre tabindex="0" role="region" aria-label="Code"><code>${block.text}</code></pre>`
      : html`<span class="prose">${pieces(block.text, nick).map(piece)}</span>`,
  )}</div>`;
}

function piece({ type, text, url }) {
  if (type === "link") return html`<a href=${url} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;
  if (type === "code") return html`<code>${text}</code>`;
  if (type === "strong") return html`<strong>${text}</strong>`;
  if (type === "emphasis") return html`<em>${text}</em>`;
  if (type === "mention") return html`<mark>${text}</mark>`;
  return text;
}

function noticeText(item) {
  const by = item.by?.nick ?? "Somebody";
  if (item.what === "chat.subject") {
    return item.subject === "" ? `${by} cleared the topic.` : `${by} set the topic: ${item.subject}`;
  }
  if (item.what === "chat.kicked") return `${by} removed ${item.nick}${item.reason ? `: ${item.reason}` : "."}`;
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
    return html`<div class="beginning"><${Picture} name=${one.name} size="picture-large" />
      <h3>${one.name}</h3><p>This is the beginning of your private messages. Only you two read them.</p></div>`;
  }
  return html`<div class="beginning"><span class="beginning-hash" aria-hidden="true">#</span>
    <h3>Welcome to ${one.name}</h3>
    <p>This is where the room begins. ${one.present <= 1 ? "Nobody else is here yet." : "Everything said here is kept."}</p>
    ${one.present <= 1 && html`<button type="button" class="button button-primary" onClick=${() => (dialog.value = { name: "invite" })}>
      <${Icon} name="invite" />Invite people</button>`}
  </div>`;
}
