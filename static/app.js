// What the page does by itself. Without this file everything still works: forms are
// posted and whole pages come back. With it, answers arrive while they are written.
//
// Answers to fetch (Accept: application/json):
//   POST /chat, /chat/{conversation}    {"conversation","turn","html"}   html = the turn's section, to append
//   POST /approvals/{id}                {"hash","parts":[{"key","html"}]} the parts that changed
//   POST /turns/{turn}/stop, …/resume   {}                               what follows comes as events
//   anything that went wrong            {"error":{"words"}}              a sentence for the teacher, and perhaps parts
//
// Events of GET /turns/{turn}/events (docs/events.md); the browser itself says where it was after a broken line:
//   text    {"step","sealed","kind", "open" | "add"}
//           `sealed` is HTML to append to the answer of that step. `open` replaces the text of the
//           block that is still being written, `add` goes to its end. `kind`: text, table, list, code.
//   part    {"key","html"}    puts a part in the turn, in place of the one with that key; empty html removes it.
//   turn    {"html"}          replaces the whole turn.
//   status  {"state"}         running; waiting: the line stays open for what the teacher decides; anything else ends it.
// HTML comes from our own server, which has cleaned it; what is not HTML is only ever set as text.

const one = (css, root = document) => root.querySelector(css);
const all = (css, root = document) => [...root.querySelectorAll(css)];
const chat = one("[data-chat]");

// A page from the back button may show what has changed since, or who has signed out.
addEventListener("pageshow", (event) => event.persisted && location.reload());
if (chat) start();

