//! The one WebSocket of the page: commands and their answers, events, and coming back by itself.
//!
//! A connection that breaks is made again, with growing pauses and a random part, so that a
//! thousand pages don't come back in one instant. A browser doesn't show a page the server's
//! WebSocket pings, so silence is answered by a ping of our own. Events and answers are handed over
//! in the order in which they came, several at a time when many come.

const PROTOCOL = "parlor.v1+json";
const PAUSE_MS_MIN = 400;
const PAUSE_MS_MAX = 15_000;
const RESTART_SPREAD_MS = 3_000;
const SILENCE_MS = 25_000;
const PROBE_MS = 5_000;
const FRAME_MS = 16;
const COMMANDS_MAX = 256;

export const NO_CONNECTION = "There is no connection just now.";

/** Why a command failed: `code` is the protocol's, or "disconnected". */
export class CommandError extends Error {
  constructor(code, message, retryAfterS) {
    super(message);
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

export class Live {
  #options;
  #socket = null;
  #phase = "connecting";
  #waiting = new Map();
  #nextId = 1;
  #attempts = 0;
  #timer = null;
  #silence = null;
  #queue = [];
  #flushing = null;
  #flushedAt = 0;

  /**
   * `options`: `url`, `hello()` gives the parameters of the first command, `onWelcome(answer)`,
   * `onFrames(events)`, `onPhase({ phase, reason, retryAt })`, `isSignedIn()` asks over HTTP.
   * Phases: connecting, online, waiting, offline, signed-out.
   */
  constructor(options) {
    this.#options = options;
  }

  start() {
    addEventListener("online", () => this.probe());
    addEventListener("offline", () => this.#show("offline"));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.probe();
    });
    this.#connect();
  }

  /** Sends a command; the promise has its answer, or fails with a `CommandError`. */
  command(t, p = {}) {
    if (this.#phase !== "online") return Promise.reject(disconnected());
    return this.#send(t, p);
  }

  /** Is anybody there? Called when the page is seen again or the network is back. */
  probe() {
    if (this.#phase === "online") this.#ping();
    else if (this.#phase !== "signed-out") this.now();
  }

  /** Tries at once instead of at the end of the pause. */
  now() {
    if (this.#socket !== null && this.#socket.readyState === WebSocket.CONNECTING) return;
    this.#attempts = 0;
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#drop();
    if (this.#phase !== "offline" || navigator.onLine) this.#show("connecting");
    const socket = new WebSocket(this.#options.url, PROTOCOL);
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#heard();
      // The events that follow the answer need what it says, so it isn't left to a promise.
      this.#send("hello", this.#options.hello(), (answer) => this.#welcome(answer)).catch(() => {
        if (this.#socket === socket) socket.close();
      });
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#closed(event, opened);
    };
  }

  #welcome(answer) {
    this.#attempts = 0;
    this.#options.onWelcome(answer);
    this.#show("online");
  }

  #closed({ code }, opened) {
    this.#flush();
    this.#drop();
    if (code === 4010) return this.#show("signed-out");
    if (!opened) this.#checkSession();
    const reason = code === 4003 || code === 1012 ? "restart" : "lost";
    this.#pause(reason);
  }

  #pause(reason) {
    const grown = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 1.8 ** this.#attempts);
    const pause =
      reason === "restart" && this.#attempts === 0
        ? 200 + Math.random() * RESTART_SPREAD_MS
        : grown * (0.5 + Math.random());
    this.#attempts += 1;
    // The words "the server restarts" stay until it is back.
    const kept = this.#reason === "restart" ? "restart" : reason;
    this.#show(navigator.onLine ? "waiting" : "offline", kept, Date.now() + pause);
    this.#timer = setTimeout(() => this.#connect(), pause);
  }

  /** A refused handshake looks like a dead server; HTTP tells whether we are still signed in. */
  async #checkSession() {
    const signedIn = await this.#options.isSignedIn();
    if (signedIn !== false || this.#phase === "online") return;
    clearTimeout(this.#timer);
    this.#drop();
    this.#show("signed-out");
  }

  #drop() {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(disconnected());
  }

  #send(t, p, now = () => {}) {
    // A socket that closes is still ours until it says so; what it is given then is lost.
    const open = this.#socket?.readyState === WebSocket.OPEN;
    if (!open) return Promise.reject(disconnected());
    if (this.#waiting.size >= COMMANDS_MAX) return Promise.reject(new CommandError("busy", "That was too much at once. Try again in a moment."));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, now });
      this.#socket.send(written({ t, id, p }));
    });
  }

  #receive(data) {
    this.#heard();
    const frame = parsed(data);
    if (frame === null) return;
    this.#queue.push(frame);
    // One message is shown at once; a storm is shown once a frame.
    if (this.#flushing !== null) return;
    const since = performance.now() - this.#flushedAt;
    if (since > FRAME_MS) this.#flush();
    else this.#flushing = setTimeout(() => this.#flush(), FRAME_MS - since);
  }

  #flush() {
    clearTimeout(this.#flushing);
    this.#flushing = null;
    this.#flushedAt = performance.now();
    let events = [];
    const queue = this.#queue;
    this.#queue = [];
    for (const frame of queue) {
      if (frame.t !== "ok" && frame.t !== "err") {
        events.push(frame);
        continue;
      }
      if (events.length > 0) this.#options.onFrames(events);
      events = [];
      this.#answer(frame);
    }
    if (events.length > 0) this.#options.onFrames(events);
  }

  #answer(frame) {
    const waiting = this.#waiting.get(frame.re);
    if (waiting === undefined) return;
    this.#waiting.delete(frame.re);
    if (frame.t === "ok") {
      waiting.now(frame.p ?? {});
      waiting.resolve(frame.p ?? {});
    } else {
      const why = frame.msg ?? "That did not work.";
      waiting.reject(new CommandError(frame.code ?? "failed", why, frame.retry_after_s));
    }
  }

  #heard() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#ping(), SILENCE_MS);
  }

  #ping() {
    if (this.#phase !== "online") return;
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#silence = setTimeout(() => {
      if (this.#socket === socket) this.#closed({ code: 1006 }, true);
    }, PROBE_MS);
    this.#send("ping", {}).catch(() => {});
  }

  #reason = null;

  #show(phase, reason = null, retryAt = null) {
    this.#phase = phase;
    if (phase === "online") this.#reason = null;
    else if (reason !== null) this.#reason = reason;
    this.#options.onPhase({ phase, reason: this.#reason, retryAt });
  }
}

function disconnected() {
  return new CommandError("disconnected", NO_CONNECTION);
}

/**
 * A frame as an object, or null. The ids of guests are larger than the numbers that JavaScript can
 * tell apart, so they become strings here, and numbers again in `written`. Inside a text such a
 * pattern has escaped quotes and is left alone.
 */
export function parsed(data) {
  try {
    return JSON.parse(data.replace(/"person":(\d{16,})/g, '"person":"$1"'));
  } catch {
    return null;
  }
}

/** A command as the server reads it. */
export function written(command) {
  return JSON.stringify(command).replace(/"person":"(\d{16,})"/g, '"person":$1');
}
