//! The emoji picker: search by name, arrow keys over the grid, groups, skin tones, recent ones.

import { html, Icon } from "../html.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { close, Dialog } from "../dialog.js";
import { Problem } from "./form.js";
import * as Emoji from "../../emoji.js";
import * as Favourites from "../../favourites.js";

const COLUMNS = 8;
const FOUND_MAX = 64;
const TONES = ["👋", "👋🏻", "👋🏼", "👋🏽", "👋🏾", "👋🏿"];

/** `act` is given the emoji that was chosen. */
export function EmojiPicker({ act }) {
  const [typed, setTyped] = useState("");
  const [group, setGroup] = useState(-1);
  const [at, setAt] = useState(0);
  const [tone, setTone] = useState(Favourites.tone());
  const [ready, setReady] = useState({ here: false, problem: null });
  useEffect(() => {
    Emoji.load().then(() => setReady({ here: true, problem: null }), () => setReady({ here: false, problem: "The list could not be fetched." }));
  }, []);
  const groups = ready.here ? Emoji.groups() : [];
  const shown = typed !== ""
    ? (Emoji.search(typed, FOUND_MAX) ?? [])
    : group >= 0 ? groups[group].emoji : Favourites.recent().map((emoji) => ({ emoji, name: "recent" }));
  const chosen = Math.min(at, shown.length - 1);
  const take = (entry) => {
    if (entry === undefined) return;
    const emoji = Favourites.toned(entry.emoji, tone);
    Favourites.use(emoji);
    close();
    act(emoji);
  };
  const pressed = (event) => {
    const by = { ArrowDown: COLUMNS, ArrowUp: -COLUMNS, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter") {
      event.preventDefault();
      take(shown[chosen]);
    } else if (by !== undefined && (Math.abs(by) > 1 || typed === "" || at > 0)) {
      event.preventDefault();
      const next = Math.max(0, Math.min(shown.length - 1, chosen + by));
      setAt(next);
      document.getElementById(`emoji-${next}`)?.scrollIntoView({ block: "nearest" });
    }
  };
  const open = (next) => { setGroup(next); setAt(0); setTyped(""); };
  return html`<${Dialog} title="Emoji" class="dialog-emoji" plain>
    <div class="palette-field"><${Icon} name="search" />
      <input id="emoji-search" class="palette-input" role="combobox" aria-label="Find an emoji" aria-expanded="true" aria-controls="emoji-list" aria-autocomplete="list"
        aria-activedescendant=${shown.length > 0 ? `emoji-${chosen}` : undefined} autocomplete="off" autocapitalize="none" spellcheck=${false} autofocus
        placeholder="Find an emoji" value=${typed} onInput=${(event) => { setTyped(event.target.value); setAt(0); }} onKeyDown=${pressed} /></div>
    <div class="emoji-groups" role="group" aria-label="Groups">
      ${[["Recent", "🕘"], ...groups.map(({ label, emoji }) => [label, emoji[0].emoji])].map(([label, sign], index) => html`<button key=${label} type="button" class="icon-button"
        aria-label=${label} title=${label} aria-pressed=${typed === "" && group === index - 1 ? "true" : "false"} onClick=${() => open(index - 1)}>${sign}</button>`)}
    </div>
    <${Problem} text=${ready.problem} />
    ${shown.length > 0 && html`<ul class="emoji-list" id="emoji-list" role="listbox" aria-label="Emoji">
      ${shown.map((entry, index) => html`<li key=${entry.emoji} id=${`emoji-${index}`} role="option" aria-selected=${index === chosen ? "true" : "false"}
        aria-label=${entry.name === "recent" ? entry.emoji : entry.name.replaceAll("_", " ")} title=${entry.name === "recent" ? undefined : `:${entry.name}:`}
        onClick=${() => take(entry)} onMouseMove=${() => setAt(index)}>${Favourites.toned(entry.emoji, tone)}</li>`)}
    </ul>`}
    ${shown.length === 0 && ready.problem === null && html`<p class="quiet-text" id="emoji-list">${ready.here ? "No emoji is called like that." : "Fetching the list…"}</p>`}
    <div class="emoji-foot"><span class="muted small" aria-hidden="true">${typed === "" && group < 0 ? "What you used last" : shown[chosen] ? `:${shown[chosen].name}:` : ""}</span>
      <div class="emoji-tones" role="group" aria-label="Skin tone">${TONES.map((sign, index) => html`<button key=${sign} type="button" class="icon-button" aria-label=${index === 0 ? "No tone" : `Tone ${index}`}
        aria-pressed=${tone === index ? "true" : "false"} onClick=${() => { setTone(index); Favourites.setTone(index); }}>${sign}</button>`)}</div></div>
    <div class="visually-hidden" role="status">${typed === "" ? "" : `${shown.length} found`}</div>
  <//>`;
}
