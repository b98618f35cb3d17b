// A conversation that answers while it is written. Without this file everything still works:
// forms are posted and whole pages come back.

import "./conversation.js";
import { act, choose, decide, decideAll } from "./deciding.js";
import { alive, listen } from "./stream.js";
import { all, grow, one } from "./dom.js";
import { begin as beginWriting, halt, say } from "./composer.js";
import { begin as beginReading } from "./place.js";
import { corrected, dress } from "./parts.js";

const chat = one("[data-chat]");

chat.addEventListener("submit", (event) => {
  const form = event.target, by = event.submitter;
  event.preventDefault();
  if (by?.matches("[data-stop]")) halt();
  else if (form.matches("[data-write]")) say(one("textarea", form).value, true);
  else if (form.matches("[data-asks]")) say(by.value, false);
  else if (form.matches(".letter")) decide(form, by.value);
  else if (form.matches(".send-all")) decideAll(form);
  else if (form.matches("[data-choices]")) choose(form, by.value);
  else if (form.matches("[data-act]")) act(form);
});
chat.addEventListener("input", ({ target }) => {
  const letter = target.closest(".letter");
  if (!letter) return;
  grow(target);
  corrected(letter);
});

beginWriting();
dress(one("[data-log]"));
for (const turn of all("[data-turn]").filter(({ dataset }) => alive(dataset.turn))) listen(turn.dataset.turn);
beginReading(one(".turn"));
