//! Trying again: any future, under a schedule of pauses or under a policy of one's own.
//!
//!     cargo run -p koderz-core --example retry

#![expect(clippy::print_stdout, reason = "an example shows something")]

use koderz_core::backoff::{Backoff, RetryError, retry_with_backoff};
use koderz_core::retrying::{Next, retry};
use std::io::{Error, ErrorKind};
use std::time::Duration;

/// Stands for a call to a server: it fails the first times.
struct Server {
    failures: u32,
}

impl Server {
    async fn call(&mut self) -> Result<&'static str, Error> {
        if self.failures == 0 {
            return Ok("hello");
        }
        self.failures -= 1;
        Err(Error::new(ErrorKind::ConnectionRefused, "nobody listens"))
    }
}

fn schedule() -> Backoff {
    Backoff {
        max_retries: 5,
        initial_delay: Duration::from_millis(20),
        factor: 2.0,
        max_delay: Duration::from_millis(100),
    }
}

fn refused(error: &Error) -> bool {
    error.kind() == ErrorKind::ConnectionRefused
}

/// Calls a server, with pauses of 20, 40, 80, 100 and 100 ms.
async fn under_a_schedule(failures: u32) -> Result<&'static str, RetryError<Error>> {
    let server = tokio::sync::Mutex::new(Server { failures });
    retry_with_backoff(schedule(), refused, || async { server.lock().await.call().await }).await
}

/// Calls a server every 10 ms, at most a hundred times.
async fn under_a_policy(failures: u32) -> Result<&'static str, RetryError<Error>> {
    let server = tokio::sync::Mutex::new(Server { failures });
    let policy = |errors: &[Error]| match errors.len() {
        ..100 => Next::After(Duration::from_millis(10)),
        _ => Next::Enough,
    };
    retry(policy, || async { server.lock().await.call().await }).await
}

fn told(result: Result<&str, RetryError<Error>>) -> String {
    match result {
        Ok(answer) => answer.to_owned(),
        Err(error) => {
            let last = error.last().map(ToString::to_string).unwrap_or_default();
            format!("{error}; the last time: {last}")
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("three failures: {}", told(under_a_schedule(3).await));
    println!("and too many: {}", told(under_a_schedule(100).await));
    println!("more patience: {}", told(under_a_policy(20).await));
}

#[cfg(test)]
#[tokio::test(start_paused = true)]
async fn the_example_ends_as_it_says() {
    assert_eq!(told(under_a_schedule(3).await), "hello");
    let lost = told(under_a_schedule(100).await);
    assert_eq!(
        lost,
        "max retries exceeded after 6 attempts; the last time: nobody listens"
    );
    assert_eq!(told(under_a_policy(20).await), "hello");
}
