// The page is whole without this: it adds what follows the pointer, taps and the keys.
(() => {
  const tip = document.getElementById("tip");
  for (const chart of document.querySelectorAll(".chart")) followChart(chart, tip);

  // Paper cannot be opened.
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      addEventListener("afterprint", () => { details.open = false; }, { once: true });
    }
  });

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
