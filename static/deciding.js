// What the teacher decides about drafts, and what is left to do about mails and answers that failed.

import { all, one, made, part, section } from "./dom.js";
import { alive, listen } from "./stream.js";
import { announce } from "./voice.js";
import { complain } from "./composer.js";
import { corrections, isOpen, put } from "./parts.js";
import { post, tell } from "./post.js";

const turnOf = (element) => element.closest("[data-turn]").dataset.turn;
const place = (turn, parts) => parts.forEach(({ key, html }) => put(section(turn), key, html));

export async function decide(letter, decision) {
  if (letter.getAttribute("aria-busy")) return;
  const turn = turnOf(letter), name = letter.dataset.key, forget = corrections(letter);
  const body = new FormData(letter);
  body.set("decision", decision);
  letter.setAttribute("aria-busy", "true");
  one(".status", letter).textContent = decision === "send" ? "sending now" : "putting it away";
  try {
    const { parts } = await post(letter.action, body);
    place(turn, parts);
    const fresh = part(section(turn), name);
    if (fresh && !fresh.matches(".letter")) {
      forget();
      fresh.classList.add("was-draft");
      announce(one(".stamp, .title", fresh)?.textContent);
    }
    fresh?.focus({ preventScroll: true });
    if (alive(turn)) listen(turn);
  } catch (problem) {
    refused(letter, turn, problem);
  }
}

// A draft that has changed meanwhile is shown as it is now; one that has not keeps what was typed.
function refused(letter, turn, problem) {
  const name = letter.dataset.key, { hash, error, parts = [] } = problem.data ?? {};
  letter.removeAttribute("aria-busy");
  place(turn, parts.filter(({ key }) => key !== name || hash !== letter.dataset.hash));
  const shown = part(section(turn), name) ?? letter, footer = one("footer", shown);
  if (one(".status", shown)) one(".status", shown).textContent = hash || /^(signed_out|stale)$/.test(error?.code) ? "nothing has been sent" : "load the page again to see whether it was sent";
  const note = one(".fault", shown) ?? made('<p class="fault" role="alert"></p>');
  tell(note, problem);
  if (footer) footer.before(note); else shown.append(note);
  shown.focus({ preventScroll: true });
}

// Each draft goes by its own form, so that what is sent is what is shown, changes included.
export async function decideAll(bar) {
  one("button", bar).disabled = true;
  for (const approval of all("[name=approval]", bar)) {
    const letter = one(`form[action$="/${CSS.escape(approval.value.split(":")[0])}"]`);
    if (letter && isOpen(letter)) await decide(letter, "send");
  }
  if (bar.isConnected && all(".letter", bar.closest("[data-turn]")).some(isOpen)) one("button", bar).disabled = false;
  else bar.remove();
}

// What can still be done about a mail that failed, or of which nobody knows.
export async function choose(form, decision) {
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  const turn = turnOf(form);
  try {
    const { parts } = await post(form.action, { decision });
    place(turn, parts);
    part(section(turn), parts.at(-1).key)?.focus({ preventScroll: true });
  } catch (problem) {
    form.removeAttribute("aria-busy");
    complain(problem);
  }
}

// The one thing to do about an answer that broke off or failed.
export async function act(form) {
  const turn = turnOf(form), notice = form.closest("[data-key]");
  try {
    await post(form.action, {});
    section(turn).dataset.state = "running";
    listen(turn);
    // The button has done its work; what can be done now is to stop.
    if (notice.contains(document.activeElement)) one("[data-stop]").focus();
    notice.remove();
  } catch (problem) { complain(problem); }
}
