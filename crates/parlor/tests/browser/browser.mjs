//! What the browser tests share: a browser, people with pages of their own, checks.
//!
//! Each script gets the server's address and its set-up link by PARLOR_URL and PARLOR_SETUP_LINK (or
//! as its two arguments), prints a line `ok` or `not ok` for each check, and fails with status 1. A
//! page that breaks the content security policy, throws, or writes an error to its console fails
//! the check in which it did so. Nothing here waits for time, only for what the page shows.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const modules = process.env.PARLOR_NODE_MODULES ?? join(process.cwd(), "node_modules");
const requireThere = createRequire(join(modules, "x.js"));
const { chromium } = requireThere("playwright-core");

export const url = (process.env.PARLOR_URL ?? process.argv[2] ?? "").replace(/\/$/, "");
export const setupLink = process.env.PARLOR_SETUP_LINK ?? process.argv[3];
export const PASSWORD = "a long enough password";
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
const PATIENCE_MS = 15_000;

/** What an unreachable server makes a browser write, while that is what is tested. */
const NETWORK = /WebSocket connection to|net::ERR_|Failed to load resource/;

const problems = [];
let count = 0;
let expectBroken = false;

const browser = await chromium.launch({
  executablePath: process.env.PARLOR_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
  ],
});

/** One claim: does it, prints how it went, and ends the script when it didn't hold. */
export async function check(claim, act) {
  count += 1;
  try {
    const value = await act();
    if (problems.length > 0) throw new Error(problems.splice(0).join("\n"));
    console.log(`ok ${count} - ${claim}`);
    return value;
  } catch (error) {
    console.log(`not ok ${count} - ${claim}`);
    console.log(String(error.stack ?? error).replace(/^/gm, "# "));
    const text = await lastPage?.evaluate(() => document.body.innerText).catch(() => "");
    console.log(String(text ?? "").slice(0, 3_000).replace(/^/gm, "# | "));
    await browser.close();
    process.exit(1);
  }
}

/** The end of a script. */
export async function finish() {
  console.log(`1..${count}`);
  await browser.close();
}

/** While this runs, a server that isn't there is no problem of the page. */
export async function whileBroken(act) {
  expectBroken = true;
  try {
    return await act();
  } finally {
    expectBroken = false;
  }
}

let lastPage = null;

/** A page in a browser of its own, as it were: nothing is shared with other people's pages. */
export async function newPage({ viewport = DESKTOP, colorScheme = "light", storageState, ...rest } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, storageState, ...rest });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("pageerror", (error) => problems.push(`the page threw: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    if (expectBroken && NETWORK.test(message.text())) return;
    problems.push(`the console says: ${message.text()}`);
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy broken: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`),
    );
  });
  lastPage = page;
  return page;
}

/** Fills in the form for a new account and arrives in the app. */
export async function makeAccount(page, link, name) {
  await page.goto(link);
  await page.fill("#name", name);
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await arrived(page);
}

/** The app is there, connected, and shows a conversation or the list. */
export async function arrived(page) {
  await page.waitForSelector('.shell[data-link="online"]');
}

export async function signIn(page, name) {
  await page.goto(`${url}/signin`);
  await page.fill("#name", name);
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await arrived(page);
}

/** Makes an invitation link the way a member does. */
export async function invite(page, people = 10) {
  await command(page, "invite people");
  await page.fill("#invite-uses", String(people));
  await page.click("dialog button[type=submit]");
  const link = await page.inputValue("#invitation");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  return link;
}

/** Does an action by the command palette. */
export async function command(page, words) {
  await page.keyboard.press("Control+k");
  await page.waitForSelector("#palette");
  await page.fill("#palette", words);
  await page.press("#palette", "Enter");
}

/** Opens a conversation by the command palette. */
export async function open(page, name) {
  await command(page, name);
  await page.waitForSelector(`#conversation-title:text-is("${name.replace(/^#/, "")}")`);
  await page.waitForSelector('.messages[data-loaded="true"]');
}

/** Writes into the open conversation; doesn't wait for the server. */
export async function say(page, text) {
  await page.fill("#composer", text);
  await page.press("#composer", "Enter");
}

/** A message that the server has confirmed. */
export const SENT = ".row-message:not(.is-waiting) .text";

/** Waits until a message is in the open conversation, confirmed. */
export async function sees(page, text) {
  await page.locator(SENT).filter({ hasText: text }).first().waitFor({ state: "attached" });
}

/** All messages of the open conversation that are held, as texts. */
export async function messages(page) {
  return page.locator(SENT).allTextContents();
}

/** Waits until a claim about the page holds. */
export async function until(page, claim, argument) {
  await page.waitForFunction(claim, argument);
}

export function equal(actual, expected, what = "value") {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}`);
}

const axe = readFileSync(requireThere.resolve("axe-core/axe.min.js"), "utf8");

/**
 * What axe-core finds on the page as it is now: sentences, none when all is well. `rules` limits it
 * to these.
 */
export async function accessibilityProblems(page, rules = null) {
  // Through the debugger, because the page's policy rightly lets no foreign script in.
  const debug = await page.context().newCDPSession(page);
  await debug.send("Runtime.evaluate", { expression: axe });
  const options = JSON.stringify({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  const run = `axe.run(document, ${options}).then((found) => JSON.stringify(found.violations))`;
  const { result } = await debug.send("Runtime.evaluate", { expression: run, awaitPromise: true, returnByValue: true });
  await debug.detach();
  return JSON.parse(result.value).flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
}

/** Waits until nothing on the page is in motion. */
export async function settled(page) {
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((motion) =>
      motion.effect.getTiming().iterations === Infinity ? null : motion.finished.catch(() => {}),
    )).then(() => {}),
  );
}
