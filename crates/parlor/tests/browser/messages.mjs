//! What people do with messages: answer, react, correct, delete; two people, two devices of one.

import {
  arrived, check, closed, enter, equal, finish, focused, invite, makeAccount, newPage, onMessage, open, say, sees, SENT, setupLink,
  signIn, until,
} from "./browser.mjs";

const ann = await newPage();
const bob = await newPage();
/** The row of the message with this text. */
const row = (page, text) => page.locator(".row-message").filter({ has: page.locator(".text", { hasText: text }) }).last();
/** In the page: Enter, a drawn page, and the focus on what waits, all before an answer can be heard. */
async function sendAndFocus() {
  const field = document.getElementById("composer");
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  document.querySelector(".is-waiting").focus();
}
/** Puts the focus on a confirmed message by keys: from the empty composer up to it. */
async function focusOn(page, text) {
  await sees(page, text);
  await closed(page);
  await until(page, () => document.getElementById("composer").value === "");
  await page.locator("#composer").press("Shift+ArrowUp");
  for (let steps = 0; steps < 40; steps += 1) {
    await until(page, () => document.activeElement.matches(".row-message"));
    if (await row(page, text).evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press("ArrowUp");
  }
  throw new Error(`the arrows never came to “${text}”`);
}

await check("two people are in the lobby", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, await invite(ann), "bob");
  await open(bob, "#lobby");
  await say(bob, "Who brings the cake?");
  await sees(ann, "Who brings the cake?");
});

await check("a reaction by keys, from the picker, is seen by the other", async () => {
  await focusOn(ann, "Who brings");
  await ann.keyboard.press("+");
  await focused(ann, "emoji-search");
  await ann.keyboard.type("tada");
  await ann.waitForSelector('#emoji-list [aria-selected="true"]:has-text("🎉")');
  await ann.keyboard.press("Enter");
  await row(ann, "Who brings").locator('.reaction.is-mine:has-text("🎉")').waitFor();
  await row(bob, "Who brings").locator('.reaction:has-text("🎉"):has-text("1")').waitFor();
});

await check("after the picker the focus is on the message again", async () => {
  await closed(ann);
  await onMessage(ann, "Who brings");
});

await check("the other joins in by a press, and takes it back", async () => {
  const reaction = row(bob, "Who brings").locator('.reaction:has-text("🎉")');
  await reaction.click();
  await row(ann, "Who brings").locator('.reaction:has-text("2")').waitFor();
  equal(await row(ann, "Who brings").locator('.reaction:has-text("2")').getAttribute("title"), "ann and bob", "who reacted");
  await reaction.click();
  await row(ann, "Who brings").locator('.reaction:has-text("1")').waitFor();
});

await check("a reload shows the same reactions", async () => {
  await bob.reload();
  await arrived(bob);
  await row(bob, "Who brings").locator('.reaction:has-text("🎉"):has-text("1")').waitFor();
});

await check("an answer by keys quotes what it answers, for both", async () => {
  await focusOn(ann, "Who brings");
  await ann.keyboard.press("r");
  await focused(ann, "composer");
  await ann.waitForSelector('.beside:has-text("bob")');
  await ann.waitForSelector(".actions", { state: "detached" });
  await ann.keyboard.type("I do, with **plums**");
  await ann.keyboard.press("Enter");
  for (const page of [ann, bob]) {
    await sees(page, "I do, with plums");
    await row(page, "I do").locator('.quote-line:has-text("bob"):has-text("Who brings the cake?")').waitFor();
  }
  equal(await ann.locator(".beside").count(), 0, "what is being answered");
});

await check("Esc stops answering", async () => {
  await focusOn(ann, "Who brings");
  await ann.keyboard.press("r");
  await ann.waitForSelector(".beside");
  await ann.keyboard.press("Escape");
  await ann.waitForSelector(".beside", { state: "detached" });
  await focused(ann, "composer");
});

await check("the quote leads to the message", async () => {
  await row(bob, "I do").locator(".quote-line").click();
  await onMessage(bob, "Who brings");
});

await check("↑ corrects the last message, for both", async () => {
  await ann.focus("#composer");
  await ann.keyboard.press("ArrowUp");
  await ann.waitForSelector('.beside:has-text("Editing")');
  equal(await ann.inputValue("#composer"), "I do, with **plums**", "the composer");
  // In one task, as by quick fingers: the caret is behind the text at once.
  await ann.keyboard.type(" and cream");
  await ann.keyboard.press("Enter");
  for (const page of [ann, bob]) {
    await sees(page, "I do, with plums and cream");
    await row(page, "and cream").locator(".edited").waitFor();
  }
  // Who wrote it sees what it said before; who only reads it does not.
  await row(ann, "and cream").locator("button.edited").click();
  await ann.waitForSelector('dialog li:has-text("said")');
  equal(await ann.locator("dialog .fact-row").count(), 2, "texts");
  await ann.keyboard.press("Escape");
  equal(await row(bob, "and cream").locator("button.edited").count(), 0, "a way to the earlier text");
  await ann.focus("#composer");
  equal(await ann.inputValue("#composer"), "", "the composer");
});

