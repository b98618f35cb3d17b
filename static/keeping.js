// Words that are typed and not sent yet, kept in this browser: for each conversation, and for
// each account by itself. Signing out forgets them, and so does another account that comes after;
// those of a deleted conversation are forgotten with it.

import { all, one } from "./dom.js";

const teacher = document.body.dataset.teacher;
const own = `words:${teacher}:`;
const name = (conversation) => own + (conversation || "new");

// A browser that keeps nothing is no reason to stop.
function attempt(what) {
  try { return what(); } catch { return undefined; }
}

export const kept = (conversation) => attempt(() => localStorage.getItem(name(conversation))) ?? "";

export function keep(conversation, words) {
  attempt(() => (words ? localStorage.setItem(name(conversation), words) : localStorage.removeItem(name(conversation))));
}

// Another tab may have begun something else in the same place; that stays.
export function taken(conversation, words) {
  if (kept(conversation).startsWith(words)) keep(conversation, "");
}

const remove = (storage, which) => attempt(() => Object.keys(storage).filter(which).forEach((key) => storage.removeItem(key)));

function forget() {
  remove(localStorage, (key) => key.startsWith("words:"));
  remove(sessionStorage, (key) => key.startsWith("letter:"));
}

if (teacher) remove(localStorage, (key) => key.startsWith("words:") && !key.startsWith(own));

// Where all conversations are listed, what was typed for any other is forgotten: it is deleted.
const list = one("[data-all]");
if (list) {
  const there = new Set(["new", ...all("a[href^='/chat/']", list).map(({ pathname }) => pathname.split("/")[2])]);
  remove(localStorage, (key) => key.startsWith(own) && !there.has(key.slice(own.length)));
  remove(sessionStorage, (key) => key.startsWith("letter:") && !there.has(key.split(":")[1]));
}
for (const form of all("[data-forgets]")) form.addEventListener("submit", forget);
