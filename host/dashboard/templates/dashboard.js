"use strict";
(() => {
  // Two ticks make a comparison.
  const compare = document.getElementById("compare");
  if (compare) {
    const button = document.getElementById("compare-button");
    const told = document.getElementById("ticked");
    const count = () => {
      const ticked = compare.querySelectorAll("input:checked").length;
      button.disabled = ticked !== 2;
      told.textContent = ticked === 2 ? "" : `Tick two runs; ${ticked} ${ticked === 1 ? "is" : "are"} ticked.`;
    };
    compare.addEventListener("change", count);
    count();
  }

  const live = document.getElementById("live");
  if (!live || !live.dataset.events) return;
  const put = (id, text) => {
    document.getElementById(id).textContent = text ?? "";
  };
  // Texts of others only ever become text.
  const span = (kind, text) => {
    const made = document.createElement("span");
    made.className = kind;
    made.textContent = text;
    return made;
  };
  const show = (told) => {
    put("state", told.state);
    document.getElementById("state").className = `state ${told.state}`;
    put("failure", told.failure);
    put("progress", told.progress);
    put("waiting", told.waiting);
    const bar = document.getElementById("bar");
    bar.max = told.trials ?? told.settled;
    bar.value = told.settled;
    for (const [name, count] of told.counts) live.querySelector(`[data-count="${name}"]`).textContent = count;
    for (const [name, value] of told.figures) live.querySelector(`[data-figure="${name}"]`).textContent = value;
    const items = told.latest.map((one) => {
      const item = document.createElement("li");
      item.append(span("task", one.task), " ", span(`grade ${one.class}`, one.class), " ", span("reason", one.reason));
      return item;
    });
    document.getElementById("latest").replaceChildren(...items);
  };
  const events = new EventSource(live.dataset.events);
  events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
  events.addEventListener("ended", (event) => {
    events.close();
    show(JSON.parse(event.data));
  });
  events.addEventListener("failed", (event) => {
    events.close();
    put("waiting", event.data);
  });
  events.addEventListener("error", () => put("waiting", "The dashboard does not answer; what is shown may be old."));
})();