await check("↑ right after sending doesn't take an older message", async () => {
  await ann.fill("#composer", "on its way");
  // Enter, a drawn page, and ↑, all before the server's answer can be heard.
  const begun = await ann.evaluate(async () => {
    const field = document.getElementById("composer");
    const press = (key) => field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    press("Enter");
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    if (field.value !== "") throw new Error("the composer is not empty");
    press("ArrowUp");
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    return document.querySelector(".beside") !== null || field.value !== "";
  });
  equal(begun, false, "a correction was begun");
  for (const page of [ann, bob]) await sees(page, "on its way");
});

await check("the focus stays on a message while the server takes it", async () => {
  await ann.fill("#composer", "under the eyes");
  await ann.evaluate(sendAndFocus);
  await until(ann, () => document.querySelector(".is-waiting") === null);
  await onMessage(ann, "under the eyes");
});

await check("e corrects a message; a draft waits meanwhile", async () => {
  await ann.fill("#composer", "");
  await focusOn(ann, "and cream");
  await ann.fill("#composer", "half a thought");
  await row(ann, "and cream").focus();
  await ann.keyboard.press("e");
  await until(ann, () => document.getElementById("composer").value.includes("plums"));
  await ann.keyboard.press("Escape");
  await until(ann, () => document.getElementById("composer").value === "half a thought");
  await ann.fill("#composer", "");
});

await check("what others wrote can't be corrected, and the page says so", async () => {
  await focusOn(ann, "Who brings");
  await ann.keyboard.press("e");
  await ann.waitForSelector('.notice:has-text("Only your own")');
});

await check("Del deletes, but first it can be undone", async () => {
  await say(bob, "A slip of the tongue");
  await sees(ann, "A slip of the tongue");
  await focusOn(bob, "A slip");
  await bob.keyboard.press("Delete");
  await row(bob, "A slip").locator(':text("Will be deleted")').waitFor();
  await bob.keyboard.press("u");
  await until(bob, () => document.querySelector(".is-going") === null);
  await sees(ann, "A slip of the tongue");
});

await check("pressed twice it is gone at once, for both, and stays so", async () => {
  await focusOn(bob, "A slip");
  await bob.keyboard.press("Delete");
  await bob.keyboard.press("Delete");
  for (const page of [ann, bob]) {
    await page.locator(".is-redacted").waitFor();
    equal(await page.locator(SENT).filter({ hasText: "A slip" }).count(), 0, "the text");
  }
  await ann.reload();
  await arrived(ann);
  await ann.locator(".is-redacted").waitFor();
});

await check("whoever leads the room may delete what others wrote", async () => {
  await say(bob, "Something rude");
  await sees(ann, "Something rude");
  await focusOn(ann, "Something rude");
  await ann.keyboard.press("Delete");
  await ann.keyboard.press("Delete");
  await bob.locator('.is-redacted:has-text("by ann")').waitFor();
});

await check("a text runs the way its letters do", async () => {
  const runs = (text) => row(ann, text).locator(".text").evaluate((shown) => {
    const letters = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT).nextNode();
    const [first, last] = [0, letters.length - 1].map((at) => {
      const range = new Range();
      range.setStart(letters, at);
      range.setEnd(letters, at + 1);
      return range.getBoundingClientRect().x;
    });
    return first < last ? "right" : "left";
  });
  for (const text of ["שלום, this is mixed!", "And this, שלום, is too!"]) {
    await say(bob, text);
    await sees(ann, text);
  }
  equal([await runs("שלום, this"), await runs("And this")], ["left", "right"], "where they run");
});

await check("typing shows, and ends with the message", async () => {
  await bob.focus("#composer");
  await bob.keyboard.type("I am thinking");
  // Of what is typed only one sign of life in a few seconds is passed on, so it goes on.
  const shown = ann.waitForSelector('.typing:has-text("bob is writing")').then(() => true);
  const typing = (async () => {
    while (!(await Promise.race([shown, bob.keyboard.type(".").then(() => false)])));
  })();
  await shown;
  await typing;
  await bob.keyboard.press("Enter");
  await sees(ann, "I am thinking");
  await ann.waitForSelector(".typing", { state: "detached" });
});

await check("whoever doesn't share typing isn't seen writing, and sees nobody", async () => {
  await bob.evaluate(() => localStorage.setItem("parlor.typing", "false"));
  await bob.reload();
  await arrived(bob);
  await bob.focus("#composer");
  await bob.keyboard.type("secretly");
  await ann.focus("#composer");
  await ann.keyboard.type("openly");
  await bob.keyboard.press("Enter");
  await ann.keyboard.press("Enter");
  await sees(ann, "secretly");
  await sees(bob, "openly");
  equal(await ann.locator(".typing").count() + await bob.locator(".typing").count(), 0, "people who are writing");
});

