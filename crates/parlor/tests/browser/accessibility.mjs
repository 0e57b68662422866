//! axe-core finds nothing: every state, light and dark, desktop and phone, and high contrast.

import { accessibilityProblems, check, DESKTOP, equal, finish, PHONE } from "./browser.mjs";
import { everyState, furnish } from "./states.mjs";

const stage = await check("the stage is set", furnish);

const LOOKS = [
  ["light desktop", { colorScheme: "light", viewport: DESKTOP }],
  ["dark desktop", { colorScheme: "dark", viewport: DESKTOP }],
  ["light phone", { colorScheme: "light", viewport: PHONE, hasTouch: true }],
  ["dark phone", { colorScheme: "dark", viewport: PHONE, hasTouch: true }],
];

for (const [look, options] of LOOKS) {
  await everyState(stage, options, (page, state) =>
    check(`${state}, ${look}`, async () => equal(await accessibilityProblems(page), [], "axe-core")),
  );
}

await everyState(stage, { viewport: { width: 320, height: 640 } }, (page, state) =>
  check(`${state} fits 320 pixels`, async () => {
    equal(await page.evaluate(() => document.documentElement.scrollWidth <= 320), true, "no sideways scrolling");
  }),
);

await finish();
