//! Every state of the page that is looked at, and how to come there: for the accessibility tests
//! and for the review sheet of screenshots.

import {
  closed, command, DESKTOP, enter, focused, invite, makeAccount, newPage, onMessage, open, PHONE, say, sees, settled, setupLink, url,
  whileBroken,
} from "./browser.mjs";
import { hand, png, uploaded } from "./pictures.mjs";

/** A server with something on it: three people, some rooms, some words. Gives ann's session. */
export async function furnish() {
  const ann = await newPage();
  await makeAccount(ann, setupLink, "ann");
  await say(ann, "/topic Everybody's first room. Be kind, be brief, bring cake.");
  await ann.waitForSelector('.head-topic:has-text("cake")');
  const link = await invite(ann);
  const bob = await newPage();
  await makeAccount(bob, link, "bob");
  await open(bob, "#lobby");
  // Somebody who is a member and not connected.
  const cid = await newPage();
  await makeAccount(cid, link, "cid");
  await open(cid, "#lobby");
  await cid.context().close();
  const talk = [
    [ann, "Good morning! The invitation worked."],
    [bob, "It did. Reading along with `irssi` as well, see https://example.org/notes (short)."],
    [bob, "```\nready http=127.0.0.1:8080 irc=127.0.0.1:6667 model=epoll\n```\nis the line to wait for."],
    [ann, "/me opens a second window"],
    [bob, "ann, a long one to see how it wraps: the measure of a line should stay below eighty characters, because the eye loses the beginning of the next line when the way back is too long."],
  ];
  for (const [page, text] of talk) {
    await say(page, text);
    const words = text.replace(/^\/me |```\n?/g, "").split(/[`\n]/)[0];
    for (const reader of [ann, bob]) await sees(reader, words);
  }
  await furnishMessages(ann, bob);
  await furnishProfile(bob);
  await enter(ann, "garden");
  await open(ann, "#lobby");
  await enter(bob, "garden");
  for (const text of ["Tomatoes are in.", "ann: so are the beans."]) {
    await say(bob, text);
    await sees(bob, text);
  }
  await say(bob, "/msg ann Did you get the keys?");
  await sees(bob, "Did you get the keys?");
  await ann.waitForSelector('.entry:has-text("bob") .badge');
  const session = await ann.context().storageState();
  await ann.context().close();
  return { session, bob, link };
}

/** An answer, reactions, a correction, something deleted, and every mark. */
async function furnishMessages(ann, bob) {
  const row = (page, text) => page.locator(".row-message").filter({ has: page.locator(".text", { hasText: text }) }).last();
  const react = async (page, text, index) => {
    await row(page, text).hover();
    await row(page, text).locator('[aria-label^="React with"]').nth(index).click();
  };
  await react(ann, "It did.", 0);
  await row(bob, "It did.").locator('.reaction:has-text("1")').waitFor();
  await react(bob, "It did.", 0);
  await row(ann, "It did.").locator('.reaction:has-text("2")').waitFor();
  await react(bob, "It did.", 1);
  await row(ann, "It did.").locator(".reaction:not(.reaction-add)").nth(1).waitFor();
  await row(ann, "a long one").focus();
  await onMessage(ann, "a long one");
  await ann.keyboard.press("r");
  await ann.waitForSelector(".beside");
  await say(ann, "Agreed: **eighty**, _at most_, and\n- short words\n- ~~no~~ few lists\n> said the typesetter\n||and nobody listened||");
  await sees(bob, "Agreed");
  await say(ann, "Off to buy cake");
  await sees(ann, "Off to buy cake");
  await focused(ann, "composer");
  await ann.keyboard.press("ArrowUp");
  await ann.waitForSelector(".beside");
  await say(ann, "Off to buy two cakes");
  await row(bob, "two cakes").locator(".edited").waitFor();
  await say(bob, "wrong window");
  await sees(bob, "wrong window");
  await row(bob, "wrong window").focus();
  await onMessage(bob, "wrong window");
  await bob.keyboard.press("Delete");
  await bob.keyboard.press("Delete");
  await ann.locator(".is-redacted").waitFor();
  await hand(bob, "paste", garden);
  await uploaded(bob, "garden.png");
  await say(bob, "🎉");
  await sees(ann, "🎉");
}

/** Says something in every line of somebody's profile. */
async function furnishProfile(page) {
  await command(page, "settings");
  await page.click('[role=tab]:text-is("Profile")');
  const words = {
    display: "Robert Baker", pronouns: "he/him", status: "On a train until six",
    about: "Bakes on Fridays.\nAsk before you feed the cat.", homepage: "https://example.org/~bob/bread-and-other-things", color: "#c2410c",
  };
  for (const [name, text] of Object.entries(words)) await page.fill(`#${name}`, text);
  await page.click("#tab-panel button[type=submit]");
  await page.waitForSelector(".notice:has-text('Your profile is saved')");
  await page.keyboard.press("Escape");
  await closed(page);
}

