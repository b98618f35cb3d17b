// One polite voice for the whole page, which never speaks over itself.

import { one } from "./dom.js";

const status = one("[data-status]"), queue = [];
let speaking = false;

export function announce(words) {
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
