// Parts of a turn: put in, replaced, and nothing of the teacher's lost on the way.

import { all, grow, made, one, part } from "./dom.js";

// ---- What the teacher changed in a draft is kept until the draft is decided.

const fields = (letter) => all("input:not([type=hidden]), textarea", letter);
const memory = (letter) => `letter:${one("[data-chat]").dataset.chat}:${letter.dataset.key}:${letter.dataset.hash}`;
export const isOpen = (letter) => /^(waiting|refused)$/.test(letter.dataset.state);

function mark(letter) {
  const edited = one(".edited", letter);
  if (edited) edited.hidden = !fields(letter).some((field) => field.value !== field.defaultValue);
}
export function corrected(letter) {
  mark(letter);
  sessionStorage.setItem(memory(letter), JSON.stringify(Object.fromEntries(fields(letter).map((field) => [field.name, field.value]))));
}
// Forgets what was changed in a draft, once that is known to be done with.
export function corrections(letter) {
  const name = memory(letter);
  return () => sessionStorage.removeItem(name);
}

// ---- Putting in and replacing.

// What has been put in begins its work.
export function dress(root) {
  for (const letter of all(".letter", root).concat(root.matches(".letter") ? root : [])) {
    const kept = isOpen(letter) && JSON.parse(sessionStorage.getItem(memory(letter)) ?? "null");
    if (kept) for (const field of fields(letter)) field.value = kept[field.name] ?? field.value;
    mark(letter);
    fields(letter).forEach(grow);
  }
  all("[data-count]", root).forEach(countDown);
}

// What was open stays open.
function keepOpen(old, fresh) {
  for (const opened of all("[data-key]", old).concat(old)) {
    const other = opened === old ? fresh : part(fresh, opened.dataset.key);
    if (other && opened.open) other.open = true;
  }
}
// What has taken the place of something: the same field, the same part, or at least the whole.
function twin(old, fresh) {
  const same = part(fresh, old.closest("[data-key]")?.dataset.key ?? "") ?? fresh;
  return document.getElementById(old.id) ?? (old.matches("summary") ? one("summary", same) : same) ?? same;
}
export function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  keepOpen(old, fresh);
  old.replaceWith(fresh);
  dress(fresh);
  if (focused) twin(focused, fresh).focus({ preventScroll: true });
}
// Puts a part in the place of the one with its name, or at the end; empty HTML removes it.
export function put(turn, name, html) {
  const old = part(turn, name), fresh = made(html);
  if (!fresh) return old?.remove();
  if (old) return replace(old, fresh);
  const end = fresh.hasAttribute("data-last") ? "[data-busy]" : "[data-last], [data-busy]";
  one(".parts", turn).insertBefore(fresh, one(end, turn));
  dress(fresh);
}

function countDown(note) {
  const figure = one(".count", note);
  const timer = setInterval(() => {
    const left = Number(figure.textContent) - 1;
    if (left < 0 || !figure.isConnected) return clearInterval(timer);
    figure.textContent = left;
  }, 1000);
}

// ---- Text while it is written.

// What is not closed yet shows its marks as what they will become.
const plain = (raw) => raw.replace(/\*\*|__/g, "").replace(/^(\s*)[-*+] /gm, "$1• ").replace(/^#+ /gm, "");

export function write(turn, { step, sealed, open, add, kind }) {
  const name = `step-${Number(step)}`;
  if (!part(turn, name)) put(turn, name, `<div class="answer" data-key="${name}"><div class="blocks"></div></div>`);
  const answer = part(turn, name);
  if (sealed) one(".blocks", answer).insertAdjacentHTML("beforeend", sealed);
  const tail = one(".tail", answer) ?? answer.appendChild(made('<div class="tail"></div>'));
  tail.dataset.kind = kind;
  tail.raw = open ?? (tail.raw ?? tail.textContent) + (add ?? "");
  tail.textContent = kind === "code" ? tail.raw : plain(tail.raw);
  if (!tail.raw) tail.remove();
}