const garden = { name: "garden.png", mimeType: "image/png", buffer: png(480, 240, [88, 140, 90]) };

const byPalette = (words, selector) => async (page) => {
  await command(page, words);
  await page.waitForSelector(selector);
};

/** Puts the focus on a message of bob's with reactions. */
async function onIt(page) {
  await page.locator('.row-message:has-text("It did.")').last().focus();
  await onMessage(page, "It did.");
}

/**
 * `reach` brings a page that shows the lobby into the state, which there is in all sizes unless
 * `sizes` says in which; `out` are pages without an account.
 */
export const STATES = [
  { name: "lobby", reach: async () => {} },
  { name: "unread", reach: (page) => visit(page, "#/room/garden", ".row-message") },
  { name: "direct", reach: (page) => visit(page, "#/person/bob", ".row-message") },
  { name: "list", reach: (page) => visit(page, "#/", ".list-pane") },
  { name: "empty-room", async reach(page) {
    await enter(page, "attic");
    await page.waitForSelector(".beginning");
  } },
  { name: "palette", async reach(page) {
    await page.keyboard.press("Control+k");
    await page.waitForSelector("#palette-list");
  } },
  { name: "palette-nothing", async reach(page) {
    await page.keyboard.press("Control+k");
    await page.fill("#palette", "zzzz");
    await page.waitForSelector('dialog [role="option"]:has-text("Search messages for")');
  } },
  { name: "rooms", reach: byPalette("browse", ".dialog-list .entry") },
  { name: "people", reach: byPalette("write to", ".dialog-list .entry, .dialog-empty") },
  { name: "invite", reach: byPalette("invite", "#invite-uses") },
  { name: "invitation", async reach(page) {
    await command(page, "invite");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("#invitation");
  } },
  { name: "invitations", reach: byPalette("invitations", ".fact-row") },
  { name: "settings", reach: byPalette("settings", "#nick") },
  ...["Profile", "This page", "Notifications", "Security"].map((tab) => ({
    name: `settings-${tab.toLowerCase().replace(" ", "-")}`,
    async reach(page) {
      await command(page, "settings");
      await page.click(`[role=tab]:text-is("${tab}")`);
      await page.waitForSelector(tab === "Security" ? "#tab-panel .fact-row" : "#tab-panel input");
    },
  })),
  { name: "help", reach: byPalette("keys and", ".help") },
  { name: "members", sizes: ["phone"], async reach(page) {
    await page.setViewportSize(PHONE);
    await page.click(".head-button[title=Members]");
    await page.waitForSelector('dialog .members .entry.is-gone:has-text("cid")');
  } },
  { name: "person", async reach(page) {
    await page.locator('.author:text-is("bob")').first().click();
    await page.waitForSelector(".profile-status");
  } },
  { name: "person-gone", async reach(page) {
    await page.click('.members-pane .entry.is-gone:has-text("cid")');
    await page.waitForSelector(".profile");
  } },
  { name: "room", async reach(page) {
    await page.click(".conversation-head [aria-label^='About']");
    await page.waitForSelector(".facts");
  } },
  ...["Settings", "Bans", "Log"].map((tab) => ({
    name: `room-${tab.toLowerCase()}`,
    async reach(page) {
      await page.click(".conversation-head [aria-label^='About']");
      await page.click(`[role=tab]:text-is("${tab}")`);
      await page.waitForSelector(tab === "Settings" ? "#retention" : "#tab-panel :is(.fact-row, .quiet-text:not(:has-text('Looking')))");
    },
  })),
  { name: "ban", async reach(page) {
    await page.locator('.author:text-is("bob")').first().click();
    await page.click('dialog button:has-text("Ban or mute")');
    await page.waitForSelector("#ban-time");
  } },
  { name: "actions", async reach(page) {
    await page.locator(".row-message").last().focus();
    await page.waitForSelector(".actions");
  } },
  { name: "message-menu", async reach(page) {
    await onIt(page);
    await page.keyboard.press("m");
    await page.waitForSelector(".menu-emoji");
  } },
  { name: "report", async reach(page) {
    await onIt(page);
    await page.keyboard.press("m");
    await page.click('dialog .entry:has-text("Report it")');
    await page.waitForSelector("#report-reason");
  } },
  { name: "answering", async reach(page) {
    await onIt(page);
    await page.keyboard.press("r");
    await page.waitForSelector(".beside");
  }, async leave(page) {
    await page.keyboard.press("Escape");
  } },
  { name: "search", async reach(page) {
    await page.keyboard.press("Control+Shift+f");
    // What was just said is found a moment later.
    for (let tries = 0; await page.locator(".hit").count() < 2; tries += 1) {
      if (tries === 200) throw new Error("the two messages with “eighty” are never found");
      await page.fill("#search", "");
      await page.waitForSelector('dialog .quiet-text:has-text("Enter opens")');
      await page.fill("#search", "eighty");
      await page.waitForSelector('.hit, dialog .quiet-text:has-text("Nothing was found")');
    }
  } },
  { name: "search-new", async reach(page) {
    await page.keyboard.press("Control+Shift+f");
    await page.waitForSelector('dialog .quiet-text:has-text("Enter opens")');
  } },
  { name: "attachment", async reach(page) {
    await hand(page, "paste", garden);
    await uploaded(page, "garden.png");
  }, async leave(page) {
    await page.click('[aria-label="Take garden.png away"]');
    await page.waitForSelector(".attachments", { state: "detached" });
  } },
  { name: "lightbox", async reach(page) {
    await page.locator(".file-image").last().click();
    await page.waitForSelector(".lightbox-image");
  } },
  { name: "emoji", async reach(page) {
    await page.click('.composer [aria-label="Emoji"]');
    await page.waitForSelector(".emoji-groups button:nth-child(2)");
  } },
  { name: "emoji-found", async reach(page) {
    await page.click('.composer [aria-label="Emoji"]');
    await page.fill("#emoji-search", "hand");
    await page.waitForSelector('#emoji-list [role="option"]:nth-child(9)');
  } },
  { name: "completion", async reach(page) {
    await page.locator("#composer").pressSequentially("with :cak");
    await page.waitForSelector("#choices");
  } },
  { name: "topic", async reach(page) {
    await page.click(".head-topic.is-button");
    await page.waitForSelector("#topic");
  } },
  { name: "commands", async reach(page) {
    await page.locator("#composer").pressSequentially("/");
    await page.waitForSelector("#choices");
  } },
  { name: "refused", async reach(page) {
    await say(page, "/frobnicate");
    await page.waitForSelector(".composer-problem:not(:empty)");
  } },
  { name: "waiting", broken: true, async reach(page) {
    await cut(page);
    await say(page, "Typed while the server is away");
    await page.waitForSelector(".is-waiting");
    await page.waitForSelector(".banner");
  } },
  { name: "signin", out: "/signin" },
  { name: "error", out: "/nowhere-at-all", broken: true },
];

