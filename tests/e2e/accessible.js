// What axe-core leaves to people or calls a matter of taste; returns sentences.
() => {
  const found = [];
  const note = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });

  if (all("h1").length !== 1) found.push("there is not one first heading");
  const ids = all("[id]").map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`two elements have the id ${id}`);
  // axe only asks for a look where such an id is nowhere.
  for (const element of all("[aria-describedby], [aria-labelledby]")) {
    const wanted = `${element.getAttribute("aria-describedby") ?? ""} ${element.getAttribute("aria-labelledby") ?? ""}`;
    for (const id of wanted.trim().split(/\s+/)) if (!document.getElementById(id)) note(`nothing is called ${id}`, element);
  }
  for (const table of all("table")) {
    if (!table.querySelector("thead th[scope=col]")) note("a table has no headings", table);
  }
  // axe lets a smaller target pass where enough room is around it.
  for (const element of all("a, button, select, input:not([type=hidden])")) {
    const box = element.getBoundingClientRect();
    if (shown(element) && getComputedStyle(element).display !== "inline" && box.width && (box.height < 24 || box.width < 24) && !element.closest(".skip"))
      note("a target is smaller than 24 pixels", element);
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
  return [...new Set(found)];
}
