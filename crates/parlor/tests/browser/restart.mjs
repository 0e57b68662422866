//! A server that restarts while people write: nothing is lost, nothing is there twice.
//!
//! The server is restarted by the command in PARLOR_RESTART, or, without one, by whoever runs this
//! script when it prints the line "restart now".

import { execSync } from "node:child_process";
import {
  becomes, check, equal, finish, invite, makeAccount, messages, newPage, say, sees, setupLink, until, whileBroken,
} from "./browser.mjs";

const COUNT = 12;
const numbered = async (page) => (await messages(page)).filter((text) => /^number \d+$/.test(text));
const expected = (count) => Array.from({ length: count }, (_, index) => `number ${index + 1}`);

function restart() {
  const hook = process.env.PARLOR_RESTART;
  if (hook === undefined) console.log("restart now");
  else execSync(hook, { stdio: "ignore" });
}

const ann = await newPage();
const bob = await newPage();

await check("two people are in the lobby", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, await invite(ann), "bob");
  await bob.waitForSelector("#composer");
  await say(ann, "number 1");
  await sees(bob, "number 1");
});

await whileBroken(async () => {
  await check("the page notices, goes on taking messages, and says so", async () => {
    // Some messages are on their way when the server goes.
    for (let number = 2; number <= 5; number += 1) await say(ann, `number ${number}`);
    // The page can't come back before it was given more to keep.
    await ann.route("**/api/v1/live", (route) => route.abort());
    await ann.context().setOffline(true);
    restart();
    await ann.waitForSelector('.shell:not([data-link="online"])');
    for (let number = 6; number <= COUNT - 1; number += 1) await say(ann, `number ${number}`);
    await ann.waitForSelector(".banner");
    await ann.waitForSelector(".is-waiting:has-text('number 11')");
    await ann.fill("#composer", `number ${COUNT}`);
  });

  await check("what waits outlives a reload of the page", async () => {
    await ann.unroute("**/api/v1/live");
    await ann.context().setOffline(false);
    // While the server isn't back there is no page at all.
    while (!(await ann.reload({ waitUntil: "domcontentloaded" }).catch(() => null))?.ok());
    await ann.waitForSelector("#composer");
    equal(await ann.inputValue("#composer"), `number ${COUNT}`, "the draft");
    await ann.press("#composer", "Enter");
  });

  await check("both come back by themselves", async () => {
    for (const page of [ann, bob]) await page.waitForSelector('.shell[data-link="online"]');
    await sees(ann, `number ${COUNT}`);
    await sees(bob, `number ${COUNT}`);
  });
});

await check("who came while a page was away is in its list of members", async () => {
  const link = await invite(ann);
  await whileBroken(async () => {
    await bob.context().setOffline(true);
    await bob.evaluate(() => dispatchEvent(new Event("offline")));
    await bob.waitForSelector('.shell:not([data-link="online"])');
    const carla = await newPage();
    await makeAccount(carla, link, "carla");
    await carla.waitForSelector("#composer");
    await bob.context().setOffline(false);
    await bob.waitForSelector('.shell[data-link="online"]');
  });
  await bob.waitForSelector('.members :text-is("carla")');
});

await check("everything is there once, in order, for both", async () => {
  await until(ann, () => document.querySelector(".is-waiting") === null);
  for (const page of [ann, bob]) await becomes(() => numbered(page), expected(COUNT), "the messages");
});

await check("and still so from the server's memory", async () => {
  await bob.reload();
  await becomes(() => numbered(bob), expected(COUNT), "the messages");
});

await check("they go on talking", async () => {
  await say(bob, "still here");
  await sees(ann, "still here");
  await until(ann, () => document.querySelector(".banner") === null);
});

await finish();
