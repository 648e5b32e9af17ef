import assert from "node:assert";
import test from "node:test";

import { suite } from "./suite.js";

const opened = suite.Suite.open("{}");
const { tasks } = opened.tasks(null);

const graded = (task, text) => {
  const reply = { tag: "asked", val: { tag: "ok", val: { text } } };
  return opened.next({ task, sample: 0, seed: 0 }, [[reply]]).val.grade.tag;
};

test("a right answer passes and a wrong one does not", () => {
  for (const task of tasks) {
    const [left, right] = JSON.parse(task.input);
    assert.strictEqual(graded(task, `It is ${left + right}.`), "pass");
    assert.strictEqual(graded(task, "I do not know."), "fail");
  }
});

test("a failure of the machinery is not held against the model", () => {
  const lost = { tag: "asked", val: { tag: "err", val: { message: "busy" } } };
  const step = opened.next({ task: tasks[0], sample: 0, seed: 0 }, [[lost]]);
  assert.strictEqual(step.val.grade.tag, "inconclusive");
});
