//! Replies that were changed at random, through the sandbox: the judge reads them or the answer fails, and that is all.
//!
//! `plugins/python/fuzz.py` does the same for as long as one likes with the decoder alone.

use super::python::{program, python};
use koderz_api::execution::Exit;
use koderz_core::ports::Evaluator;

/// Changes of one reply that are tried in one program.
const EACH: u32 = 250;

#[test]
fn whatever_a_subject_sends_the_judge_goes_on() {
    for seed in 0..8 {
        let subject = format!(
            r#"
import random, subject
chance = random.Random({seed})
SAMPLES = [
    '[{{"t":2}},4,null]', '[{{"t":2}},{{"l":3}},1,2,{{"t":1}},"x",{{"t":2}},{{"l":1}},7,{{"d":0}}]',
    '[{{"t":2}},{{"d":2}},"a",{{"f":"0x1.8p+1"}},{{"i":"0x20000000000000"}},{{"s":1}},3,null]',
    '[{{"t":2}},{{"q":["0x1","0x3"]}},null]', '[{{"t":2}},{{"b":"00ff"}},null]', '[{{"t":2}},{{"g":1}},{{"o":"x"}},null]',
]
PARTS = ['[', ']', '{{', '}}', '"', ':', ',', '{{"l":2}}', '{{"d":1}}', '-1', '9' * 30, 'null', '1e5', '\\u', '{{"s":1}}', '{{"r":[]}}']
def changed():
    text = chance.choice(SAMPLES)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(PARTS) + text[at + chance.randrange(3):]
    return text
subject.call = lambda entry_point, text: (changed(), None) if chance.random() < 0.7 else (None, changed())
"#
        );
        // A reply that cannot be read ends a check, so each program goes on until it meets one.
        let judge = format!(
            "for number in range({EACH}):\n    try:\n        f([number])\n    except Exception:\n        pass\n"
        );
        let exit = python()
            .execute(&program(&subject, Some(&judge)))
            .map(|outcome| outcome.exit);
        assert!(
            matches!(exit, Ok(Exit::Passed | Exit::Failed(_))),
            "seed {seed}: {exit:?}"
        );
    }
}
