//! The start of the page: reads the words of the server-rendered shell and puts the page in its place.

import { render } from "./vendor/preact.js";
import { html } from "./view/html.js";
import { Shell } from "./view/shell.js";
import { listen } from "./keyboard.js";
import { route } from "./action/places.js";
import { start } from "./action/session.js";

const shell = document.getElementById("app");
const { server, version, me, live } = shell.dataset;

// The page has its own landmarks, so it takes the place of the shell's main element.
const root = document.createElement("div");
root.id = "app";
root.className = "app";
shell.replaceWith(root);

const url = new URL(live, location.href);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";

start({ server, version, me, live: url.href }, first());
listen();
addEventListener("popstate", route);
render(html`<${Shell} server=${server} version=${version} />`, root);

/** What the server wrote into the page, so that the first messages need no connection. */
function first() {
  try {
    return JSON.parse(document.getElementById("first").textContent);
  } catch {
    return null;
  }
}
