//! The first day of a server: set up, first words, an invitation, a second person, private words.

import {
  accessibilityProblems, arrived, becomes, check, command, enter, equal, finish, invite, makeAccount, messages, newPage, open, PHONE,
  pour, say, sees, SENT, settled, setupLink, signIn, until, url,
} from "./browser.mjs";

const ann = await newPage();

await check("the set-up link makes the first account and leads to the lobby", async () => {
  await makeAccount(ann, setupLink, "ann");
  await ann.waitForSelector('#conversation-title:text-is("lobby")');
});

await check("an empty room says what to do next", async () => {
  await ann.waitForSelector(".beginning .button-primary");
});

await check("the first message is there, once, and confirmed", async () => {
  await say(ann, "Good morning, nobody");
  await sees(ann, "Good morning, nobody");
  await until(ann, () => document.querySelector(".is-waiting") === null);
  equal(await ann.locator(SENT).count(), 1, "messages");
});

const link = await check("an invitation link is made", async () => {
  const made = await invite(ann);
  if (!made.includes("/invite/")) throw new Error(`this is no invitation: ${made}`);
  return made;
});

const bob = await newPage({ viewport: PHONE, hasTouch: true });

await check("the invitation makes a second account, on a phone", async () => {
  await makeAccount(bob, link, "bob");
  await bob.waitForSelector(".list-pane .entry");
});

await check("the newcomer finds the lobby and reads what was said", async () => {
  await bob.click('.entry:has-text("lobby")');
  await sees(bob, "Good morning, nobody");
});

await check("the first one sees the second come", async () => {
  await ann.waitForSelector('.members-pane .entry:has-text("bob")');
});

await check("they talk", async () => {
  await say(bob, "Good morning ann, I am here");
  await sees(ann, "Good morning ann, I am here");
  await ann.waitForSelector('mark:text-is("ann")');
  await say(ann, "Two lines\nof one message");
  await sees(bob, "of one message");
});

await check("links lead out, and only out", async () => {
  await say(bob, "see https://example.org/a_(b), or javascript:alert(1)");
  await sees(ann, "or javascript:alert(1)");
  equal(await ann.locator(".text a").evaluateAll((all) => all.map((one) => [one.href, one.rel.includes("noopener")])),
    [["https://example.org/a_(b)", true]], "links");
});

await check("hostile text stays text", async () => {
  const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>{{7*7}}';
  await say(bob, hostile);
  await becomes(async () => (await messages(ann)).at(-1), hostile, "the text");
});

await check("a command that doesn't exist is refused in words and kept", async () => {
  await say(ann, "/frobnicate");
  await ann.waitForSelector('.composer-problem:has-text("There is no command /frobnicate")');
  equal(await ann.inputValue("#composer"), "/frobnicate", "the composer");
  await ann.fill("#composer", "");
});

await check("a new room, a topic, and its line in the room", async () => {
  await enter(ann, "garden");
  await ann.waitForSelector('.messages[data-loaded="true"]');
  await say(ann, "/topic Tomatoes, mostly");
  await ann.waitForSelector('.head-topic:has-text("Tomatoes, mostly")');
  await ann.waitForSelector('.row-quiet:has-text("Tomatoes, mostly")');
});

await check("what is said elsewhere counts as unread, and the line stands at the first of it", async () => {
  for (const text of ["one unread", "two unread", "three unread"]) {
    await say(bob, text);
    await sees(bob, text);
  }
  await ann.waitForSelector('.entry:has-text("lobby") .badge:has-text("3")');
  await until(ann, () => document.title.startsWith("•"));
  await open(ann, "#lobby");
  await ann.waitForSelector(".row-unread + .row-message:has-text('one unread')");
  await until(ann, () => document.querySelector(".list-pane .badge") === null);
});

await check("Esc takes the line away", async () => {
  await ann.press("#composer", "Escape");
  await ann.waitForSelector(".row-unread", { state: "detached" });
});

await check("a private message reaches one person and calls for them in the title", async () => {
  await say(ann, "/msg bob Between us");
  await sees(ann, "Between us");
  await ann.waitForSelector('#conversation-title:text-is("bob")');
  await until(bob, () => document.title.startsWith("(1)"));
  await bob.click("[aria-label='Back to the list']");
  await bob.click('.entry:has-text("ann")');
  await sees(bob, "Between us");
  await say(bob, "Only us");
  await sees(ann, "Only us");
});

