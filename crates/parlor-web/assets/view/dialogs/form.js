//! What dialogs share: asking the server when they open, and forms with one place for what went wrong.

import { html } from "../html.js";
import { useEffect, useRef, useState } from "../../vendor/preact-hooks.js";

/** What the server answered: `{ value, problem, again }`; both null while it has not. */
export function useAnswer(ask) {
  const [answer, setAnswer] = useState({ value: null, problem: null });
  const again = () =>
    ask().then((value) => setAnswer({ value, problem: null }), (error) => setAnswer({ value: null, problem: error.message }));
  useEffect(() => void again(), []);
  return { ...answer, again };
}

/** A form's action with its one place for what went wrong. A form that is sent is not sent again before its answer. */
export function useAction(act) {
  const [problem, setProblem] = useState(null);
  const sent = useRef(null);
  const submit = async (event) => {
    event?.preventDefault();
    const form = event?.type === "submit" ? event.currentTarget : null;
    if (form !== null && form === sent.current) return;
    sent.current = form;
    form?.setAttribute("aria-busy", "true");
    setProblem(null);
    try {
      const refused = await act();
      if (typeof refused === "string") setProblem(refused);
    } catch (error) {
      setProblem(error.message);
    } finally {
      sent.current = null;
      form?.removeAttribute("aria-busy");
    }
  };
  return [submit, problem];
}

export const Problem = ({ text }) => html`<p class="problem-line" role="alert">${text}</p>`;

/** One of several, shown side by side: `options` is `[[value, label]]`. */
export function Segments({ name, legend, options, value, onChange }) {
  return html`<fieldset class="setting"><legend class="field-label">${legend}</legend>
    <div class="segments">${options.map(([each, label]) => html`<label key=${each} class="segment">
      <input type="radio" name=${name} value=${each} checked=${value === each} onChange=${() => onChange(each)} /><span>${label}</span></label>`)}</div>
  </fieldset>`;
}

/** A yes or no with its words beside it. */
export function Check({ checked, onChange, children, disabled = false }) {
  return html`<label class="check"><input type="checkbox" checked=${checked} disabled=${disabled} onChange=${(event) => onChange(event.target.checked)} />
    <span>${children}</span></label>`;
}

/** Parts of a dialog, one at a time: `tabs` is `[[name, label]]`. Arrow keys go between them. */
export function Tabs({ label, tabs, open, onOpen }) {
  const pressed = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(([name]) => name === open);
    const [next] = tabs[(at + by + tabs.length) % tabs.length];
    onOpen(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${pressed}>${tabs.map(([name, words]) => html`<button key=${name} type="button"
    id=${`tab-${name}`} role="tab" class="tab" aria-selected=${name === open ? "true" : "false"} aria-controls="tab-panel" tabindex=${name === open ? 0 : -1}
    onClick=${() => onOpen(name)}>${words}</button>`)}</div>`;
}

/** What a tab shows. */
export function Panel({ tab, children }) {
  return html`<div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby=${`tab-${tab}`}>${children}</div>`;
}
