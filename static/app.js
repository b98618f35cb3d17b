// What every page does by itself; a conversation does more (chat.js). The address of these files
// holds the hash of all of them, so that one which names another finds it as it was released.

import "./keeping.js";
import "./keys.js";
import "./tables.js";
import { all } from "./dom.js";

// A page from the back button may show what has changed since, or who has signed out.
addEventListener("pageshow", (event) => event.persisted && location.reload());

for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
