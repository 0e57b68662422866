//! Notes of the system: a mention shows one while nobody sits before the page, and nothing else does.

import {
  check, closed, command, enter, equal, finish, invite, makeAccount, newPage, open, say, sees, setupLink, until,
} from "./browser.mjs";

const ann = await newPage({ permissions: ["notifications"] });
const bob = await newPage();

// What the page would show is noted instead; and whether somebody sits before it, the test says.
await ann.addInitScript(() => {
  window.attending = true;
  document.hasFocus = () => window.attending;
  window.rung = [];
  window.Notification = new Proxy(Notification, {
    construct(_, [title, options]) {
      const shown = { title, body: options.body, close() {} };
      window.rung.push(shown);
      return shown;
    },
  });
});

const rung = () => ann.evaluate(() => window.rung.splice(0).map(({ title, body }) => `${title}: ${body}`));
const attend = (here) => ann.evaluate((is) => {
  window.attending = is;
  dispatchEvent(new Event(is ? "focus" : "blur"));
}, here);

/** How many messages of the lobby ann hasn't read. */
let said = 0;

/** What rings when bob says these things into the lobby, one after the other. */
async function ringsFor(...texts) {
  for (const text of texts) await say(bob, text);
  // The page rings before it draws.
  said += texts.length;
  await ann.waitForSelector(`.entry[href="#/room/lobby"] .badge:not(.badge-call):has-text("${said} unread")`);
  return rung();
}

/** Opens the settings at what rings, does something there, and closes them. */
async function settings(page, act) {
  await command(page, "settings");
  await page.click('[role=tab]:text-is("Notifications")');
  await act();
  await page.keyboard.press("Escape");
  await closed(page);
}

/** The time of day so many hours from now, as the fields of quiet hours take it. */
const clock = (hours) => ann.evaluate((by) => new Date(Date.now() + by * 3_600_000).toTimeString().slice(0, 5), hours);

await check("notes of the system are switched on", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, await invite(ann), "bob");
  await open(bob, "#lobby");
  await settings(ann, async () => {
    const wish = ann.locator('label:has-text("Notes on the desktop") input');
    await wish.check();
    await until(ann, () => localStorage.getItem("parlor.ring") === "true");
  });
  // From another room everything in the lobby is unread, and can be counted.
  await enter(ann, "garden");
});

await check("while somebody sits before the page, nothing rings", async () => {
  equal(await ringsFor("ann, you are here"), [], "what rings");
});

await check("nobody there: a mention rings, other words don't", async () => {
  await attend(false);
  equal(await ringsFor("nothing for anybody", "ann, the cake is ready"), ["bob in #lobby: ann, the cake is ready"], "what rings");
});

await check("a private message rings", async () => {
  await say(bob, "/msg ann Between us");
  await ann.waitForSelector('.entry:has-text("bob") .badge');
  equal(await rung(), ["bob: Between us"], "what rings");
  await open(bob, "#lobby");
});

await check("in quiet hours nothing does", async () => {
  const [from, to] = [await clock(-2), await clock(2)];
  await settings(ann, async () => {
    await ann.fill("#quiet-from", from);
    await ann.fill("#quiet-to", to);
    await ann.click('dialog button:text-is("Be quiet then")');
    await ann.waitForSelector('dialog button:text-is("No quiet hours")');
  });
  equal(await ringsFor("ann, in the night"), [], "what rings");
  await settings(ann, async () => {
    await ann.click('dialog button:text-is("No quiet hours")');
    await ann.waitForSelector('dialog button:text-is("Be quiet then")');
  });
  equal(await ringsFor("ann, in the morning"), ["bob in #lobby: ann, in the morning"], "what rings");
});

/** What of the lobby may ring; the other room is open again then. */
async function lobbyRings(level) {
  await open(ann, "#lobby");
  await ann.click('.conversation-head [aria-label="About #lobby"]');
  await ann.selectOption("#notify", level);
  await ann.keyboard.press("Escape");
  await closed(ann);
  await attend(true);
  await until(ann, () => document.querySelector('.entry[href="#/room/lobby"] .badge') === null);
  await attend(false);
  await open(ann, "#garden");
  said = 0;
}

await check("a room that is silenced doesn't; with “every message” all do", async () => {
  await lobbyRings("nothing");
  equal(await ringsFor("ann, into the void"), [], "what rings");
  await lobbyRings("all");
  equal(await ringsFor("nothing for anybody"), ["bob in #lobby: nothing for anybody"], "what rings");
});

await check("a press on the note leads to where it was said", async () => {
  await say(bob, "ann, come and look");
  await until(ann, () => window.rung.length === 1);
  await ann.evaluate(() => window.rung[0].onclick());
  await ann.waitForSelector('#conversation-title:text-is("lobby")');
  await sees(ann, "ann, come and look");
});

await finish();
