import assert from "node:assert";
import test from "node:test";

import { retry } from "./retry.js";

const attempt = (number, entropy, retryAfter = null) => ({ number, entropy, failure: { retryAfter } });

test("chance spreads the delay from half to one and a half", () => {
  const policy = retry.Policy.open("{}");
  assert.deepStrictEqual(policy.decide(attempt(1, 0)), { tag: "retry", val: 1e9 });
  assert.strictEqual(policy.decide(attempt(3, 2 ** 64)).val, 3e9);
});

test("the wish of the server is heeded", () => {
  const policy = retry.Policy.open("{}");
  assert.strictEqual(policy.decide(attempt(1, 0, 30e9)).val, 30e9);
});

test("it gives up after its retries", () => {
  const policy = retry.Policy.open('{"max-retries": 1}');
  assert.strictEqual(policy.decide(attempt(2, 0)).tag, "give-up");
});
