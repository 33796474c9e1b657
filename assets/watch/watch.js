// Asks every second how the runs go, and draws it. All text from the run is set as text, never as markup.
"use strict";

const COLOURS = 5;
// More marks than this on a curve crowd it; the values are told all the same.
const MARKS = 60;
const SIZE = { width: 480, height: 270, left: 64, right: 16, top: 10, bottom: 36 };
const MEASURES = [
  { name: "Loss", of: (point) => point.loss },
  { name: "Accuracy", of: (point) => point.accuracy },
];
// What outlives a chart that is drawn anew.
const KEPT = MEASURES.map(() => ({ place: null, hidden: new Set() }));
const FOCUSABLE = ".chart > svg, button";
// A run's marks, so that runs are told apart without colour; as in the report.
const SHAPES = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
  "M-3.2-3.2h6.4v6.4h-6.4z",
  "M0-4.2L4 3H-4z",
  "M0-4.4L4.4 0L0 4.4L-4.4 0z",
];

/** An HTML element with attributes and children, which are elements or text. */
function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element. */
function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const colour = (index) => `c${index % COLOURS}`;

/** How much of a run is done, in [0, 1]. */
function shareDone(run) {
  if (run.status === "waiting") return 0;
  if (run.status === "finished") return 1;
  const within = Math.max(run.epoch - 1, 0) + (run.steps > 0 ? run.done / run.steps : 0);
  return Math.min(1, Math.max(within, run.epochs_over) / Math.max(run.epochs, 1));
}

function runCard(run, index) {
  const share = (value) => value.toFixed(3);
  const figures = [
    ["accuracy", run.accuracy, share],
    ["loss", run.loss, shortNumber],
    ["val_accuracy", run.last?.val_accuracy, share],
    ["val_loss", run.last?.val_loss, shortNumber],
    [`best val_accuracy (epoch ${run.best?.epoch})`, run.best?.val_accuracy, share],
  ].filter(([, value]) => typeof value === "number");
  const list = figures.map(([name, value, written]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, written(value))));
  const name = run.report ? element("a", { href: run.report }, run.name) : run.name;
  const card = element("article", { class: `run ${colour(index)} ${run.status}` },
    element("div", {}, element("h2", {}, name), element("span", { class: "words" }, run.words.join(" · "))),
    element("progress", { max: 1, value: shareDone(run), "aria-label": `${run.name}: share of the steps done` }));
  if (list.length > 0) card.append(element("dl", {}, ...list));
  return card;
}

/** A run of the list, which leads to its own page. */
function listRow({ name, words, status }) {
  const link = element("a", { href: `?run=${encodeURIComponent(name)}` }, name);
  return element("li", { class: status?.status ?? "unreadable" },
    link, element("span", { class: "words" }, words.join(" · ")));
}

/** Shows the list, and leaves the focus where the reader had it. */
function showList(list) {
  const place = document.getElementById("list");
  const focused = document.activeElement?.closest("#list a")?.getAttribute("href");
  const rows = list.map(listRow);
  place.replaceChildren(rows.length > 0 ? element("ol", {}, ...rows) : element("p", {}, "No runs yet."));
  const link = [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused);
  link?.focus({ preventScroll: true });
}

/** The curves of one measure: points [epoch, value] that are numbers. */
function curves(runs, measure) {
  const points = (curve) => curve.map((point) => [point.at, measure.of(point)])
    .filter(([, value]) => typeof value === "number");
  return runs.flatMap((run, index) => [
    { run, index, kind: "training", points: points(run.training) },
    { run, index, kind: "validation", points: points(run.validation) },
  ]).filter((curve) => curve.points.length > 0);
}

/** Ticks 1, 2 or 5 times a power of ten apart, and at least `finest`, from below the least to above the greatest of the values. */
function ticksAround(least, most, steps, finest = 0) {
  const span = most > least ? most - least : Math.max(Math.abs(most) * 0.1, 0.1);
  const power = 10 ** Math.floor(Math.log10(span / steps));
  const fitting = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step * steps >= span * (1 - 1e-9));
  const step = Math.max(fitting, finest);
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(Math.ceil(most / step - 1e-9), first + 1);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return { value, label: value.toFixed(decimals).replace("-", "\u2212") };
  });
}

/** What a curve looks like, beside its name. */
function sample(mark) {
  return shape("svg", { class: "sample", viewBox: "-17 -6 34 12", "aria-hidden": "true" },
    shape("path", { class: "stroke", d: "M-17 0H17" }), ...(mark ? [shape("path", { d: mark })] : []));
}

