//! A picture, large: arrow keys go to the others of the message, Esc closes.

import { html, Icon, IconButton } from "../html.js";
import { useState } from "../../vendor/preact-hooks.js";
import { close, Dialog } from "../dialog.js";
import { sizeText } from "../message.js";

export function Lightbox({ file, all }) {
  const pictures = all.filter(({ type }) => type?.startsWith("image/"));
  const [at, setAt] = useState(Math.max(0, pictures.findIndex(({ id }) => id === file.id)));
  const shown = pictures[at];
  const several = pictures.length > 1;
  const turn = (by) => setAt((at + by + pictures.length) % pictures.length);
  const pressed = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined || !several) return;
    event.preventDefault();
    turn(by);
  };
  return html`<${Dialog} title=${shown.name} class="dialog-lightbox" plain>
    <div class="lightbox" onKeyDown=${pressed}>
      <header class="lightbox-head"><p class="lightbox-name">${shown.name}</p>
        <span class="muted small">${[shown.width && `${shown.width} × ${shown.height}`, sizeText(shown.bytes), several && `${at + 1} of ${pictures.length}`].filter(Boolean).join(" · ")}</span>
        <a class="icon-button" href=${shown.url} download=${shown.name} aria-label="Save" title="Save"><${Icon} name="down" /></a>
        <${IconButton} icon="close" label="Close" onClick=${close} autofocus /></header>
      <div class="lightbox-stage">
        ${several && html`<${IconButton} icon="back" label="The one before" class="lightbox-turn" onClick=${() => turn(-1)} />`}
        <img key=${shown.id} class="lightbox-image" src=${shown.url} alt=${shown.name} />
        ${several && html`<${IconButton} icon="back" label="The next one" class="lightbox-turn is-next" onClick=${() => turn(1)} />`}
      </div>
    </div>
  <//>`;
}
