//! Keeping order and finding one's way: settings, bans, reports, the log; drafts, notifications and
//! links to messages on two devices of one account.

import {
  arrived, becomes, check, closed, command, DESKTOP, enter, equal, finish, invite, makeAccount, newPage, onMessage, open, pour, say,
  sees, setupLink, signIn, until, url,
} from "./browser.mjs";

const ann = await newPage();
const bob = await newPage();
/** What bob's page is told of people who are away or back. */
const absences = [];
bob.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => {
  if (String(payload).includes('"presence.away"')) absences.push(String(payload));
}));
const tab = (page, name) => page.click(`[role=tab]:text-is("${name}")`);

/** Opens the dialog of the room that is open. */
async function about(page, room) {
  await page.click(`.conversation-head [aria-label="About ${room}"]`);
  await page.waitForSelector("#tab-panel");
}

/** Opens somebody in the list of members. */
async function member(page, nick) {
  await page.click(`.members-pane .entry:has-text("${nick}")`);
  await page.waitForSelector(".profile");
}

await check("two people are in a room", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, await invite(ann), "bob");
  await enter(ann, "garden");
  await enter(bob, "garden");
  await say(bob, "Hello garden");
  for (const page of [ann, bob]) await sees(page, "Hello garden");
});

await check("who loads the page again was away to nobody", async () => {
  await say(ann, "/away at tea");
  await bob.waitForSelector('.members-pane .entry:has-text("ann") .dot-away');
  equal(absences.some((frame) => frame.includes("at tea")), true, "whether own words were heard");
  await say(ann, "/away");
  await bob.waitForSelector('.members-pane .entry:has-text("ann") .dot-away', { state: "detached" });
  await ann.reload();
  await arrived(ann);
  await say(ann, "Loaded again");
  await sees(bob, "Loaded again");
  equal(absences.filter((frame) => frame.includes('"gone":true')).length, 0, "what was heard of being gone");
});

await check("members stand beside the conversation or, where there is no place, in a dialog", async () => {
  const button = '.head-button[title="Members"]';
  equal(await bob.getAttribute(button, "aria-pressed"), "true", "the button beside the list");
  await bob.setViewportSize({ width: 800, height: 800 });
  await bob.waitForSelector(`${button}:not([aria-pressed])`);
  await say(bob, "/who");
  await bob.waitForSelector('dialog .members .entry:has-text("ann")');
  await bob.keyboard.press("Escape");
  await closed(bob);
  await bob.setViewportSize(DESKTOP);
  await bob.waitForSelector(`${button}[aria-pressed="true"]`);
});

await check("a moderator sets how the room works, and everybody is told", async () => {
  await about(ann, "#garden");
  await tab(ann, "Settings");
  await ann.fill("#description", "Seeds and tomatoes");
  await ann.selectOption("#retention", "days");
  await ann.fill("#retention-days", "14");
  await ann.selectOption("#slow", "30");
  await ann.click('dialog button:text-is("Save")');
  await closed(ann);
  await bob.waitForSelector('.row-quiet:has-text("ann changed how this room works")');
  await about(bob, "#garden");
  equal(await bob.locator(".composer-rule").textContent(), "Slow mode: one message every 30 seconds.", "what bob is told before he writes");
  equal(await ann.locator(".composer-rule").textContent(), "", "what ann is told, whom it doesn't hold back");
  await bob.waitForSelector('.facts:has-text("kept for 14 days"):has-text("Seeds and tomatoes"):has-text("30 seconds")');
  equal(await bob.locator("[role=tab]").count(), 0, "tabs for somebody who keeps no order");
  await bob.keyboard.press("Escape");
  await closed(bob);
});

await check("slow mode refuses the second message in words, and keeps it", async () => {
  await say(bob, "first of two");
  await sees(bob, "first of two");
  await say(bob, "second of two");
  await bob.waitForSelector(".is-failed:has-text('second of two') .message-state:not(:empty)");
  await bob.click('.is-failed button:text-is("Discard")');
});

await check("a locked room takes no word but a moderator's", async () => {
  await about(ann, "#garden");
  await tab(ann, "Settings");
  await ann.selectOption("#slow", "0");
  await ann.check('label:has-text("Locked") input');
  await ann.click('dialog button:text-is("Save")');
  await closed(ann);
  await say(bob, "May I?");
  await bob.waitForSelector(".is-failed:has-text('May I?')");
  await bob.click('.is-failed button:text-is("Discard")');
  await about(ann, "#garden");
  await tab(ann, "Settings");
  await ann.uncheck('label:has-text("Locked") input');
  await ann.click('dialog button:text-is("Save")');
  await closed(ann);
});

await check("who is muted reads and can't write; lifted, can again", async () => {
  await member(ann, "bob");
  await ann.click('dialog button:has-text("Ban or mute")');
  await ann.fill("#ban-reason", "Too loud");
  await ann.check('label:has-text("Mute only") input');
  await ann.click('dialog button:text-is("Mute bob")');
  await closed(ann);
  await bob.waitForSelector('.row-quiet:has-text("ann muted bob: Too loud")');
  await say(bob, "mmmh");
  await bob.waitForSelector(".is-failed:has-text('mmmh')");
  await about(ann, "#garden");
  await tab(ann, "Bans");
  await ann.waitForSelector('.fact-row:has-text("bob"):has-text("muted"):has-text("Too loud")');
  await ann.click('.fact-row button:text-is("Lift")');
  await ann.waitForSelector(".fact-row", { state: "detached" });
  await ann.keyboard.press("Escape");
  await closed(ann);
  await bob.click('.is-failed button:text-is("Try again")');
  await sees(ann, "mmmh");
});