await check("away and a new nick are seen by others", async () => {
  await open(ann, "#lobby");
  await say(bob, "/away back at three");
  await ann.waitForSelector('.members-pane .entry:has-text("bob") .dot-away');
  await say(bob, "/away");
  await ann.waitForSelector('.members-pane .entry:has-text("bob") .dot-away', { state: "detached" });
  await say(bob, "/nick bobby");
  await ann.waitForSelector('.members-pane .entry:has-text("bobby")');
});

await check("who closes the page stays a member, greyed and not connected", async () => {
  await bob.context().close();
  await ann.waitForSelector('.members-pane section:has(h3:has-text("Not connected")) .entry.is-gone:has-text("bobby") .dot-gone');
  await ann.waitForSelector('.list-pane .entry:has-text("bobby"):has-text("offline")');
  equal(await ann.locator('.row-quiet:has-text("bobby left")').count(), 0, "lines about leaving");
});

const again = await newPage();

await check("and is back with the next page, which tells nobody of a coming", async () => {
  await signIn(again, "bob");
  await ann.waitForSelector('.members-pane section:has(h3:has-text("Here")) .entry:has-text("bobby") .dot-here');
  equal(await ann.locator('.row-quiet:has-text("bobby came")').count(), 0, "lines about coming");
});

await check("who does not want to stay is seen to leave", async () => {
  await command(again, "settings");
  await again.uncheck('.check:has-text("Stay in my rooms") input');
  await until(again, () => !document.querySelector(".dialog .is-busy"));
  await again.keyboard.press("Escape");
  await again.reload();
  await command(again, "settings");
  equal(await again.isChecked('.check:has-text("Stay in my rooms") input'), false, "the switch");
  await again.context().close();
  await ann.waitForSelector('.members-pane .entry:has-text("bobby")', { state: "detached" });
  await ann.waitForSelector('.row-quiet:has-text("left")');
});

await check("a draft stays with its room, over a reload", async () => {
  await ann.fill("#composer", "half a thou");
  await open(ann, "#garden");
  equal(await ann.inputValue("#composer"), "", "the composer of another room");
  await ann.reload();
  await arrived(ann);
  await ann.waitForSelector('.members-pane .entry:has-text("ann")');
  await open(ann, "#lobby");
  equal(await ann.inputValue("#composer"), "half a thou", "the draft");
  await ann.fill("#composer", "");
});

await check("the address leads back to the room", async () => {
  await open(ann, "#garden");
  await ann.goBack();
  await ann.waitForSelector('#conversation-title:text-is("lobby")');
  await ann.goto(`${url}/#/room/garden`);
  await ann.waitForSelector('#conversation-title:text-is("garden")');
});

await check("old messages come page by page when one scrolls up, and the window stays bounded", async () => {
  await pour(ann, "#garden", Array.from({ length: 330 }, (_, index) => `entry ${index + 1} of the log`));
  await sees(ann, "entry 330 of the log");
  await ann.reload();
  await sees(ann, "entry 330 of the log");
  let seen = false;
  for (let turn = 0; turn < 40 && !seen; turn += 1) {
    const first = await ann.locator(SENT).first().textContent();
    await ann.evaluate(() => (document.querySelector(".messages").scrollTop = 0));
    seen = (await ann.locator(SENT).filter({ hasText: /^entry 1 of/ }).count()) > 0;
    if (!seen) {
      await until(ann, (before) => document.querySelector(".row-message .text").textContent !== before, first);
    }
  }
  if (!seen) throw new Error("the first entry never came");
  const held = await ann.locator(".row-message").count();
  if (held > 220) throw new Error(`${held} rows are held`);
  await ann.click(".pill-bottom");
  await sees(ann, "entry 330 of the log");
});

await check("signing out leads to the sign-in page, signing in leads back", async () => {
  await command(ann, "sign out");
  await ann.click('dialog button:has-text("Sign out")');
  await ann.waitForSelector("#signin-form");
  await settled(ann);
  equal(await accessibilityProblems(ann), [], "accessibility of the sign-in page");
  await signIn(ann, "ann");
  await ann.waitForSelector("#composer");
});

await finish();
