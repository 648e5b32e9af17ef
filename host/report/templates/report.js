"use strict";
(() => {
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const samples = [...document.querySelectorAll(".sample")];
  const texts = new Map();
  // Read once, and only when somebody searches: a page can hold megabytes of text.
  const textOf = (sample) => {
    if (!texts.has(sample)) texts.set(sample, sample.textContent.toLowerCase());
    return texts.get(sample);
  };
  const filter = () => {
    const grade = form.elements.grade.value;
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const sample of samples) {
      const fits = (grade === "" || sample.dataset.grade === grade) && words.every((word) => textOf(sample).includes(word));
      sample.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${samples.length} shown`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
