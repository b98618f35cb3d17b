// Where the teacher writes: nothing typed is lost, and nothing is said before its time.

import { all, composing, grow, made, one, section } from "./dom.js";
import { keep, kept, taken } from "./keeping.js";
import { listen } from "./stream.js";
import { post, tell } from "./post.js";
import { running } from "./stopping.js";
import { shortcuts } from "./keys.js";
import { toEnd } from "./place.js";

const chat = one("[data-chat]"), log = one("[data-log]"), composer = one("[data-composer]"), write = one("[data-write]");
const box = one("textarea", write), send = one("[data-send]"), stop = one("[data-stop]"), fault = one("#words-fault");
const touch = matchMedia("(pointer: coarse)").matches;
let saying = false;

export function complain(problem) {
  tell(fault, problem);
  fault.hidden = !problem;
  box.toggleAttribute("aria-invalid", Boolean(problem));
}

function hold(words) {
  box.value = words;
  grow(box);
}

export async function say(words, typed) {
  if (!words.trim() || saying || running()) return;
  saying = send.disabled = true;
  complain();
  try {
    const { conversation, turn, html } = await post(write.action, { ...through(), words, client_id: write.elements.client_id.value });
    if (!section(turn)) log.append(made(html));
    if (typed) {
      // What was typed behind it meanwhile waits for its turn.
      hold(box.value.startsWith(words) ? box.value.slice(words.length) : box.value);
      taken(chat.dataset.chat, words);
    }
    all("[name=client_id]", composer).forEach((field) => { field.value = crypto.randomUUID(); });
    if (!chat.dataset.chat) adopt(conversation, words);
    if (box.value) keep(conversation, box.value);
    listen(turn);
    toEnd();
    if (!touch) box.focus({ preventScroll: true });
  } catch (problem) {
    if (typed) keep(chat.dataset.chat, box.value);
    complain(problem);
    box.focus();
  } finally {
    saying = send.disabled = false;
  }
}

// What is said goes on from the version that is looked at.
const through = () => write.elements.through ? { through: write.elements.through.value } : {};

// The first words make a conversation: the address, the heading and the side say so.
function adopt(conversation, words) {
  chat.dataset.chat = conversation;
  chat.classList.remove("blank");
  history.replaceState(null, "", `/chat/${conversation}`);
  write.action = `/chat/${conversation}`;
  one("[data-asks]")?.remove();
  const heading = made('<h1 class="sr"></h1>'), item = made('<li><a aria-current="page"></a></li>');
  heading.textContent = item.firstChild.textContent = item.firstChild.title = words.trim().replace(/\s+/g, " ").slice(0, 80);
  item.firstChild.href = `/chat/${conversation}`;
  one(".greeting").replaceWith(heading);
  document.title = `${heading.textContent} · Teacher’s Aide`;
  one(".side [aria-current]")?.removeAttribute("aria-current");
  today().prepend(item);
}

// Today's list in the side. What is pinned stays above it.
function today() {
  const past = one("[data-past]"), heads = [...past.querySelectorAll("h2")];
  const under = (title) => heads.find((head) => head.textContent === title)?.nextElementSibling;
  if (under("Today")) return under("Today");
  const group = [...made("<div><h2>Today</h2><ul></ul></div>").children], pinned = under("Pinned");
  if (pinned) pinned.after(...group);
  else past.prepend(...group);
  return group[1];
}

// The button keeps the focus: one that is disabled would throw it away.
export function halt() {
  if (stop.ariaDisabled) return;
  stop.ariaDisabled = "true";
  post(stop.formAction, {}).catch((problem) => {
    stop.ariaDisabled = null;
    complain(problem);
  });
}

// ---- Keys: Enter says it, Shift and Enter begin a line, Up in an empty box brings back what was said last.

box.addEventListener("keydown", (event) => {
  if (composing(event) || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter" && !touch) {
    event.preventDefault();
    // A key that is still held down from the page before says nothing.
    if (!running() && !event.repeat) write.requestSubmit(send);
  } else if (event.key === "ArrowUp" && !box.value && shortcuts()) {
    const last = all(".said p", log).at(-1)?.textContent;
    if (!last) return;
    event.preventDefault();
    hold(last);
    keep(chat.dataset.chat, last);
    box.setSelectionRange(last.length, last.length);
  }
});
addEventListener("keydown", (event) => {
  // Whatever lies over the page is closed by the same key, and first.
  if (event.key !== "Escape" || composing(event) || one("dialog[open], :popover-open")) return;
  if (running() && shortcuts()) halt();
});
box.addEventListener("input", () => {
  grow(box);
  keep(chat.dataset.chat, box.value);
});

export function begin() {
  // Enter in an empty box says nothing, and the browser need not complain about it.
  write.noValidate = true;
  hold(box.value || kept(chat.dataset.chat));
  if (!touch && !location.hash) box.focus({ preventScroll: true });
}
