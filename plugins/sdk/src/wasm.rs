//! The shell that makes a component of a trait: calls from generated bindings into the author's type.
//!
//! Present only where the target is WASM. Each world has bindings of its own, because what a component exports is
//! decided by the world that they were generated for.

use crate::log::Level;

/// The log carries a panic's message ahead of its trap.
fn report_panics() {
    crate::panics::report(|line| write_log(Level::Error, &line));
}

pub(crate) fn write_log(level: Level, message: &str) {
    use suite::bindings::koderz::plugin::log;
    let level = match level {
        Level::Trace => log::Level::Trace,
        Level::Debug => log::Level::Debug,
        Level::Info => log::Level::Info,
        Level::Warn => log::Level::Warn,
        Level::Error => log::Level::Error,
    };
    log::write(level, message);
}

/// What a user granted, as the host hands it over.
pub(crate) type Blob = suite::bindings::koderz::plugin::data::Blob;

pub(crate) fn data_error(error: suite::bindings::koderz::plugin::data::DataError) -> crate::data::DataError {
    use suite::bindings::koderz::plugin::data::DataError;
    match error {
        DataError::NotGranted => crate::data::DataError::NotGranted,
        DataError::OutOfRange => crate::data::DataError::OutOfRange,
        DataError::Unreadable => crate::data::DataError::Unreadable,
    }
}

macro_rules! identity_shell {
    () => {
        impl<T: Plugin> bindings::exports::koderz::plugin::identity::Guest for Exported<T> {
            fn describe() -> bindings::exports::koderz::plugin::identity::PluginInfo {
                super::report_panics();
                T::identity().mirror()
            }
        }
    };
}

macro_rules! suite_shell {
    () => {
        impl<T: Plugin> bindings::exports::koderz::plugin::suite::Guest for Exported<T> {
            type Suite = Opened<T>;

            fn settings_schema() -> String {
                super::report_panics();
                crate::settings::schema::<T::Settings>()
            }
        }

        /// A suite with its settings.
        pub struct Opened<T>(T);

        impl<T: Plugin> bindings::exports::koderz::plugin::suite::GuestSuite for Opened<T> {
            fn open(settings: String) -> Result<bindings::exports::koderz::plugin::suite::Suite, String> {
                super::report_panics();
                let opened = T::open(crate::settings::read(&settings)?)?;
                Ok(bindings::exports::koderz::plugin::suite::Suite::new(Opened(
                    opened,
                )))
            }

            fn describe(&self) -> bindings::exports::koderz::plugin::suite::SuiteInfo {
                self.0.describe().mirror()
            }

            fn tasks(
                &self,
                cursor: Option<String>,
            ) -> Result<bindings::exports::koderz::plugin::suite::TaskPage, String> {
                self.0.tasks(cursor.as_deref()).mirror()
            }

            fn next(
                &self,
                trial: bindings::exports::koderz::plugin::suite::Trial,
                history: Vec<bindings::exports::koderz::plugin::suite::Round>,
            ) -> Result<bindings::exports::koderz::plugin::suite::Step, String> {
                let history: Vec<koderz_api::suite::Round> = history.mirror();
                self.0.next(&trial.mirror(), &history).mirror()
            }
        }
    };
}

/// World `suite-plugin`.
pub mod suite {
    use crate::Suite as Plugin;
    use koderz_api::mirror::Mirror;

    pub use koderz_world_suite::bindings;

    /// The component's exports, for an author's type.
    pub struct Exported<T>(std::marker::PhantomData<T>);

    identity_shell!();
    suite_shell!();
}

/// World `checked-suite-plugin`.
pub mod checked_suite {
    use crate::Reference as Plugin;
    use koderz_api::mirror::Mirror;

    pub use koderz_world_checked_suite::bindings;

    /// The component's exports, for an author's type.
    pub struct Exported<T>(std::marker::PhantomData<T>);

    identity_shell!();
    suite_shell!();

    impl<T: Plugin> bindings::exports::koderz::plugin::reference::Guest for Exported<T> {
        fn answer(
            settings: String,
            task: bindings::exports::koderz::plugin::suite::Task,
        ) -> Result<Option<String>, String> {
            super::report_panics();
            T::open(crate::settings::read(&settings)?)?.answer(&task.mirror())
        }
    }
}

/// World `measuring-suite-plugin`.
pub mod measuring_suite {
    use crate::Measuring as Plugin;
    use bindings::exports::koderz::plugin::{planner, summary};
    use koderz_api::mirror::Mirror;
    use koderz_api::summary::Graded;

    pub use koderz_world_measuring_suite::bindings;

    /// The component's exports, for an author's type.
    pub struct Exported<T>(std::marker::PhantomData<T>);

    identity_shell!();
    suite_shell!();

    impl<T: Plugin> summary::Guest for Exported<T> {
        fn summarize(settings: String, results: Vec<summary::Graded>) -> Result<Vec<summary::Figure>, String> {
            super::report_panics();
            let results: Vec<Graded> = results.mirror();
            T::open(crate::settings::read(&settings)?)?.summarize(&results).mirror()
        }
    }

