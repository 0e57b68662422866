//! What this browser remembers for the page: settings, drafts, the emoji one likes. A browser that
//! forbids storage costs only the memory; nothing fails.

/** The browser's storage, or null. */
export function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** What is remembered under this name. */
export function kept(name, otherwise) {
  try {
    return window.localStorage.getItem(name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Remembers a text; null forgets it. */
export function keep(name, value) {
  try {
    if (value === null) window.localStorage.removeItem(name);
    else window.localStorage.setItem(name, value);
  } catch {
    // Without storage a setting lasts as long as the page.
  }
}
