//! Profiles: what people say of themselves. Pictures are made small before they are sent.

import { command, me, state } from "../store.js";
import { pictured } from "../state/pages.js";

/** Somebody's profile: `{ person, display?, about?, avatar? }`, or null. */
export async function profileOf(nick) {
  const { people } = await command("people", { nick });
  state.value = pictured(state.value, people);
  return people[0] ?? null;
}

export const ownProfile = () => profileOf(me.value.nick);
export const setProfile = (change) => command("profile.set", change);

const SIDE = 256;

/** Sends a picture and wears it. */
export async function setAvatar(file) {
  const body = await square(file);
  const answer = await fetch("/api/v1/files?name=avatar", { method: "POST", headers: { "content-type": body.type }, body });
  const said = await answer.json().catch(() => null);
  if (!answer.ok || said === null) throw new Error(said?.message ?? "The picture could not be sent.");
  await setProfile({ avatar: said.id });
}

/** The middle of a picture, as a small square. */
async function square(file) {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error("This is no picture that can be shown here. PNG, JPEG, GIF and WebP can.");
  });
  const edge = Math.min(picture.width, picture.height);
  const side = Math.min(edge, SIDE);
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const [left, top] = [(picture.width - edge) / 2, (picture.height - edge) / 2];
  canvas.getContext("2d").drawImage(picture, left, top, edge, edge, 0, 0, side, side);
  picture.close();
  // A browser that can't write WebP writes PNG.
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error("The picture could not be made smaller.")) : resolve(blob)), "image/webp", 0.9);
  });
}
