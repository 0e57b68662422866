//! A picture of every state, light and dark, desktop and phone, into PARLOR_SCREENSHOTS.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { check, DESKTOP, finish, PHONE } from "./browser.mjs";
import { everyState, furnish } from "./states.mjs";

const directory = process.env.PARLOR_SCREENSHOTS ?? "screenshots";
mkdirSync(directory, { recursive: true });
const stage = await check("the stage is set", furnish);

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    await everyState(stage, { colorScheme, viewport, hasTouch: size === "phone" }, (page, state) =>
      check(`${state} ${colorScheme} ${size}`, () =>
        page.screenshot({ path: join(directory, `${state}-${colorScheme}-${size}.png`) }),
      ),
    );
  }
}

await finish();