const second = await newPage();

await check("a second device of the same account shows the same", async () => {
  await signIn(second, "ann");
  await open(second, "#lobby");
  await sees(second, "openly");
  await row(second, "Who brings").locator('.reaction.is-mine:has-text("🎉")').waitFor();
});

await check("reactions, corrections and deletions of one device are on the other", async () => {
  await row(second, "openly").hover();
  await row(second, "openly").locator('[aria-label^="React with"]').first().click();
  await row(ann, "openly").locator(".reaction.is-mine").waitFor();
  await ann.focus("#composer");
  await ann.keyboard.press("ArrowUp");
  await until(ann, () => document.getElementById("composer").value === "openly");
  await ann.keyboard.type(" now");
  await ann.keyboard.press("Enter");
  await sees(second, "openly now");
});

await check("the focus stays on one's own message when another's comes in the same drawing", async () => {
  const third = await newPage();
  // What the server says can be held back here, and is heard in one task then.
  await third.addInitScript(() => {
    const Native = WebSocket;
    window.held = null;
    window.WebSocket = class extends Native {
      set onmessage(hear) {
        window.hear = hear;
        super.onmessage = hear && ((event) => (window.held === null ? hear(event) : window.held.push(event)));
      }
    };
  });
  await signIn(third, "ann");
  await open(third, "#lobby");
  await sees(third, "openly now");
  await third.fill("#composer", "mine of two");
  await third.evaluate(() => (window.held = []));
  await third.evaluate(sendAndFocus);
  await sees(bob, "mine of two");
  await say(bob, "theirs of two");
  await until(third, () => window.held.some(({ data }) => data.includes("theirs of two")));
  await third.evaluate(() => {
    const all = window.held;
    window.held = null;
    // After a first frame the page draws what comes in the next moment at once.
    window.hear({ data: '{"t":"nothing"}' });
    for (const event of all) window.hear(event);
  });
  await sees(third, "theirs of two");
  await onMessage(third, "mine of two");
  await third.context().close();
});

await check("what was seen is read, however quickly one goes elsewhere", async () => {
  await enter(ann, "cellar");
  await open(second, "#cellar");
  await open(ann, "#lobby");
  await until(ann, () => document.querySelector(".list-pane .badge") === null);
  await say(bob, "Seen in passing");
  // In the same task in which it is drawn, the reader goes to the room before this one.
  await ann.evaluate(() => new Promise((gone) => {
    const leave = () => {
      if (!document.querySelector(".rows").textContent.includes("Seen in passing")) return;
      seen.disconnect();
      dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", altKey: true, cancelable: true }));
      gone();
    };
    const seen = new MutationObserver(leave);
    seen.observe(document.querySelector(".rows"), { childList: true, subtree: true });
    leave();
  }));
  await ann.waitForSelector('#conversation-title:text-is("cellar")');
  // What is said after it is carried out after it.
  await say(ann, "down here");
  await sees(ann, "down here");
  await ann.reload();
  await arrived(ann);
  equal(await ann.locator('.entry:has-text("lobby") .badge').count(), 0, "unread messages");
});

await check("what is read on one device is read on the other", async () => {
  await enter(ann, "attic");
  await open(second, "#attic");
  await say(bob, "Only in the lobby");
  for (const page of [ann, second]) await page.waitForSelector('.entry:has-text("lobby") .badge:has-text("1")');
  await open(ann, "#lobby");
  await second.waitForSelector('.entry:has-text("lobby") .badge', { state: "detached" });
});

await check("Markdown is drawn, never made of a string", async () => {
  await say(ann, "> a quote\n- one\n- **two** ~~three~~\n||hidden|| `code` [words](https://example.org/x)");
  const last = row(bob, "a quote");
  await last.locator("blockquote").waitFor();
  equal(await last.locator("li").count(), 2, "items of the list");
  equal(await last.locator("a").getAttribute("href"), "https://example.org/x", "the link");
  await last.locator("button.spoiler").click();
  await last.locator('.spoiler.is-shown:has-text("hidden")').waitFor();
});

await check("emoji by name: completed, and replaced when the name is closed", async () => {
  await ann.focus("#composer");
  await ann.keyboard.type("look :rocke");
  await ann.waitForSelector('#choices [aria-selected="true"]:has-text("🚀")');
  await ann.keyboard.press("Tab");
  await ann.keyboard.type("and :tada:");
  await until(ann, () => document.getElementById("composer").value === "look 🚀 and 🎉");
  await ann.keyboard.press("Enter");
  await sees(bob, "look 🚀 and 🎉");
});

await finish();
