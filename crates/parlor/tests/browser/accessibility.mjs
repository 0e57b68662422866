//! axe-core finds nothing: every state, light and dark, desktop and phone; and all fits 320 pixels.

import { accessibilityProblems, check, equal, finish } from "./browser.mjs";
import { everyState, furnish } from "./states.mjs";

const SMALLEST = { width: 320, height: 640 };

const stage = await check("the stage is set", furnish);

await everyState(stage, (page, { state, colorScheme, size }) =>
  check(`${state}, ${colorScheme}, ${size}`, async () => {
    // Dark differs from light in nothing but its colours.
    const rules = colorScheme === "dark" ? ["color-contrast"] : null;
    equal(await accessibilityProblems(page, rules), [], "axe-core");
    if (size === "desktop") return;
    await page.setViewportSize(SMALLEST);
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    equal(fits, true, "everything fits 320 pixels");
  }),
);

await finish();
