//! What was begun is finished or kept: corrections that one leaves for another room, commands and
//! pictures while a part of the page can't be fetched, texts that are too long, presses too many.

import {
  arrived, check, closed, command, enter, equal, finish, focused, makeAccount, newPage, open, say, sees, settled, setupLink, until,
  whileBroken,
} from "./browser.mjs";
import { hand, png, uploaded } from "./pictures.mjs";

const cat = { name: "cat.png", mimeType: "image/png", buffer: png(80, 40, [200, 120, 40]) };
const ann = await newPage();
const problem = (words) => ann.waitForSelector(`.composer-problem:has-text("${words}")`);
const holds = (text) => until(ann, (wanted) => document.getElementById("composer").value === wanted, text);

await check("a correction that one leaves for another room is there when one comes back", async () => {
  await makeAccount(ann, setupLink, "ann");
  await enter(ann, "garden");
  await open(ann, "#lobby");
  await say(ann, "Bring cake");
  await sees(ann, "Bring cake");
  await focused(ann, "composer");
  await ann.keyboard.press("ArrowUp");
  await holds("Bring cake");
  await ann.keyboard.type(" and te");
  await open(ann, "#garden");
  equal(await ann.inputValue("#composer"), "", "the composer of another room");
  await open(ann, "#lobby");
  await ann.waitForSelector(".beside");
  await holds("Bring cake and te");
  await ann.press("#composer", "End");
  await ann.keyboard.type("a");
  await ann.keyboard.press("Enter");
  await sees(ann, "Bring cake and tea");
  await ann.waitForSelector(".beside", { state: "detached" });
});

await whileBroken(async () => {
  await check("a correction without a connection is kept, and what was said of it goes with the next try", async () => {
    await ann.keyboard.press("ArrowUp");
    await holds("Bring cake and tea");
    await ann.keyboard.type("!");
    await ann.context().setOffline(true);
    await ann.evaluate(() => dispatchEvent(new Event("offline")));
    await ann.waitForSelector('.shell:not([data-link="online"])');
    await ann.keyboard.press("Enter");
    await problem("There is no connection");
    await holds("Bring cake and tea!");
    await ann.context().setOffline(false);
    await ann.evaluate(() => dispatchEvent(new Event("online")));
    await arrived(ann);
    await until(ann, () => document.querySelector(".composer-problem").textContent === "");
    await ann.press("#composer", "Enter");
    await sees(ann, "Bring cake and tea!");
    await ann.waitForSelector(".beside", { state: "detached" });
  });

  await check("a command and a picture whose part of the page can't be fetched are kept, and taken later", async () => {
    // Nothing of it came when the page was at rest.
    await ann.route(/action\/(commands|files)\.js/, (route) => route.abort());
    await ann.reload();
    await arrived(ann);
    await say(ann, "/me waves");
    await problem("There is no connection");
    await holds("/me waves");
    await hand(ann, "paste", cat);
    await ann.waitForSelector('.notice:has-text("There is no connection")');
    await ann.unroute(/action\/(commands|files)\.js/);
    await ann.press("#composer", "Enter");
    await sees(ann, "waves");
    await hand(ann, "paste", cat);
    await uploaded(ann, "cat.png");
  });

  await check("once the page was at rest, commands and pictures need nothing more of it", async () => {
    const came = Promise.all(["commands", "files"].map((part) => ann.waitForResponse(new RegExp(`action/${part}\\.js`))));
    await ann.reload();
    await came;
    await arrived(ann);
    await settled(ann);
    await ann.route(/action\/(commands|files)\.js/, (route) => route.abort());
    await say(ann, "/me waves again");
    await sees(ann, "waves again");
    await ann.unroute(/action\/(commands|files)\.js/);
  });

  await check("a picture that could not be uploaded is tried again", async () => {
    await ann.route(/api\/v1\/files/, (route) => route.abort());
    await hand(ann, "paste", cat);
    await ann.waitForSelector(".attachment.is-failed");
    await say(ann, "with a cat");
    await problem("could not be uploaded");
    await holds("with a cat");
    await ann.unroute(/api\/v1\/files/);
    await ann.click('[aria-label="Try cat.png again"]');
    await uploaded(ann, "cat.png");
    await ann.press("#composer", "Enter");
    await ann.locator('.row-message:has-text("with a cat") .file-image img').waitFor();
  });
});

await check("a text that is too long is refused with its size, whole and at once", async () => {
  const long = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}`).join("\n");
  await ann.focus("#composer");
  await ann.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await ann.evaluate((text) => navigator.clipboard.writeText(text), long);
  await ann.press("#composer", "Control+v");
  await holds(long);
  await ann.press("#composer", "Enter");
  await problem(`${long.length.toLocaleString("en")} bytes`);
  equal(await ann.inputValue("#composer"), long, "what was pasted");
  equal(await ann.locator(".is-waiting").count(), 0, "messages on their way");
  await ann.fill("#composer", "");
});

await check("a form that is sent twice in one breath does its work once", async () => {
  await command(ann, "invite people");
  await ann.waitForSelector("#invite-uses");
  await ann.evaluate(() => {
    const button = document.querySelector("dialog button[type=submit]");
    button.click();
    button.click();
  });
  await ann.waitForSelector("#invitation");
  await ann.keyboard.press("Escape");
  await closed(ann);
  await command(ann, "invite people");
  await ann.click('dialog button:has-text("Links made before")');
  await ann.waitForSelector('[aria-label="Invitations"] .fact-row');
  equal(await ann.locator('[aria-label="Invitations"] .fact-row').count(), 1, "invitations");
  await ann.keyboard.press("Escape");
  await closed(ann);
});

await check("a dialog about what is gone closes, and the keys work again", async () => {
  const second = await ann.context().newPage();
  await second.goto(ann.url());
  await arrived(second);
  await open(ann, "#garden");
  await ann.click("[aria-label='About #garden']");
  await ann.waitForSelector("dialog[open]");
  await open(second, "#garden");
  await say(second, "/part");
  await closed(ann);
  await open(ann, "#lobby");
  await ann.press("#composer", "Shift+ArrowUp");
  await until(ann, () => document.activeElement.matches(".row-message"));
  await ann.keyboard.press("?");
  await ann.waitForSelector('dialog h2:has-text("Keys and commands")');
  await ann.keyboard.press("Escape");
  await closed(ann);
  await second.close();
});

await check("who leafs through many rooms has the one where they stop at once", async () => {
  const ROOMS = 40;
  for (let index = 0; index < ROOMS; index += 1) await enter(ann, `r${index}`);
  await ann.reload();
  await arrived(ann);
  await open(ann, "#lobby");
  await ann.evaluate((rooms) => {
    window.asked = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (text) {
      if (/"chat\.(history|members)"/.test(text)) window.asked += 1;
      return send.call(this, text);
    };
    const down = { key: "ArrowDown", altKey: true, bubbles: true, cancelable: true };
    for (let step = 0; step < rooms; step += 1) document.body.dispatchEvent(new KeyboardEvent("keydown", down));
  }, ROOMS);
  await ann.waitForSelector('.messages[data-loaded="true"]');
  await ann.waitForSelector('.members .entry:has-text("ann")');
  const asked = await ann.evaluate(() => window.asked);
  if (asked > 10) throw new Error(`${asked} pages were asked for`);
});

await finish();
