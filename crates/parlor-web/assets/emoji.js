//! Emoji by name: the list (fetched when first wanted), search, groups.
//!
//! Names come from emojilib, in the order of the Unicode charts. People know some by shorter names
//! from elsewhere; those stand in `SHORT` and win.

/** Each group begins with this emoji and goes on to the next one's. */
const GROUPS = [
  ["Smileys", "😀"], ["People", "👋"], ["Nature", "🐵"], ["Food", "🍇"], ["Travel", "🌍"],
  ["Activities", "🎃"], ["Objects", "👓"], ["Symbols", "🏧"], ["Flags", "🏁"],
];

const SHORT = new Map(Object.entries({
  joy: "😂", rofl: "🤣", smile: "😄", grin: "😁", smiley: "😃", laughing: "😆", sweat_smile: "😅", blush: "😊",
  wink: "😉", heart_eyes: "😍", kissing_heart: "😘", thinking: "🤔", sunglasses: "😎", neutral_face: "😐",
  unamused: "😒", cry: "😢", sob: "😭", scream: "😱", rage: "😡", angry: "😠", sleeping: "😴", poop: "💩",
  skull: "💀", ghost: "👻", robot: "🤖", see_no_evil: "🙈", heart: "❤️", broken_heart: "💔", "100": "💯", "+1": "👍",
  thumbsup: "👍", "-1": "👎", thumbsdown: "👎", wave: "👋", ok_hand: "👌", clap: "👏", raised_hands: "🙌", pray: "🙏",
  muscle: "💪", point_up: "☝️", eyes: "👀", shrug: "🤷", facepalm: "🤦", tada: "🎉", fire: "🔥", sparkles: "✨",
  star: "⭐", zap: "⚡", rocket: "🚀", bulb: "💡", bug: "🐛", warning: "⚠️", white_check_mark: "✅", check: "✅",
  x: "❌", question: "❓", exclamation: "❗", coffee: "☕", beer: "🍺", cake: "🍰", birthday: "🎂", pizza: "🍕",
  gift: "🎁", memo: "📝", lock: "🔒", construction: "🚧", sun: "☀️", snowflake: "❄️", dog: "🐶", cat: "🐱",
}));

let loading = null;
let all = null;

/** Fetches the list; afterwards `search` and `named` know it. */
export function load() {
  loading ??= fetch(new URL("./vendor/emojilib.json", import.meta.url))
    .then((answer) => answer.json())
    .then((names) => (all = index(names)))
    .catch((error) => {
      loading = null;
      throw error;
    });
  return loading;
}

/** The list of emojilib as entries `{ emoji, name, words, group }`. */
export function index(names) {
  const shorts = new Map([...SHORT].map(([name, emoji]) => [emoji, name]).reverse());
  let group = -1;
  return Object.entries(names).map(([emoji, [name, ...words]]) => {
    if (GROUPS[group + 1]?.[1] === emoji) group += 1;
    return { emoji, name: shorts.get(emoji) ?? name, words: [name, ...words], group };
  });
}

/** The groups with their emoji: `[{ label, emoji: [entry] }]`; empty before the list is here. */
export function groups() {
  return GROUPS.map(([label], at) => ({ label, emoji: (all ?? []).filter((entry) => entry.group === at) }));
}

/** The entries that fit, best first; null while the list is on its way. */
export function search(typed, limit, entries = all) {
  if (entries === null) return null;
  const words = typed.toLowerCase().replaceAll(" ", "_").replace(/^:|:$/g, "");
  if (words === "") return [];
  return entries
    .map((entry) => ({ entry, rank: rank(entry, words) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, limit)
    .map(({ entry }) => entry);
}

/** The emoji of exactly this name, or null. */
export function named(name, entries = all) {
  const folded = name.toLowerCase();
  return SHORT.get(folded) ?? entries?.find((entry) => entry.words[0] === folded)?.emoji
    ?? entries?.find((entry) => entry.words.includes(folded))?.emoji ?? null;
}

function rank({ name, words }, typed) {
  if (name === typed) return 6;
  if (name.startsWith(typed)) return 5;
  if (words[0].startsWith(typed)) return 4;
  if (words.includes(typed)) return 3;
  if (words.some((word) => word.startsWith(typed))) return 2;
  return words[0].includes(typed) ? 1 : 0;
}