await check("a report reaches those who keep order", async () => {
  await say(ann, "Weeds are people, too");
  await sees(bob, "Weeds are people, too");
  await bob.locator(".row-message").filter({ hasText: "Weeds" }).focus();
  await onMessage(bob, "Weeds");
  await bob.keyboard.press("m");
  await bob.click('dialog .entry:has-text("Report it")');
  await bob.fill("#report-reason", "Simply wrong");
  await bob.keyboard.press("Enter");
  await closed(bob);
  await ann.waitForSelector('.notice:has-text("bob reports"):has-text("Simply wrong")');
});

await check("who is banned is out, is told why, and can't come back", async () => {
  await say(ann, "/ban bob 2h Weeds");
  await bob.waitForSelector('.notice:has-text("removed you from #garden")');
  await bob.waitForSelector('.list-pane .entry:has-text("garden")', { state: "detached" });
  await open(bob, "#lobby");
  await say(bob, "/join garden");
  await bob.waitForSelector(".composer-problem:has-text('banned')");
  equal(await bob.locator('.list-pane .entry:has-text("garden")').count(), 0, "the room in the list");
});

await check("the log says who did what, and why", async () => {
  await about(ann, "#garden");
  await tab(ann, "Log");
  for (const words of ["ann muted bob", "Too loud", "ann banned", "Weeds", "ann set slow mode to one message every 30 s"]) await ann.waitForSelector(`.fact-row:has-text("${words}")`);
  await ann.keyboard.press("Escape");
  await closed(ann);
});

await check("the server's own log is for administrators", async () => {
  await command(ann, "what was done on");
  await ann.waitForSelector('dialog[aria-label="What was done on this server"] .fact-row');
  await ann.keyboard.press("Escape");
  await closed(ann);
  await bob.keyboard.press("Control+k");
  await bob.fill("#palette", "what was done on");
  await bob.waitForSelector('[role=option]:has-text("Search messages for")');
  equal(await bob.locator('[role=option]:text-is("What was done on this server")').count(), 0, "the log among the actions");
  await bob.keyboard.press("Escape");
  await closed(bob);
});

const second = await newPage();

await check("a draft is on the other device, and gone when it is sent", async () => {
  await signIn(second, "ann");
  await open(second, "#lobby");
  await open(ann, "#lobby");
  await ann.focus("#composer");
  await ann.keyboard.type("half a thought");
  await until(second, () => document.getElementById("composer").value === "half a thought");
  await second.focus("#composer");
  await second.keyboard.press("End");
  await second.keyboard.type(", whole now");
  await second.keyboard.press("Enter");
  await sees(ann, "half a thought, whole now");
  await until(ann, () => document.getElementById("composer").value === "");
});

await check("a room that is silenced counts nowhere, on either device", async () => {
  await command(ann, "browse");
  await ann.waitForSelector("#room-name");
  await ann.fill("#room-name", "attic");
  await ann.keyboard.press("Enter");
  await ann.waitForSelector('#conversation-title:text-is("attic")');
  await open(ann, "#lobby");
  await about(ann, "#lobby");
  await ann.selectOption("#notify", "nothing");
  await ann.keyboard.press("Escape");
  await closed(ann);
  await second.waitForSelector('.entry.is-quiet:has-text("lobby")');
  await open(ann, "#attic");
  await open(second, "#attic");
  await say(bob, "ann, are you there?");
  await ann.waitForSelector('.entry:has-text("lobby") .badge:has-text("1")');
  await becomes(() => ann.title(), "#attic · Parlor", "the title");
  equal(await ann.locator(".rail-dot").count(), 0, "the dot of the rail");
});

await check("a mention in a room that isn't silenced calls", async () => {
  await open(ann, "#lobby");
  await about(ann, "#lobby");
  await ann.selectOption("#notify", "default");
  await ann.keyboard.press("Escape");
  await closed(ann);
  await open(ann, "#attic");
  await say(bob, "ann, and now?");
  await ann.waitForSelector('.entry.calls:has-text("lobby") .badge-call');
  await until(ann, () => /^\(\d\) /.test(document.title));
});

await check("quiet hours are kept for all devices", async () => {
  await command(ann, "settings");
  await tab(ann, "Notifications");
  await ann.fill("#quiet-from", "21:30");
  await ann.click('dialog button:text-is("Be quiet then")');
  await ann.waitForSelector('dialog button:text-is("No quiet hours")');
  await ann.keyboard.press("Escape");
  await closed(ann);
  await command(second, "settings");
  await tab(second, "Notifications");
  await becomes(() => second.inputValue("#quiet-from"), "21:30", "the beginning on the other device");
  await second.keyboard.press("Escape");
  await closed(second);
});

await check("a link to a message far back leads into its surroundings, with nothing else loaded", async () => {
  await open(ann, "#attic");
  const ids = await pour(ann, "#attic", Array.from({ length: 260 }, (_, index) => `line ${index + 1} of it`));
  await sees(ann, "line 260 of it");
  await ann.goto("about:blank");
  await ann.goto(`${url}/#/room/attic?m=${ids[39]}`);
  await arrived(ann);
  await onMessage(ann, "line 40 of it");
  equal(await ann.locator(".row-message").filter({ hasText: "line 260 of it" }).count(), 0, "the newest");
  await ann.click(".pill-bottom");
  await sees(ann, "line 260 of it");
});

await check("the first messages are there before there is a connection", async () => {
  await open(ann, "#lobby");
  await ann.routeWebSocket(/.*/, () => {});
  await ann.reload();
  await sees(ann, "ann, and now?");
  equal(await ann.getAttribute(".shell", "data-link"), "connecting", "the connection");
});

await finish();
