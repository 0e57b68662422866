//! A picture of every state, light and dark, desktop and phone, into PARLOR_SCREENSHOTS.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { check, finish } from "./browser.mjs";
import { everyState, furnish } from "./states.mjs";

const directory = process.env.PARLOR_SCREENSHOTS ?? "screenshots";
mkdirSync(directory, { recursive: true });
const stage = await check("the stage is set", furnish);

await everyState(stage, (page, { state, colorScheme, size }) =>
  check(`${state}, ${colorScheme}, ${size}`, () =>
    page.screenshot({ path: join(directory, `${state}-${colorScheme}-${size}.png`) }),
  ),
);

await finish();
