//! Messages that were typed and aren't acknowledged yet, kept so that none is lost.
//!
//! Each entry has a key of its own making; the server accepts one key once, so sending again after
//! a broken connection is safe. Entries stand in the browser's storage, one item each, under the
//! account's name: a reloaded page, or another tab, finds them. Pure but for the storage given.

/** The server remembers keys for a day; what is older is not sent again by itself. */
export const KEY_KEPT_MS = 20 * 3_600_000;
const ENTRIES_MAX = 200;

export class Outbox {
  #storage;
  #prefix;
  #entries = [];
  #became = new Map();

  /** Opens the outbox of an account; `storage` is like `localStorage`, or null for none. */
  constructor(storage, account, now) {
    this.#storage = storage;
    this.#prefix = `parlor.outbox.${account}.`;
    this.#load(now);
  }

  /** All entries, oldest first; a new array after each change. */
  get entries() {
    return this.#entries;
  }

  /** Whether another message may be typed: an outbox without a bound would hide a dead server. */
  get full() {
    return this.#entries.length >= ENTRIES_MAX;
  }

  /** Adds a message for a conversation; gives the entry. */
  add({ key, conversation, target, kind, text, at, reply, files }) {
    const entry = { key, conversation, target, kind, text, at, reply, files, state: "queued", error: null };
    this.#entries = [...this.#entries, entry];
    this.#keep(entry);
    return entry;
  }

  /** The next entry to send to each conversation: one at a time, so that order is kept. */
  next() {
    const seen = new Set();
    return this.#entries.filter((entry) => {
      if (entry.state === "failed" || seen.has(entry.conversation)) return false;
      seen.add(entry.conversation);
      return entry.state === "queued";
    });
  }

  /** The entry is on its way. */
  sending(key) {
    this.#change(key, { state: "sending", error: null });
  }

  /** The message was seen in its room before its answer came: it need not be shown twice. */
  seen(key, msgid) {
    this.#change(key, { msgid });
    this.#note(key, msgid);
  }

  /** Acknowledged: the message is the server's now. */
  done(key, msgid) {
    this.discard(key);
    this.#note(key, msgid);
  }

  /** The member doesn't want to send it any more. */
  discard(key) {
    this.#entries = this.#entries.filter((entry) => entry.key !== key);
    this.#forget(key);
  }

  /** The id of the message that an entry has become, as long as it is among the newest. */
  became(key) {
    return this.#became.get(key);
  }

  /** The connection broke: what was on its way is sent again with the same key. */
  interrupted() {
    this.#entries = this.#entries.map((entry) =>
      entry.state === "sending" ? { ...entry, state: "queued" } : entry,
    );
  }

  /** The server said no, and why; nothing is sent until the member decides. */
  failed(key, error) {
    this.#change(key, { state: "failed", error, msgid: undefined });
  }

  /** Tries again, under a new key: the old one may have been forgotten by the server. */
  retry(key, newKey) {
    const entry = this.#entries.find((one) => one.key === key);
    if (entry === undefined) return;
    this.#forget(key);
    this.#change(key, { key: newKey, state: "queued", error: null });
    this.#keep(this.#entries.find((one) => one.key === newKey));
  }

  /** Another tab delivered it. */
  forgotten(storageKey) {
    if (!storageKey?.startsWith(this.#prefix)) return false;
    const key = storageKey.slice(this.#prefix.length);
    this.#entries = this.#entries.filter((entry) => entry.key !== key);
    return true;
  }

  #note(key, msgid) {
    this.#became.set(key, msgid);
    if (this.#became.size > ENTRIES_MAX) this.#became.delete(this.#became.keys().next().value);
  }

  #change(key, change) {
    this.#entries = this.#entries.map((entry) => (entry.key === key ? { ...entry, ...change } : entry));
  }

  #load(now) {
    const found = [];
    for (let index = 0; index < (this.#storage?.length ?? 0); index += 1) {
      const name = this.#storage.key(index);
      if (!name.startsWith(this.#prefix)) continue;
      const entry = parsed(this.#storage.getItem(name));
      if (entry !== null) found.push(entry);
    }
    found.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
    this.#entries = found.map((entry) =>
      now - entry.at > KEY_KEPT_MS
        ? { ...entry, state: "failed", error: "This message is from an earlier day." }
        : { ...entry, state: "queued", error: null },
    );
  }

  #keep(entry) {
    try {
      const { key, conversation, target, kind, text, at, reply, files } = entry;
      const kept = JSON.stringify({ key, conversation, target, kind, text, at, reply, files });
      this.#storage?.setItem(this.#prefix + key, kept);
    } catch {
      // A full or forbidden storage costs only the safety net; the message itself is in memory.
    }
  }

  #forget(key) {
    try {
      this.#storage?.removeItem(this.#prefix + key);
    } catch {
      // As above.
    }
  }
}

function parsed(text) {
  try {
    const entry = JSON.parse(text);
    const whole = typeof entry.key === "string" && typeof entry.text === "string";
    return whole && typeof entry.conversation === "string" && entry.target ? entry : null;
  } catch {
    return null;
  }
}
