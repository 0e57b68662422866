//! Search by keys: words, operators, a phrase; a hit leads to its place, however far back.

import {
  check, command, equal, finish, invite, makeAccount, newPage, open, say, sees, setupLink, until, url,
} from "./browser.mjs";
import { hand, png, uploaded } from "./pictures.mjs";

const ann = await newPage();
const bob = await newPage();

/** The texts of what was found. */
const found = (page) => page.locator(".hit-text").allTextContents();

/** Types a search anew and waits until this is the first hit. */
async function search(page, words, first) {
  // The index is filled a moment after a message is sent, so the search is asked again until then.
  for (;;) {
    await page.fill("#search", "");
    await page.waitForSelector('dialog .quiet-text:has-text("Enter opens what is chosen")');
    await page.fill("#search", words);
    await page.waitForSelector('.hit, dialog .quiet-text:has-text("Nothing was found"), dialog .problem-line:not(:empty)');
    if ((await found(page))[0]?.includes(first)) return;
  }
}

await check("two people have written in two rooms", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, (await invite(ann)).replace(/^https?:\/\/[^/]+/, url), "bob");
  await open(bob, "#lobby");
  await say(bob, "The plum cake is in the oven");
  await sees(ann, "plum cake");
  await say(ann, "A cake without plums, see https://example.org/cake");
  await sees(bob, "without plums");
  await hand(ann, "paste", { name: "pie.png", mimeType: "image/png", buffer: png(60, 40, [180, 90, 60]) });
  await uploaded(ann, "pie.png");
  await say(ann, "a picture of cake");
  await sees(bob, "a picture of cake");
  await say(ann, "/join garden");
  await ann.waitForSelector('#conversation-title:text-is("garden")');
  await say(ann, "No cake in the garden, 但是有苹果");
  await sees(ann, "No cake in the garden");
});

await check("a word finds every message with it, the newest first, by keys alone", async () => {
  await ann.keyboard.press("Control+Shift+f");
  await until(ann, () => document.activeElement.id === "search");
  await search(ann, "cake", "No cake in the garden");
  equal((await found(ann)).length, 4, "hits");
  equal(await ann.locator(".hit:first-child mark").first().textContent(), "cake", "what is marked");
});

await check("operators narrow it", async () => {
  await search(ann, "cake from:bob", "plum cake is in the oven");
  equal((await found(ann)).length, 1, "hits of bob");
  await search(ann, "cake in:lobby", "a picture of cake");
  equal((await found(ann)).length, 3, "hits in the lobby");
  await search(ann, "cake has:link", "A cake without plums");
  equal((await found(ann)).length, 1, "hits with a link");
  await search(ann, "cake has:image", "a picture of cake");
  await search(ann, "plu", "A cake without plums");
  equal((await found(ann)).length, 2, "hits of a word that is still being typed");
  await search(ann, "plu* ca", "A cake without plums");
  await search(ann, '"plum cake"', "plum cake is in the oven");
  equal((await found(ann)).length, 1, "hits of the phrase");
  await search(ann, "苹果", "但是有苹果");
});

await check("what makes no sense is refused in words", async () => {
  await ann.fill("#search", "cake before:yesterday-ish");
  await ann.waitForSelector("dialog .problem-line:not(:empty), dialog .quiet-text:has-text('Nothing was found')");
});

await check("nothing is found of a room one isn't in", async () => {
  await command(bob, "search messages");
  await search(bob, "cake", "a picture of cake");
  equal((await found(bob)).filter((text) => text.includes("garden")), [], "hits of the garden");
  await bob.keyboard.press("Escape");
});

await check("Enter on a hit leads to the message in its room", async () => {
  await search(ann, "plum oven", "plum cake is in the oven");
  await ann.keyboard.press("Enter");
  await ann.waitForSelector('#conversation-title:text-is("lobby")');
  await until(ann, () => document.activeElement.textContent.includes("plum cake is in the oven"));
});

await check("/search and the palette lead there, too", async () => {
  await say(ann, "/search oven");
  await ann.waitForSelector('.hit:has-text("in the oven")');
  await ann.keyboard.press("Escape");
  await ann.waitForSelector("dialog", { state: "detached" });
  await ann.keyboard.press("Control+k");
  await ann.fill("#palette", "from:bob oven");
  await ann.waitForSelector('[role=option][aria-selected="true"]:has-text("Search messages for")');
  await ann.keyboard.press("Enter");
  await ann.waitForSelector('.hit:has-text("in the oven")');
});

await finish();
