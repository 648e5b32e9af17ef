//! What is asked, and how much of it at once.

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// What is special about it.
    what: &'static str,
    /// The model, whose name says how many tokens a second each answer comes at.
    pub(crate) model: &'static str,
    /// Questions in all.
    pub(crate) questions: u32,
    /// Tokens of each answer.
    pub(crate) tokens: u32,
    /// Questions under way at once.
    pub(crate) concurrency: u32,
    /// Whether it is looked at when lines come.
    pub(crate) stamped: bool,
}

/// Many streams at the pace of a real model.
pub(crate) const PACED: Load = Load {
    what: "paced: many streams at the pace of a real model",
    model: "lorem:50",
    questions: 64,
    tokens: 250,
    concurrency: 64,
    stamped: true,
};

/// Those that are measured.
pub(crate) const ALL: [Load; 3] = [
    Load {
        what: "flooded: as fast as the client reads, many lines in one read",
        model: "lorem:100000",
        questions: 800,
        tokens: 500,
        // With fewer it is the server that is waited for.
        concurrency: 64,
        stamped: false,
    },
    Load {
        what: "token by token: each line is a read of its own, as from a real model",
        model: "lorem:250",
        questions: 16,
        tokens: 500,
        concurrency: 16,
        stamped: false,
    },
    PACED,
];

impl Load {
    /// The same in a fraction of the time, for a trial.
    pub(crate) fn short(self) -> Self {
        Load {
            questions: self.concurrency,
            ..self
        }
    }

    /// In words for people.
    pub(crate) fn told(&self) -> String {
        format!(
            "{}\n{} questions of {} tokens to {}, {} at once",
            self.what, self.questions, self.tokens, self.model, self.concurrency
        )
    }

    /// As the arguments of a client: model, questions, tokens, concurrency, and whether lines are stamped.
    pub(crate) fn words(&self) -> [String; 5] {
        [
            self.model.to_owned(),
            self.questions.to_string(),
            self.tokens.to_string(),
            self.concurrency.to_string(),
            u8::from(self.stamped).to_string(),
        ]
    }

    /// The load that these arguments say.
    pub(crate) fn of_words(words: &[&str]) -> Self {
        let found = ALL.into_iter().find(|load| words.first() == Some(&load.model));
        let number = |index: usize| words[index].parse().expect("a number");
        Load {
            questions: number(1),
            tokens: number(2),
            concurrency: number(3),
            ..found.expect("a client is started with one of the loads")
        }
    }
}
