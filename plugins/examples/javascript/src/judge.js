// What a check finds beside the functions that it may call.

class AssertionError extends Error {
  get name() {
    return "AssertionError";
  }
}

const assert = (condition, message) => {
  if (!condition) {
    throw new AssertionError(message ?? "the condition does not hold");
  }
};

// Equal by value: numbers as Object.is says but for the sign of nought, arrays and plain objects by what is in them.
assert.equal = (() => {
  const same = (left, right) => {
    if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
      return left === right || Object.is(left, right);
    }
    if (Array.isArray(left) !== Array.isArray(right)) {
      return false;
    }
    const [names, others] = [Object.keys(left), Object.keys(right)];
    return names.length === others.length && names.every((name) => Object.hasOwn(right, name) && same(left[name], right[name]));
  };
  const show = (value) => {
    if (Array.isArray(value)) {
      return `[${value.map(show).join(", ")}]`;
    }
    if (typeof value === "object" && value !== null) {
      return `{${Object.entries(value).map(([name, held]) => `${name}: ${show(held)}`).join(", ")}}`;
    }
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  };
  return (actual, expected, message) => {
    if (!same(actual, expected)) {
      const sides = `${show(actual)} and not ${show(expected)}`;
      throw new AssertionError(message === undefined ? sides : `${sides} (${message})`);
    }
  };
})();
