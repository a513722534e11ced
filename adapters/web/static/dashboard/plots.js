// Plots over time, drawn by uPlot. For the keyboard and for screen readers a plot is a slider over its steps;
// the same numbers are in the table below it.

const HEIGHT = 168; // as .stage in desk.css
const FEWEST = 4; // steps that are shown when zoomed in all the way
const DAY = 86_400;
const plots = new Map(); // by the stage's id: { stage, data, chart }
const probe = document.body.appendChild(document.createElement("i"));
probe.hidden = true;
let zoomed = false;

/** A colour of the stylesheet as it is in this theme, in the form a canvas takes. */
function ink(colour) {
  probe.style.color = colour;
  return getComputedStyle(probe).color;
}

function day(at) {
  return new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

function clock(at) {
  return new Date(at * 1000).toISOString().slice(11, 16);
}

/** The middles of the steps and the values of each series, as uPlot takes them. */
function columns({ at, seconds, series }) {
  return [at.map((one) => one + seconds / 2), ...series.map((one) => one.values)];
}

function whole({ at, seconds }) {
  return [at[0], at.at(-1) + seconds];
}

/** Where the upright edges are: whole steps, never less than a few, never beyond what there is. */
function within(data, from, to) {
  const [first, last] = whole(data);
  if (from <= first + data.seconds && to >= last - data.seconds) return [first, last];
  const least = Math.min(FEWEST * data.seconds, last - first);
  const middle = Math.min(Math.max((from + to) / 2, first + least / 2), last - least / 2);
  return [Math.max(first, Math.min(from, middle - least / 2)), Math.min(last, Math.max(to, middle + least / 2))];
}

function look({ bars, tone }, index) {
  const colour = index ? "var(--second)" : tone === "danger" ? "var(--danger)" : "var(--accent)";
  const least = tone === "danger" ? 4 : 2; // pixels: one error in a month is seen, too
  if (bars) return { width: 0, fill: () => ink(colour), paths: uPlot.paths.bars({ size: [1, 40, least], gap: 1 }) };
  const points = { show: false, size: 6, filter: lonely, stroke: () => ink(colour), fill: () => ink(colour) };
  return { width: 2, stroke: () => ink(colour), points, ...(index && { dash: [5, 4] }) };
}

/** Steps with nothing on either side: no line shows them. */
function lonely({ data }, index) {
  const values = data[index];
  const known = (at) => values[at] !== null && values[at] !== undefined;
  return [...values.keys()].filter((at) => known(at) && !known(at - 1) && !known(at + 1));
}

function options(plot) {
  const font = `12px ${getComputedStyle(plot.stage).fontFamily}`;
  const stroke = () => ink("var(--soft)");
  const lines = { stroke: () => ink("var(--line)"), width: 1 };
  const times = (_, splits) => splits.map((at) => (at % DAY ? clock(at) : day(at)));
  const roomy = (_, texts) => Math.max(44, 14 + 7 * Math.max(...(texts ?? [""]).map((text) => text.length)));
  const ticks = (part) => () => plot.data.ticks.map((one) => one[part]);
  return {
    width: plot.stage.clientWidth,
    height: HEIGHT,
    padding: [8, 20, 0, 0],
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { y: false, sync: { key: "overview" }, drag: { x: true, y: false }, points: { show: !plot.data.bars } },
    scales: {
      x: { range: (_, from, to) => within(plot.data, from, to) },
      y: { range: () => [0, plot.data.ticks.at(-1)[0]] },
    },
    axes: [
      { stroke, font, size: 28, space: 60, grid: { show: false }, ticks: { ...lines, size: 5 }, values: times },
      { stroke, font, size: roomy, grid: lines, ticks: { show: false }, splits: ticks(0), values: ticks(1) },
    ],
    series: [{}, ...plot.data.series.map((_, index) => look(plot.data, index))],
    hooks: {
      setCursor: [() => read(plot)],
      setScale: [(_, name) => name === "x" && noteZoom()],
    },
  };
}

/** When a step began, and what was measured in it, one text for each series. */
function told({ data }, index) {
  const at = data.at[index];
  const several = data.series.length > 1;
  const values = data.series.map(({ name, texts }) => `${several ? `${name} ` : ""}${texts[index] || "–"}`);
  return { when: `${day(at)}${data.seconds < DAY ? ` ${clock(at)}` : ""}`, values };
}

function keyed(text, index) {
  const made = document.createElement("span");
  made.className = `key s${index + 1}`;
  made.textContent = text;
  return made;
}

/** Say what is under the pointer: in the caption, and as the slider's value, which is the last step else. */
function read(plot) {
  const { stage, data, chart } = plot;
  const figure = stage.closest("figure");
  const last = data.at.length - 1;
  const { idx } = chart.cursor;
  const { when, values } = told(plot, idx ?? last);
  figure.querySelector(".when").textContent = idx === null ? "" : when;
  const shown = idx === null ? [] : values.length > 1 ? values.map(keyed) : values;
  figure.querySelector("output").replaceChildren(...shown);
  const text = `${when}: ${values.join(", ").replaceAll("–", "nothing")}`;
  const said = { "aria-valuemax": last, "aria-valuenow": idx ?? last, "aria-valuetext": text };
  for (const [name, value] of Object.entries(said)) stage.setAttribute(name, value);
}

function noteZoom() {
  const narrowed = ({ chart, data }) => chart.scales.x.max - chart.scales.x.min < whole(data)[1] - whole(data)[0];
  zoomed = [...plots.values()].some(narrowed);
  document.getElementById("whole").hidden = !zoomed;
}

function show(from, to) {
  for (const { chart } of plots.values()) chart.setScale("x", { min: from, max: to });
}

function showWhole() {
  for (const { chart, data } of plots.values()) chart.setScale("x", { min: whole(data)[0], max: whole(data)[1] });
}

/** Put the pointer onto a step; null takes it away. The other plots follow. */
function point({ chart }, index) {
  const left = index === null ? -10 : chart.valToPos(chart.data[0][index], "x");
  chart.setCursor({ left, top: index === null ? -10 : 0 }, true, true);
}

function zoom({ chart }, index, factor) {
  const { min, max } = chart.scales.x;
  const half = ((max - min) * factor) / 2;
  show(chart.data[0][index] - half, chart.data[0][index] + half);
}

function press(plot, event) {
  const { chart } = plot;
  const [first, last] = chart.series[0].idxs;
  const index = Math.min(last, Math.max(first, chart.cursor.idx ?? last));
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -last, End: last };
  if (event.key in steps) point(plot, Math.min(last, Math.max(first, index + steps[event.key])));
  else if (event.key === "+" || event.key === "=") zoom(plot, index, 0.5);
  else if (event.key === "-") zoom(plot, index, 2);
  else if (event.key === "Escape") showWhole();
  else return;
  event.preventDefault();
}

