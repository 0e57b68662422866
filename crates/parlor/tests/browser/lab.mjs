//! The lab's report in a browser: readable in light and dark, on a desk and on a phone, by everybody.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { accessibilityProblems, check, DESKTOP, equal, finish, newPage, PHONE, url } from "./browser.mjs";

const directory = process.env.PARLOR_SCREENSHOTS ?? "screenshots";
mkdirSync(directory, { recursive: true });

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    const name = `${colorScheme}, ${size}`;
    const page = await newPage({ viewport, colorScheme, javaScriptEnabled: false });
    await check(`the report opens without script (${name})`, () => page.goto(url));
    await page.close();
    const tried = await newPage({ viewport, colorScheme });
    const asked = [];
    tried.on("request", (request) => asked.push(request.url()));
    await check(`nothing else is fetched (${name})`, async () => {
      await tried.goto(url);
      equal(asked.length, 1, `requests ${asked.join(" ")}`);
    });
    await check(`every chart is there once, and named (${name})`, async () => {
      const seen = await tried.$$eval("figure", (figures) =>
        figures.map((figure) => ({
          title: figure.querySelector("h3").textContent,
          shown: [...figure.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 0).length,
          named: [...figure.querySelectorAll("svg")].every((svg) => svg.getAttribute("aria-label")?.length > 20),
          rows: figure.querySelectorAll("details table tbody tr").length,
        })),
      );
      if (seen.length < 10) throw new Error(`only ${seen.length} charts`);
      for (const { title, shown, named, rows } of seen) {
        if (shown !== 1 || !named || rows === 0) throw new Error(`${title}: ${JSON.stringify({ shown, named, rows })}`);
      }
    });
    await check(`no text of a chart leaves it or covers another (${name})`, async () => {
      const wrong = await tried.$$eval("svg", (drawings) =>
        drawings.flatMap((svg) => {
          const frame = svg.getBoundingClientRect();
          if (frame.width === 0) return [];
          const texts = [...svg.querySelectorAll("text")].map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }));
          const outside = texts.filter(({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1);
          const covering = texts.flatMap((one, at) =>
            texts.slice(at + 1).filter(
              (other) =>
                Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left) > 2 &&
                Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top) > 5,
            ).map((other) => `"${one.words}" covers "${other.words}"`),
          );
          return [...outside.map(({ words }) => `"${words}" leaves the chart`), ...covering].map((what) => `${svg.getAttribute("aria-label").slice(0, 40)}: ${what}`);
        }),
      );
      if (wrong.length > 0) throw new Error(wrong.join("\n"));
    });
    await check(`the page is no wider than the screen (${name})`, async () => {
      const [content, screen] = await tried.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      if (content > screen) throw new Error(`${content} > ${screen}`);
    });
    await tried.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    await check(`axe finds nothing (${name})`, async () => {
      const problems = await accessibilityProblems(tried);
      if (problems.length > 0) throw new Error(problems.join("\n"));
    });
    await tried.$$eval("details", (all) => all.forEach((details) => (details.open = false)));
    await check(`a picture (${name})`, () =>
      tried.screenshot({ path: join(directory, `lab-${colorScheme}-${size}.png`), fullPage: true }),
    );
    await tried.close();
  }
}

await finish();
