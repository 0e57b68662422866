//! Pictures: dropped, pasted and chosen; shown to the room, large, and to nobody else.

import {
  accessibilityProblems, check, closed, command, enter, equal, finish, invite, makeAccount, newPage, open, settled, setupLink, until,
  url, whileBroken,
} from "./browser.mjs";
import { hand, png, uploaded } from "./pictures.mjs";

const cat = { name: "cat.png", mimeType: "image/png", buffer: png(800, 400, [200, 120, 40]) };
const dog = { name: "dog.png", mimeType: "image/png", buffer: png(120, 120, [40, 120, 200]) };
const note = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("only words") };

const ann = await newPage();
const bob = await newPage();

await check("two people are in a room, a third is not", async () => {
  await makeAccount(ann, setupLink, "ann");
  await makeAccount(bob, await invite(ann), "bob");
  await enter(ann, "garden");
  await enter(bob, "garden");
});

await check("what hovers over the conversation is asked for, until it is dropped or leaves", async () => {
  await hand(ann, "dragover", cat);
  await ann.waitForSelector(".drop");
  await hand(ann, "dragleave", cat);
  await hand(ann, "drop", cat);
  await ann.waitForSelector(".drop", { state: "detached" });
  await uploaded(ann, "cat.png");
});

await check("a picture that was dropped goes with the words, and the other sees it", async () => {
  await ann.fill("#composer", "Look at **this**");
  await ann.press("#composer", "Enter");
  await ann.waitForSelector(".attachments", { state: "detached" });
  const picture = bob.locator('.row-message:has-text("Look at this") .file-image img');
  await picture.waitFor();
  equal(await picture.getAttribute("alt"), "cat.png", "its name");
  await until(bob, () => document.querySelector(".file-image img")?.naturalWidth === 800);
  equal([await picture.getAttribute("width"), await picture.getAttribute("height")], ["360", "180"], "its size on the page");
});

await check("two pictures without words: one pasted, one chosen", async () => {
  await hand(ann, "paste", dog);
  await uploaded(ann, "dog.png");
  await ann.setInputFiles('.attach input[type="file"]', cat);
  await uploaded(ann, "cat.png");
  await ann.press("#composer", "Enter");
  await until(bob, () => document.querySelectorAll(".file-image img").length === 3);
});

await check("a picture can be taken away before it is sent", async () => {
  await hand(ann, "paste", dog);
  await uploaded(ann, "dog.png");
  await ann.click('[aria-label="Take dog.png away"]');
  await ann.waitForSelector(".attachments", { state: "detached" });
});

await check("what is no picture is refused in words", async () => {
  await hand(ann, "drop", note);
  await ann.waitForSelector('.notice:has-text("note.txt is no picture")');
  await whileBroken(async () => {
    await hand(ann, "paste", { ...note, name: "liar.png", mimeType: "image/png" });
    await ann.waitForSelector(".attachment.is-failed .attachment-problem:not(:empty)");
  });
  await ann.click('[aria-label="Take liar.png away"]');
});

await check("by keys a picture is large, the next is an arrow away, and Esc gives the focus back", async () => {
  const dogs = bob.locator('.file-image:has(img[alt="dog.png"])');
  await dogs.focus();
  await bob.keyboard.press("Enter");
  await bob.waitForSelector('.lightbox-image[alt="dog.png"]');
  await bob.keyboard.press("ArrowRight");
  await bob.waitForSelector('.lightbox-image[alt="cat.png"]');
  await bob.keyboard.press("Escape");
  await closed(bob);
  await until(bob, () => document.activeElement.matches('.file-image:has(img[alt="dog.png"])'));
});

const face = '.row-message:has-text("Look at this") .picture img';
const worn = (page) => until(page, () => document.querySelector(".row-message .picture img")?.naturalWidth === 256);

async function profile(page) {
  await command(page, "settings");
  await page.click('[role=tab]:text-is("Profile")');
  await page.waitForSelector("#display");
}

await check("a picture of oneself is made small, and others see it at once, and on coming back", async () => {
  await profile(ann);
  await ann.setInputFiles("#avatar", cat);
  await until(ann, () => document.querySelector("dialog .picture-large img")?.naturalWidth === 256);
  await worn(bob);
  await bob.reload();
  await worn(bob);
});

await check("with a name in clear words and some about oneself", async () => {
  await ann.fill("#display", "a\u202eb");
  await whileBroken(async () => {
    await ann.click('dialog button:text-is("Save")');
    await ann.waitForSelector("form:has(#display) .problem-line:not(:empty)");
  });
  await ann.fill("#display", "Ann Example");
  await ann.fill("#about", "Two lines\nof words");
  await ann.fill("#homepage", "javascript:alert(1)");
  await whileBroken(async () => {
    await ann.click('dialog button:text-is("Save")');
    await ann.waitForSelector('form:has(#display) .problem-line:has-text("https://")');
  });
  await ann.fill("#homepage", "https://ann.example/");
  await ann.fill("#pronouns", "she/her");
  await ann.fill("#status", "On a train");
  await ann.fill("#color", "3366CC");
  await ann.click('dialog button:text-is("Save")');
  await ann.waitForSelector('.notice:has-text("Your profile is saved")');
  await settled(ann);
  equal(await accessibilityProblems(ann), [], "what axe finds");
  await bob.click('.row-message:has-text("Look at this") .author');
  await bob.waitForSelector('dialog .profile-name:has-text("Ann Example")');
  await bob.waitForSelector('dialog .profile-about:has-text("of words")');
  await bob.waitForSelector('dialog .profile-name:has-text("she/her")');
  await bob.waitForSelector('dialog .profile-status:has-text("On a train")');
  await bob.waitForSelector('dialog a[href="https://ann.example/"][rel~="noopener"]');
  await bob.waitForSelector('dialog .swatch[aria-label="Color #3366cc"]');
  const shown = await bob.evaluate(() => getComputedStyle(document.querySelector("dialog .swatch")).backgroundColor);
  equal(shown, "rgb(51, 102, 204)", "the color");
  await settled(bob);
  equal(await accessibilityProblems(bob), [], "what axe finds");
  await bob.keyboard.press("Escape");
  await closed(bob);
});

await check("and taken away again", async () => {
  await ann.click('dialog button:text-is("Remove the picture")');
  await bob.waitForSelector(face, { state: "detached" });
  await ann.keyboard.press("Escape");
  await closed(ann);
});

await check("who isn't in the room gets nothing, by whatever address", async () => {
  const address = await bob.locator(".file-image img").first().getAttribute("src");
  await open(bob, "#lobby");
  const inside = await bob.evaluate((path) => fetch(path).then((answer) => answer.status), address);
  equal(inside, 200, "the answer to a member");
  equal((await fetch(url + address)).status === 200, false, "an answer to a stranger");
});

await finish();
