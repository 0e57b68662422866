//! The text of a message as elements: the tree of `markdown.js`, drawn. Nothing here makes markup
//! of a string.

import { html } from "./html.js";
import { useMemo, useState } from "../vendor/preact-hooks.js";
import { isEmojiOnly, tree } from "../markdown.js";

export function Text({ text, nick = "" }) {
  const blocks = useMemo(() => tree(text, nick), [text, nick]);
  const large = blocks.length === 1 && isEmojiOnly(text);
  return html`<div class=${large ? "text is-large" : "text"}>${blocks.map((block, index) => html`<${Block} key=${index} block=${block} />`)}</div>`;
}

function Block({ block }) {
  if (block.type === "code") {
    return html`<pre tabindex="0" role="region" aria-label=${block.language === "" ? "Code" : `Code, ${block.language}`}><code>${block.text}</code></pre>`;
  }
  if (block.type === "quote") return html`<blockquote class="prose">${pieces(block.pieces)}</blockquote>`;
  if (block.type === "list") {
    const items = block.items.map((item, index) => html`<li key=${index}>${pieces(item)}</li>`);
    return block.start === null ? html`<ul>${items}</ul>` : html`<ol start=${block.start}>${items}</ol>`;
  }
  return html`<span class="prose">${pieces(block.pieces)}</span>`;
}

const pieces = (all) => all.map(piece);

function piece(one) {
  if (typeof one === "string") return one;
  const { type, text, url } = one;
  if (type === "link") return html`<a href=${url} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;
  if (type === "code") return html`<code>${text}</code>`;
  if (type === "mention") return html`<mark>${text}</mark>`;
  if (type === "spoiler") return html`<${Spoiler} inside=${one.pieces} />`;
  if (type === "strong") return html`<strong>${pieces(one.pieces)}</strong>`;
  if (type === "strike") return html`<s>${pieces(one.pieces)}</s>`;
  return html`<em>${pieces(one.pieces)}</em>`;
}

/** Hidden until somebody wants to see it; then it is plain text, and links in it can be followed. */
function Spoiler({ inside }) {
  const [shown, setShown] = useState(false);
  if (shown) return html`<span class="spoiler is-shown">${pieces(inside)}</span>`;
  // What is hidden takes its room by way of the style sheet: it is no text of the page yet.
  return html`<button type="button" class="spoiler" aria-label="Spoiler, show it" data-hidden=${bare(inside)} onClick=${() => setShown(true)}></button>`;
}

const bare = (all) => all.map((one) => (typeof one === "string" ? one : one.text ?? bare(one.pieces))).join("");
