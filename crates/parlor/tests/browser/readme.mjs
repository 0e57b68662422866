//! The picture in the README: a room on an ordinary morning, on a desk, in the light look. Run by
//! hand when the page looks different, against a server of its own with empty data:
//!
//!     node crates/parlor/tests/browser/readme.mjs URL SETUP-LINK

import { check, finish, invite, makeAccount, newPage, onMessage, open, say, sees, setupLink, settled } from "./browser.mjs";

const PATH = process.env.PARLOR_PICTURE ?? "docs/images/chat.png";

const people = {};
const everybody = () => Object.values(people);
const row = (page, text) => page.locator(".row-message").filter({ has: page.locator(".text", { hasText: text }) }).last();

/** Somebody says something, and everybody in the room has it. */
async function tell(nick, text, words = text) {
  await say(people[nick], text);
  for (const page of everybody()) await sees(page, words);
}

async function reply(nick, to, text) {
  await row(people[nick], to).focus();
  await onMessage(people[nick], to);
  await people[nick].keyboard.press("r");
  await people[nick].waitForSelector(".beside");
  await tell(nick, text, text.split(/[*`]/)[0]);
}

/** These people react to a message; for all it is there. */
async function react(emoji, text, nicks) {
  for (const nick of nicks) {
    await people[nick].evaluate(async ({ emoji, k, msgid }) => {
      await fetch("/api/v1/chat/react", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ k, msgid, emoji }) });
    }, { emoji, k: await room(), msgid: await row(people[nick], text).getAttribute("data-msgid") });
  }
  await row(people.mara, text).locator(`.reaction:has-text("${emoji}"):has-text("${nicks.length}")`).waitFor();
}

/** The number of the room that they are in. */
const room = () => people.mara.evaluate(async () => {
  const { rooms } = await (await fetch("/api/v1/rooms")).json();
  return rooms.find(({ name }) => name === "#garden").k;
});

/** In the page: draws a bed of tomatoes in the morning, and gives it to the composer. */
async function tomatoes() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 720, height: 400 });
  const pen = canvas.getContext("2d");
  const down = (from, to, ...colours) => {
    const fill = pen.createLinearGradient(0, from, 0, to);
    colours.forEach((colour, index) => fill.addColorStop(index / (colours.length - 1), colour));
    return fill;
  };
  pen.fillStyle = down(0, 260, "#8fbfe0", "#d9e8ea", "#f6e3c0");
  pen.fillRect(0, 0, 720, 400);
  pen.fillStyle = "#fff3cf";
  pen.beginPath();
  pen.arc(560, 110, 44, 0, 7);
  pen.fill();
  for (const [height, swing, colour] of [[190, 34, "#9db7a4"], [225, 26, "#7fa283"], [262, 16, "#5f8a62"]]) {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.moveTo(0, 400);
    for (let x = 0; x <= 720; x += 8) pen.lineTo(x, height + Math.sin(x / (60 + swing * 2) + height) * swing);
    pen.lineTo(720, 400);
    pen.fill();
  }
  pen.fillStyle = down(290, 400, "#6d4f38", "#4b3526");
  pen.fillRect(0, 300, 720, 100);
  for (let plant = 0; plant < 9; plant += 1) {
    const x = 50 + plant * 78;
    const top = 150 + (plant % 3) * 18;
    pen.strokeStyle = "#b08a5a";
    pen.lineWidth = 4;
    pen.beginPath();
    pen.moveTo(x, 330);
    pen.lineTo(x, top - 14);
    pen.stroke();
    for (let leaf = 0; leaf < 26; leaf += 1) {
      const [angle, y] = [leaf * 2.4, top + 10 + leaf * 6.4];
      pen.fillStyle = ["#2f6b3a", "#3f8148", "#55975a"][leaf % 3];
      pen.beginPath();
      pen.ellipse(x + Math.cos(angle) * 20, y, 17, 8, angle, 0, 7);
      pen.fill();
    }
    for (let fruit = 0; fruit < 7; fruit += 1) {
      const [fx, fy] = [x + Math.cos(fruit * 2.1 + plant) * 22, top + 34 + fruit * 20];
      pen.fillStyle = plant % 4 === 3 ? "#e8b53a" : fruit % 5 === 4 ? "#d98a3d" : "#c93a2b";
      pen.beginPath();
      pen.arc(fx, fy, 9, 0, 7);
      pen.fill();
      pen.fillStyle = "#ffffff66";
      pen.beginPath();
      pen.arc(fx - 3, fy - 3, 2.5, 0, 7);
      pen.fill();
    }
  }
  const blob = await new Promise((done) => canvas.toBlob(done, "image/webp", 0.9));
  const data = new DataTransfer();
  data.items.add(new File([blob], "tomatoes.webp", { type: blob.type }));
  document.getElementById("composer").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}

/** In the page: wears a small picture of hills in two colours. */
async function wear([sky, ground]) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 128, height: 128 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 128, 128);
  pen.fillStyle = "#ffffffcc";
  pen.beginPath();
  pen.arc(86, 42, 18, 0, 7);
  pen.fill();
  pen.fillStyle = ground;
  pen.beginPath();
  pen.moveTo(0, 128);
  for (let x = 0; x <= 128; x += 4) pen.lineTo(x, 84 + Math.sin(x / 18) * 14);
  pen.lineTo(128, 128);
  pen.fill();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const post = async (path, type, body) => (await fetch(path, { method: "POST", headers: { "content-type": type }, body })).json();
  const { id } = await post("/api/v1/files?name=me.png", "image/png", blob);
  await post("/api/v1/profile", "application/json", JSON.stringify({ avatar: id }));
}

await check("four people meet", async () => {
  people.mara = await newPage();
  await makeAccount(people.mara, setupLink, "mara");
  const link = await invite(people.mara);
  for (const nick of ["jonas", "lea", "tom"]) {
    people[nick] = await newPage();
    await makeAccount(people[nick], link, nick);
  }
  await people.lea.evaluate(wear, ["#e9a06a", "#4f7a5a"]);
  await people.tom.evaluate(wear, ["#7fb2d6", "#3d5f86"]);
  for (const name of ["recipes", "workshop", "garden"]) {
    for (const page of everybody()) {
      await say(page, `/join ${name}`);
      await page.waitForSelector(`#conversation-title:text-is("${name}")`);
    }
  }
  await say(people.mara, "/topic Saturdays from nine. Bring gloves, and something for the table.");
  await people.mara.waitForSelector('.head-topic:has-text("gloves")');
  // A page that comes now shows who is here, not who came in one by one.
  for (const page of everybody()) {
    await page.reload();
    await page.waitForSelector('.shell[data-link="online"]');
  }
});

