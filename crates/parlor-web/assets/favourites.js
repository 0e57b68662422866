//! The emoji that the reader likes: used lately, in a tone of skin.

import { keep, kept } from "./kept.js";

const RECENT_MAX = 24;
const FIRST = ["👍", "❤️", "😂", "🎉", "👀", "🙏"];

/** An emoji in a tone of skin, 1 (light) to 5 (dark); 0 leaves it as it is. */
export function toned(emoji, tone) {
  const [first, ...rest] = [...emoji];
  if (tone === 0 || !/\p{Emoji_Modifier_Base}/u.test(first)) return emoji;
  return first + String.fromCodePoint(0x1f3fa + tone) + rest.join("").replace(/^\ufe0f/, "");
}

export const tone = () => Number(kept("parlor.tone", "0")) || 0;
export const setTone = (chosen) => keep("parlor.tone", String(chosen));

/** What was used last, newest first; for a newcomer, what most people use. */
export function recent() {
  const used = kept("parlor.emoji", "").split(" ").filter(Boolean);
  return [...used, ...FIRST.filter((emoji) => !used.includes(emoji))].slice(0, RECENT_MAX);
}

export function use(emoji) {
  const used = kept("parlor.emoji", "").split(" ").filter((one) => one !== "" && one !== emoji);
  keep("parlor.emoji", [emoji, ...used].slice(0, RECENT_MAX).join(" "));
}
