// A benchmark: what it is for, in a line or two.
//
// An `option` of the contract is a value or null here, an `enum` its name, and a `variant` an object with `tag` and `val`; what
// is thrown is the error of a `result`. Every call is a pure function of its arguments: nothing may be remembered between two.

const STAGE = "main";

const SUMS = [
  [2, 2],
  [20, 22],
  [999, 1],
];

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    terse: {
      type: "boolean",
      default: false,
      description: "Ask for the number alone, without a sentence around it.",
    },
  },
};

const ask = (content) => ({
  tag: "ask",
  val: {
    slot: "subject",
    prompt: { tag: "chat", val: [{ role: "user", content }] },
    format: { tag: "text" },
    sampling: { temperature: null, topP: null, maxOutputTokens: null, seed: null, stop: [] },
    capture: { chunkTimes: false, rawBody: false },
    extra: null,
  },
});

const finish = (grade, reason) => ({
  tag: "finish",
  val: { grade: { tag: grade }, metrics: [], reason, labels: [] },
});

class Suite {
  constructor(terse) {
    this.terse = terse;
  }

  static open(settings) {
    return new Suite(JSON.parse(settings).terse ?? false);
  }

  describe() {
    return {
      stages: [{ name: STAGE, pacing: { tag: "shared" }, warmUp: false }],
      metrics: [],
      samples: 1,
      languages: [],
      slots: [],
      contextTokens: null,
      taskCount: SUMS.length,
    };
  }

  tasks(_cursor) {
    const task = ([left, right]) => ({
      id: `sum/${left}+${right}`,
      stage: STAGE,
      input: JSON.stringify([left, right]),
      labels: [],
    });
    return { tasks: SUMS.map(task), next: null };
  }

  next(trial, history) {
    const [left, right] = JSON.parse(trial.task.input);
    const wanted = String(left + right);
    if (history.length === 0) {
      const terse = this.terse ? " Answer with the number alone." : "";
      return { tag: "perform", val: [ask(`What is ${left} + ${right}?${terse}`)] };
    }
    // What became of a question is a `result` within a `variant`: a reply, or why there is none.
    const asked = history[history.length - 1][0].val;
    if (asked.tag === "err") {
      // The machinery failed, which says nothing about the model.
      return finish("inconclusive", asked.val.message);
    }
    const { text } = asked.val;
    return text.includes(wanted) ? finish("pass", "") : finish("fail", `${wanted} is not in: ${text}`);
  }
}

export const identity = {
  describe: () => ({ name: "new-plugin", version: "0.1.0", summary: "Asks for sums, in JavaScript." }),
};

export const suite = {
  Suite,
  settingsSchema: () => JSON.stringify(SCHEMA),
};