await check("they talk about the garden", async () => {
  await tell("mara", "Good morning! Who has the key to the shed on Saturday?");
  await tell("jonas", "I do. Open at nine, and there will be coffee by half past.");
  await people.lea.evaluate(tomatoes);
  await people.lea.waitForSelector(".attachment:not(:has(progress)):not(.is-failed)");
  await tell("lea", "The long bed, half an hour ago 🍅");
  await react("❤️", "The long bed", ["mara", "jonas", "tom"]);
  await react("🎉", "The long bed", ["jonas", "tom"]);
  await reply("tom", "The long bed", "Look at that. Are the yellow ones the plants from **Anna**?");
  await reply("lea", "the yellow ones", "Yes, three of them. What I did with each is written down at https://example.org/garden");
  await tell("jonas", "For Saturday we still need\n- two bags of compost\n- string\n- a wheelbarrow", "two bags of compost");
  await reply("mara", "For Saturday", "The wheelbarrow is mine. See you all at nine!");
  await react("👍", "See you all", ["jonas", "lea"]);
});

await check("things happen elsewhere, too", async () => {
  await open(people.tom, "#recipes");
  for (const text of ["mara, the plum cake from last week?", "With the oven at 180 it takes an hour."]) {
    await say(people.tom, text);
    await sees(people.tom, text);
  }
  await say(people.jonas, "/msg mara Can you bring the big ladder?");
  await people.mara.waitForSelector('.entry:has-text("jonas") .badge');
  await people.mara.waitForSelector('.entry:has-text("recipes") .badge-call');
});

await check("and a picture of it is taken", async () => {
  await people.mara.waitForFunction(() => [...document.images].every((one) => one.complete));
  await people.mara.waitForSelector('.members-pane .entry:has-text("tom")');
  await settled(people.mara);
  await people.mara.screenshot({ path: PATH });
});

await finish();
