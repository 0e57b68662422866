//! Passwords and sessions of the account: what can sign in, and how to stop it.

import { html } from "../html.js";
import { useRef, useState } from "../../vendor/preact-hooks.js";
import { Problem, useAction, useAnswer } from "./form.js";
import { appPasswords, changePassword, endSession, makeAppPassword, removeAppPassword, sessions } from "../../action/account.js";
import { copy, note } from "../../action/notes.js";

export function Security() {
  return html`<${Password} /><${AppPasswords} /><${Sessions} />`;
}

function Password() {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [submit, refused] = useAction(async () => {
    await changePassword(old, next);
    setOld("");
    setNext("");
    note("Your password is changed. Other sessions have ended.");
  });
  return html`<form class="setting stack" onSubmit=${submit}>
    <h3>Password</h3>
    <div class="field-pair">
      <div><label class="field-label" for="old-password">Current</label><input id="old-password" class="input" type="password" autocomplete="current-password" required value=${old} onInput=${(event) => setOld(event.target.value)} /></div>
      <div><label class="field-label" for="new-password">New</label><input id="new-password" class="input" type="password" autocomplete="new-password" required minlength="8" value=${next} onInput=${(event) => setNext(event.target.value)} /></div>
    </div>
    <${Problem} text=${refused} />
    <div class="dialog-buttons"><button type="submit" class="button">Change it</button></div>
  </form>`;
}

/** Passwords for programs that can't use the page: IRC clients and the like. */
function AppPasswords() {
  const { value, problem, again } = useAnswer(appPasswords);
  const [name, setName] = useState("");
  const [made, setMade] = useState(null);
  const wanted = useRef(null);
  const field = useRef(null);
  const [create, refused] = useAction(async () => {
    setMade(await makeAppPassword(name.trim()));
    setName("");
    await again();
  });
  const [remove, denied] = useAction(async () => { await removeAppPassword(wanted.current); await again(); });
  return html`<form class="setting stack" onSubmit=${create}>
    <h3>App passwords</h3>
    <p class="muted small">For an IRC client or another program: it signs in with your account's name and such a password, and you can take it away again.</p>
    <ul class="facts-list" aria-label="App passwords">${(value ?? []).map((one) => html`<li key=${one.id} class="fact-row">
      <span class="fact-words"><strong>${one.name}</strong> <span class="muted">${one.last ? `used ${new Date(one.last).toLocaleDateString()}` : "not used yet"}</span></span>
      <button type="button" class="button button-small button-danger" onClick=${() => { wanted.current = one.id; remove(); }}>Remove</button></li>`)}</ul>
    ${made !== null && html`<div class="made" role="status"><label class="field-label" for="made-password">Shown only once; copy it now</label>
      <div class="field-row"><input id="made-password" class="input" ref=${field} readonly value=${made.password} onFocus=${(event) => event.target.select()} />
        <button type="button" class="button" onClick=${async () => (await copy(made.password, field.current)) && note("Copied.")}>Copy</button></div></div>`}
    <div><label class="field-label" for="app-name">For which program</label>
    <div class="field-row"><input id="app-name" class="input" value=${name} maxlength="64" required autocomplete="off" placeholder="WeeChat on the laptop" onInput=${(event) => setName(event.target.value)} />
      <button type="submit" class="button">Make one</button></div></div>
    <${Problem} text=${refused ?? denied ?? problem} />
  </form>`;
}

function Sessions() {
  const { value, problem, again } = useAnswer(sessions);
  const wanted = useRef(null);
  const [end, refused] = useAction(async () => { await endSession(wanted.current); await again(); });
  return html`<section class="setting stack"><h3>Where you are signed in</h3>
    <ul class="facts-list" aria-label="Sessions">${(value ?? []).map((one) => html`<li key=${one.id} class="fact-row">
      <span class="fact-words"><strong>${deviceText(one.device)}</strong>${one.current && html` <span class="role">this one</span>`}
        <span class="muted">${[one.kind, one.address, one.last && `seen ${new Date(one.last).toLocaleString()}`].filter(Boolean).join(" · ")}</span></span>
      ${!one.current && html`<button type="button" class="button button-small button-danger" onClick=${() => { wanted.current = one.id; end(); }}>End</button>`}</li>`)}</ul>
    <${Problem} text=${refused ?? problem} /></section>`;
}

/** What a browser calls itself, in two words. */
export function deviceText(agent) {
  const browser = [["Firefox", /Firefox\//], ["Edge", /Edg\//], ["Chrome", /Chrom(?:e|ium)\//], ["Safari", /Safari\//]].find(([, sign]) => sign.test(agent ?? ""));
  const system = [["Android", /Android/], ["iPhone", /iPhone/], ["iPad", /iPad/], ["Windows", /Windows/], ["Mac", /Mac OS/], ["Linux", /Linux/]].find(([, sign]) => sign.test(agent ?? ""));
  if (browser === undefined) return agent || "A device";
  return system === undefined ? browser[0] : `${browser[0]} on ${system[0]}`;
}
