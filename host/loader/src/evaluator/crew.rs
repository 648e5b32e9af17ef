//! The threads that run programs: as many as the machine has processors. What is beyond them waits for one.
//!
//! More at once would not end sooner, and each holds memory while it runs. A thread stays for the next program, because a
//! stack that an interpreter has used is worth keeping.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

type Work = Box<dyn FnOnce() + Send>;

/// Threads that wait for work until the value is dropped.
pub(crate) struct Crew {
    work: Option<Sender<Work>>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    /// One thread for each processor, with stacks of this many bytes.
    ///
    /// # Errors
    /// If not one can be started.
    pub(crate) fn one_per_processor(stack: usize) -> Result<Self, String> {
        Crew::new(thread::available_parallelism().map_or(1, usize::from), stack)
    }

    fn new(count: usize, stack: usize) -> Result<Self, String> {
        let (work, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::new();
        for _ in 0..count {
            let queue = queue.clone();
            let started = thread::Builder::new()
                .name("evaluator".to_owned())
                .stack_size(stack)
                .spawn(move || work_off(&queue));
            match started {
                Ok(thread) => threads.push(thread),
                Err(error) if threads.is_empty() => return Err(format!("start a thread: {error}")),
                // It takes longer with fewer.
                Err(_) => break,
            }
        }
        Ok(Crew {
            work: Some(work),
            threads,
        })
    }

    /// Runs a body when a thread is free, and waits for it. A panic becomes an error.
    pub(crate) fn run<T: Send + 'static>(&self, body: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
        let (answer, answered) = channel();
        let work = Box::new(move || {
            // Whoever asked may be gone.
            let _ = answer.send(body());
        });
        let gone = || "no thread is left that runs programs".to_owned();
        let queue = self.work.as_ref().ok_or_else(gone)?;
        queue.send(work).map_err(|_| gone())?;
        answered.recv().map_err(|_| "the host's own code panicked".to_owned())
    }
}

fn work_off(queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // What a panic left behind belongs to the work, which is dropped with all that it holds.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.work = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const STACK: usize = 1 << 20;

    #[test]
    fn no_more_run_at_once_than_there_are_threads_and_all_get_their_turn() {
        let crew = Crew::new(2, STACK).expect("two threads");
        let (running, ended) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let running = running.clone();
                    let work = move || {
                        assert!(running.fetch_add(1, Ordering::SeqCst) < 2);
                        thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                    };
                    crew.run(work).expect("it is run");
                    ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(ended.into_inner(), 16);
    }

    #[test]
    fn a_panic_is_told_to_whoever_asked_and_the_thread_goes_on() {
        let crew = Crew::new(1, STACK).expect("a thread");
        assert_eq!(
            crew.run(|| -> u32 { panic!("a fault of the host's") }),
            Err("the host's own code panicked".to_owned())
        );
        assert_eq!(crew.run(|| 1), Ok(1));
    }
}
