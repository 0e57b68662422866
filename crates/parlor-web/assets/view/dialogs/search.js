//! Search in what was said: words and `from: in: has: is: before: after:`, newest first; a hit leads
//! to its place.

import { html, Icon, Picture } from "../html.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { close, Dialog } from "../dialog.js";
import { Time } from "../message.js";
import { Problem } from "./form.js";
import { me, state } from "../../store.js";
import { go } from "../../action/places.js";
import { find } from "../../action/search.js";
import { plain } from "../../markdown.js";
import { excerpt, growing } from "../../search.js";
import { personId, roomId } from "../../state/conversations.js";
import { counted } from "../../text.js";
import { dayText } from "../../timeline.js";

const PAUSE_MS = 160;
const PAGE = 20;
const HINTS = [
  ["from:", "somebody"], ["in:", "a room"], ["has:image", "with a picture"], ["has:link", "with a link"],
  ["is:mention", "that names you"], ["after:", "on this day or later, such as 2026-11-27"], ["before:", "earlier than this day, such as 2026-11-27"],
];

/** `place`: the conversation that is searched first; `query`: what was typed elsewhere. */
export function Search({ query = "", place = null }) {
  const here = state.value.conversations[place];
  const [typed, setTyped] = useState(query === "" && here?.kind === "room" ? `in:${here.name.replace(/^#/, "")} ` : query);
  const [scope] = useState(here?.kind === "person" ? { person: here.person } : {});
  const [found, setFound] = useState({ hits: null, next: null, problem: null, asked: "" });
  const [at, setAt] = useState(0);
  const field = useRef(null);
  const latest = useRef("");
  const words = growing(typed.trimStart());

  const ask = async (cursor) => {
    latest.current = words;
    try {
      const answer = await find({ query: words, ...scope, before: cursor ?? undefined, limit: PAGE });
      // An answer to what is no longer asked is of no use.
      if (latest.current !== words) return;
      setFound((now) => {
        // A press too many asks for the same page again.
        if (cursor !== null && now.next !== cursor) return now;
        const hits = cursor === null ? answer.hits : [...now.hits, ...answer.hits];
        return { hits, next: answer.next, problem: null, asked: words };
      });
    } catch (error) {
      if (latest.current === words) setFound({ hits: [], next: null, problem: error.message, asked: words });
    }
  };
  useEffect(() => {
    setAt(0);
    if (words === "" || /^in:\S*\s*$/.test(words)) {
      latest.current = "";
      return setFound({ hits: null, next: null, problem: null, asked: "" });
    }
    const timer = setTimeout(() => ask(null), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words]);
  useLayoutEffect(() => field.current.setSelectionRange(typed.length, typed.length), []);

  const hits = found.hits ?? [];
  const chosen = Math.min(at, hits.length - 1);
  const open = (hit) => {
    const { message } = hit;
    const other = message.to && (message.from.person === me.value.person ? message.to : message.from);
    const id = other ? personId(other.person) : roomId(message.k);
    close();
    go(id, message.msgid);
  };
  const pressed = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && hits.length > 0) {
      event.preventDefault();
      const next = Math.max(0, Math.min(hits.length - 1, chosen + by));
      setAt(next);
      document.getElementById(`hit-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && hits[chosen] !== undefined && found.asked === words) {
      event.preventDefault();
      open(hits[chosen]);
    }
  };
  const add = (operator) => {
    setTyped((now) => `${now.replace(/\s*$/, now.trim() === "" ? "" : " ")}${operator}${operator.endsWith(":") ? "" : " "}`);
    field.current.focus();
  };
  return html`<${Dialog} title="Search" class="dialog-palette dialog-search" plain>
    <div class="palette-field"><${Icon} name="search" />
      <input id="search" class="palette-input" ref=${field} role="combobox" aria-label="Search messages" aria-expanded=${hits.length > 0 ? "true" : "false"} aria-controls="hits" aria-autocomplete="list"
        aria-activedescendant=${hits.length > 0 ? `hit-${chosen}` : undefined} autocomplete="off" autocapitalize="none" spellcheck=${false} autofocus
        placeholder=${here?.kind === "person" ? `Search in what you and ${here.name} wrote` : "Search messages"} value=${typed} onInput=${(event) => setTyped(event.target.value)} onKeyDown=${pressed} />
      <kbd aria-hidden="true">Esc</kbd></div>
    <div class="search-hints" role="group" aria-label="Narrow the search">${HINTS.map(([operator, means]) => html`<button key=${operator} type="button" class="chip" title=${means} onClick=${() => add(operator)}>${operator}</button>`)}</div>
    <${Problem} text=${found.problem} />
    ${hits.length > 0 && html`<ul class="hits" id="hits" role="listbox" aria-label="Found">
      ${hits.map((hit, index) => html`<${Hit} key=${hit.message.msgid} hit=${hit} id=${`hit-${index}`} chosen=${index === chosen} words=${found.asked} open=${() => open(hit)} />`)}
    </ul>`}
    ${found.next !== null && html`<button type="button" class="button button-wide hits-more" onClick=${() => ask(found.next)}>Show older</button>`}
    ${hits.length === 0 && found.next === null && found.problem === null && html`<p class="quiet-text" id="hits">${found.hits === null ? "Words, begin*, “a phrase”, -without; Enter opens what is chosen." : "Nothing was found."}</p>`}
    <div class="visually-hidden" role="status">${found.hits === null ? "" : counted(hits.length, "message")}</div>
  <//>`;
}

function Hit({ hit, id, chosen, words, open }) {
  const { message, room } = hit;
  const where = room ?? (message.to ? (message.from.person === me.value.person ? message.to.nick : message.from.nick) : "");
  return html`<li id=${id} role="option" class="hit" aria-selected=${chosen ? "true" : "false"} onClick=${open}>
    <${Picture} name=${message.from.nick} person=${message.from.person} size="picture-small" />
    <div class="hit-words"><p class="hit-head"><strong>${message.from.nick}</strong> <span class="muted">${where} · ${dayText(message.at, Date.now())}</span> <${Time} at=${message.at} /></p>
      <p class="hit-text">${excerpt(plain(message.text), words).map((part, index) => (part.hit ? html`<mark key=${index}>${part.text}</mark>` : part.text))}</p>
      ${message.files?.length > 0 && html`<p class="muted small">${message.files.map((file) => file.name).join(", ")}</p>`}</div>
  </li>`;
}
