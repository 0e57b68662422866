//! Search by keys: words, operators, a phrase; a hit leads to its place, however far back.

import {
  check, closed, command, enter, equal, finish, focused, invite, makeAccount, newPage, onMessage, open, say, sees, setupLink, until,
} from "./browser.mjs";
import { hand, png, uploaded } from "./pictures.mjs";

const ann = await newPage();
const bob = await newPage();

/** The texts of what was found. */
const found = (page) => page.locator(".hit-text").allTextContents();

/** Types a search anew and waits until there are so many hits, and this is the first. */
async function search(page, words, first, count = 1) {
  // The index is filled a moment after a message is sent, so the search is asked again until then.
  let texts = [];
  for (let tries = 0; tries < 200; tries += 1) {
    await page.fill("#search", "");
    await page.waitForSelector('dialog .quiet-text:has-text("Enter opens what is chosen")');
    await page.fill("#search", words);
    await page.waitForSelector('.hit, dialog .quiet-text:has-text("Nothing was found"), dialog .problem-line:not(:empty)');
    texts = await found(page);
    if (texts.length === count && texts[0].includes(first)) return;
  }
  throw new Error(`“${words}” finds ${JSON.stringify(texts)}, and not ${count}, the first with “${first}”`);
}

await check("two people have written in two rooms", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, await invite(ann), "bob");
  await open(bob, "#lobby");
  await say(bob, "The plum cake is in the oven");
  await sees(ann, "plum cake");
  await say(ann, "A cake without plums, see https://example.org/cake");
  await sees(bob, "without plums");
  await hand(ann, "paste", { name: "pie.png", mimeType: "image/png", buffer: png(60, 40, [180, 90, 60]) });
  await uploaded(ann, "pie.png");
  await say(ann, "a picture of cake");
  await sees(bob, "a picture of cake");
  await enter(ann, "garden");
  await say(ann, "No cake in the garden, 但是有苹果");
  await sees(ann, "No cake in the garden");
});

await check("a word finds every message with it, the newest first, by keys alone", async () => {
  await ann.keyboard.press("Control+Shift+f");
  await focused(ann, "search");
  await search(ann, "cake", "No cake in the garden", 4);
  equal(await ann.locator(".hit:first-child mark").first().textContent(), "cake", "what is marked");
});

await check("operators narrow it", async () => {
  await search(ann, "cake from:bob", "plum cake is in the oven");
  await search(ann, "cake in:lobby", "a picture of cake", 3);
  await search(ann, "cake has:link", "A cake without plums");
  await search(ann, "cake has:image", "a picture of cake");
  // A word is found while it is still being typed.
  await search(ann, "plu", "A cake without plums", 2);
  await search(ann, "plu* ca", "A cake without plums", 2);
  await search(ann, '"plum cake"', "plum cake is in the oven");
  await search(ann, "苹果", "但是有苹果");
});

await check("what makes no sense is refused in words", async () => {
  await ann.fill("#search", "cake before:yesterday-ish");
  await ann.waitForSelector("dialog .problem-line:not(:empty), dialog .quiet-text:has-text('Nothing was found')");
});

await check("nothing is found of a room one isn't in", async () => {
  await command(bob, "search messages");
  await search(bob, "cake", "a picture of cake", 3);
  equal((await found(bob)).filter((text) => text.includes("garden")), [], "hits of the garden");
  await bob.keyboard.press("Escape");
  await closed(bob);
});

await check("Enter on a hit leads to the message in its room", async () => {
  await search(ann, "plum oven", "plum cake is in the oven");
  await ann.keyboard.press("Enter");
  await ann.waitForSelector('#conversation-title:text-is("lobby")');
  await onMessage(ann, "plum cake is in the oven");
});

await check("/search and the palette lead there, too", async () => {
  await say(ann, "/search oven");
  await ann.waitForSelector('.hit:has-text("in the oven")');
  await ann.keyboard.press("Escape");
  await closed(ann);
  await ann.keyboard.press("Control+k");
  await ann.fill("#palette", "from:bob oven");
  await ann.waitForSelector('[role=option][aria-selected="true"]:has-text("Search messages for")');
  await ann.keyboard.press("Enter");
  await ann.waitForSelector('.hit:has-text("in the oven")');
  await ann.keyboard.press("Escape");
  await closed(ann);
});

await check("a hit shows the picture of somebody whom the page has not met", async () => {
  const carl = await newPage();
  await makeAccount(carl, await invite(ann), "carl");
  await carl.evaluate(async (bytes) => {
    const post = async (path, type, body) => (await fetch(path, { method: "POST", headers: { "content-type": type }, body })).json();
    const { id } = await post("/api/v1/files?name=me.png", "image/png", new Uint8Array(bytes));
    await post("/api/v1/profile", "application/json", JSON.stringify({ avatar: id }));
  }, [...png(32, 32, [20, 90, 160])]);
  for (const page of [carl, bob]) await enter(page, "orchard");
  await say(carl, "Quinces are ripe");
  await sees(bob, "Quinces are ripe");
  await open(bob, "#lobby");
  await bob.waitForSelector('.members-pane .entry:has-text("carl")');
  await open(carl, "#lobby");
  await say(carl, "/part");
  await bob.waitForSelector('.members-pane .entry:has-text("carl")', { state: "detached" });
  await carl.context().close();
  await bob.reload();
  await bob.waitForSelector('.shell[data-link="online"]');
  equal(await bob.locator(".picture img").count(), 0, "pictures that the page knows");
  await command(bob, "search messages");
  await search(bob, "quinces", "Quinces are ripe");
  await until(bob, () => document.querySelector(".hit .picture img")?.naturalWidth === 32);
});

await finish();
