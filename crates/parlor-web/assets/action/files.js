//! Files beside a message: uploaded at once, with progress, and sent with the next message. Loaded
//! with the first file.

import { newKey } from "../store.js";
import { note } from "./notes.js";
import { ACCEPTED, compose, composed } from "./messages.js";

const BYTES_MAX = 10 * 1024 * 1024;
const FILES_MAX = 10;
const TYPES = new Set(ACCEPTED.split(","));
const requests = new Map();
/** What was chosen, by key, for as long as it may have to be sent again. */
const chosen = new Map();

/** Adds files that were dropped, pasted or chosen to what is being composed. */
export function add(id, files) {
  for (const file of files) {
    const why = refusal(id, file);
    if (why !== null) note(why, "warn");
    else upload(id, file);
  }
}

function refusal(id, file) {
  const name = file.name || "The picture";
  if (!TYPES.has(file.type)) return `${name} is no picture that can be shown here. PNG, JPEG, GIF and WebP can.`;
  if (file.size > BYTES_MAX) return `${name} is larger than 10 MB.`;
  if (composed(id).files.length >= FILES_MAX) return `No more than ${FILES_MAX} pictures with one message.`;
  return null;
}

function upload(id, file) {
  const key = newKey();
  const name = file.name || "picture.png";
  const preview = URL.createObjectURL(file);
  chosen.set(key, file);
  compose(id, { files: [...composed(id).files, { key, name, preview, progress: 0, done: null, problem: null }] });
  send(id, key, name, file);
}

/** Tries one that could not be uploaded again. */
export function again(id, key) {
  const { name } = composed(id).files.find((file) => file.key === key) ?? {};
  if (name === undefined || requests.has(key)) return;
  change(id, key, { progress: 0, problem: null });
  send(id, key, name, chosen.get(key));
}

function send(id, key, name, file) {
  const request = new XMLHttpRequest();
  requests.set(key, request);
  request.upload.onprogress = ({ loaded, total }) => change(id, key, { progress: total === 0 ? 0 : loaded / total });
  request.onload = () => {
    requests.delete(key);
    const answer = parsed(request.responseText);
    if (request.status >= 200 && request.status < 300 && answer !== null) {
      chosen.delete(key);
      change(id, key, { progress: 1, done: answer });
    } else change(id, key, { problem: answer?.message ?? "It could not be uploaded." });
  };
  request.onerror = () => {
    requests.delete(key);
    change(id, key, { problem: "The server could not be reached." });
  };
  request.open("POST", `/api/v1/files?name=${encodeURIComponent(name)}`);
  request.setRequestHeader("content-type", file.type);
  request.send(file);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function change(id, key, alter) {
  const { files } = composed(id);
  if (!files.some((file) => file.key === key)) return;
  compose(id, { files: files.map((file) => (file.key === key ? { ...file, ...alter } : file)) });
}

/** Takes a file away again, also while it is on its way. */
export function takeAway(id, key) {
  requests.get(key)?.abort();
  requests.delete(key);
  chosen.delete(key);
  const { files } = composed(id);
  const gone = files.find((file) => file.key === key);
  if (gone !== undefined) URL.revokeObjectURL(gone.preview);
  compose(id, { files: files.filter((file) => file.key !== key) });
}
