//! One message: who, when, what it answers, its text and pictures, reactions, and what can be done
//! with it. The row that has the pointer or the focus shows its actions.

import { html, Icon, IconButton, memo, Picture } from "./html.js";
import { Text } from "./markup.js";
import { dialog, me, online, state } from "../store.js";
import { jumpTo } from "../action/history.js";
import { answer, beginEdit, mayDelete, mayEdit, react, remove, undo } from "../action/messages.js";
import { setDraft } from "../action/drafts.js";
import { note } from "../action/notes.js";
import { discard, retry } from "../action/writing.js";
import { recent } from "../favourites.js";
import { plain } from "../markdown.js";
import { listed, tone } from "../text.js";
import { timeText } from "../timeline.js";

const QUICK = 3;
const PICTURE_WIDTH_MAX = 360;
const PICTURE_HEIGHT_MAX = 280;

const conversation = (id) => state.value.conversations[id];

/**
 * `place` is the conversation's id; `active` says whether the actions are shown, `going` whether it
 * is about to be deleted, `lit` whether it was just jumped to.
 */
export const Message = memo(({ item, head, nick, own, place, active, going, lit, role }) => {
  const mine = item.from.person === own;
  const action = item.kind === "action";
  const open = () => (dialog.value = { name: "person", person: item.from.person, nick: item.from.nick, from: place });
  const author = html`<button type="button" class=${`author tone-text-${tone(item.from.nick)}`} onClick=${open}>${item.from.nick}</button>`;
  const classes = [
    "row-message", action ? "is-action" : head ? "is-head" : "is-rest", mine && "is-mine", item.kind === "notice" && "is-notice",
    going && "is-going", lit && "is-lit", item.redacted && "is-redacted", item.reply && "has-reply",
  ];
  return html`<li class=${classes.filter(Boolean).join(" ")} data-key=${item.id} data-msgid=${item.id} tabindex="-1">
    ${item.reply && html`<${Quote} reply=${item.reply} />`}
    <span class="gutter">${head && !action ? html`<${Picture} name=${item.from.nick} person=${item.from.person} />` : html`<${Time} at=${item.at} bare />`}</span>
    <div class="body">
      ${action ? html`${author}${" "}` : head
        ? html`<p class="byline">${author}${item.from.bot && html`<span class="role">bot</span>`}${item.kind === "notice" && html`<span class="role">notice</span>`}<${Time} at=${item.at} /></p>`
        : html`<span class="visually-hidden">${item.from.nick}: </span>`}
      <${Words} item=${item} nick=${nick} place=${place} role=${role} />
      ${item.files?.length > 0 && html`<${Files} files=${item.files} />`}
      ${going && html`<p class="message-state"><${Icon} name="trash" /><span>Will be deleted</span>
        <button type="button" class="link-button" onClick=${() => undo(item.id)}>Undo</button></p>`}
      ${item.reactions?.length > 0 && html`<${Reactions} item=${item} place=${place} />`}
    </div>
    ${active && !item.redacted && !going && html`<${Actions} item=${item} place=${place} mine=${mine} role=${role} />`}
  </li>`;
});

function Words({ item, nick, place, role }) {
  if (item.redacted) {
    const who = item.redactedBy !== undefined && item.redactedBy !== item.from.nick ? ` by ${item.redactedBy}` : "";
    return html`<p class="text muted">This message was deleted${who}${item.reason ? `: ${item.reason}` : ""}.</p>`;
  }
  return html`${item.text !== "" && html`<${Text} text=${item.text} nick=${nick} />`}
    ${item.edited && html`<${Edited} item=${item} place=${place} role=${role} />`}`;
}

/** That a message was corrected; whoever may see what it said before opens that here. */
function Edited({ item, place, role }) {
  const title = `Corrected ${new Date(item.edited).toLocaleString()}`;
  const one = conversation(place);
  if (one === undefined || !mayDelete({ ...one, role }, item)) return html`<span class="edited" title=${title}>(edited)</span>`;
  return html`<button type="button" class="edited" title=${title} aria-label=${`${title}: show what it said before`}
    onClick=${() => (dialog.value = { name: "edits", place, msgid: item.id })}>(edited)</button>`;
}

/** What a message answers; a press leads there. */
export function Quote({ reply }) {
  const gone = reply.nick === undefined;
  const words = gone ? "A message that was deleted" : plain(reply.text ?? "") || "A picture";
  const inside = html`<${Icon} name="reply" />${!gone && html`<span class=${`quote-nick tone-text-${tone(reply.nick)}`}>${reply.nick}</span>`}<span class="quote-text">${words}</span>`;
  return gone
    ? html`<p class="quote-line"><span class="visually-hidden">Answer to: </span>${inside}</p>`
    : html`<button type="button" class="quote-line" onClick=${() => jumpTo(reply.msgid)}><span class="visually-hidden">Answer to </span>${inside}</button>`;
}

