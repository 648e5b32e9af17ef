// A retry policy: what it does, in a line or two.
//
// An `option` of the contract is a value or null here, an `enum` its name, a `variant` an object with `tag` and `val`, and a time
// a number of nanoseconds. A decision is a pure function of the attempt: time and chance are in it.

const SECOND = 1e9;

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    "max-retries": {
      type: "integer",
      minimum: 0,
      default: 3,
      description: "Retries after the first attempt.",
    },
    delay: {
      type: "number",
      minimum: 0,
      maximum: 3600,
      default: 2,
      description: "Seconds before each retry, in which chance spreads the retries of many clients.",
    },
  },
};

class Policy {
  constructor(maxRetries, delay) {
    this.maxRetries = maxRetries;
    this.delay = delay;
  }

  static open(settings) {
    const { "max-retries": maxRetries = 3, delay = 2 } = JSON.parse(settings);
    return new Policy(maxRetries, delay);
  }

  decide(attempt) {
    if (attempt.number > this.maxRetries) {
      return { tag: "give-up", val: "no retries are left" };
    }
    // From half the delay to one and a half.
    const chance = 0.5 + attempt.entropy / 2 ** 64;
    const delay = Math.round(this.delay * chance * SECOND);
    // A server that says when it wants to be asked again is not asked before.
    return { tag: "retry", val: Math.max(delay, attempt.failure.retryAfter ?? 0) };
  }
}

export const identity = {
  describe: () => ({ name: "new-plugin", version: "0.1.0", summary: "Waits about as long before every retry, in JavaScript." }),
};

export const retry = {
  Policy,
  settingsSchema: () => JSON.stringify(SCHEMA),
};
