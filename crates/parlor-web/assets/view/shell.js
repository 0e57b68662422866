//! The whole page: rail, list, conversation, members; on a phone one of them at a time.

import { html } from "./html.js";
import { useEffect, useLayoutEffect, useState } from "../vendor/preact-hooks.js";
import { Banner, Notices } from "./banner.js";
import { loadAid } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Members } from "./members.js";
import { Rail } from "./rail.js";
import { RoomList } from "./room_list.js";
import { note } from "../action/notes.js";
import { NO_CONNECTION } from "../live.js";
import { part } from "../parts.js";
import { current, currentId, dialog, link, membersShown, me, online } from "../store.js";

export function Shell({ server, version }) {
  const open = current.value;
  const beside = membersShown.value && open?.kind === "room";
  const classes = ["shell", currentId.value === null ? "shows-list" : "shows-conversation", beside && "has-members"];
  useEffect(() => {
    if (online.value) loadDialogs().catch(() => {});
  }, [online.value]);
  return html`<div class=${classes.filter(Boolean).join(" ")} data-link=${link.value.phase}>
    ${open !== null && html`<a class="skip-link" href="#composer" onClick=${focusComposer}>Skip to writing</a>`}
    <header class="visually-hidden"><h1>${open === null ? server : `${open.name} · ${server}`}</h1></header>
    <${Banner} />
    <${Rail} server=${server} />
    <${RoomList} server=${server} />
    <${Conversation} />
    ${beside && html`<aside class="members-pane" aria-label="Members"><${Members} room=${open} /></aside>`}
    <${Notices} />
    ${dialog.value !== null && me.value !== null && html`<${Dialogs} open=${dialog.value} version=${version} />`}
  </div>`;
}

/** Dialogs and the palette aren't part of the first load; they come when the page is at rest. */
function Dialogs({ open, version }) {
  const [parts, setParts] = useState(loaded);
  useEffect(() => {
    if (parts === null) loadDialogs().then(setParts, (error) => { dialog.value = null; note(error.message, "warn"); });
  }, []);
  // What a dialog is about may be gone: then there is none, and the keys are the page's again.
  useLayoutEffect(() => {
    if (parts !== null && document.querySelector("dialog[open]") === null) dialog.value = null;
  });
  const Open = parts?.[open.name];
  return Open ? html`<${Open} key=${`${open.name} ${open.place ?? ""}`} ...${open} version=${version} />` : null;
}

let loaded = null;
let loading = null;

/** Adds a style sheet; the promise is kept when it works. */
function styled(path) {
  return new Promise((done, failed) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: new URL(path, import.meta.url), onload: done, onerror: () => failed(new Error(NO_CONNECTION)) });
    document.head.append(link);
  });
}

function loadDialogs() {
  // What pictures and commands need comes along: who wants them may have no connection then.
  const rest = ["./action/commands.js", "./action/files.js"].map(part);
  loading ??= Promise.all([part("./view/dialogs.js"), styled("../dialogs.css"), loadAid(), ...rest]).then(
    ([{ DIALOGS }]) => (loaded = DIALOGS),
    (error) => {
      // The next dialog tries again.
      loading = null;
      throw error;
    },
  );
  return loading;
}

function focusComposer(event) {
  event.preventDefault();
  document.getElementById("composer")?.focus();
}