function start() {
  const log = one("[data-log]"), composer = one("[data-composer]"), write = one("[data-write]");
  const box = one("textarea", write), send = one("[data-send]"), stop = one("[data-stop]");
  const jump = one("[data-jump]"), fault = one("#words-fault"), page = document.documentElement;
  const touch = matchMedia("(pointer: coarse)").matches;
  const streams = new Map();
  // Enter in an empty box says nothing, and the browser need not complain about it.
  write.noValidate = true;
  const key = () => `words:${chat.dataset.chat || "new"}`;

  // ---- The reader's place: follow only while the reader is at the end.

  let follow = true, last = scrollY;
  const atEnd = () => innerHeight + scrollY >= page.scrollHeight - 60;
  const toEnd = () => scrollTo({ top: page.scrollHeight, behavior: "instant" });
  // Text that grows under a reader at the end also leaves the end; only moving up is the reader's wish.
  function look() {
    if (atEnd()) follow = true; else if (scrollY < last - 1) follow = false;
    last = scrollY;
    jump.hidden = follow;
  }
  // The reader may have moved since the last scroll event, and must not be pulled back.
  const settle = () => { look(); if (follow) toEnd(); };
  addEventListener("scroll", look, { passive: true });
  jump.addEventListener("click", () => { toEnd(); look(); box.focus({ preventScroll: true }); });

  // ---- One polite voice, which never speaks over itself.

  const status = one("[data-status]"), queue = [];
  let speaking = false;
  function announce(words) {
    if (!words) return;
    queue.push(words);
    if (!speaking) speak();
  }
  function speak() {
    const words = queue.shift();
    speaking = words !== undefined;
    if (!speaking) return;
    status.textContent = words;
    setTimeout(speak, 700);
  }

  // ---- Parts: put in, replaced, and nothing of the teacher's lost on the way.

  const section = (turn) => document.getElementById(`turn-${turn}`);
  const find = (root, name) => one(`[data-key="${CSS.escape(name)}"]`, root);
  function made(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  }
  const fields = (letter) => all("input:not([type=hidden]), textarea", letter);
  const memory = (letter) => `letter:${letter.dataset.key}:${letter.dataset.hash}`;
  const isOpen = (letter) => /^(waiting|refused)$/.test(letter.dataset.state);
  const editedMark = (letter) => {
    const mark = one(".edited", letter);
    if (mark) mark.hidden = !fields(letter).some((field) => field.value !== field.defaultValue);
  };
  function keepPlace(old, fresh) {
    for (const part of all("[data-key]", old).concat(old)) {
      const twin = part === old ? fresh : find(fresh, part.dataset.key);
      if (twin && part.open) twin.open = true;
    }
  }
  function replace(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    keepPlace(old, fresh);
    old.replaceWith(fresh);
    dress(fresh);
    if (focused) twin(focused, fresh).focus({ preventScroll: true });
  }
  // What has taken the place of something: the same field, the same part, or at least the whole.
  function twin(old, fresh) {
    const part = find(fresh, old.closest("[data-key]")?.dataset.key ?? "") ?? fresh;
    return document.getElementById(old.id) ?? (old.matches("summary") ? one("summary", part) : part) ?? part;
  }
  function dress(root) {
    for (const letter of all(".letter", root).concat(root.matches(".letter") ? root : [])) {
      const kept = isOpen(letter) && JSON.parse(sessionStorage.getItem(memory(letter)) ?? "null");
      if (kept) for (const field of fields(letter)) field.value = kept[field.name] ?? field.value;
      editedMark(letter);
      fields(letter).forEach(grow);
    }
    all("[data-count]", root).forEach(countDown);
  }
  function put(turn, name, html) {
    const old = find(turn, name), fresh = made(html);
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
  // Text that is still being written shows its marks as what they will become.
  const plain = (raw) => raw.replace(/\*\*|__/g, "").replace(/^(\s*)[-*+] /gm, "$1• ").replace(/^#+ /gm, "");
  function text(turn, { step, sealed, open, add, kind }) {
    if (!find(turn, `step-${step}`)) put(turn, `step-${step}`, `<div class="answer" data-key="step-${Number(step)}"><div class="blocks"></div></div>`);
    const answer = find(turn, `step-${step}`);
    if (sealed) one(".blocks", answer).insertAdjacentHTML("beforeend", sealed);
    const tail = one(".tail", answer) ?? answer.appendChild(made('<div class="tail"></div>'));
    tail.dataset.kind = kind;
    tail.raw = open ?? (tail.raw ?? tail.textContent) + (add ?? "");
    tail.textContent = kind === "code" ? tail.raw : plain(tail.raw);
    if (!tail.raw) tail.remove();
  }

  // ---- The stream of a turn.

  const ends = { waiting: "A draft is waiting for you", done: "Answer ready", stopped: "Stopped" };
  const events = {
    text(turn, data) { run(turn); text(section(turn), data); },
    part(turn, { key, html }) { put(section(turn), key, html); },
    turn(turn, { html }) {
      replace(section(turn), made(html));
    },
    status(turn, { state }) {
      section(turn).dataset.state = state;
      if (state === "running") return run(turn);
      if (state === "waiting") rest(turn); else end(turn);
      announce(ends[state]);
    },
  };
  const alive = (turn) => /^(running|waiting)$/.test(section(turn)?.dataset.state ?? "");
  function listen(turn, tries = 0) {
    if (streams.has(turn) || !section(turn)) return;
    const source = new EventSource(`/turns/${turn}/events`);
    const stream = { source, since: Date.now() };
    streams.set(turn, stream);
    if (section(turn).dataset.state === "running") run(turn);
    for (const name of Object.keys(events)) source.addEventListener(name, (event) => {
      tries = 0;
      events[name](turn, JSON.parse(event.data));
      settle();
    });
    source.addEventListener("open", () => {
      if (stream.broken && section(turn).dataset.state === "running") busy(turn, "Working on it");
      stream.broken = false;
    });
    source.addEventListener("error", () => {
      // The browser comes back by itself after a broken line, but not after a refusal.
      if (source.readyState !== EventSource.CLOSED) {
        stream.broken = true;
        if (section(turn).dataset.state === "running") busy(turn, "The connection broke, trying again");
        return;
      }
      close(turn);
      if (tries < 5) return setTimeout(listen, 1000 * 2 ** tries, turn, tries + 1);
      end(turn);
      put(section(turn), "lost", '<div class="notice warn" data-key="lost" role="alert"><div><p><strong>The connection is lost.</strong><span class="words">The answer goes on without this page.</span></p></div><a class="button" href="">Load the page again</a></div>');
    });
  }
  function close(turn) {
    const stream = streams.get(turn);
    stream?.source.close();
    clearInterval(stream?.timer);
    streams.delete(turn);
  }
  // The turn waits for the teacher: nothing is written, and the line stays open.
  function rest(turn) {
    const stream = streams.get(turn);
    clearInterval(stream?.timer);
    if (stream) { stream.timer = undefined; stream.since = Date.now(); }
    one("[data-busy]", section(turn))?.remove();
    if (stop.dataset.turn === turn) idle();
    settle();
  }
  function end(turn) {
    rest(turn);
    close(turn);
  }
  function run(turn, words) {
    if (stop.dataset.turn !== turn) {
      stop.dataset.turn = turn;
      stop.formAction = `/turns/${turn}/stop`;
      stop.disabled = false;
      announce("Answer is being written");
    }
    const focused = document.activeElement === send;
    send.hidden = true; stop.hidden = false;
    if (focused) stop.focus();
    busy(turn, words);
  }
  function idle() {
    const focused = document.activeElement === stop;
    delete stop.dataset.turn;
    send.hidden = false; stop.hidden = true;
    if (focused) box.focus({ preventScroll: true });
  }
  function busy(turn, words) {
    const stream = streams.get(turn), parts = one(".parts", section(turn));
    if (!stream || !parts) return;
    const line = one("[data-busy]", parts) ?? parts.appendChild(made('<p class="busy" data-busy><span class="dots"><i></i><i></i><i></i></span> <span class="words">Working on it</span> <span class="time"></span></p>'));
    if (words) one(".words", line).textContent = words;
    stream.timer ??= setInterval(() => {
      const seconds = Math.floor((Date.now() - stream.since) / 1000);
      const time = one("[data-busy] .time", section(turn));
      if (time && seconds >= 2) time.textContent = `${seconds} s`;
    }, 500);
  }

  // ---- What the teacher does.

  async function post(url, body) {
    let answer, data;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: {
          Accept: "application/json",
          "Content-Type": "application/x-www-form-urlencoded",
          "X-Form-Token": one("[name=token]").value,
        },
        body: new URLSearchParams(body),
      });
      data = await answer.json();
    } catch {
      throw new Error(answer ? "The answer could not be read. Load the page again to see how things stand."
        : "The connection broke. Try again: nothing is said or sent twice.");
    }
    if (!answer.ok || data.error) throw Object.assign(new Error(data.error?.words ?? "That did not work. Try again."), { data });
    return data;
  }
  function complain(words) {
    fault.textContent = words;
    fault.hidden = !words;
    box.toggleAttribute("aria-invalid", Boolean(words));
  }
  let saying = false;
  async function say(words, typed) {
    if (!words.trim() || saying || stop.dataset.turn) return;
    saying = send.disabled = true;
    complain("");
    try {
      const { conversation, turn, html } = await post(write.action, { words, client_id: write.elements.client_id.value });
      if (!section(turn)) log.append(made(html));
      if (typed) { box.value = ""; grow(box); sessionStorage.removeItem(key()); }
      all("[name=client_id]", composer).forEach((field) => { field.value = crypto.randomUUID(); });
      if (!chat.dataset.chat) adopt(conversation, words);
      listen(turn);
      toEnd();
      look();
      if (!touch) box.focus({ preventScroll: true });
    } catch (problem) {
      complain(problem.message);
      box.focus();
    } finally {
      saying = send.disabled = false;
    }
  }
  // The first words make a conversation: the address, the heading and the side say so.
  function adopt(conversation, words) {
    sessionStorage.removeItem(key());
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
    const past = one("[data-past]");
    if (one("h2", past)?.textContent !== "Today") past.prepend(...made("<div><h2>Today</h2><ul></ul></div>").children);
    one("ul", past).prepend(item);
  }
  async function decide(letter, decision) {
    if (letter.getAttribute("aria-busy")) return;
    const turn = letter.closest("[data-turn]").dataset.turn, name = letter.dataset.key, kept = memory(letter);
    const body = new FormData(letter);
    body.set("decision", decision);
    letter.setAttribute("aria-busy", "true");
    one(".status", letter).textContent = decision === "send" ? "sending now" : "putting it away";
    try {
      const { parts } = await post(letter.action, body);
      place(turn, parts);
      const fresh = find(section(turn), name);
      if (fresh && !fresh.matches(".letter")) {
        sessionStorage.removeItem(kept);
        fresh.classList.add("was-draft");
        announce(one(".stamp, .title", fresh)?.textContent);
      }
      fresh?.focus({ preventScroll: true });
      if (alive(turn)) listen(turn);
    } catch (problem) {
      letter.removeAttribute("aria-busy");
      // A draft that has changed meanwhile is shown as it is now; one that has not keeps what was typed.
      const { hash, parts = [] } = problem.data ?? {};
      place(turn, parts.filter((part) => part.key !== name || hash !== letter.dataset.hash));
      const shown = find(section(turn), name) ?? letter, footer = one("footer", shown);
      if (one(".status", shown)) one(".status", shown).textContent = hash ? "nothing has been sent" : "load the page again to see whether it was sent";
      const note = one(".fault", shown) ?? made('<p class="fault" role="alert"></p>');
      note.textContent = problem.message;
      if (footer) footer.before(note); else shown.append(note);
      shown.focus({ preventScroll: true });
    }
  }
  const place = (turn, parts) => parts.forEach(({ key, html }) => put(section(turn), key, html));
  // What can still be done about a mail that failed, or of which nobody knows.
  async function choose(form, decision) {
    if (form.getAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    const turn = form.closest("[data-turn]").dataset.turn;
    try {
      const { parts } = await post(form.action, { decision });
      place(turn, parts);
      find(section(turn), parts.at(-1).key)?.focus({ preventScroll: true });
    } catch (problem) {
      form.removeAttribute("aria-busy");
      complain(problem.message);
    }
  }
  // Each draft goes by its own form, so that what is sent is what is shown, changes included.
  async function decideAll(bar) {
    one("button", bar).disabled = true;
    for (const approval of all("[name=approval]", bar)) {
      const letter = one(`form[action$="/${CSS.escape(approval.value.split(":")[0])}"]`);
      if (letter && isOpen(letter)) await decide(letter, "send");
    }
    if (bar.isConnected && all(".letter", bar.closest("[data-turn]")).some(isOpen)) one("button", bar).disabled = false;
    else bar.remove();
  }
  async function act(form) {
    const turn = form.closest("[data-turn]").dataset.turn, notice = form.closest("[data-key]");
    try {
      await post(form.action, {});
      notice.remove();
      section(turn).dataset.state = "running";
      listen(turn);
    } catch (problem) { complain(problem.message); }
  }

  chat.addEventListener("submit", (event) => {
    const form = event.target, by = event.submitter;
    event.preventDefault();
    if (by === stop) {
      stop.disabled = true;
      post(stop.formAction, {}).catch((problem) => { stop.disabled = false; complain(problem.message); });
    } else if (form === write) say(box.value, true);
    else if (form.matches("[data-asks]")) say(by.value, false);
    else if (form.matches(".letter")) decide(form, by.value);
    else if (form.matches(".send-all")) decideAll(form);
    else if (form.matches("[data-choices]")) choose(form, by.value);
    else if (form.matches("[data-act]")) act(form);
  });
  chat.addEventListener("input", ({ target }) => {
    grow(target);
    const letter = target.closest(".letter");
    if (letter) {
      editedMark(letter);
      sessionStorage.setItem(memory(letter), JSON.stringify(Object.fromEntries(fields(letter).map((field) => [field.name, field.value]))));
    } else if (target === box) sessionStorage.setItem(key(), box.value);
  });
  box.addEventListener("keydown", (event) => {
    // 229: some browsers end a composition with an Enter that no longer says so.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || touch) return;
    event.preventDefault();
    if (!stop.dataset.turn) write.requestSubmit(send);
  });
  function grow(field) {
    if (field.tagName !== "TEXTAREA" || CSS.supports("field-sizing", "content")) return;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }

  box.value ||= sessionStorage.getItem(key()) ?? "";
  grow(box);
  dress(log);
  for (const turn of all("[data-turn]").filter(({ dataset }) => alive(dataset.turn))) listen(turn.dataset.turn);
  if (!location.hash && one(".turn")) toEnd();
  follow = atEnd();
  if (!touch && !location.hash) box.focus({ preventScroll: true });
}
