// The machine stands still for longer than Playwright's patience, and then a page does what is waited for.

import './patience.mjs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PARLOR_NODE_MODULES, 'index.js'));
const { chromium } = require('playwright-core');

const PATIENCE_MS = 3_000;

const browser = await chromium.launch({ executablePath: process.env.PARLOR_CHROMIUM, args: ['--no-sandbox'] });
const page = await browser.newPage();
const late = page.waitForSelector('#late', { timeout: PATIENCE_MS, state: 'attached' });
// An answer of the page says that the wait has begun.
await page.evaluate(() => {});
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE_MS + 500);
await page.evaluate(() => document.body.append(Object.assign(document.createElement('p'), { id: 'late' })));
await late;
// What never comes still ends, and says what it was.
const never = await page.waitForSelector('#never', { timeout: 300 }).catch((error) => error);
if (never?.name !== 'TimeoutError' || !never.message.includes('#never')) throw new Error(`no end: ${never}`);
await browser.close();
