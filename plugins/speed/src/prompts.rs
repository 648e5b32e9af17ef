//! What is asked.

/// An essay, a task for a programmer and a puzzle: their answers differ in how well a next token can be guessed, which
/// matters where a server speculates.
pub(crate) const PROMPTS: [(&str, &str); 3] = [
    (
        "essay",
        "Write an essay of several paragraphs about how the invention of the clock changed the way people work and live. \
         Begin with life before clocks, and end with what has been lost.",
    ),
    (
        "code",
        "Write a Python class for a cache that forgets what was used least recently. It has a capacity, and the methods \
         get and put in constant time. Explain each method in a comment and show how the class is used.",
    ),
    (
        "puzzle",
        "Three friends own a cat, a dog and a parrot, one each, and live in a red, a green and a blue house. Ann does not \
         live in the red house. The dog's owner lives in the green house. Bob owns the parrot. Carl does not own the cat. \
         Who lives where, and with which animal? Think step by step and check your answer.",
    ),
];
