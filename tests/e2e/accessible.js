// Finds what is wrong with a page for keyboards, screen readers and tired eyes; returns sentences.
() => {
  const found = [];
  const note = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const named = (element) => (element.getAttribute("aria-label") ?? "").trim()
    || (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).some((id) => document.getElementById(id))
    || element.textContent.trim() || element.getAttribute("title");

  if (!document.documentElement.lang) found.push("the page has no language");
  if (!document.title.trim()) found.push("the page has no title");
  if (all("main").length !== 1) found.push("there is not one main part");
  if (all("h1").length !== 1) found.push("there is not one first heading");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4")) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) note("a level of headings is left out", heading);
    level = now;
  }
  const ids = all("[id]").map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`two elements have the id ${id}`);
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (!field.labels?.length && !field.getAttribute("aria-label")) note("a field has no label", field);
  }
  for (const element of all("a[href], button, summary")) if (!named(element)) note("a control has no name", element);
  for (const element of all("[tabindex]")) if (element.tabIndex > 0) note("the order of focus is bent", element);
  for (const element of all("[role=region], nav, form[role]")) if (!element.getAttribute("aria-label") && !element.getAttribute("aria-labelledby")) note("a region has no name", element);
  for (const element of all("[role=img], progress")) if (!element.getAttribute("aria-label")) note("a picture has no words", element);
  for (const element of all("[aria-describedby], [aria-labelledby]")) {
    const wanted = `${element.getAttribute("aria-describedby") ?? ""} ${element.getAttribute("aria-labelledby") ?? ""}`;
    for (const id of wanted.trim().split(/\s+/)) if (!document.getElementById(id)) note(`nothing is called ${id}`, element);
  }
  for (const table of all("table")) {
    if (!table.querySelector("thead th[scope=col]")) note("a table has no headings", table);
  }
  for (const list of all("ul, ol, dl")) {
    const right = list.tagName === "DL" ? ["DIV", "DT", "DD"] : ["LI"];
    for (const child of list.children) if (!right.includes(child.tagName)) note("a list holds something else", child);
  }
  for (const element of all("a, button, select, input:not([type=hidden])")) {
    const box = element.getBoundingClientRect();
    if (shown(element) && getComputedStyle(element).display !== "inline" && box.width && (box.height < 24 || box.width < 24) && !element.closest(".skip"))
      note("a target is smaller than 24 pixels", element);
  }

  const colour = (text) => {
    const parts = text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return { rgb: parts.slice(0, 3), alpha: parts[3] ?? 1 };
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = colour(getComputedStyle(at).backgroundColor);
      if (alpha > 0.99) return rgb;
    }
    return colour(getComputedStyle(document.body).backgroundColor).rgb;
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(element) || element.closest(".unseen, .skip, script, noscript, option")) continue;
    const style = getComputedStyle(element);
    const big = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = contrast(colour(style.color).rgb, ground(element));
    if (ratio < (big ? 3 : 4.5)) note(`contrast is only ${ratio.toFixed(2)}`, element);
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
  return [...new Set(found)];
}
