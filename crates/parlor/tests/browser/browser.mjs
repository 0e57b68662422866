//! What the browser tests share: a browser, people with pages of their own, checks.
//!
//! Each script gets the server's address and its set-up link by PARLOR_URL and PARLOR_SETUP_LINK (or
//! as its two arguments), prints a line `ok` or `not ok` for each check, and fails with status 1. A
//! page that breaks the content security policy, throws, or writes an error to its console fails
//! the check in which it did so. Nothing here waits for time, only for what the page shows.
//!
//! A script has to hold on the slowest machine: after each act it waits for what the act leads to
//! before it looks or presses a key. PARLOR_SLOWDOWN (so many times slower, say 6) and PARLOR_DELAY_MS
//! (for every packet, each way) find those that don't.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { PATIENCE_MS } from "../../../parlor-testkit/node/patience.mjs";

const modules = process.env.PARLOR_NODE_MODULES ?? join(process.cwd(), "node_modules");
const requireThere = createRequire(join(modules, "x.js"));
const { chromium } = requireThere("playwright-core");

const SLOWDOWN = Number(process.env.PARLOR_SLOWDOWN ?? 1);
const DELAY_MS = Number(process.env.PARLOR_DELAY_MS ?? 0);
/** The server itself, while pages may reach it by a slow way. */
const server = (process.env.PARLOR_URL ?? process.argv[2] ?? "").replace(/\/$/, "");
const slow = DELAY_MS > 0 ? await slowWay(new URL(server)) : null;
export const url = slow === null ? server : `http://127.0.0.1:${slow.address().port}`;
/** A link of the server as pages reach it. */
export const reached = (link) => link?.replace(/^https?:\/\/[^/]+/, url);
export const setupLink = reached(process.env.PARLOR_SETUP_LINK ?? process.argv[3]);
export const PASSWORD = "a long enough password";
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

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
  slow?.close();
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
  if (SLOWDOWN > 1) {
    const debug = await context.newCDPSession(page);
    await debug.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  }
  lastPage = page;
  return page;
}

/** A way to the server on which everything takes longer, in both directions. */
async function slowWay({ hostname, port }) {
  const later = (from, to) => {
    from.on("data", (bytes) => setTimeout(() => to.writable && to.write(bytes), DELAY_MS));
    from.on("end", () => setTimeout(() => to.end(), DELAY_MS));
    from.on("close", () => setTimeout(() => to.destroy(), DELAY_MS));
    from.on("error", () => {});
  };
  const listener = createServer((inside) => {
    const outside = connect(Number(port), hostname);
    for (const socket of [inside, outside]) socket.setNoDelay(true);
    later(inside, outside);
    later(outside, inside);
  });
  await new Promise((listens) => listener.listen(0, "127.0.0.1", listens));
  // A way that is still open doesn't keep a script from ending.
  return listener.unref();
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
  await closed(page);
  return reached(link);
}

/** Does an action by the command palette, as soon as it is what Enter takes. */
export async function command(page, words) {
  await page.keyboard.press("Control+k");
  await page.waitForSelector("#palette");
  await page.fill("#palette", words);
  await page.waitForSelector(`#palette-chosen:has-text("${words.replace(/^#/, "")}"):not(:has-text("Search messages for"))`);
  await page.press("#palette", "Enter");
}

/** Opens a conversation by the command palette. */
export async function open(page, name) {
  await command(page, name);
  await page.waitForSelector(`#conversation-title:text-is("${name.replace(/^#/, "")}")`);
  await page.waitForSelector('.messages[data-loaded="true"]');
  await closed(page);
}

/** Joins a room, or makes it, by the composer of the open conversation. */
export async function enter(page, room) {
  await say(page, `/join ${room}`);
  await page.waitForSelector(`#conversation-title:text-is("${room}")`);
}

/** Waits until no dialog is open. */
export const closed = (page) => page.waitForSelector("dialog", { state: "detached" });

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

/** Waits until the element with this id has the focus. */
export const focused = (page, id) => until(page, (wanted) => document.activeElement?.id === wanted, id);

/** Waits until the message with this text has the focus: it itself, not the page around it. */
export const onMessage = (page, text) =>
  until(page, (wanted) => document.activeElement.matches(".row-message") && document.activeElement.textContent.includes(wanted), text);

/** Waits until what is read is as expected; the error says what it was last. */
export async function becomes(read, expected, what) {
  const wanted = JSON.stringify(expected);
  let patient = true;
  const patience = setTimeout(() => (patient = false), PATIENCE_MS);
  for (;;) {
    const found = await read();
    if (patient && JSON.stringify(found) !== wanted) continue;
    clearTimeout(patience);
    return equal(found, expected, what);
  }
}

/** Puts messages into a room by the API, straight from here; gives their ids. With `atOnce` above 1 they may swap places. */
export async function pour(page, room, texts, atOnce = 1) {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const asked = (method, path, body) => new Promise((answered, failed) => {
    const headers = { cookie, "content-type": "application/json" };
    const sent = request(server + path, { method, agent, headers }, async (answer) => {
      const text = (await answer.toArray()).join("");
      if (answer.statusCode >= 300) failed(new Error(`${path}: ${answer.statusCode} ${text}`));
      else answered(JSON.parse(text));
    });
    sent.on("error", failed).end(body && JSON.stringify(body));
  });
  const { rooms } = await asked("GET", "/api/v1/rooms");
  const { k } = rooms.find(({ name }) => name === room);
  const ids = [];
  const waiting = texts.entries();
  const worker = async () => {
    for (const [index, text] of waiting) ids[index] = (await asked("POST", `/api/v1/rooms/${k}/messages`, { text })).msgid;
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  agent.destroy();
  return ids;
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
