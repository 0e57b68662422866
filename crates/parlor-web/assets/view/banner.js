//! The state of the connection in words, and short notes. Never a modal; nothing is blocked.

import { html, IconButton } from "./html.js";
import { useEffect, useState } from "../vendor/preact-hooks.js";
import { link, notices, unsent } from "../store.js";
import { dismiss } from "../action/notes.js";
import { reconnect } from "../action/session.js";
import { counted } from "../text.js";

const PATIENCE_MS = 1_500;

/** Appears when the connection is away for longer than a blink. */
export function Banner() {
  const { phase, reason, retryAt } = link.value;
  const away = phase !== "online";
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!away) return setLate(false);
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [away]);
  const seconds = useSeconds(late ? retryAt : null);
  const shown = away && (late || phase === "signed-out");
  const waiting = unsent.value.filter((entry) => entry.state !== "failed").length;
  // The live region says what happened, once; the seconds that tick away are not for it.
  return html`<section class=${shown ? `banner banner-${phase}` : "banner-none"} aria-label="Connection">
    <p class="banner-text" role="status">${shown && html`<strong>${title(phase, reason)}</strong>${" "}<span>${detail(phase, reason, waiting)}</span>`}</p>
    ${shown && html`<span class="banner-tail">
      ${seconds > 0 && html`<span class="banner-seconds" aria-hidden="true">in ${seconds} s</span>`}
      ${phase === "signed-out"
        ? html`<a class="button button-small" href="/signin">Sign in</a>`
        : html`<button type="button" class="button button-small" onClick=${reconnect}>Try now</button>`}
    </span>`}
  </section>`;
}

function title(phase, reason) {
  if (phase === "signed-out") return "You are signed out.";
  if (phase === "offline") return "You are offline.";
  if (reason === "restart") return "The server is restarting.";
  return "Reconnecting…";
}

function detail(phase, reason, waiting) {
  if (phase === "signed-out") return "What you have not sent is kept until you sign in again.";
  if (waiting > 0) return `${counted(waiting, "message")} will be sent as soon as the server is back.`;
  if (phase === "offline") return "Go on writing; it is sent when the network is back.";
  if (reason === "restart") return "It will be back in a moment. You can go on writing.";
  return "You can go on writing.";
}

function useSeconds(until) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (until === null) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}

/** Short notes at the edge; they go by themselves, and can be sent away. */
export function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">
    ${notices.value.map((one) => html`<div key=${one.id} class=${`notice notice-${one.tone}`}>
      <span class="notice-text">${one.text}</span>
      ${one.action && html`<button type="button" class="button button-small"
        onClick=${() => { dismiss(one.id); one.action.act(); }}>${one.action.label}</button>`}
      <${IconButton} icon="close" label="Close this note" onClick=${() => dismiss(one.id)} />
    </div>`)}
  </div>`;
}
