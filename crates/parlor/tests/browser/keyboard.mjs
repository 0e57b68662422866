//! A whole visit without a pointer: every step by keys, and the focus is always somewhere visible.

import {
  accessibilityProblems, becomes, check, closed, equal, finish, focused, newPage, onMessage, PASSWORD, sees, settled, setupLink, until,
} from "./browser.mjs";

const page = await newPage();
const keys = page.keyboard;

/** What has the focus, in a word. */
const place = () => page.evaluate(() => {
  const one = document.activeElement;
  return one.id || one.getAttribute("aria-label") || one.textContent.trim().slice(0, 40);
});

/** Goes forward by Tab until something with this name has the focus. */
async function tabTo(name) {
  for (let count = 0; count < 60; count += 1) {
    await keys.press("Tab");
    const found = await place();
    if (found.startsWith(name)) return;
  }
  throw new Error(`Tab never came to “${name}”`);
}

await check("an account is made by keys", async () => {
  await page.goto(setupLink);
  await focused(page, "name");
  await keys.type("ann");
  await keys.press("Tab");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await page.waitForSelector("#composer");
});

await check("one can write at once", async () => {
  await focused(page, "composer");
  await keys.type("by keys");
  await keys.press("Enter");
  await sees(page, "by keys");
});

await check("a room is made by the palette", async () => {
  await keys.press("Control+k");
  await focused(page, "palette");
  await keys.type("browse");
  await keys.press("Enter");
  await focused(page, "room-name");
  await keys.type("garden");
  await keys.press("Enter");
  await page.waitForSelector('#conversation-title:text-is("garden")');
  await closed(page);
  await focused(page, "composer");
});

await check("Alt and arrows go through the rooms", async () => {
  await keys.press("Alt+ArrowDown");
  await page.waitForSelector('#conversation-title:text-is("lobby")');
  await keys.press("Alt+ArrowUp");
  await page.waitForSelector('#conversation-title:text-is("garden")');
});

await check("commands complete", async () => {
  await focused(page, "composer");
  await keys.type("/to");
  await page.waitForSelector("#choices [aria-selected=true]");
  // In one task, as by quick fingers: the caret stands behind what was taken before the next key.
  const taken = await page.evaluate(() => {
    const field = document.getElementById("composer");
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }));
    return [field.value, field.selectionStart];
  });
  equal(taken, ["/topic ", 7], "the composer and its caret");
  await keys.type("Only keys");
  await keys.press("Enter");
  await page.waitForSelector('.head-topic:has-text("Only keys")');
});

await check("messages are walked through by arrows", async () => {
  for (const text of ["first", "second", "third"]) {
    await keys.type(text);
    await keys.press("Enter");
    await sees(page, text);
  }
  await keys.press("Shift+ArrowUp");
  await onMessage(page, "third");
  await keys.press("ArrowUp");
  await onMessage(page, "second");
  await keys.press("Home");
  await onMessage(page, "first");
});

await check("? shows the keys; Esc gives the focus back", async () => {
  await keys.press("?");
  await page.waitForSelector('dialog .help:has-text("before:2026-11-27"):has-text("every word that begins so")');
  await keys.press("Escape");
  await closed(page);
  await onMessage(page, "first");
});

await check("whoever begins to type is in the composer", async () => {
  await keys.type("x");
  await becomes(() => page.inputValue("#composer"), "x", "the composer");
  await keys.press("Backspace");
});

await check("an invitation is made by keys", async () => {
  await keys.press("Control+k");
  await focused(page, "palette");
  await keys.type("invite");
  await keys.press("Enter");
  await page.waitForSelector("#invite-uses");
  await keys.press("Enter");
  await focused(page, "invitation");
  await keys.press("Escape");
  await closed(page);
});

/** Opens the form for an invitation; its button has the focus. */
async function openInvitation() {
  await keys.press("Control+k");
  await focused(page, "palette");
  await keys.type("invite");
  await keys.press("Enter");
  await page.waitForSelector("#invite-uses");
  await becomes(place, "Make a link", "the focus");
}

/** Goes down a list that has the focus until this is chosen. */
async function choose(words) {
  const chosen = () => page.evaluate(() => document.activeElement.selectedOptions[0].textContent);
  for (let count = 0; count < 10 && (await chosen()) !== words; count += 1) await keys.press("ArrowDown");
  equal(await chosen(), words, "what is chosen");
}

await check("whom an invitation is for, for how long, where to and as what is chosen by keys", async () => {
  await openInvitation();
  equal(await page.isDisabled("#invite-role"), true, "whether a role is closed while there is no room");
  await tabTo("invite-uses");
  await keys.press("Control+a");
  await keys.type("0");
  await keys.press("Enter");
  await page.waitForSelector("#invite-uses:focus:invalid");
  await keys.press("Control+a");
  await keys.type("3");
  await keys.press("Tab");
  await focused(page, "invite-days");
  await keys.press("Control+a");
  await keys.type("2");
  await keys.press("Tab");
  await focused(page, "invite-room");
  await choose("#garden");
  await page.waitForSelector("#invite-role:enabled");
  await keys.press("Tab");
  await focused(page, "invite-role");
  await choose("a moderator");
  await settled(page);
  equal(await accessibilityProblems(page), [], "what axe finds in the form");
  await tabTo("Make a link");
  await keys.press("Enter");
  await focused(page, "invitation");
  const lead = 'dialog .dialog-lead:has-text("join #garden"):has-text("3 people"):has-text("2 days")';
  await page.waitForSelector(lead);
  await settled(page);
  equal(await accessibilityProblems(page), [], "what axe finds beside the link");
  await keys.press("Escape");
  await closed(page);
});

await check("and the invitation is taken back by keys", async () => {
  await openInvitation();
  await tabTo("Links made before");
  await keys.press("Enter");
  const row = '.fact-row:has-text("3 places left"):has-text("to #garden, as a moderator")';
  await page.waitForSelector(row);
  await settled(page);
  equal(await accessibilityProblems(page), [], "what axe finds in the list");
  const before = await page.locator(".fact-row").count();
  const inRow = () => page.evaluate((text) => document.activeElement.closest(".fact-row")?.textContent.includes(text), "3 places left");
  do await tabTo("Revoke"); while (!(await inRow()));
  await keys.press("Enter");
  await page.waitForSelector(row, { state: "detached" });
  equal(await page.locator(".fact-row").count(), before - 1, "the invitations that are left");
  await keys.press("Escape");
  await closed(page);
  await focused(page, "composer");
});

await check("the key after the one that opens the palette is for the palette", async () => {
  // In one task, as by quick fingers: the palette has the focus as soon as it is drawn.
  const focus = await page.evaluate(async () => {
    dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, cancelable: true }));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    return document.activeElement.id;
  });
  equal(focus, "palette", "the focus");
  await keys.press("Escape");
  await closed(page);
  await focused(page, "composer");
});

await check("Tab reaches everything, with a focus that shows", async () => {
  for (const name of ["Invite people", "Find a room", "Add a room"]) {
    await tabTo(name);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    equal(outline, "solid", `the outline of “${name}”`);
  }
});

await check("the look changes by keys", async () => {
  await keys.press("Control+k");
  await focused(page, "palette");
  await keys.type("dark look");
  await keys.press("Enter");
  await until(page, () => getComputedStyle(document.body).backgroundColor === "rgb(20, 23, 26)");
});

await finish();
