// The two buttons beside the box, of which one is there: send, or stop while something is written.

import { announce } from "./voice.js";
import { one } from "./dom.js";

const send = one("[data-send]"), stop = one("[data-stop]");

// The turn that is being written, if there is one.
export const running = () => stop.dataset.turn;

export function begun(turn) {
  if (running() !== turn) {
    stop.dataset.turn = turn;
    stop.formAction = `/turns/${turn}/stop`;
    stop.ariaDisabled = null;
    announce("Answer is being written");
  }
  const focused = document.activeElement === send;
  send.hidden = true;
  stop.hidden = false;
  if (focused) stop.focus();
}

export function over(turn) {
  if (running() !== turn) return;
  const focused = document.activeElement === stop;
  delete stop.dataset.turn;
  send.hidden = false;
  stop.hidden = true;
  if (focused) one("#words").focus({ preventScroll: true });
}
