// What a conversation's page does besides following answers (app.js). Every form
// works without it; with it, nobody waits for a whole page while an answer is written.

(() => {
  const chat = document.querySelector("[data-chat]");
  if (!chat) return;
  document.documentElement.classList.add("scripted");

  // Another version of a turn changes all that stands below it: the page is loaded anew, and follows from there.
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-branch]");
    if (!form) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    try {
      const { conversation, turn } = await post(form);
      history.replaceState(null, "", `/chat/${conversation}#turn-${turn}`);
      location.reload();
    } catch (problem) {
      form.removeAttribute("aria-busy");
      const fault = form.querySelector(".fault") ?? form.appendChild(document.createElement("p"));
      fault.className = "fault";
      fault.setAttribute("role", "alert");
      fault.textContent = problem.message;
    }
  });
  async function post(form) {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(new FormData(form)),
    }).catch(() => { throw new Error("The connection broke. Try again: nothing is asked twice."); });
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok || data.error) throw new Error(data.error?.words ?? "That did not work. Load the page again.");
    return data;
  }

  // An answer goes to the clipboard as it looks, for a letter or a table, or as the Markdown that the server keeps.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-markdown]");
    if (!button || !navigator.clipboard || !window.ClipboardItem) return;
    event.preventDefault();
    const done = await (button.matches("[data-copy]") ? copyAnswer(button.closest("[data-turn]")) : copyMarkdown(button.href)).then(() => "Copied", () => "Could not be copied");
    const words = [...button.querySelectorAll("span")].find((span) => span.checkVisibility()) ?? button.lastChild;
    const before = words.textContent;
    if (before === done) return;
    words.textContent = done;
    const status = document.querySelector("[data-status]");
    if (status) status.textContent = done;
    setTimeout(() => { words.textContent = before; }, 2000);
  });
  function copyAnswer(turn) {
    const blocks = [...turn.querySelectorAll(".answer .blocks")];
    const html = blocks.map((block) => {
      const bare = block.cloneNode(true);
      for (const files of bare.querySelectorAll(".files")) files.remove();
      for (const button of bare.querySelectorAll("th > button")) button.replaceWith(button.textContent);
      // What a spreadsheet could take for a formula is made words.
      for (const cell of bare.querySelectorAll("th, td")) if (/^\s*([=+@＝＋＠]|[-－](?![\d.,]+$))./.test(cell.textContent)) cell.prepend("'");
      return bare.innerHTML;
    });
    return write({ "text/plain": blocks.map((block) => block.innerText).join("\n\n"), "text/html": html.join("\n") });
  }
  async function copyMarkdown(href) {
    const text = fetch(href).then((answer) => answer.ok ? answer.text() : Promise.reject(new Error(answer.status)));
    return write({ "text/plain": text });
  }
  // The browser takes a promise, so that a click still counts when the text has come.
  const write = (kinds) => navigator.clipboard.write([new ClipboardItem(Object.fromEntries(
    Object.entries(kinds).map(([kind, text]) => [kind, Promise.resolve(text).then((text) => new Blob([text], { type: kind }))]),
  ))]);

  // The first words make a conversation, which then has a name and what can be done with it.
  new MutationObserver(async () => {
    const page = await fetch(location.pathname, { headers: { Accept: "text/html" } }).then((answer) => answer.text(), () => "");
    const heading = new DOMParser().parseFromString(page, "text/html").querySelector("[data-heading]");
    if (!heading || document.querySelector("[data-heading]")) return;
    chat.querySelector("h1")?.remove();
    chat.before(document.adoptNode(heading));
  }).observe(chat, { attributeFilter: ["data-chat"] });
})();
