//! The frame of every dialog: the browser's own modal, so that focus, Esc and the page behind are
//! its business; focus goes back to where it came from.

import { html, IconButton } from "./html.js";
import { useEffect, useRef } from "../vendor/preact-hooks.js";
import { dialog } from "../store.js";

export const close = () => document.querySelector("dialog[open]")?.close();

/** `lead`: the focus goes to the title, for dialogs that are read first; `plain`: no title to see. */
export function Dialog({ title, class: extra = "", children, plain = false, lead = false }) {
  const frame = useRef(null);
  const gone = useRef(false);
  useEffect(() => {
    const before = document.activeElement;
    const element = frame.current;
    element.showModal();
    return () => {
      // The event of this close comes later, when another dialog may be open already.
      gone.current = true;
      element.close();
      // The browser has given the focus back, or what was done has taken it somewhere.
      const now = document.activeElement;
      if (now !== null && now !== document.body && !element.contains(now)) return;
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else document.getElementById("composer")?.focus();
    };
  }, []);
  const closed = () => {
    if (!gone.current) dialog.value = null;
  };
  const outside = (event) => {
    if (event.target === frame.current) close();
  };
  return html`<dialog ref=${frame} class=${`dialog ${extra}`} aria-label=${title} onClose=${closed} onMouseDown=${outside}>
    <div class="dialog-inside">
      ${!plain && html`<header class="dialog-head"><h2 tabindex="-1" autofocus=${lead}>${title}</h2><${IconButton} icon="close" label="Close" onClick=${close} /></header>`}
      ${children}
    </div>
  </dialog>`;
}