    impl<T: Plugin> planner::Guest for Exported<T> {
        fn next_stage(settings: String, results: Vec<summary::Graded>) -> Result<Option<planner::Plan>, String> {
            super::report_panics();
            let results: Vec<Graded> = results.mirror();
            T::open(crate::settings::read(&settings)?)?
                .next_stage(&results)
                .mirror()
        }
    }
}

/// World `retry-plugin`.
pub mod retry {
    use crate::RetryPolicy as Plugin;
    use koderz_api::mirror::Mirror;

    pub use koderz_world_retry::bindings;

    /// The component's exports, for an author's type.
    pub struct Exported<T>(std::marker::PhantomData<T>);

    identity_shell!();

    impl<T: Plugin> bindings::exports::koderz::plugin::retry::Guest for Exported<T> {
        type Policy = Opened<T>;

        fn settings_schema() -> String {
            super::report_panics();
            crate::settings::schema::<T::Settings>()
        }
    }

    /// A policy with its settings.
    pub struct Opened<T>(T);

    impl<T: Plugin> bindings::exports::koderz::plugin::retry::GuestPolicy for Opened<T> {
        fn open(settings: String) -> Result<bindings::exports::koderz::plugin::retry::Policy, String> {
            super::report_panics();
            let opened = T::open(crate::settings::read(&settings)?)?;
            Ok(bindings::exports::koderz::plugin::retry::Policy::new(Opened(opened)))
        }

        fn decide(
            &self,
            attempt: bindings::exports::koderz::plugin::retry::Attempt,
        ) -> bindings::exports::koderz::plugin::retry::Decision {
            self.0.decide(&attempt.mirror()).mirror()
        }
    }
}

/// World `evaluator-plugin`.
pub mod evaluator {
    use crate::program::Stream;
    use crate::{Evaluator as Plugin, Objection, Subject};
    use bindings::exports::koderz::plugin::evaluator;
    use koderz_api::mirror::Mirror;
    use std::any::Any;
    use std::cell::RefCell;
    use std::rc::Rc;

    pub use koderz_world_evaluator::bindings;

    /// The most that WASI takes at once, in bytes.
    const AT_ONCE: usize = 4096;

    thread_local! {
        /// The one evaluator of this instance.
        static INSTANCE: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
    }

    /// The component's exports, for an author's type.
    pub struct Exported<T>(std::marker::PhantomData<T>);

    identity_shell!();

    /// Calls the evaluator of this instance, which is made for the first call.
    fn with<T: Plugin, R>(body: impl FnOnce(&mut T) -> R) -> R {
        super::report_panics();
        INSTANCE.with_borrow_mut(|instance| {
            let instance = instance.get_or_insert_with(|| Box::new(T::new()));
            body(instance.downcast_mut().expect("a component has one evaluator"))
        })
    }

    impl<T: Plugin> evaluator::Guest for Exported<T> {
        fn languages() -> Vec<String> {
            super::report_panics();
            T::languages()
        }

        fn run(source: String) -> Result<(), String> {
            with::<T, _>(|evaluator| evaluator.run(&source))
        }

        fn load(source: String) -> Result<(), String> {
            with::<T, _>(|evaluator| evaluator.load(&source))
        }

        fn call(entry_point: String, input: String) -> Result<String, String> {
            with::<T, _>(|evaluator| evaluator.call(&entry_point, &input))
        }

        fn judge(source: String, entry_points: Vec<String>) -> Result<(), evaluator::Objection> {
            with::<T, _>(|evaluator| evaluator.judge(&source, &entry_points, Rc::new(HostSubject))).map_err(
                |objection| match objection {
                    Objection::Failed(why) => evaluator::Objection::Failed(why),
                    Objection::Broken(why) => evaluator::Objection::Broken(why),
                },
            )
        }
    }

    /// The way of a judge to its subject, through the host.
    struct HostSubject;

    impl Subject for HostSubject {
        fn call(&self, entry_point: &str, input: &str) -> Result<String, String> {
            bindings::koderz::plugin::subject::call(entry_point, input)
        }
    }

    pub(crate) fn write(stream: Stream, bytes: &[u8]) -> Result<(), String> {
        use bindings::wasi::cli;
        let stream = match stream {
            Stream::Output => cli::stdout::get_stdout(),
            Stream::Error => cli::stderr::get_stderr(),
        };
        for part in bytes.chunks(AT_ONCE) {
            stream
                .blocking_write_and_flush(part)
                .map_err(|_| "the program may not write more".to_owned())?;
        }
        Ok(())
    }

    pub(crate) fn input() -> Vec<u8> {
        let stream = bindings::wasi::cli::stdin::get_stdin();
        let mut read = Vec::new();
        while let Ok(part) = stream.blocking_read(AT_ONCE as u64) {
            read.extend(part);
        }
        read
    }
}
