//! What the log says of a deed, in a sentence that goes on after the name of who did it. Pure.

const SAID = {
  kick: (whom) => `removed ${whom}`,
  ban: (whom) => `banned ${whom}`,
  unban: (whom) => `lifted the ban on ${whom}`,
  mute: (whom) => `muted ${whom}`,
  unmute: (whom) => `lifted the mute of ${whom}`,
  role: (change) => `changed the role of ${change}`,
  rename: (names) => `renamed the room from ${names}`,
  report: (msgid) => `reported the message ${msgid}`,
  invitation: (terms) => `made an invitation for ${terms}`,
  lock: () => "locked the room",
  unlock: () => "unlocked the room",
  slow: (pause) => (pause === "0 s" ? "switched slow mode off" : `set slow mode to one message every ${pause}`),
  retention: (keep) => (keep === "nothing" ? "set messages not to be kept" : `set messages to be kept ${keep === "forever" ? "for ever" : `for ${keep}`}`),
  description: () => "changed what the room is for",
  invited_only: (on) => (on === "on" ? "let only invited people in" : "let everybody in"),
  moderated: (on) => (on === "on" ? "let only people with a voice write" : "let everybody write"),
  subject_locked: (on) => (on === "on" ? "let only moderators set the topic" : "let everybody set the topic"),
  "account.add": (name) => `added the account ${name}`,
  "account.remove": (name) => `removed the account ${name}`,
  password: (name) => `set the password of ${name}`,
};

/** `{ what, about }` of an entry; what a newer server does is told in its own words. */
export const deedText = ({ what, about }) => SAID[what]?.(about ?? "") ?? [what.replace(/[._]/g, " "), about].filter(Boolean).join(" ");
