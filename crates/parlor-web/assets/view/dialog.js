//! The frame of every dialog: the browser's own modal, so that focus, Esc and the page behind are
//! its business; focus goes back to where it came from.
//!
//! A dialog is open from the drawing that shows it on, and gone with the call that closes it: the
//! next key may come before the browser finds time for an event.

import { html, IconButton } from "./html.js";
import { useLayoutEffect, useRef } from "../vendor/preact-hooks.js";
import { dialog } from "../store.js";

/** Closes the open dialog; what had the focus before has it again. */
export function close() {
  document.querySelector("dialog[open]")?.close();
  dialog.value = null;
}

/** Closes the open dialog when this is done, if it is still the one: another may be open by then. */
export async function closeAfter(done) {
  const open = dialog.value;
  const value = await done;
  if (dialog.value === open) close();
  return value;
}

/** `lead`: the focus goes to the title, for dialogs that are read first; `plain`: no title to see. */
export function Dialog({ title, class: extra = "", children, plain = false, lead = false }) {
  const frame = useRef(null);
  const gone = useRef(false);
  useLayoutEffect(() => {
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
  const cancelled = (event) => {
    // A chooser of files that is left says so by the same event.
    if (event.target !== frame.current) return;
    event.preventDefault();
    close();
  };
  const closed = () => {
    if (!gone.current) dialog.value = null;
  };
  const outside = (event) => {
    if (event.target === frame.current) close();
  };
  return html`<dialog ref=${frame} class=${`dialog ${extra}`} aria-label=${title} onCancel=${cancelled} onClose=${closed} onMouseDown=${outside}>
    <div class="dialog-inside">
      ${!plain && html`<header class="dialog-head"><h2 tabindex="-1" autofocus=${lead}>${title}</h2><${IconButton} icon="close" label="Close" onClick=${close} /></header>`}
      ${children}
    </div>
  </dialog>`;
}
