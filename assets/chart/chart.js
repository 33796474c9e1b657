"use strict";
// What makes a chart of the report or of the live page answer: to the pointer, to a tap, to keys, to its legend.

/** The chart that tells values now, and how it stops: one at a time, since there is one box for them. */
let telling = null;

/**
 * Makes a chart tell the values of a place, an epoch: of the one nearest the pointer or a tap, or of the one that the
 * arrow keys reach. A tap's values stay until something else is tapped. Names in the legend hide their series.
 *
 * `kept` is what outlives a chart that is drawn anew: the place that is told, and the labels that are hidden.
 */
function followChart(chart, tip, kept = { place: null, hidden: new Set() }) {
  const svg = chart.querySelector(":scope > svg");
  const cursor = svg.querySelector(".cursor");
  const groups = [...svg.querySelectorAll(".series")];
  const points = groups.flatMap((group) => [...group.querySelectorAll("[data-place]")].map((mark) => ({
    group, mark, place: Number(mark.dataset.place), x: mark.transform.baseVal.getItem(0).matrix.e,
  })));
  const places = new Map(points.map(({ place, x }) => [place, x]));
  const order = [...places.keys()].sort((a, b) => a - b);
  if (order.length === 0) return;
  for (const { mark } of points) mark.querySelector("title")?.remove(); // or there would be two of them

  const leave = () => {
    telling = null;
    kept.place = null;
    tip.hidden = true;
    cursor.style.visibility = "hidden";
    for (const { mark } of points) mark.classList.remove("near");
  };
  const show = (place) => {
    if (telling && telling.svg !== svg) telling.leave();
    telling = { svg, leave };
    kept.place = place;
    const x = places.get(place);
    cursor.setAttribute("transform", `translate(${x} 0)`);
    cursor.style.visibility = "visible";
    const title = document.createElement("b");
    title.textContent = `Epoch ${place}`;
    const lines = [title];
    for (const point of points) {
      const near = point.place === place && !point.group.classList.contains("off");
      point.mark.classList.toggle("near", near);
      if (!near) continue;
      const line = document.createElement("div");
      const name = document.createElement("i");
      name.className = point.group.classList[1];
      name.textContent = point.group.dataset.label;
      const value = document.createElement("span");
      value.textContent = shortNumber(Number(point.mark.dataset.value));
      line.append(name, value);
      lines.push(line);
    }
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const box = svg.getBoundingClientRect();
    const left = box.left + (x / svg.viewBox.baseVal.width) * box.width;
    const right = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const beside = left + 12 > right ? left - 12 - tip.offsetWidth : left + 12;
    tip.style.left = `${Math.max(8, Math.min(beside, right)) + scrollX}px`;
    tip.style.top = `${box.top + 12 + scrollY}px`;
  };
  const showNearest = (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const distance = (place) => Math.abs(places.get(place) - x);
    const nearest = order.reduce((best, place) => (distance(place) < distance(best) ? place : best));
    if (nearest !== kept.place) show(nearest);
  };

  svg.addEventListener("pointerdown", showNearest);
  svg.addEventListener("pointermove", showNearest);
  // A finger that is lifted leaves as well, and what it showed is to stay.
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") leave();
  });
  svg.addEventListener("blur", leave);
  svg.tabIndex = 0;
  svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")}; arrow keys go from epoch to epoch`);
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return leave();
    const at = order.indexOf(kept.place);
    const next = {
      ArrowLeft: at < 0 ? order.length - 1 : Math.max(at - 1, 0),
      ArrowRight: Math.min(at + 1, order.length - 1),
      Home: 0,
      End: order.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(order[next]);
  });

  chart.querySelectorAll(".legend li").forEach((key, index) => {
    const group = groups[index];
    const button = document.createElement("button");
    button.type = "button";
    button.append(...key.childNodes);
    key.append(button);
    const hide = (hidden) => {
      group.classList.toggle("off", hidden);
      key.classList.toggle("off", hidden);
      button.setAttribute("aria-pressed", String(!hidden));
    };
    hide(kept.hidden.has(group.dataset.label));
    button.addEventListener("click", () => {
      const hidden = !kept.hidden.delete(group.dataset.label);
      if (hidden) kept.hidden.add(group.dataset.label);
      hide(hidden);
      leave();
    });
  });
  if (places.has(kept.place)) show(kept.place);
}

/** Four digits after the point, or three with an exponent where those would say little or fill a line. */
function shortNumber(value) {
  const size = Math.abs(value);
  return value === 0 || (size >= 0.001 && size < 1e5) ? value.toFixed(4) : value.toExponential(2).replace("+", "");
}

// What is tapped beside a chart ends what another tap showed there.
document.addEventListener("pointerdown", (event) => {
  if (telling && !telling.svg.contains(event.target)) telling.leave();
});
