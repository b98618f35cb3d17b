// The reader's place: the page follows what is written only while the reader is at its end.

import { one } from "./dom.js";

const page = document.documentElement, jump = one("[data-jump]");
const atEnd = () => innerHeight + scrollY >= page.scrollHeight - 60;
let follow = true, last = scrollY;

// Text that grows under a reader at the end also leaves the end; only moving up is the reader's wish.
function look() {
  if (atEnd()) follow = true; else if (scrollY < last - 1) follow = false;
  last = scrollY;
  jump.hidden = follow;
}

export function toEnd() {
  scrollTo({ top: page.scrollHeight, behavior: "instant" });
  look();
}

// The reader may have moved since the last scroll event, and must not be pulled back.
export function settle() {
  look();
  if (follow) toEnd();
}

// Where the page begins: at its end, unless an address leads to one place of it.
export function begin(somethingThere) {
  if (!location.hash && somethingThere) toEnd();
  follow = atEnd();
  look();
}

addEventListener("scroll", look, { passive: true });
jump.addEventListener("click", () => {
  toEnd();
  one("#words").focus({ preventScroll: true });
});
