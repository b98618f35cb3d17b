// The stream of a turn. Events of GET /turns/{turn}/events (docs/events.md); after a broken line
// the browser itself says where it was:
//   text    {"step","sealed","kind", "open" | "add"}
//           `sealed` is HTML to append to the answer of that step. `open` replaces the text of the
//           block that is still being written, `add` goes to its end. `kind`: text, table, list, code.
//   part    {"key","html"}    puts a part in the turn, in place of the one with that key; empty html removes it.
//   turn    {"html"}          replaces the whole turn.
//   status  {"state"}         running; waiting: the line stays open for what the teacher decides; anything else ends it.

import { announce } from "./voice.js";
import { begun, over } from "./stopping.js";
import { door, signedOut } from "./post.js";
import { made, one, section } from "./dom.js";
import { put, replace, write } from "./parts.js";
import { settle } from "./place.js";

const streams = new Map();
const ends = { waiting: "A draft is waiting for you", done: "Answer ready", stopped: "Stopped" };
// A line that cannot be had is tried so often, each time after twice as long.
const TRIES = 5;

const state = (turn) => section(turn)?.dataset.state;
export const alive = (turn) => /^(running|waiting)$/.test(state(turn) ?? "");

const events = {
  text(turn, data) { run(turn); write(section(turn), data); },
  part(turn, { key, html }) { put(section(turn), key, html); },
  turn(turn, { html }) { replace(section(turn), made(html)); },
  status(turn, { state }) {
    section(turn).dataset.state = state;
    if (state === "running") return run(turn);
    if (state === "waiting") rest(turn); else end(turn);
    announce(ends[state]);
  },
};

export function listen(turn, tries = 0) {
  if (streams.has(turn) || !section(turn)) return;
  const source = new EventSource(`/turns/${turn}/events`);
  const stream = { source, since: Date.now() };
  streams.set(turn, stream);
  if (state(turn) === "running") run(turn);
  for (const name of Object.keys(events)) source.addEventListener(name, (event) => {
    tries = 0;
    events[name](turn, JSON.parse(event.data));
    settle();
  });
  source.addEventListener("open", () => {
    if (stream.broken && state(turn) === "running") busy(turn, "Working on it");
    stream.broken = false;
  });
  source.addEventListener("error", () => {
    // The browser comes back by itself after a broken line, but not after a refusal.
    if (source.readyState !== EventSource.CLOSED) {
      stream.broken = true;
      if (state(turn) === "running") busy(turn, "The connection broke, trying again");
      return;
    }
    refused(turn, source.url, tries);
  });
}

// The line ended and cannot be had again.
async function refused(turn, url, tries) {
  close(turn);
  if (await signedOut(url)) return lost(turn, "Your sign-in has ended.", "The answer goes on without this page, and what you typed is kept.", "Sign in again", door());
  if (tries < TRIES) return setTimeout(listen, 1000 * 2 ** tries, turn, tries + 1);
  lost(turn, "The connection is lost.", "The answer goes on without this page.", "Load the page again", "");
}
function lost(turn, title, words, button, href) {
  end(turn);
  section(turn).dataset.state = "lost";
  put(section(turn), "lost", `<div class="notice warn" data-key="lost" role="alert"><div><p><strong>${title}</strong><span class="words">${words}</span></p></div><a class="button" href="${href}">${button}</a></div>`);
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
  over(turn);
  settle();
}
function end(turn) {
  rest(turn);
  close(turn);
}
function run(turn, words) {
  begun(turn);
  busy(turn, words);
}

// Says that something happens, and since when.
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
