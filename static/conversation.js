// What is done with a turn or with a whole conversation. Every form works without this file;
// with it, nobody waits for a whole page while an answer is written.

import { all, one } from "./dom.js";
import { post, tell } from "./post.js";
import { settle } from "./place.js";
import { announce } from "./voice.js";

const chat = one("[data-chat]");
document.documentElement.classList.add("scripted");

// Another version of a turn changes all that stands below it: the page is loaded anew, and follows from there.
chat.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-branch]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  try {
    const { conversation, turn } = await post(form.action, new FormData(form));
    history.replaceState(null, "", `/chat/${conversation}#turn-${turn}`);
    location.reload();
  } catch (problem) {
    form.removeAttribute("aria-busy");
    const fault = one(".fault", form) ?? form.appendChild(document.createElement("p"));
    fault.className = "fault";
    fault.setAttribute("role", "alert");
    tell(fault, problem);
  }
});

// An answer goes to the clipboard as it looks, for a letter or a table, or as the Markdown that the server keeps.
chat.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-markdown]");
  if (!button || !navigator.clipboard || !window.ClipboardItem) return;
  event.preventDefault();
  const copying = button.matches("[data-copy]") ? copyAnswer(button.closest("[data-turn]")) : copyMarkdown(button.href);
  const done = await copying.then(() => "Copied", () => "Could not be copied");
  announce(done);
  const words = all("span", button).find((span) => span.checkVisibility()) ?? button.lastChild, before = words.textContent;
  if (before === done) return;
  words.textContent = done;
  setTimeout(() => { words.textContent = before; }, 2000);
});

function copyAnswer(turn) {
  const blocks = all(".answer .blocks", turn);
  const html = blocks.map((block) => {
    const bare = block.cloneNode(true);
    for (const files of all(".files", bare)) files.remove();
    for (const button of all("th > button", bare)) button.replaceWith(button.textContent);
    // What a spreadsheet could take for a formula is made words.
    for (const cell of all("th, td", bare)) if (/^\s*([=+@＝＋＠]|[-－](?![\d.,]+$))./.test(cell.textContent)) cell.prepend("'");
    return bare.innerHTML;
  });
  return write({ "text/plain": blocks.map((block) => block.innerText).join("\n\n"), "text/html": html.join("\n") });
}

async function copyMarkdown(href) {
  return write({ "text/plain": fetch(href).then((answer) => answer.ok ? answer.text() : Promise.reject(new Error(answer.status))) });
}

// The browser takes a promise, so that a click still counts when the text has come.
function write(kinds) {
  const blobs = Object.entries(kinds).map(([kind, text]) => [kind, Promise.resolve(text).then((whole) => new Blob([whole], { type: kind }))]);
  return navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
}

// The first words make a conversation, which then has a name and what can be done with it.
new MutationObserver(async () => {
  const page = await fetch(location.pathname, { headers: { Accept: "text/html" } }).then((answer) => answer.text(), () => "");
  const heading = new DOMParser().parseFromString(page, "text/html").querySelector("[data-heading]");
  if (!heading || one("[data-heading]")) return;
  one("h1", chat)?.remove();
  chat.before(document.adoptNode(heading));
  // The page has grown at its top: who reads at its end stays there.
  settle();
  for (const button of all("[data-print]", heading)) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}).observe(chat, { attributeFilter: ["data-chat"] });
