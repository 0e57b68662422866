// Drives pages of one headless Chromium for a test: a JSON order a line in, an answer a line out.
//
// An order is {"id", "do", "page", …}; the answer is `answer ID {"ok": …}` or `answer ID {"error": …}`.
// Each page has a browser context of its own, so that two of them are two people. The page's console
// and its uncaught errors are printed as they come, which makes them part of a failing test's
// message.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { PATIENCE_MS } from './patience.mjs';

const require = createRequire(join(process.env.PARLOR_NODE_MODULES, 'index.js'));
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.env.PARLOR_CHROMIUM,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

const pages = new Map();

const orders = {
  async open({ page: name, url, width = 1280, height = 800, dark = false }) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on('console', (message) => console.log(`${name} console: ${message.text()}`));
    page.on('pageerror', (error) => console.log(`${name} error: ${error.stack ?? error}`));
    pages.set(name, page);
    await page.goto(url);
  },
  goto: ({ page, url }) => pages.get(page).goto(url).then(() => undefined),
  url: ({ page }) => pages.get(page).url(),
  fill: ({ page, selector, text }) => pages.get(page).fill(selector, text),
  press: ({ page, key }) => pages.get(page).keyboard.press(key),
  type: ({ page, text }) => pages.get(page).keyboard.type(text),
  click: ({ page, selector }) => pages.get(page).click(selector),
  appear: ({ page, selector }) =>
    pages.get(page).waitForSelector(selector).then(() => undefined),
  expect: ({ page, text }) =>
    pages
      .get(page)
      .waitForFunction((wanted) => document.body.innerText.includes(wanted), text)
      .then(() => undefined),
  text: ({ page, selector }) => pages.get(page).innerText(selector),
  texts: ({ page, selector }) => pages.get(page).locator(selector).allInnerTexts(),
  async screenshot({ page, path }) {
    await pages.get(page).screenshot({ path });
  },
};

const lines = createInterface({ input: process.stdin });
console.log('answer 0 {"ok":"started"}');
for await (const line of lines) {
  const order = JSON.parse(line);
  try {
    const ok = (await orders[order.do](order)) ?? null;
    console.log(`answer ${order.id} ${JSON.stringify({ ok })}`);
  } catch (error) {
    console.log(`answer ${order.id} ${JSON.stringify({ error: String(error) })}`);
  }
}
await browser.close();
