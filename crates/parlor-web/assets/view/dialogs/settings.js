//! The reader's own things: nick and absence, how the page looks and rings, passwords and sessions.

import { html, Icon, Picture } from "../html.js";
import { useState } from "../../vendor/preact-hooks.js";
import { Dialog } from "../dialog.js";
import { Check, Panel, Problem, Segments, Tabs, useAction } from "./form.js";
import { Profile } from "./profile.js";
import { Security } from "./security.js";
import { dialog, me, quietHours, sharesTyping, singleKeys, theme, unsent } from "../../store.js";
import { setAlwaysOn, setQuietHours } from "../../action/account.js";
import { note } from "../../action/notes.js";
import { canRing, setRinging, wantsToRing } from "../../action/ringing.js";
import { rename, setAway } from "../../action/rooms.js";
import { counted } from "../../text.js";

const TABS = [["you", "You"], ["profile", "Profile"], ["page", "This page"], ["ring", "Notifications"], ["security", "Security"]];

export function Settings({ version, tab: first = "you" }) {
  const [tab, setTab] = useState(first);
  const Open = { you: You, profile: Profile, page: Page, ring: Ringing, security: Security }[tab];
  return html`<${Dialog} title="Settings" lead>
    <${Tabs} label="Settings" tabs=${TABS} open=${tab} onOpen=${setTab} />
    <${Panel} tab=${tab}><${Open} key=${tab} version=${version} /><//>
  <//>`;
}

function You({ version }) {
  const self = me.value;
  const [nick, setNick] = useState(self.nick);
  const [away, setAwayText] = useState(self.away ?? "");
  const [submitNick, nickRefused] = useAction(async () => {
    if (nick.trim() !== self.nick) { await rename(nick.trim()); note(`You are ${nick.trim()} now.`); }
  });
  const [submitAway, awayRefused] = useAction(() => setAway(self.away ? null : away.trim() || "away"));
  const [problem, setProblem] = useState(null);
  const stay = (on) => setAlwaysOn(on).then(() => setProblem(null), (error) => setProblem(error.message));
  const waiting = unsent.value.length;
  return html`<div class="profile profile-row"><${Picture} name=${self.nick} person=${self.person} here=${self.away ? "away" : true} size="picture-large" />
      <div><p class="profile-name">${self.nick}</p><p class="muted">Account ${self.name}${self.admin ? ", administrator" : ""}</p></div></div>
    <form class="setting" onSubmit=${submitNick}>
      <label class="field-label" for="nick">Nick</label>
      <div class="field-row"><input id="nick" class="input" value=${nick} maxlength="32" autocomplete="off" autocapitalize="none" spellcheck=${false}
        onInput=${(event) => setNick(event.target.value)} /><button type="submit" class="button">Change</button></div>
      <${Problem} text=${nickRefused} />
    </form>
    <form class="setting" onSubmit=${submitAway}>
      <label class="field-label" for="away">Away</label>
      <div class="field-row"><input id="away" class="input" value=${away} maxlength="200" placeholder="Back at three" disabled=${Boolean(self.away)}
        onInput=${(event) => setAwayText(event.target.value)} /><button type="submit" class="button">${self.away ? "I am back" : "Set away"}</button></div>
      <${Problem} text=${awayRefused} />
    </form>
    <div class="setting">
      <${Check} checked=${self.always_on} onChange=${stay}>Stay in my rooms when no device of mine is connected<//>
      <p class="muted small">Others then see you as not connected, instead of leaving and coming back.</p>
      <${Problem} text=${problem} />
    </div>
    <div class="dialog-foot">
      <button type="button" class="button" onClick=${() => (dialog.value = { name: "help" })}><${Icon} name="keys" />Keys and commands</button>
      <form method="post" action="/signout"><button type="submit" class="button button-danger"><${Icon} name="leave" />Sign out</button></form>
    </div>
    ${waiting > 0 && html`<p class="muted">${counted(waiting, "message")} not sent yet; kept in this browser for ${self.name}.</p>`}
    <p class="muted small">Parlor ${version}</p>`;
}

function Page() {
  return html`<${Segments} name="theme" legend="Look" options=${[["auto", "As the system"], ["light", "Light"], ["dark", "Dark"]]} value=${theme.value} onChange=${(value) => (theme.value = value)} />
    <div class="setting">
      <${Check} checked=${sharesTyping.value} onChange=${(on) => (sharesTyping.value = on)}>Show others when I am writing, and see when they are<//>
      <${Check} checked=${singleKeys.value} onChange=${(on) => (singleKeys.value = on)}>Single-key shortcuts, such as <kbd>?</kbd> and <kbd>r</kbd><//>
    </div>`;
}

function Ringing() {
  const [on, setOn] = useState(wantsToRing());
  const [problem, setProblem] = useState(null);
  const toggle = async (wanted) => {
    const now = await setRinging(wanted);
    setOn(now);
    setProblem(wanted && !now ? "The browser does not allow it. Its settings for this site say so." : null);
  };
  const hours = quietHours.value;
  // Until one of them is changed here they show what is kept, also what another device sets now.
  const [typed, setTyped] = useState({});
  const { from, to } = { from: "22:00", to: "07:00", ...hours, ...typed };
  const [submit, refused] = useAction(async () => { await setQuietHours({ from, to }); setTyped({}); note(`Quiet from ${from} to ${to}.`); });
  const [clear, denied] = useAction(async () => { await setQuietHours(null); setTyped({}); note("No quiet hours."); });
  return html`<div class="setting">
      <${Check} checked=${on} disabled=${!canRing()} onChange=${toggle}>Notes on the desktop for mentions and private messages<//>
      ${!canRing() && html`<p class="muted small">Browsers show them only where the connection is encrypted, or on this computer itself.</p>`}
      <${Problem} text=${problem} />
      <p class="muted small">What rings in a room is chosen under its name: everything, mentions, or nothing.</p>
    </div>
    <form class="setting" onSubmit=${submit}>
      <fieldset><legend class="field-label">Quiet hours</legend>
        <div class="field-pair">
          <div><label class="field-label is-light" for="quiet-from">From</label><input id="quiet-from" class="input" type="time" required value=${from} onInput=${(event) => setTyped({ ...typed, from: event.target.value })} /></div>
          <div><label class="field-label is-light" for="quiet-to">To</label><input id="quiet-to" class="input" type="time" required value=${to} onInput=${(event) => setTyped({ ...typed, to: event.target.value })} /></div>
        </div></fieldset>
      <${Problem} text=${refused ?? denied} />
      <div class="dialog-buttons">${hours !== null && html`<button type="button" class="button" onClick=${() => clear()}>No quiet hours</button>`}
        <button type="submit" class="button">${hours === null ? "Be quiet then" : "Change"}</button></div>
    </form>`;
}
