//! Frames on the wire: ids that are too large for a number, and sockets that are closing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Live, parsed, written } from "../assets/live.js";

const GUEST = "4611686018427387905";

test("the ids of guests survive both ways", () => {
  const frame = parsed(`{"t":"presence.left","p":{"person":${GUEST},"nick":"g"}}`);
  assert.equal(frame.p.person, GUEST);
  assert.equal(written({ t: "chat.post", id: 1, p: frame.p }), `{"t":"chat.post","id":1,"p":{"person":${GUEST},"nick":"g"}}`);
  assert.equal(parsed('{"p":{"person":7}}').p.person, 7);
});

test("a text that looks like an id is left alone", () => {
  const text = `{"person":${GUEST}} {"person":"${GUEST}"}`;
  assert.equal(parsed(JSON.stringify({ t: "x", p: { text } })).p.text, text);
  assert.equal(JSON.parse(written({ t: "x", p: { text } })).p.text, text);
});

test("what is no JSON is no frame", () => assert.equal(parsed("{"), null));

/** A socket that does what it is told and notes what it was given. */
class Socket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static last = null;
  readyState = Socket.CONNECTING;
  sent = [];

  constructor() {
    Socket.last = this;
  }

  send(text) {
    assert.equal(this.readyState, Socket.OPEN, "nothing is given to a socket that is not open");
    this.sent.push(JSON.parse(text));
  }

  close() {}
}

/** A connection that has said hello, with the socket that it has. */
function greeted(context) {
  const browser = {
    WebSocket: Socket,
    navigator: { onLine: true },
    document: { addEventListener() {}, visibilityState: "visible" },
    addEventListener() {},
  };
  for (const [name, value] of Object.entries(browser)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    context.after(() => {
      if (before === undefined) delete globalThis[name];
      else Object.defineProperty(globalThis, name, before);
    });
  }
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const nothing = () => {};
  const options = { url: "/live", hello: () => ({}), onWelcome: nothing, onFrames: nothing };
  const live = new Live({ ...options, onPhase: nothing, isSignedIn: async () => true });
  live.start();
  const socket = Socket.last;
  socket.readyState = Socket.OPEN;
  socket.onopen();
  const [hello] = socket.sent;
  socket.onmessage({ data: JSON.stringify({ t: "ok", re: hello.id, p: {} }) });
  return { live, socket };
}

test("a command on a closing socket fails at once and is not given to it", async (context) => {
  const { live, socket } = greeted(context);
  const kept = live.command("chat.read", { k: 1, n: 1 });
  kept.catch(() => {});
  assert.equal(socket.sent.at(-1).t, "chat.read");
  socket.readyState = Socket.CLOSING;
  await assert.rejects(live.command("chat.read", { k: 1, n: 2 }), { code: "disconnected" });
  assert.equal(socket.sent.length, 2);
});

test("what is asked while too much is asked already is to be asked later, and is no lost connection", async (context) => {
  const { live, socket } = greeted(context);
  const asked = [];
  while (asked.length < 256) asked.push(live.command("chat.read", { k: 1, n: asked.length }));
  await assert.rejects(live.command("chat.read", { k: 1, n: 256 }), { code: "busy" });
  const { id } = socket.sent.at(-1);
  socket.onmessage({ data: JSON.stringify({ t: "ok", re: id, p: {} }) });
  context.mock.timers.tick(16);
  await asked.at(-1);
  live.command("chat.read", { k: 1, n: 257 });
  assert.deepEqual(socket.sent.at(-1).p, { k: 1, n: 257 });
});
