"use strict";
// The page is whole without this: it adds what follows the pointer and the keys.
(() => {
  const tip = document.getElementById("tip");

  // A chart tells the values of the epoch under the pointer, or of the one that the arrow keys reach.
  for (const chart of document.querySelectorAll(".chart")) {
    const svg = chart.querySelector(":scope > svg");
    const cursor = svg.querySelector(".cursor");
    const groups = [...svg.querySelectorAll(".series")];
    const points = groups.flatMap((group) => [...group.querySelectorAll("[data-place]")].map((mark) => ({
      group, mark, place: Number(mark.dataset.place), x: mark.transform.baseVal.getItem(0).matrix.e,
    })));
    const places = new Map(points.map(({ place, x }) => [place, x]));
    const order = [...places.keys()].sort((a, b) => a - b);
    if (order.length === 0) continue;
    for (const { mark } of points) mark.querySelector("title").remove(); // or there would be two of them
    let current = null;

    const leave = () => {
      current = null;
      tip.hidden = true;
      cursor.style.visibility = "hidden";
      for (const { mark } of points) mark.classList.remove("near");
    };
    const show = (place) => {
      current = place;
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
        value.textContent = Number(point.mark.dataset.value).toFixed(4);
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

    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      const distance = (place) => Math.abs(places.get(place) - x);
      const nearest = order.reduce((best, place) => (distance(place) < distance(best) ? place : best));
      if (nearest !== current) show(nearest);
    });
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("blur", leave);
    svg.tabIndex = 0;
    svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")}; arrow keys go from epoch to epoch`);
    svg.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return leave();
      const at = order.indexOf(current);
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

    // A name in the legend hides its series, or shows it again.
    chart.querySelectorAll(".legend li").forEach((key, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...key.childNodes);
      button.setAttribute("aria-pressed", "true");
      key.append(button);
      button.addEventListener("click", () => {
        const off = groups[index].classList.toggle("off");
        key.classList.toggle("off", off);
        button.setAttribute("aria-pressed", String(!off));
        leave();
      });
    });
  }

  // Commands can be copied where the browser allows it.
  if (navigator.clipboard) {
    for (const command of document.querySelectorAll(".command")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(command.querySelector("code").textContent);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not allowed";
        }
      });
      command.append(button);
    }
  }
})();