function make(stage, data) {
  const plot = { stage, data, chart: null };
  plots.set(stage.id, plot);
  plot.chart = new uPlot(options(plot), columns(data), stage);
  const about = `about-${stage.id.replace("stage-", "")} hint`;
  const said = { role: "slider", tabindex: 0, "aria-label": data.title, "aria-describedby": about, "aria-valuemin": 0 };
  for (const [name, value] of Object.entries(said)) stage.setAttribute(name, value);
  read(plot);
  stage.addEventListener("keydown", (event) => press(plot, event));
  stage.addEventListener("blur", () => point(plot, null));
  sizes.observe(stage);
}

/** New values for what is drawn. A part that was looked at closely stays in view. */
function renew(plot, data) {
  const { min, max } = plot.chart.scales.x;
  const kept = zoomed && plot.data.span === data.span;
  plot.data = data;
  plot.chart.setData(columns(data), !kept);
  if (kept) plot.chart.setScale("x", { min, max });
  read(plot);
}

function draw() {
  for (const [id, plot] of plots) {
    if (plot.stage.isConnected) continue;
    sizes.unobserve(plot.stage);
    plot.chart.destroy();
    plots.delete(id);
  }
  for (const figure of document.querySelectorAll("[data-plot]")) {
    const stage = figure.querySelector(".stage");
    const plot = plots.get(stage.id);
    const data = JSON.parse(figure.dataset.plot);
    plot ? renew(plot, data) : make(stage, data);
  }
  document.getElementById("whole").hidden = !zoomed;
}

const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const { chart } = plots.get(target.id) ?? {};
    const width = Math.floor(contentRect.width);
    if (chart && width && width !== chart.width) chart.setSize({ width, height: HEIGHT });
  }
});

function repaint() {
  for (const { chart } of plots.values()) chart.redraw(); // with its paths: their colours are kept with them
}

new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
addEventListener("htmx:afterSwap", draw);
addEventListener("click", ({ target }) => target.id === "whole" && showWhole());
draw();
