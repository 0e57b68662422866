//! A room with 10,000 messages: scrolled from the newest to the oldest and back, every message comes
//! by, few rows are held, and nothing jumps. How long drawing took is printed, never judged.

import { becomes, check, enter, equal, finish, makeAccount, newPage, open, pour, say, setupLink } from "./browser.mjs";
import { scrollThrough, toNewest } from "./scrolling.mjs";

const COUNT = Number(process.env.PARLOR_HELD ?? 10_000);
/** The page holds 200 items, and a few more while it is at the end. */
const ROWS_MAX = 260;
const AT_ONCE = 16;
const STEP_PX = 600;

const ann = await newPage();

await check(`${COUNT} messages are in a room`, async () => {
  await makeAccount(ann, setupLink, "ann");
  await enter(ann, "archive");
  await open(ann, "#lobby");
  const text = (_, index) => `entry ${index + 1}: ${"words that fill a line or two, ".repeat(index % 6)}`;
  await pour(ann, "#archive", Array.from({ length: COUNT }, text), AT_ONCE);
  await ann.reload();
  await open(ann, "#archive");
  await toNewest(ann);
});

for (const [way, by] of [["from the newest to the oldest", -STEP_PX], ["and back", STEP_PX]]) {
  await check(`it scrolls ${way}`, async () => {
    const { end, came, rowsMax, jumps, took } = await scrollThrough(ann, by);
    console.log(`# ${took}; at most ${rowsMax} rows`);
    equal({ end, came, jumps }, { end: true, came: COUNT, jumps: [] }, "the way");
    if (rowsMax > ROWS_MAX) throw new Error(`${rowsMax} rows are held`);
  });
}

await check("at the newest again, what is said next is seen", async () => {
  await say(ann, "the very last");
  await becomes(() => ann.locator(".row-message .text").last().textContent(), "the very last", "the last message");
});

await finish();
