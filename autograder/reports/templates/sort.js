
// Turns each heading of the class table into a button that sorts by its column; empty cells always come last.
(() => {
  const table = document.querySelector("table.sortable");
  if (!table) return;
  const headings = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator(undefined, { numeric: true });
  const compare = {
    number: (a, b) => Number(a) - Number(b),
    text: (a, b) => collator.compare(a, b),
  };
  const sort = (heading) => {
    const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const value = (row) => row.cells[heading.cellIndex].dataset.value;
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [first, second] = [value(a), value(b)];
      if (!first || !second) return !first - !second;
      return sign * compare[heading.dataset.sort](first, second);
    });
    for (const other of headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    table.tBodies[0].append(...rows);
  };
  for (const heading of headings) {
    if (!heading.dataset.sort) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading));
    heading.append(button);
  }
})();
