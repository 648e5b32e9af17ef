//! What a runner was started with, and which requests it cannot serve for that reason.

/// How many tokens of context there are, unless a request says otherwise.
const CONTEXT: u64 = 4096;

/// Fewer than this Ollama does not start a runner with.
const LEAST_CONTEXT: u64 = 4;

/// How many tokens of a prompt are read at once, unless a request says otherwise.
const BATCH: u64 = 512;

/// The options of a request that a runner gets when it starts. One that differs costs everybody a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) context: u64,
    pub(crate) batch: u64,
    /// Layers on the GPU; below zero for as many as fit.
    pub(crate) layers: i64,
    pub(crate) main_gpu: i64,
    pub(crate) mmap: Option<bool>,
    pub(crate) threads: i64,
    pub(crate) drafts: i64,
    /// Whether a full context goes on without its oldest tokens. It is one of the runner's own options.
    pub(crate) shift: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Profile {
            context: CONTEXT,
            batch: BATCH,
            layers: -1,
            main_gpu: 0,
            mmap: None,
            threads: 0,
            drafts: 0,
            shift: true,
        }
    }
}

impl Profile {
    /// One with so many tokens of context.
    pub(crate) fn with_context(self, tokens: Option<u64>) -> Self {
        Profile {
            context: tokens.unwrap_or(CONTEXT).max(LEAST_CONTEXT),
            ..self
        }
    }

    /// Whether a runner that was started like this can serve a request that wants `other`.
    pub(crate) fn serves(self, other: Profile) -> bool {
        // A request that leaves the layers to the server takes any number of them.
        let layers = if other.layers < 0 { self.layers } else { other.layers };
        self == Profile { layers, ..other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_serves_what_it_was_started_for() {
        let usual = Profile::default();
        let all_on_gpu = Profile { layers: 99, ..usual };
        for (started, wanted, serves) in [
            (usual, usual, true),
            (usual, usual.with_context(Some(4096)), true),
            (usual, usual.with_context(Some(2048)), false),
            (usual.with_context(Some(2048)), usual, false),
            (usual.with_context(Some(1)), usual.with_context(Some(4)), true),
            (usual, Profile { batch: 64, ..usual }, false),
            (usual, Profile { threads: 2, ..usual }, false),
            (usual, Profile { main_gpu: 1, ..usual }, false),
            (usual, Profile { drafts: 4, ..usual }, false),
            (usual, Profile { shift: false, ..usual }, false),
            (
                usual,
                Profile {
                    mmap: Some(true),
                    ..usual
                },
                false,
            ),
            (all_on_gpu, usual, true),
            (usual, all_on_gpu, false),
        ] {
            assert_eq!(started.serves(wanted), serves, "{started:?} {wanted:?}");
        }
    }
}
