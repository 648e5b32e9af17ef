//! A question as it goes to a server: what its suite left open is what the run says.

use crate::plan::Defaults;
use crate::ports::Question;
use koderz_api::chat::{Message, Prompt, Request, Role};
use std::collections::BTreeMap;

/// Settles a request of a trial with this seed.
///
/// # Errors
/// If the run has no model for the request's slot.
pub fn settle(
    request: &Request,
    seed: u64,
    slots: &BTreeMap<String, String>,
    defaults: &Defaults,
    context_tokens: Option<u32>,
) -> Result<Question, String> {
    let model = slots
        .get(&request.slot)
        .ok_or_else(|| format!("no model is set for slot `{}`", request.slot))?
        .clone();
    let mut request = request.clone();
    let sampling = &mut request.sampling;
    sampling.temperature.get_or_insert(defaults.temperature);
    sampling.seed.get_or_insert(seed);
    sampling.top_p = defaults.top_p.or(sampling.top_p);
    sampling.max_output_tokens = defaults.max_output_tokens.or(sampling.max_output_tokens);
    if let (Some(system), Prompt::Chat(messages)) = (&defaults.system, &mut request.prompt) {
        let message = Message {
            role: Role::System,
            content: system.clone(),
        };
        messages.insert(0, message);
    }
    Ok(Question {
        model,
        request,
        context_tokens,
    })
}
