//! Prints a cassette of the data set's own solutions, as JSON Lines: what the model `reference` answers.
//!
//! The questions are the ones that the suite asks, because the suite itself is asked for them, in both prompt styles.
//! With `--wrong-every N` each N-th answer is wrong, in one way after the other, and the model is called
//! `wrong-every-N`. Counts and durations are made up: no model ran.

#![expect(clippy::print_stdout, reason = "the cassette is what this prints")]

use koderz_humaneval::HumanEval;
use koderz_plugin::prelude::*;
use koderz_plugin::testing::{all_tasks, open, trial};
use serde_json::{Value, json};
use std::num::NonZeroUsize;

/// A way to be wrong, as a function's body: no problem is solved by any of them.
const WRONG: [Option<&str>; 4] = [
    Some("    return None\n"),
    Some("    raise NotImplementedError(\"not today\")\n"),
    Some("    return [(\n"),
    // No code at all.
    None,
];

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wrong_every = match arguments.as_slice() {
        [] => None,
        [flag, every] if flag == "--wrong-every" => {
            let every = every.parse::<NonZeroUsize>();
            Some(every.map_err(|error| format!("--wrong-every {}: {error}", arguments[1]))?)
        }
        _ => return Err("usage: reference-cassette [--wrong-every N]".to_owned()),
    };
    let model = wrong_every.map_or("reference".to_owned(), |every| format!("wrong-every-{every}"));
    for style in ["chat", "completion"] {
        let suite: HumanEval = open(&json!({ "prompt-style": style }).to_string())?;
        for (index, task) in all_tasks(&suite)?.into_iter().enumerate() {
            let place = index + 1;
            let wrong = wrong_every.filter(|every| place % *every == 0);
            let prompt = question(&suite, task.clone())?;
            let answer = match wrong {
                Some(every) => wrong_answer(&prompt, &task, WRONG[(place / every - 1) % WRONG.len()])?,
                None => suite.answer(&task)?.ok_or("a task without a reference")?,
            };
            println!("{}", line(&model, &prompt, &answer));
        }
    }
    Ok(())
}

/// What the suite asks for a task.
fn question(suite: &HumanEval, task: Task) -> Result<Prompt, String> {
    let Step::Perform(commands) = suite.next(&trial(task), &[])? else {
        return Err("the suite does not ask first".to_owned());
    };
    match commands.into_iter().next() {
        Some(Command::Ask(request)) => Ok(request.prompt),
        _ => Err("the suite does not ask first".to_owned()),
    }
}

fn wrong_answer(prompt: &Prompt, task: &Task, body: Option<&str>) -> Result<String, String> {
    let input: Value = serde_json::from_str(&task.input).map_err(|error| error.to_string())?;
    let head = input["prompt"].as_str().ok_or("a task without a prompt")?;
    Ok(match (prompt, body) {
        (Prompt::Chat(_), Some(body)) => format!("```python\n{head}{body}```\n"),
        (Prompt::Chat(_), None) => "I am not able to write this function.\n".to_owned(),
        (Prompt::Completion(_), body) => body.unwrap_or_default().to_owned(),
    })
}

fn line(model: &str, prompt: &Prompt, text: &str) -> Value {
    let (key, question) = match prompt {
        Prompt::Completion(text) => ("prompt", json!(text)),
        Prompt::Chat(messages) => ("messages", json!(messages)),
    };
    // Four characters a token, a millisecond to read one and 20 to write one: plausible, and plainly round.
    let tokens = |text: &str| text.chars().count().div_ceil(4).max(1);
    let (read, written) = (tokens(&question.to_string()), tokens(text));
    let (load, prefill, decode) = (1_000_000, read * 1_000_000, written * 20_000_000);
    json!({
        "model": model,
        key: question,
        "reply": {
            "response": text,
            "done": true,
            "done_reason": "stop",
            "total_duration": load + prefill + decode,
            "load_duration": load,
            "prompt_eval_count": read,
            "prompt_eval_duration": prefill,
            "eval_count": written,
            "eval_duration": decode,
        },
    })
}
