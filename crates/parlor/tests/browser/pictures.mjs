//! Pictures for tests: made here, and given to a page as people give them.

import { deflateSync } from "node:zlib";

/** The check sum of a PNG's chunks. */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** A PNG of one colour. */
export function png(width, height, [red, green, blue]) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([red, green, blue]))]);
  const lines = Buffer.concat(Array(height).fill(line));
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(lines)), chunk("IEND", Buffer.alloc(0))]);
}

/** Gives a file to the page as a drop onto the conversation, or as a paste into the composer. */
export async function hand(page, kind, { name, mimeType, buffer }) {
  await page.evaluate(({ kind, name, mimeType, bytes }) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type: mimeType }));
    if (kind === "paste") {
      document.getElementById("composer").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      return;
    }
    for (const type of kind === "dragleave" ? [kind] : ["dragenter", "dragover", kind]) {
      document.querySelector(".conversation").dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  }, { kind, name, mimeType, bytes: [...buffer] });
}

/** Waits until a picture is with the server, ready to be sent. */
export const uploaded = (page, name) => page.waitForSelector(`.attachment:has-text("${name}"):not(:has(progress)):not(.is-failed)`);
