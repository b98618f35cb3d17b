// The keys that work anywhere on a page. Each can be done without them, and a teacher can turn
// them off in the settings (WCAG 2.1.4).

import { all, composing, one } from "./dom.js";

const panel = one("#shortcuts");

export const shortcuts = () => document.documentElement.dataset.shortcuts !== "off";

// Where keys write, they do nothing else.
const writes = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";

const deeds = {
  "?": () => panel?.showModal(),
  "/": () => {
    const field = one("#words") ?? one("input[type=search]");
    if (!field) return location.assign("/chat");
    field.focus();
    field.scrollIntoView({ block: "nearest" });
  },
};

addEventListener("keydown", (event) => {
  const deed = deeds[event.key];
  if (!deed || event.defaultPrevented || composing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!panel || !shortcuts() || event.target.closest?.(writes) || one("dialog[open]")) return;
  event.preventDefault();
  deed();
});

for (const button of all("[data-shows=shortcuts]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    one(":popover-open")?.hidePopover();
    panel.showModal();
  });
}