async function visit(page, place, selector) {
  await page.goto(`${url}/${place}`);
  await page.waitForSelector(selector);
}

/** Takes the network away from a page, also from the socket it has. */
async function cut(page) {
  await page.context().setOffline(true);
  await page.evaluate(() => dispatchEvent(new Event("offline")));
}

const LOOKS = [
  ["light", "desktop", DESKTOP], ["dark", "desktop", DESKTOP],
  ["light", "phone", PHONE], ["dark", "phone", PHONE],
];

/** Visits every state once and calls `look(page, { state, colorScheme, size })` in all its looks. */
export async function everyState({ session, link }, look) {
  const invitation = { name: "invited", out: link.slice(url.length) };
  const all = [...STATES, invitation];
  const inside = await newPage({ storageState: session });
  await inside.goto(`${url}/#/room/lobby`);
  for (const state of all.filter(({ out }) => out === undefined)) {
    await inLobby(inside);
    const visit = async () => {
      await state.reach(inside);
      await everyLook(inside, state, look);
      await state.leave?.(inside);
      // The last one leaves the page without a network.
      if (state.broken) await inside.context().close();
    };
    await (state.broken ? whileBroken(visit) : visit());
  }
  const outside = await newPage();
  for (const state of all.filter(({ out }) => out !== undefined)) {
    const visit = async () => {
      await outside.goto(url + state.out);
      await everyLook(outside, state, look);
    };
    await (state.broken ? whileBroken(visit) : visit());
  }
}

async function everyLook(page, state, look) {
  const looks = LOOKS.filter(([, size]) => state.sizes?.includes(size) ?? true);
  for (const [colorScheme, size, viewport] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await settled(page);
    await look(page, { state: state.name, colorScheme, size });
  }
}

/** Closes what is open, empties the composer, and goes to the lobby. */
async function inLobby(page) {
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: "light" });
  await page.keyboard.press("Escape");
  await closed(page);
  await page.goto(`${url}/#/room/lobby`);
  await page.waitForSelector('#conversation-title:text-is("lobby")');
  await page.waitForSelector('.messages[data-loaded="true"]');
  await sees(page, "Good morning");
  await page.fill("#composer", "");
}
