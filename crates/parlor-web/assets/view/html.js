//! The pieces that every view is made of: the template tag, icons, pictures of people.

import htm from "../vendor/htm.js";
import { Component, h } from "../vendor/preact.js";
import { avatars } from "../store.js";
import { initials, tone } from "../text.js";

/** JSX without a build: templates become elements, never strings of markup. */
export const html = htm.bind(h);

/** A view that is drawn again only when one of its properties is another. */
export function memo(View) {
  return class extends Component {
    shouldComponentUpdate(next) {
      const before = this.props;
      return Object.keys({ ...before, ...next }).some((name) => before[name] !== next[name]);
    }
    render(props) {
      return h(View, props);
    }
  };
}

const ICONS = {
  chat: "M21 12a8 8 0 0 1-8 8H4l1.6-3.4A8 8 0 1 1 21 12z",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.6 3-5.5 6.5-5.5s6.100 1.900 6.500 5.500M16 4.400a3.500 3.500 0 0 1 0 6.300M18 14.900c2.100.700 3.300 2.500 3.500 5.100",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.500-4 3.500-6 7.500-6s7 2 7.500 6",
  plus: "M12 5v14M5 12h14",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.200 16.200 21 21",
  send: "M4 12 20 4l-5 16-3.500-6.500zM11.500 13.500 20 4",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  gear: "M4 7h10M18 7h2M4 17h2M10 17h10M16 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM8 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  invite: "M10 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3.500 20c.400-3.500 3-5.500 6.500-5.500 1.500 0 2.800.300 3.900 1M18 13.500v6M15 16.500h6",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  warning: "M12 4 2.500 20h19zM12 10v4M12 17v.2",
  down: "M12 5v14M6 13l6 6 6-6",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  keys: "M3 6h18v12H3zM7 10h.1M11 10h.1M15 10h.1M8 14h8",
  compass: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM15.500 8.500l-2 5-5 2 2-5z",
  check: "M5 12.500 10 17.500 19 7",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.500 14.500c.800 1.300 2 2 3.500 2s2.700-.700 3.500-2M9 9.500v.2M15 9.500v.2",
  reply: "M9 7 4 12l5 5M4 12h9a7 7 0 0 1 7 7",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5",
  more: "M6 12h.1M12 12h.1M18 12h.1",
  clip: "M19 11.500 12 18.500a4.500 4.500 0 0 1-6.500-6.500L13 4.500a3 3 0 0 1 4.500 4.500L10 16.500a1.500 1.500 0 0 1-2.200-2.200L14 8",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 5M15.500 9.500h.1",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500h4",
  bell_off: "M6 16V11a6 6 0 0 1 9.500-4.900M18 11v5l1.500 2H8M10 20.500h4M4 4l16 16",
  flag: "M5 21V4h12l-2 4 2 4H5",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  down_small: "M7 10l5 5 5-5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z",
};

/** A drawing of 24 by 24; what it means is said by the words beside it. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none"
    stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"
    aria-hidden="true" focusable="false"><path d=${ICONS[name]} /></svg>`;
}

/** The mark of the program. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
    <rect class="mark-ground" width="32" height="32" rx="9" />
    <path class="mark-letter" d="M10 8h8.500a5.500 5.500 0 0 1 0 11H14v5h-4z" />
    <circle class="mark-ground" cx="14" cy="13.500" r="1.400" /><circle class="mark-ground" cx="18.400" cy="13.500" r="1.400" />
  </svg>`;
}

/** The picture of a person, or a letter on their colour. `here` adds the dot: true, false or "away". */
export function Picture({ name, person, here, size = "" }) {
  const avatar = avatars.value[person];
  const dot = here === undefined ? "" : here === "away" ? "dot-away" : here ? "dot-here" : "dot-gone";
  return html`<span class=${`picture tone-${tone(name)} ${size}`} aria-hidden="true">
    ${avatar ? html`<img key=${avatar} src=${avatar} alt="" loading="lazy" decoding="async" onError=${(event) => (event.target.hidden = true)} />` : initials(name)}${dot && html`<span class=${`dot ${dot}`}></span>`}
  </span>`;
}

/** What the dot says of somebody in a list. */
export const hereOf = ({ away, gone }) => (gone ? false : away ? "away" : true);

/** Why somebody is away, in words; that it is not connected says itself. */
export const awayWords = ({ away, gone }, label = "away") => (gone ? away : `${label}: ${away}`);

/** A button that is only an icon: its label is read, and shown by the browser. */
export function IconButton({ icon, label, onClick, class: extra = "", ...rest }) {
  return html`<button type="button" class=${`icon-button ${extra}`} aria-label=${label} title=${label}
    onClick=${onClick} ...${rest}><${Icon} name=${icon} /></button>`;
}

/** What a key is called on this machine. */
export const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
