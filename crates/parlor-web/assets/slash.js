//! What is typed into the composer: a message, or a command that begins with a slash. Pure.

/** Every command, for `/help`, for completion and for parsing: name, arguments, what it does. */
export const COMMANDS = [
  { name: "me", takes: "action", does: "Says what you do: /me waves" },
  { name: "msg", takes: "nick text", does: "Writes a private message" },
  { name: "join", takes: "#room", does: "Joins a room, or makes a new one" },
  { name: "part", takes: "[reason]", does: "Leaves this room" },
  { name: "topic", takes: "[text]", does: "Sets the topic of this room" },
  { name: "nick", takes: "name", does: "Changes your nick" },
  { name: "away", takes: "[text]", does: "Marks you away; without a text, back" },
  { name: "invite", takes: "[nick]", does: "Invites somebody to this room, or makes an invitation link" },
  { name: "kick", takes: "nick [reason]", does: "Removes somebody from this room" },
  { name: "ban", takes: "nick [time] [reason]", does: "Keeps somebody out of this room: /ban nick 2h reason" },
  { name: "search", takes: "words", does: "Searches messages: from:ann in:garden has:link" },
  { name: "who", takes: "", does: "Shows who is here" },
  { name: "list", takes: "", does: "Shows all rooms" },
  { name: "help", takes: "", does: "Shows commands and keys" },
];

/**
 * Parses what was typed: `{ do: "post", kind, text }`, `{ do: <command>, … }`, or
 * `{ do: "refuse", why }`. Two slashes say a text that begins with one.
 */
export function parse(input) {
  const text = input.replace(/\s+$/, "");
  if (text.trim() === "") return { do: "nothing" };
  if (text.startsWith("//")) return { do: "post", kind: "text", text: text.slice(1) };
  // A path such as `/etc/hosts` or a lone slash is a message, not a command.
  const match = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i.exec(text);
  if (match === null) return { do: "post", kind: "text", text };
  const name = match[1].toLowerCase();
  const rest = (match[2] ?? "").trim();
  const known = PARSERS[name];
  if (known === undefined) {
    return { do: "refuse", why: `There is no command /${name}. Type /help to see what there is.` };
  }
  return known(rest);
}

/** The commands whose names begin with what was typed so far. */
export function completions(input) {
  const match = /^\/([a-z]*)$/i.exec(input);
  if (match === null) return [];
  return COMMANDS.filter((command) => command.name.startsWith(match[1].toLowerCase()));
}

/** A room's name as typed becomes one: a leading `#`, no spaces. */
export function roomName(typed) {
  const bare = typed.trim().replace(/^#+/, "").replace(/\s+/g, "-").replace(/,/g, "");
  return bare === "" ? null : `#${bare}`;
}

const PARSERS = {
  me: (rest) => (rest === "" ? usage("me") : { do: "post", kind: "action", text: rest }),
  msg(rest) {
    const [nick, text] = firstWord(rest);
    return nick === "" ? usage("msg") : { do: "msg", nick: nick.replace(/^@/, ""), text };
  },
  join(rest) {
    const name = roomName(rest);
    return name === null ? usage("join") : { do: "join", name };
  },
  part: (rest) => ({ do: "part", reason: rest }),
  topic: (rest) => ({ do: "topic", subject: rest }),
  nick: (rest) => (rest === "" || /\s/.test(rest) ? usage("nick") : { do: "nick", nick: rest }),
  away: (rest) => ({ do: "away", text: rest === "" ? null : rest }),
  invite: (rest) => ({ do: "invite", nick: firstWord(rest)[0].replace(/^@/, "") }),
  kick(rest) {
    const [nick, reason] = firstWord(rest);
    return nick === "" ? usage("kick") : { do: "kick", nick: nick.replace(/^@/, ""), reason };
  },
  ban(rest) {
    const [nick, more] = firstWord(rest);
    if (nick === "") return usage("ban");
    const [first, behind] = firstWord(more);
    const seconds = secondsOf(first);
    return { do: "ban", nick: nick.replace(/^@/, ""), seconds, reason: seconds === null ? more : behind };
  },
  search: (rest) => ({ do: "search", query: rest }),
  who: () => ({ do: "who" }),
  list: () => ({ do: "list" }),
  help: () => ({ do: "help" }),
};

const UNITS = { m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** A time such as `30m`, `2h`, `7d` in seconds, or null when it is none. */
export function secondsOf(word) {
  const match = /^(\d{1,4})([mhdw])$/i.exec(word);
  return match === null ? null : Number(match[1]) * UNITS[match[2].toLowerCase()];
}

function usage(name) {
  const command = COMMANDS.find((one) => one.name === name);
  return { do: "refuse", why: `Use it like this: /${name} ${command.takes}` };
}

function firstWord(text) {
  const match = /^(\S*)\s*([\s\S]*)$/.exec(text);
  return [match[1], match[2]];
}
