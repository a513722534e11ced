// Reads a plot where the pointer is. The same numbers are in the table below each plot.

function texts(element, name) {
  return JSON.parse(element.dataset[name]);
}

function show(figure, svg, x) {
  const times = texts(figure, "times");
  const box = svg.getBoundingClientRect();
  const index = Math.min(times.length - 1, Math.max(0, Math.floor(((x - box.left) / box.width) * times.length)));
  const parts = [...svg.querySelectorAll("[data-values]")].map((series, _, all) => {
    const value = texts(series, "values")[index] || "–";
    return all.length > 1 ? `${series.dataset.name} ${value}` : value;
  });
  figure.querySelector("output").textContent = `${times[index].slice(5)} · ${parts.join(", ")}`;
  const view = svg.viewBox.baseVal;
  const at = ((index + 0.5) * view.width) / times.length;
  svg.querySelector(".pointer").setAttribute("d", `M${at.toFixed(1)} 0V${view.height}`);
}

function hide(figure) {
  figure.querySelector("output").textContent = "";
  figure.querySelector(".pointer")?.setAttribute("d", "");
}

addEventListener("pointermove", (event) => {
  const svg = event.target.closest?.(".stage svg");
  for (const figure of document.querySelectorAll(".plot")) {
    if (!svg || !figure.contains(svg)) hide(figure);
  }
  if (svg) show(svg.closest(".plot"), svg, event.clientX);
});
