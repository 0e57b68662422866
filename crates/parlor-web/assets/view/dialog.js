//! The frame of every dialog: the browser's own modal, so that focus, Esc and the page behind are
//! its business; focus goes back to where it came from.

import { html, IconButton } from "./html.js";
import { useEffect, useRef } from "../vendor/preact-hooks.js";
import { dialog } from "../store.js";

export const close = () => document.querySelector("dialog[open]")?.close();

export function Dialog({ title, class: extra = "", children, plain = false }) {
  const frame = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    const element = frame.current;
    element.showModal();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else document.getElementById("composer")?.focus();
    };
  }, []);
  const outside = (event) => {
    if (event.target === frame.current) close();
  };
  return html`<dialog ref=${frame} class=${`dialog ${extra}`} aria-label=${title} onClose=${() => (dialog.value = null)} onMouseDown=${outside}>
    <div class="dialog-inside">
      ${!plain && html`<header class="dialog-head"><h2>${title}</h2><${IconButton} icon="close" label="Close" onClick=${close} /></header>`}
      ${children}
    </div>
  </dialog>`;
}
