// The few words in which the other files speak of the page.

export const one = (css, root = document) => root.querySelector(css);
export const all = (css, root = document) => [...root.querySelectorAll(css)];

// The turn of that id, and a part of a turn by its name.
export const section = (turn) => document.getElementById(`turn-${turn}`);
export const part = (root, name) => one(`[data-key="${CSS.escape(name)}"]`, root);

// HTML comes from our own server, which has cleaned it; what is not HTML is only ever set as text.
export function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// A field that is as tall as what is written in it, where the style sheet cannot make it so.
export function grow(field) {
  if (field.tagName !== "TEXTAREA" || CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

// 229: some browsers end a composition with a key that no longer says so.
export const composing = (event) => event.isComposing || event.keyCode === 229;
