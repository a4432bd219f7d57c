//! What a task's future may return, and what it means for the task.

use std::fmt;

use duly_core::Outcome;

/// How a task ended, in words: for futures that have nothing else to return, and for those who look
/// at tasks without knowing their types.
///
/// ```
/// use duly_local::{Task, TaskResult};
///
/// # duly_local::block_on(async {
/// let task = Task::new("greet", async { TaskResult::Success("hello".into()) });
/// assert_eq!(task.run().await.unwrap(), TaskResult::Success("hello".into()));
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskResult {
    /// Done, with what there is to say about it.
    Success(String),
    /// Failed, and why.
    Failure(String),
    /// Ran out of time.
    Timeout,
}

impl TaskResult {
    /// Whether it is done.
    ///
    /// ```
    /// use duly_local::TaskResult;
    ///
    /// assert!(TaskResult::Success(String::new()).is_success());
    /// ```
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }

    /// Whether another attempt could help: after a failure, or when time ran out.
    ///
    /// ```
    /// use duly_local::TaskResult;
    ///
    /// assert!(TaskResult::Timeout.is_worth_a_retry());
    /// assert!(!TaskResult::Success(String::new()).is_worth_a_retry());
    /// ```
    #[must_use]
    pub const fn is_worth_a_retry(&self) -> bool {
        !self.is_success()
    }

    /// What it says.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Success(text) | Self::Failure(text) => text,
            Self::Timeout => String::new(),
        }
    }

    /// What the rules make of it.
    pub(crate) const fn outcome(&self) -> Outcome {
        match self {
            Self::Success(_) => Outcome::Done,
            Self::Failure(_) => Outcome::Retry,
            Self::Timeout => Outcome::TimedOut,
        }
    }
}

impl fmt::Display for TaskResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, text) = match self {
            Self::Success(text) => ("success", text.as_str()),
            Self::Failure(text) => ("failure", text.as_str()),
            Self::Timeout => ("timeout", ""),
        };
        if text.is_empty() {
            f.write_str(word)
        } else {
            write!(f, "{word}: {text}")
        }
    }
}

/// What a task's future returns: [`TaskResult`], any `Result` whose error can be shown, or `()`.
///
/// ```
/// use duly_local::{Output, TaskResult};
///
/// let parsed = "7".parse::<u32>();
/// assert_eq!(parsed.result(), TaskResult::Success(String::new()));
/// let wrong = "seven".parse::<u32>();
/// assert!(wrong.result().is_worth_a_retry());
/// ```
pub trait Output: Send + 'static {
    /// What it means for the task. A failure, and time that ran out, are tried again as far as the
    /// task's retry policy allows.
    ///
    /// ```
    /// # use duly_local::{Output, TaskResult};
    /// assert_eq!(().result(), TaskResult::Success(String::new()));
    /// assert_eq!(Err::<(), _>("down").result(), TaskResult::Failure("down".into()));
    /// ```
    fn result(&self) -> TaskResult;
}

impl Output for () {
    fn result(&self) -> TaskResult {
        TaskResult::Success(String::new())
    }
}

impl Output for TaskResult {
    fn result(&self) -> TaskResult {
        self.clone()
    }
}

impl<T: Send + 'static, E: fmt::Display + Send + 'static> Output for Result<T, E> {
    fn result(&self) -> TaskResult {
        match self {
            Ok(_) => TaskResult::Success(String::new()),
            Err(error) => TaskResult::Failure(error.to_string()),
        }
    }
}
