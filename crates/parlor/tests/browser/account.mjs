//! One's own things: invitations to take back, app passwords, sessions to end, a new password.

import {
  arrived, check, closed, command, equal, finish, invite, makeAccount, newPage, PASSWORD, say, sees, setupLink, until, url, whileBroken,
} from "./browser.mjs";

const NEW_PASSWORD = "another long password";
const ann = await newPage();
const tab = (page, name) => page.click(`[role=tab]:text-is("${name}")`);

async function security(page) {
  await command(page, "sessions and");
  await page.waitForSelector('h3:text-is("Where you are signed in")');
}

await check("an invitation that was made is listed", async () => {
  await makeAccount(ann, setupLink, "ann");
  await invite(ann, 3);
  await command(ann, "invitations");
  await ann.waitForSelector('.fact-row:has-text("3 places left"):has-text("by ann")');
});

await check("taken back, it opens no door", async () => {
  await ann.keyboard.press("Escape");
  await closed(ann);
  const link = await invite(ann, 7);
  await command(ann, "invitations");
  await ann.click('.fact-row:has-text("7 places left") button:text-is("Revoke")');
  await ann.waitForSelector('.fact-row:has-text("7 places left")', { state: "detached" });
  equal(await ann.locator(".fact-row").count(), 1, "invitations that are left");
  await ann.keyboard.press("Escape");
  await closed(ann);
  await whileBroken(async () => {
    const guest = await newPage();
    equal((await guest.goto(link)).status(), 404, "the answer at the door");
    await guest.context().close();
  });
});

await check("an app password is made, shown once, and lets a program in", async () => {
  await security(ann);
  await ann.fill("#app-name", "A program");
  await ann.click('dialog button:text-is("Make one")');
  const password = await ann.inputValue("#made-password");
  await ann.waitForSelector('.fact-row:has-text("A program"):has-text("not used yet")');
  const answer = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${password}` } });
  equal((await answer.json()).name, "ann", "who the program is");
  await ann.click('.fact-row:has-text("A program") button:text-is("Remove")');
  await ann.waitForSelector('.fact-row:has-text("A program")', { state: "detached" });
  const again = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${password}` } });
  equal(again.status, 401, "the answer after its removal");
  await ann.keyboard.press("Escape");
  await closed(ann);
});

const second = await newPage();

async function signIn(page, password) {
  await page.goto(`${url}/signin`);
  await page.fill("#name", "ann");
  await page.fill("#password", password);
  await page.press("#password", "Enter");
  await arrived(page);
}

await check("another session is listed, and ends when it is ended", async () => {
  await signIn(second, PASSWORD);
  await security(ann);
  await ann.waitForSelector('.fact-row:has-text("this one")');
  await whileBroken(async () => {
    await ann.click('.fact-row:not(:has-text("this one")) button:text-is("End")');
    await second.waitForSelector('.banner-signed-out');
  });
  await until(ann, () => document.querySelectorAll('[aria-label="Sessions"] .fact-row').length === 1);
  await ann.keyboard.press("Escape");
  await closed(ann);
});

await check("a wrong password changes nothing, and the page says so", async () => {
  await security(ann);
  await ann.fill("#old-password", "not the password");
  await ann.fill("#new-password", NEW_PASSWORD);
  await ann.click('dialog button:text-is("Change it")');
  await ann.waitForSelector("form:has(#old-password) .problem-line:not(:empty)");
});

await check("the right one changes it, ends other sessions, and this one goes on", async () => {
  const other = await newPage();
  await signIn(other, PASSWORD);
  await whileBroken(async () => {
    await ann.fill("#old-password", PASSWORD);
    await ann.click('dialog button:text-is("Change it")');
    await ann.waitForSelector('.notice:has-text("Your password is changed")');
    await other.waitForSelector(".banner-signed-out");
  });
  await other.context().close();
  await ann.keyboard.press("Escape");
  await closed(ann);
  await say(ann, "still here");
  await sees(ann, "still here");
  await signIn(second, NEW_PASSWORD);
});

await check("the tabs of a dialog go by arrow keys", async () => {
  await command(ann, "settings");
  await ann.waitForSelector('[role=tab][aria-selected="true"]');
  await ann.focus('[role=tab][aria-selected="true"]');
  await ann.keyboard.press("ArrowRight");
  await until(ann, () => document.activeElement.textContent === "Profile");
  await ann.keyboard.press("ArrowLeft");
  await until(ann, () => document.activeElement.textContent === "You");
  await tab(ann, "Security");
  await ann.keyboard.press("Escape");
  await closed(ann);
});

await finish();