function Reactions({ item, place }) {
  const act = (emoji) => react(conversation(place), item, emoji);
  return html`<ul class="reactions" aria-label="Reactions">
    ${item.reactions.map(({ emoji, people, count, mine }) => {
      const others = count - people.length;
      const names = listed([...people.map((one) => one.nick), ...(others > 0 ? [`${others} others`] : [])], 12);
      return html`<li key=${emoji}><button type="button" class=${mine ? "reaction is-mine" : "reaction"} aria-pressed=${mine ? "true" : "false"}
        aria-label=${`${emoji}, ${count}: ${names}`} title=${names} onClick=${() => act(emoji)}>
        <span class="reaction-emoji" aria-hidden="true">${emoji}</span><span aria-hidden="true">${count}</span></button></li>`;
    })}
    <li><button type="button" class="reaction reaction-add" aria-label="Add a reaction" title="Add a reaction" onClick=${() => pick(place, item)}><${Icon} name="smile" /></button></li>
  </ul>`;
}

/** Opens the emoji picker for a reaction. */
export function pick(place, item) {
  dialog.value = { name: "emoji", act: (emoji) => react(conversation(place), item, emoji) };
}

function Files({ files }) {
  return html`<ul class="files">${files.map((file) => html`<li key=${file.id}><${File} file=${file} all=${files} /></li>`)}</ul>`;
}

function File({ file, all }) {
  const { name, type, bytes, url } = file;
  if (!type?.startsWith("image/")) {
    return html`<a class="file-card" href=${url} download=${name}><${Icon} name="clip" /><span>${name}</span><span class="muted">${sizeText(bytes)}</span></a>`;
  }
  const { width, height } = fitted(file);
  return html`<button type="button" class="file-image" onClick=${() => (dialog.value = { name: "lightbox", file, all })}>
    <img src=${url} alt=${name} width=${width} height=${height} loading="lazy" decoding="async" /></button>`;
}

/** A picture's size on the page, so that nothing jumps when it comes. */
function fitted({ width, height }) {
  if (!width || !height) return {};
  const scale = Math.min(1, PICTURE_WIDTH_MAX / width, PICTURE_HEIGHT_MAX / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

export function sizeText(bytes) {
  return bytes >= 1_048_576 ? `${(bytes / 1_048_576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`;
}

function Actions({ item, place, mine, role }) {
  const one = conversation(place);
  if (one === undefined) return null;
  const deletes = mayDelete({ ...one, role }, item);
  return html`<div class="actions" role="toolbar" aria-label="Message">
    ${recent().slice(0, QUICK).map((emoji) => html`<button key=${emoji} type="button" class="icon-button action-emoji only-wide"
      aria-label=${`React with ${emoji}`} onClick=${() => react(one, item, emoji)}>${emoji}</button>`)}
    <${IconButton} icon="smile" label="React (+)" onClick=${() => pick(place, item)} />
    <${IconButton} icon="reply" label="Answer (r)" onClick=${() => answer(one, item)} />
    ${mayEdit(item) && item.kind !== "action" && html`<${IconButton} icon="edit" label="Edit (e)" onClick=${() => beginEdit(one, item)} />`}
    ${deletes && html`<${IconButton} icon="trash" label="Delete (Del)" onClick=${() => remove(one, item)} />`}
    <${IconButton} icon="more" label="More (m)" onClick=${() => (dialog.value = { name: "message", place, msgid: item.id })} />
  </div>`;
}

/** A message that isn't acknowledged yet. */
export const Waiting = memo(({ entry, nick, head }) => {
  const failed = entry.state === "failed";
  const words = failed ? "Not sent" : online.value ? "Sending…" : "Waits for the connection";
  return html`<li class=${`row-message is-waiting ${failed ? "is-failed" : ""} ${head ? "is-head" : "is-rest"} ${entry.reply ? "has-reply" : ""}`} data-key=${entry.key} tabindex="-1">
    ${entry.reply && html`<${Quote} reply=${entry.reply} />`}
    <span class="gutter">${head ? html`<${Picture} name=${nick} person=${me.value.person} />` : null}</span>
    <div class="body">
      ${head && html`<p class="byline"><span class=${`author tone-text-${tone(nick)}`}>${nick}</span></p>`}
      ${entry.text !== "" && html`<${Text} text=${entry.kind === "action" ? `${nick} ${entry.text}` : entry.text} nick="" />`}
      ${entry.files?.length > 0 && html`<${Files} files=${entry.files} />`}
      <p class="message-state"><${Icon} name=${failed ? "warning" : "clock"} /><span>${words}${failed && `: ${entry.error}`}</span></p>
      ${failed && html`<p class="message-actions">
        <button type="button" class="button button-small" onClick=${() => retry(entry.key)}>Try again</button>
        <button type="button" class="button button-small" onClick=${() => takeBack(entry)}>Edit</button>
        <button type="button" class="button button-small" onClick=${() => discard(entry.key)}>Discard</button>
      </p>`}
    </div>
  </li>`;
});

function takeBack(entry) {
  const composer = document.getElementById("composer");
  if (composer.value.trim() !== "") return note("Send or clear what you are writing first.");
  setDraft(entry.conversation, entry.text);
  discard(entry.key);
  composer.focus();
}

export function Time({ at, bare = false }) {
  const date = new Date(at);
  return html`<time class="time" datetime=${date.toISOString()} title=${date.toLocaleString()}>${timeText(at, bare)}</time>`;
}
