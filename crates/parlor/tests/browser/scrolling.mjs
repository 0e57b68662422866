//! A way through all of a room's history, gone and watched from inside the page.

/**
 * Scrolls the open conversation by so many pixels with every frame until its first (`by` below 0) or
 * its newest message is in sight, or nothing has moved for `PATIENCE_FRAMES`. Gives whether the end
 * was reached, how many messages came by, the most rows that were held, every row that jumped while
 * others came in above it, and in words how long frames and tasks took.
 */
export const scrollThrough = (page, by) => page.evaluate(async ({ by, PATIENCE_FRAMES }) => {
  const list = document.querySelector(".messages");
  const drawn = new Set();
  const jumps = [];
  const frames_ms = [];
  let [rowsMax, idle, longest_ms] = [0, 0, 0];
  const tasks = new PerformanceObserver((found) => {
    for (const { duration } of found.getEntries()) longest_ms = Math.max(longest_ms, duration);
  });
  tasks.observe({ type: "longtask" });
  const inSight = (row) => row.offsetTop + row.offsetHeight > list.scrollTop && row.offsetTop < list.scrollTop + list.clientHeight;
  const atEnd = () => (by < 0
    ? list.scrollTop === 0 && document.querySelector(".beginning") !== null
    : document.querySelector(".pill-bottom") === null);
  let kept = null;
  let before = performance.now();
  for (;;) {
    const rows = [...list.querySelectorAll(".row-message")];
    rowsMax = Math.max(rowsMax, rows.length);
    const moved = kept?.row.isConnected ? kept.row.offsetTop - list.scrollTop - kept.top : 0;
    if (Math.abs(moved) > 2) jumps.push(`${kept.row.textContent.slice(0, 30)} by ${moved} px`);
    for (const row of rows) if (inSight(row)) drawn.add(row.dataset.key);
    if (atEnd() || idle > PATIENCE_FRAMES) break;
    const top = list.scrollTop;
    list.scrollTop += by;
    idle = list.scrollTop === top ? idle + 1 : 0;
    // The first row in sight may lose its author's name above; from the second on all stays.
    const [, row] = rows.filter(inSight);
    kept = row === undefined ? null : { row, top: row.offsetTop - list.scrollTop };
    await new Promise((next) => requestAnimationFrame(next));
    const now = performance.now();
    frames_ms.push(now - before);
    before = now;
  }
  tasks.disconnect();
  frames_ms.sort((a, b) => a - b);
  const at = (part) => frames_ms[Math.floor(part * (frames_ms.length - 1))]?.toFixed(1);
  return {
    end: atEnd(), came: drawn.size, rowsMax, jumps,
    took: `${frames_ms.length} frames, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms; longest task ${Math.round(longest_ms)} ms`,
  };
}, { by, PATIENCE_FRAMES });

const PATIENCE_FRAMES = 900;

/** Goes to the newest message, wherever the conversation was opened. */
export const toNewest = (page) => page.waitForFunction(() => {
  const pill = document.querySelector(".pill-bottom");
  pill?.click();
  return pill === null;
});
