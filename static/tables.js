// What a table can do in the page: sort by its headings, and be copied into a spreadsheet.
// Without this file tables stand as they came, and their files can still be downloaded.

import { all, one } from "./dom.js";
import { announce } from "./voice.js";

const lang = document.documentElement.lang;
const words = new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
const text = (cell) => (cell?.innerText ?? "").trim();
const isEmpty = (value) => /^[–—-]?$/.test(value);

// "7.25", "7,25", "−1.05", "1,234.5", "85 %"; anything else is no number.
function number(value) {
  let digits = value.replace(/[\s%]/g, "").replace("−", "-").replace(/^\+/, "");
  digits = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(digits) ? digits.replaceAll(",", "") : digits.replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(digits) ? Number(digits) : NaN;
}

// ---- Sorting: by a button in each heading; what is empty stays at the end.

function sort(table, column, down) {
  const body = table.tBodies[0], rows = [...body.rows];
  const keys = new Map(rows.map((row) => [row, text(row.cells[column])]));
  const filled = rows.filter((row) => !isEmpty(keys.get(row)));
  const numeric = filled.every((row) => !Number.isNaN(number(keys.get(row))));
  const compare = numeric ? (a, b) => number(a) - number(b) : words.compare;
  filled.sort((a, b) => compare(keys.get(a), keys.get(b)) * (down ? -1 : 1));
  body.append(...filled, ...rows.filter((row) => isEmpty(keys.get(row))));
}
function sortable(table) {
  if (!(table.tBodies[0]?.rows.length > 1)) return;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.ariaSort === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(table, column, down);
    });
  });
}

// ---- Copying: as text with tabs and as a table, so that every spreadsheet gets its own.

// What a spreadsheet could take for a formula is made words; numbers stay numbers.
function harmless(value) {
  if (isEmpty(value)) return "";
  const plain = value.replace(/\s+/g, " ");
  const signed = plain.replace(/^−/, "-");
  if (/^[+-]?\d+([.,]\d+)?$/.test(signed)) return signed.replace(/^\+/, "");
  return /^[=+\-@＝＋－＠]/.test(signed) ? `'${plain}` : plain;
}
function grid(table) {
  return [...table.rows].map((row) => [...row.cells].map((cell) => harmless(text(cell))));
}
function asHtml(rows) {
  const table = document.createElement("table");
  rows.forEach((cells, at) => {
    const row = table.insertRow();
    for (const value of cells) row.appendChild(document.createElement(at ? "td" : "th")).textContent = value;
  });
  return table.outerHTML;
}
const blob = (type, content) => new Blob([content], { type });
function copy(table) {
  const rows = grid(table);
  return navigator.clipboard.write([new ClipboardItem({
    "text/plain": blob("text/plain", rows.map((cells) => cells.join("\t")).join("\n")),
    "text/html": blob("text/html", asHtml(rows)),
  })]);
}

function copyable(sheet) {
  if (!navigator.clipboard?.write || !window.ClipboardItem) return;
  let tools = sheet.nextElementSibling;
  if (!tools?.matches(".files")) {
    tools = Object.assign(document.createElement("p"), { className: "files" });
    sheet.after(tools);
  }
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  button.append(Object.assign(document.createElement("span"), { className: "sr", textContent: " this table for a spreadsheet" }));
  tools.prepend(button, " ");
  button.addEventListener("click", async () => {
    const done = await copy(one("table", sheet)).then(() => "Copied", () => "Could not copy");
    button.firstChild.data = done;
    announce(done === "Copied" ? "Table copied" : "The browser did not allow copying");
    setTimeout(() => { button.firstChild.data = "Copy"; }, 2000);
  });
}

function dress(root) {
  const sheets = all(".sheet", root).concat(root.matches?.(".sheet") ? root : []);
  for (const sheet of sheets.filter(({ dataset }) => !dataset.ready)) {
    sheet.dataset.ready = "";
    sortable(one("table", sheet));
    copyable(sheet);
  }
}
dress(document);
const log = one("[data-log]");
if (log) new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => {
  if (node.nodeType === Node.ELEMENT_NODE) dress(node);
}))).observe(log, { childList: true, subtree: true });
