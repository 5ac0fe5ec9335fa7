"use strict";
// Sorts a table by the column whose heading is pressed; numbers as numbers, and once more turns the order round.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
      const number = (text) => (text === "" ? -Infinity : Number(text.replace(/,/g, "")));
      const rows = [...table.tBodies[0].rows];
      const numeric = rows.every((row) => !Number.isNaN(number(key(row))));
      const compare = (a, b) => (numeric ? number(key(a)) - number(key(b)) || 0 : key(a).localeCompare(key(b)));
      rows.sort((a, b) => (down ? compare(b, a) : compare(a, b)));
      table.tBodies[0].append(...rows);
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
  });
}
// Layers of the picture, shown and hidden.
for (const box of document.querySelectorAll("input[data-layer]")) {
  const layer = document.getElementById(box.dataset.layer);
  box.addEventListener("change", () => layer.toggleAttribute("hidden", !box.checked));
}
