//! How fast the page is, printed, never judged: from the key that sends to the frame that shows it on
//! another page of this machine, and how smoothly 10,000 messages scroll by. It takes less than a
//! minute, for a server that was started with `--profile lab`:
//!
//!     node crates/parlor/tests/browser/speed.mjs URL SETUP-LINK

import { check, closed, command, finish, invite, makeAccount, newPage, open, pour, say, sees, setupLink, until } from "./browser.mjs";
import { scrollThrough, toNewest } from "./scrolling.mjs";

const SENT = Number(process.env.PARLOR_SENT ?? 150);
const WARM_UP = 20;
/** A connection may send 20 commands a second, and a message comes with signs of typing and reading. */
const PACE_MS = 150;
const HELD = Number(process.env.PARLOR_HELD ?? 10_000);
const AT_ONCE = 32;
const STEP_PX = 900;

const ann = await newPage();
const bob = await newPage();

const summary = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.floor(part * (sorted.length - 1))].toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`;
};

/** Makes a room, or joins it; with this profile nobody lands in a lobby. */
async function enter(page, name) {
  await command(page, "browse");
  await page.fill("#room-name", name);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`#conversation-title:text-is("${name}")`);
  await closed(page);
}

await check("two people are in a room", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, await invite(ann), "bob");
  for (const page of [ann, bob]) await enter(page, "hall");
  await say(ann, "ready");
  await sees(bob, "ready");
});

await check(`${SENT} messages go from one page to the other`, async () => {
  // Both clocks are the machine's. What is measured begins with the key that sends, and ends with
  // the frame after the other page has drawn the message.
  const clock = () => performance.timeOrigin + performance.now();
  await bob.evaluate(`
    window.seen = new Map();
    new MutationObserver(() => {
      const text = [...document.querySelectorAll(".row-message .text")].at(-1)?.textContent ?? "";
      if (!text.startsWith("sample ") || window.seen.has(text)) return;
      window.seen.set(text, null);
      requestAnimationFrame(() => window.seen.set(text, (${clock})()));
    }).observe(document.querySelector(".rows"), { childList: true, subtree: true });
  `);
  await ann.evaluate(`
    window.sent = new Map();
    addEventListener("keydown", ({ key, target }) => key === "Enter" && window.sent.set(target.value, (${clock})()), true);
  `);
  for (let number = 1; number <= WARM_UP + SENT; number += 1) {
    const pause = new Promise((over) => setTimeout(over, PACE_MS));
    await say(ann, `sample ${number}`);
    await until(bob, (text) => window.seen.get(text), `sample ${number}`);
    await pause;
  }
  const sent = new Map(await ann.evaluate(() => [...window.sent]));
  const seen = await bob.evaluate(() => [...window.seen]);
  const took = seen.map(([text, at]) => at - sent.get(text)).slice(WARM_UP);
  console.log(`# from Enter to the other page's frame: ${summary(took)}`);
});

await check(`${HELD} messages are in a room`, async () => {
  await enter(ann, "archive");
  await enter(ann, "hall");
  const text = (_, index) => `entry ${index + 1}: ${"words that fill a line or two of it, ".repeat(index % 5)}`;
  const begin = Date.now();
  await pour(ann, "#archive", Array.from({ length: HELD }, text), AT_ONCE);
  console.log(`# put there in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  await ann.reload();
  await open(ann, "#archive");
  await toNewest(ann);
});

for (const [way, by] of [["from the newest to the oldest", -STEP_PX], ["and back", STEP_PX]]) {
  await check(`they scroll by, ${way}`, async () => {
    const begin = Date.now();
    const { end, came, rowsMax, jumps, took } = await scrollThrough(ann, by);
    const seconds = ((Date.now() - begin) / 1000).toFixed(1);
    console.log(`# ${came} messages in ${seconds} s, at most ${rowsMax} rows, ${jumps.length} jumps${end ? "" : ", and the end never came"}`);
    console.log(`# ${took}`);
  });
}

await check("opening the room again", async () => {
  const begin = Date.now();
  await ann.reload();
  await sees(ann, "entry");
  console.log(`# from reload to the first message: ${Date.now() - begin} ms`);
});

await finish();