function chart(runs, measure) {
  const drawn = curves(runs, measure);
  const values = drawn.flatMap((curve) => curve.points.map(([, value]) => value));
  const most = values.reduce((a, b) => Math.max(a, b), values.length > 0 ? -Infinity : 1);
  const least = values.reduce((a, b) => Math.min(a, b), values.length > 0 ? Infinity : 0);
  const vertical = ticksAround(least, most, 5);
  const epochs = Math.max(1, ...runs.map((run) => run.epochs));
  const horizontal = ticksAround(0, epochs, 6, 1).filter(({ value }) => value <= epochs);
  const [low, high] = [vertical[0].value, vertical.at(-1).value];
  const x = (at) => SIZE.left + (at / epochs) * (SIZE.width - SIZE.left - SIZE.right);
  const y = (value) => SIZE.top + ((high - value) / (high - low)) * (SIZE.height - SIZE.top - SIZE.bottom);
  const floor = SIZE.height - SIZE.bottom;
  const svg = shape("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": `${measure.name} by epoch` });
  const grid = shape("g", { class: "grid" });
  const labels = shape("g", { class: "labels" });
  svg.append(grid, labels);
  for (const { value, label } of vertical) {
    grid.append(shape("path", { d: `M${SIZE.left} ${y(value)}H${SIZE.width - SIZE.right}` }));
    labels.append(shape("text", { x: SIZE.left - 6, y: y(value) + 4, "text-anchor": "end" }, label));
  }
  for (const { value, label } of horizontal) {
    labels.append(shape("text", { x: x(value), y: floor + 16, "text-anchor": "middle" }, label));
  }
  labels.append(shape("text", { x: (SIZE.left + SIZE.width - SIZE.right) / 2, y: SIZE.height - 4, "text-anchor": "middle" }, "Epochs"));
  svg.append(shape("path", { class: "cursor", d: `M0 ${SIZE.top}V${floor}` }));
  const key = element("ul", { class: "legend" });
  for (const { run, index, kind, points } of drawn) {
    const label = runs.length > 1 ? `${run.name}, ${kind}` : kind;
    const isTraining = kind === "training";
    const dash = isTraining ? "d2" : "d0";
    const at = points.map(([place, value]) => `${x(place).toFixed(1)} ${y(value).toFixed(1)}`);
    const d = SHAPES[index % SHAPES.length];
    // Of several runs the training curve has its mark at the end; so has a line of a single point, which has no other ink.
    const hasEnd = runs.length > 1 || points.length === 1;
    const isMarked = (point) => (isTraining ? hasEnd && point === points.length - 1 : points.length <= MARKS);
    const marks = points.map(([place, value], point) => shape("path", {
      transform: `translate(${at[point]})`, "data-place": place, "data-value": value, class: isMarked(point) ? "mark" : "", d,
    }));
    svg.append(shape("g", { class: `series ${colour(index)} ${dash}`, "data-label": label },
      shape("polyline", { points: at.join(" ") }), ...marks));
    key.append(element("li", { class: `key ${colour(index)} ${dash}` }, sample(!isTraining || hasEnd ? d : null), label));
  }
  return element("figure", { class: "chart" }, element("figcaption", {}, element("h2", {}, measure.name)), key, svg);
}

/** Draws the charts anew, and leaves what the reader had chosen in them. */
function showCharts(runs) {
  const place = document.getElementById("charts");
  const focused = [...place.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
  const told = KEPT.map((kept) => kept.place);
  const charts = MEASURES.map((measure) => chart(runs, measure));
  place.replaceChildren(...charts);
  charts.forEach((chart, index) => {
    KEPT[index].place = told[index];
    followChart(chart, document.getElementById("tip"), KEPT[index]);
  });
  if (focused >= 0) place.querySelectorAll(FOCUSABLE)[focused]?.focus();
}

/** Sets the text of a paragraph that is hidden where there is none. */
function say(id, text) {
  const place = document.getElementById(id);
  place.textContent = text ?? "";
  place.hidden = !text;
}

const tell = (problem) => say("problem", problem);

// The run of the list that this page is of; empty where it is of the list, or of the only run there is.
const asked = new URLSearchParams(location.search).get("run");

let shown = "";

function show(text) {
  // What has not changed is not drawn again, so that a selection or a tooltip stays.
  if (text === shown) return;
  shown = text;
  const state = JSON.parse(text);
  tell(state.problem);
  document.getElementById("folder").textContent = state.folder;
  document.getElementById("data").textContent = state.data ?? "";
  document.getElementById("report").hidden = !state.has_report;
  // What was read before stays in view while something cannot be read.
  if (state.problem) return;
  const { runs, list, resume } = state;
  say("resume", resume);
  document.getElementById("back").hidden = !asked;
  if (list) {
    document.title = `${list.length} runs · gatefold`;
    showList(list);
    return;
  }
  const now = runs.find((run) => run.status === "training") ?? runs.at(-1);
  document.title = now ? `${now.words.slice(0, 2).join(", ")} · ${now.name}` : "gatefold";
  document.getElementById("runs").replaceChildren(...runs.map(runCard));
  showCharts(runs);
}

async function poll() {
  try {
    const answer = await fetch(asked ? `state.json?run=${encodeURIComponent(asked)}` : "state.json", { cache: "no-store" });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    show(text);
  } catch (error) {
    shown = "";
    tell(error instanceof TypeError
      ? "gatefold does not answer: it has ended, or the connection is lost. This is what was seen last."
      : error.message);
  }
  setTimeout(poll, 1000);
}

poll();
