//! One's own profile: a picture, a name in clear words, and what else one says of oneself.

import { html, Picture } from "../html.js";
import { useRef, useState } from "../../vendor/preact-hooks.js";
import { Problem, useAction, useAnswer } from "./form.js";
import { avatars, me } from "../../store.js";
import { ACCEPTED } from "../../action/messages.js";
import { note } from "../../action/notes.js";
import { ownProfile, setAvatar, setProfile } from "../../action/profile.js";

export function Profile() {
  const { value, problem } = useAnswer(ownProfile);
  return html`<${Face} />
    ${value === null ? html`<p class="quiet-text">Looking…</p><${Problem} text=${problem} />` : html`<${Words} profile=${value} />`}`;
}

function Face() {
  const { person, nick } = me.value;
  const chosen = useRef(null);
  const [wear, refused] = useAction(async () => {
    const [file] = chosen.current.files;
    chosen.current.value = "";
    if (file === undefined) return;
    await setAvatar(file);
    note("This is your picture now.");
  });
  const [remove, denied] = useAction(async () => { await setProfile({ avatar: null }); note("Your picture is removed."); });
  return html`<div class="profile profile-row"><${Picture} name=${nick} person=${person} size="picture-large" />
      <div><label class="field-label" for="avatar">Picture</label>
        <input id="avatar" class="file-choice" ref=${chosen} type="file" accept=${ACCEPTED} onChange=${wear} />
        <p class="muted small">Everybody who is signed in sees it.</p></div></div>
    ${avatars.value[person] && html`<button type="button" class="button" onClick=${remove}>Remove the picture</button>`}
    <${Problem} text=${refused ?? denied} />`;
}

const WORDS = ["display", "pronouns", "status", "about", "homepage", "color"];

function Words({ profile }) {
  const [words, setWords] = useState(Object.fromEntries(WORDS.map((name) => [name, profile?.[name] ?? ""])));
  const typed = (name) => (event) => setWords({ ...words, [name]: event.target.value });
  const [save, refused] = useAction(async () => { await setProfile(words); note("Your profile is saved."); });
  const line = (name, label, rest) => html`<div><label class="field-label" for=${name}>${label}</label>
    <input id=${name} class="input" value=${words[name]} autocomplete="off" ...${rest} onInput=${typed(name)} /></div>`;
  return html`<form class="setting fields" onSubmit=${save}>
    <div class="field-pair">
      ${line("display", "Display name", { maxlength: 80, autocomplete: "name" })}
      <div class="field-pair is-tight">
        ${line("pronouns", "Pronouns", { maxlength: 40, placeholder: "she/her" })}
        ${line("color", "Color", { maxlength: 7, placeholder: "#3366cc" })}
      </div>
    </div>
    ${line("status", "Status", { maxlength: 200, placeholder: "On a train until six" })}
    <div><label class="field-label" for="about">About you</label>
      <textarea id="about" class="input" rows="3" maxlength="500" value=${words.about} onInput=${typed("about")}></textarea></div>
    ${line("homepage", "Homepage", { maxlength: 200, inputmode: "url", autocomplete: "url", placeholder: "https://example.org" })}
    <${Problem} text=${refused} />
    <div class="dialog-buttons"><button type="submit" class="button button-primary">Save</button></div>
  </form>`;
}
