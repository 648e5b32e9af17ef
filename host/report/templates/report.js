"use strict";
(() => {
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const samples = [...document.querySelectorAll(".sample")];
  const problems = [...document.querySelectorAll(".problem")];
  const texts = new Map();
  // Read once, and only when somebody searches: a page can hold megabytes of text.
  const textOf = (sample) => {
    if (!texts.has(sample)) {
      const asked = sample.parentElement.querySelector(":scope > .asked")?.textContent ?? "";
      texts.set(sample, (sample.textContent + asked).toLowerCase());
    }
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
    for (const problem of problems) problem.hidden = !problem.querySelector(".sample:not([hidden])");
    shown.textContent = `${count} of ${samples.length} shown`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();

  // A slash goes to the search, as in many programs.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input")) return;
    event.preventDefault();
    form.elements.words.focus();
  });

  // What is a comment differs between languages; the rest is alike in nearly all of them.
  const HASH = ["python", "ruby", "shell", "bash", "perl", "r", "julia"];
  const WORDS = new Set(
    ("and as assert async await break case catch class const continue def del do elif else enum except export extends false False " +
      "final finally fn for from func function global if impl import in interface is lambda let loop match mut new nil None " +
      "nonlocal not null or pass private pub public raise return self static struct super switch this throw trait true True try " +
      "type typeof use var void while with yield").split(" "),
  );
  const STRING = `"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\\\.|[^"\\\\\\n])*"?|'(?:\\\\.|[^'\\\\\\n])*'?`;
  const grammar = (language) => {
    const comment = HASH.includes(language.toLowerCase()) ? "#[^\\n]*" : "//[^\\n]*|/\\*[^]*?(?:\\*/|$)";
    return new RegExp(`(?<comment>${comment})|(?<string>${STRING})|(?<digit>\\b\\d[\\w.]*)|(?<word>\\b[A-Za-z_]\\w*)`, "g");
  };
  const element = (name, kind, text) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.textContent = text;
    return made;
  };
  // Only ever makes text, so that what a model wrote stays text.
  const coloured = (text, language) => {
    const parts = document.createDocumentFragment();
    let end = 0;
    for (const found of text.matchAll(grammar(language))) {
      const kind = Object.keys(found.groups).find((name) => found.groups[name] !== undefined);
      if (kind === "word" && !WORDS.has(found[0])) continue;
      parts.append(text.slice(end, found.index), element("span", kind, found[0]));
      end = found.index + found[0].length;
    }
    parts.append(text.slice(end));
    return parts;
  };
  // Lines of code that the verdict quotes: the check that failed.
  const quoted = (text, reason) => {
    const ends = reason.split("\n").map((line) => line.trim());
    return text.split("\n").map((line) => line.trim()).filter((line) => line.length > 3 && ends.some((end) => end.endsWith(line)));
  };
  const colour = (pre, language, reason) => {
    const text = pre.textContent;
    const checks = new Set(quoted(text, reason));
    pre.replaceChildren(coloured(text, language));
    if (checks.size === 0) return;
    for (const line of [...new Set(text.split("\n"))].filter((line) => checks.has(line.trim()))) mark(pre, line);
  };
  // Puts a line that is there as a whole into a mark, colours and all.
  const mark = (pre, line) => {
    const start = `\n${pre.textContent}\n`.indexOf(`\n${line}\n`);
    if (start < 0) return;
    const point = (offset) => {
      const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (offset <= node.length) return [node, offset];
        offset -= node.length;
      }
      return [pre, pre.childNodes.length];
    };
    const range = document.createRange();
    range.setStart(...point(start));
    range.setEnd(...point(start + line.length));
    const around = document.createElement("mark");
    around.append(range.extractContents());
    range.insertNode(around);
  };
  // Of an answer, the lines that became part of the program; the rest may be prose.
  const colourAnswer = (pre, program, language) => {
    const text = pre.textContent;
    const lines = text.split("\n");
    const used = program.split("\n");
    let best = [0, 0];
    for (let i = 0; i < Math.min(lines.length, 400); i++) {
      for (let j = 0; j < Math.min(used.length, 400); j++) {
        let n = 0;
        while (i + n < lines.length && j + n < used.length && lines[i + n] === used[j + n]) n++;
        if (n > best[1]) best = [i, n];
      }
    }
    const [from, count] = best;
    if (!lines.slice(from, from + count).some((line) => line.trim())) return;
    const code = lines.slice(from, from + count).join("\n");
    const before = lines.slice(0, from).join("\n") + (from > 0 ? "\n" : "");
    pre.replaceChildren(before, coloured(code, language), text.slice(before.length + code.length));
  };
  const LONGEST = 100000;
  // When it is opened: to colour all at once would take seconds.
  const open = (sample) => {
    if (!sample.matches?.(".sample") || !sample.open || sample.dataset.coloured) return;
    sample.dataset.coloured = "yes";
    const reason = sample.querySelector(".reason-in-full")?.textContent ?? "";
    const code = [...sample.querySelectorAll(".code")].filter((pre) => pre.textContent.length < LONGEST);
    const answer = sample.querySelector(".answer");
    if (answer && code.length > 0 && answer.textContent.length < LONGEST) {
      colourAnswer(answer, code[0].textContent, code[0].dataset.language);
    }
    for (const pre of code) colour(pre, pre.dataset.language, reason);
  };
  document.addEventListener("toggle", (event) => open(event.target), true);
  document.querySelectorAll(".sample[open]").forEach(open);
})();
