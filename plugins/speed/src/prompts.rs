//! What is asked: prompts of this suite, or the user's own.

use crate::given::said;
use crate::settings::{Load, Test};
use crate::shapes::{Length, Shape};
use crate::work::{Ask, Prompt};

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

/// What comes after so many others where no length is set, and its name.
pub(crate) fn turn(test: &Test, number: usize) -> (String, Ask) {
    let (id, text, write) = match &test.given {
        Some(given) => {
            let own = given.turn(number);
            (own.id.as_str(), own.text.as_str(), own.write)
        }
        None => {
            let (id, text) = PROMPTS[number % PROMPTS.len()];
            (id, text, None)
        }
    };
    let prompt = said(text.to_owned(), test);
    (id.to_owned(), Ask::any(prompt, write.unwrap_or(test.max_output_tokens)))
}

/// What comes after so many others of a length: so many words, of the user's own prompts where there are any. What is asked
/// twice begins with the number `own`, which no other run has.
pub(crate) fn of_length(test: &Test, length: &Length, words: u32, number: usize, own: u64) -> Ask {
    let again = test.shape == Shape::Cached && test.load == Load::Single;
    let prompt = match (&test.given, again) {
        // The same one twice, and another one at the next turn.
        (None, true) => Prompt::Same(words, own),
        (Some(given), true) => {
            let text = given.words(words, number);
            Prompt::Verbatim(format!("[{own:08x}] {text}"))
        }
        (Some(given), false) => said(given.words(words, number), test),
        (None, false) => Prompt::Words(words),
    };
    Ask {
        prompt,
        write: length.write,
        read: Some(length.read),
    }
}
