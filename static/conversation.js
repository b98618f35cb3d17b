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

  // The first words make a conversation, which then has a name and what can be done with it.
  new MutationObserver(async () => {
    const page = await fetch(location.pathname, { headers: { Accept: "text/html" } }).then((answer) => answer.text(), () => "");
    const heading = new DOMParser().parseFromString(page, "text/html").querySelector("[data-heading]");
    if (!heading || document.querySelector("[data-heading]")) return;
    chat.querySelector("h1")?.remove();
    chat.before(document.adoptNode(heading));
  }).observe(chat, { attributeFilter: ["data-chat"] });
})();
