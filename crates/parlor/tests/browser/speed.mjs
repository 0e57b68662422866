//! How fast the page is, printed, never judged: from the key that sends to the frame that shows it on
//! another page of this machine, and how smoothly 10,000 messages scroll by. For a server that was
//! started with `--profile lab`:
//!
//!     node crates/parlor/tests/browser/speed.mjs URL SETUP-LINK

import { check, command, finish, invite, makeAccount, newPage, open, say, sees, setupLink, url } from "./browser.mjs";

const SENT = Number(process.env.PARLOR_SENT ?? 200);
const HELD = Number(process.env.PARLOR_HELD ?? 10_000);
const AT_ONCE = 32;

const ann = await newPage();
const bob = await newPage();

const summary = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))].toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`;
};

/** Makes a room, or joins it; with this profile nobody lands in a lobby. */
async function enter(page, name) {
  await command(page, "browse");
  await page.fill("#room-name", name);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`#conversation-title:text-is("${name}")`);
  await page.waitForSelector("dialog", { state: "detached" });
}

await check("two people are in a room", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, (await invite(ann)).replace(/^https?:\/\/[^/]+/, url), "bob");
  await enter(ann, "hall");
  await enter(bob, "hall");
  await say(ann, "ready");
  await sees(bob, "ready");
});

await check(`${SENT} messages go from one page to the other`, async () => {
  // Both clocks are the machine's; what is measured ends with the frame after the message is there.
  await bob.evaluate(() => {
    window.seen = new Map();
    new MutationObserver(() => {
      const fresh = [...document.querySelectorAll(".text")].map((one) => one.textContent)
        .filter((text) => text.startsWith("sample ") && !window.seen.has(text));
      if (fresh.length === 0) return;
      requestAnimationFrame(() => {
        for (const text of fresh) window.seen.set(text, performance.timeOrigin + performance.now());
      });
    }).observe(document.querySelector(".rows"), { childList: true, subtree: true });
  });
  await ann.evaluate(() => {
    window.sent = new Map();
    document.getElementById("composer").addEventListener("keydown", (event) => {
      if (event.key === "Enter") window.sent.set(event.target.value, performance.timeOrigin + performance.now());
    }, true);
  });
  for (let number = 1; number <= SENT; number += 1) {
    await say(ann, `sample ${number}`);
    await bob.waitForFunction((text) => window.seen.has(text), `sample ${number}`);
  }
  const sent = new Map(await ann.evaluate(() => [...window.sent]));
  const seen = await bob.evaluate(() => [...window.seen]);
  console.log(`# from Enter to the other page's frame: ${summary(seen.map(([text, at]) => at - sent.get(text)))}`);
});

await check(`${HELD} messages are in a room`, async () => {
  await enter(ann, "archive");
  await ann.evaluate(async ({ held, atOnce }) => {
    const { rooms } = await fetch("/api/v1/rooms").then((answer) => answer.json());
    const { k } = rooms.find((room) => room.name === "#archive");
    let next = 1;
    const worker = async () => {
      while (next <= held) {
        const number = next++;
        const text = `entry ${number}: ${"words that fill a line or two of it, ".repeat(number % 5)}`;
        await fetch(`/api/v1/rooms/${k}/messages`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }, { held: HELD, atOnce: AT_ONCE });
});

await check("they scroll by, from the newest to the oldest", async () => {
  await ann.reload({ timeout: 60_000 });
  await open(ann, "#archive");
  await ann.evaluate(() => {
    window.frames_ms = [];
    let before = performance.now();
    const frame = (now) => {
      window.frames_ms.push(now - before);
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await ann.mouse.move(640, 400);
  const begin = Date.now();
  while ((await ann.locator(".beginning").count()) === 0) await ann.mouse.wheel(0, -900);
  const took = (Date.now() - begin) / 1000;
  const { frames, rows } = await ann.evaluate(() => ({ frames: window.frames_ms, rows: document.querySelectorAll(".row-message").length }));
  console.log(`# ${HELD} messages in ${took.toFixed(1)} s, ${rows} rows held: a frame takes ${summary(frames)}`);
});

await check("opening the room again", async () => {
  const begin = Date.now();
  await ann.reload();
  await sees(ann, "entry");
  console.log(`# from reload to the first message: ${Date.now() - begin} ms`);
});

await finish();
