//! Modules that aren't in the first load: they come when the page is at rest, or with the first wish.
//!
//! A browser remembers, for as long as the page is open, that a module could not be had. So it is
//! asked for by a plain fetch first, which may fail any number of times; what is here stays.

import { CommandError, NO_CONNECTION } from "./live.js";

const here = new Map();

/** A module by its path from this file; fails with a `CommandError` when it can't be fetched. */
export function part(path) {
  if (!here.has(path)) {
    const coming = come(new URL(path, import.meta.url).href);
    here.set(path, coming);
    coming.catch(() => here.delete(path));
  }
  return here.get(path);
}

async function come(address) {
  try {
    const answer = await fetch(address);
    if (answer.ok) return await import(address);
  } catch {
    // No network and no module are the same to who waits for it.
  }
  throw new CommandError("disconnected", NO_CONNECTION);
}
