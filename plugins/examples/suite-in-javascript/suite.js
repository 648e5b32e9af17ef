// Letters: how often does a letter stand in a word?
//
// A suite that is written in JavaScript. What the contract calls `option` is a value or null here, an `enum` its name, and a
// `variant` an object with `tag` and `val`; what is thrown is the error of a `result`.

const STAGE = "main";

const WORDS = ["strawberry", "bookkeeper", "onomatopoeia", "banana"];

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    "spell-out": {
      type: "boolean",
      default: false,
      description: "Ask to spell the word out first.",
    },
  },
};

// The letter that stands in a word most often, the first of them where there are several, and how often.
const mostFrequent = (word) => {
  const count = (letter) => word.split(letter).length - 1;
  return [...word].map((letter) => [letter, count(letter)]).reduce((best, other) => (other[1] > best[1] ? other : best));
};

const question = (word, letter, spellOut) => {
  const first = spellOut ? "Spell the word out, letter by letter. " : "";
  return `${first}How often does the letter "${letter}" stand in "${word}"? End with the number alone.`;
};

const ask = (content) => ({
  tag: "ask",
  val: {
    slot: "subject",
    prompt: { tag: "chat", val: [{ role: "user", content }] },
    format: { tag: "text" },
    sampling: { temperature: null, topP: null, maxOutputTokens: 256, seed: null, stop: [] },
    capture: { chunkTimes: false, rawBody: false },
    extra: null,
  },
});

const finish = (grade, reason) => ({
  tag: "finish",
  val: { grade: { tag: grade }, metrics: [], reason, labels: [] },
});

class Suite {
  constructor(settings) {
    this.spellOut = settings["spell-out"] ?? false;
  }

  static open(settings) {
    return new Suite(JSON.parse(settings));
  }

  describe() {
    return {
      stages: [{ name: STAGE, pacing: { tag: "shared" }, warmUp: false }],
      metrics: [],
      samples: 1,
      languages: [],
      slots: [],
      contextTokens: 1024,
      taskCount: WORDS.length,
    };
  }

  tasks(_cursor) {
    const tasks = WORDS.map((word) => {
      const [letter, count] = mostFrequent(word);
      return {
        id: word,
        stage: STAGE,
        input: JSON.stringify({ word, letter, count }),
        labels: [["length", String(word.length)]],
      };
    });
    return { tasks, next: null };
  }

  next(trial, history) {
    const { word, letter, count } = JSON.parse(trial.task.input);
    if (history.length === 0) {
      return { tag: "perform", val: [ask(question(word, letter, this.spellOut))] };
    }
    const [completion] = history[history.length - 1];
    // The completion of a question is a `result` within a `variant`: a reply, or why there is none.
    const asked = completion.val;
    if (asked.tag === "err") {
      return finish("inconclusive", asked.val.message);
    }
    const numbers = asked.val.text.match(/\d+/g) ?? [];
    const last = numbers[numbers.length - 1];
    return Number(last) === count ? finish("pass", "") : finish("fail", `${count} and not ${last ?? "no number"}`);
  }
}

export const identity = {
  describe: () => ({ name: "letters", version: "0.1.0", summary: "How often a letter stands in a word, asked in JavaScript." }),
};

export const suite = {
  Suite,
  settingsSchema: () => JSON.stringify(SCHEMA),
};
