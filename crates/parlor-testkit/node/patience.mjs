// How long the driver of a browser waits, in time in which it ran. To be imported before Playwright.
//
// Playwright's timeouts are timers of this process and count the clock on the wall. When a machine stands
// still for longer than the patience, all of them are over in the moment it goes on, before any page had a
// chance to answer. So here a long timer is made of short ones: each counts for what it should have taken,
// however long it took, as `Deadline` counts for the tests in Rust. Without this the tests hold as before,
// but on such a machine.

/** How long a page may take for what normally takes milliseconds. */
export const PATIENCE_MS = 30_000;

const TICK_MS = 100;
const start = globalThis.setTimeout;

/** As ever, for a pause; what takes longer counts the ticks. `clearTimeout` ends both. */
globalThis.setTimeout = function setTimeout(act, ms, ...given) {
  if (!(ms > TICK_MS)) return start(act, ms, ...given);
  let ticks = Math.ceil(ms / TICK_MS);
  const timer = start(() => {
    ticks -= 1;
    if (ticks > 0) timer.refresh();
    else act(...given);
  }, TICK_MS);
  return timer;
};
