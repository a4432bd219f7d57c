//! A task, before it is handed in.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use duly_core::bounds::LIMIT_WEIGHT_MAX;
use duly_core::{Deadlines, HeldKey, Name, Priority, RetryPolicy, TaskId, Timestamp};

use crate::clock;
use crate::context::Context;
use crate::output::Output;
use crate::sync::Mutex;

pub(crate) mod cell;
mod direct;
pub(crate) mod life;
pub(crate) mod work;

use work::Work;

/// A future that may move between threads.
pub(crate) type BoxFuture<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// An instant of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// So long after it is handed in.
    After(Duration),
    /// At an instant.
    At(Timestamp),
}

impl When {
    /// The instant, of a task that is handed in at `now`.
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::After(delay) => now + delay,
            Self::At(instant) => instant,
        }
    }
}

/// What few tasks have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) unique: Option<Arc<HeldKey>>,
    /// When it is due: at once, unless said.
    pub(crate) due: Option<When>,
    pub(crate) deadline: Option<When>,
    pub(crate) finish_by: Option<When>,
    pub(crate) limits: Vec<(Name, u32)>,
    pub(crate) tenant: Option<Name>,
}

impl Options {
    /// By when a task that is handed in at `now` must have begun, and ended.
    pub(crate) fn deadlines(&self, now: Timestamp) -> Deadlines {
        let at = |when: Option<When>| when.map(|when| when.from(now));
        Deadlines::new(at(self.deadline), at(self.finish_by))
    }
}

/// Work with a name: a future, or a function that makes one for each attempt.
///
/// A task runs once it is handed to a [`Scheduler`](crate::Scheduler), or at once by
/// [`run`](Self::run) and its siblings. `R` is what its future returns, an [`Output`].
///
/// ```
/// use std::time::Duration;
/// use duly_local::{Priority, Task};
///
/// let task = Task::new("password reset", async { /* send it */ })
///     .priority(Priority::Critical)
///     .timeout(Duration::from_secs(10))
///     .label("user", "ada");
/// assert_eq!(task.name(), "password reset");
/// assert_eq!(task.labels(), [("user".to_owned(), "ada".to_owned())]);
/// ```
pub struct Task<R> {
    pub(crate) id: TaskId,
    pub(crate) name: Cow<'static, str>,
    pub(crate) priority: Priority,
    pub(crate) options: Option<Box<Options>>,
    /// Behind a lock only so that a refused task can be an error that threads share.
    pub(crate) work: Mutex<Work<R>>,
}

impl<R: Output> Task<R> {
    /// A task that runs once: a future cannot be begun again, so there is no second attempt.
    ///
    /// ```
    /// use duly_local::Task;
    ///
    /// let greeting = String::from("hello");
    /// let task = Task::new("greet", async move { println!("{greeting}") });
    /// ```
    pub fn new<F>(name: impl Into<Cow<'static, str>>, future: F) -> Self
    where
        F: Future<Output = R> + Send + 'static,
    {
        Self::with(name.into(), Work::once(Box::pin(future)))
    }

    /// A task whose future is made anew for each attempt. It is tried again as its retry policy says:
    /// [`RetryPolicy::default`] unless [`retry`](Self::retry) gives another.
    ///
    /// ```
    /// use duly_local::Task;
    ///
    /// async fn fetch() -> Result<String, std::io::Error> {
    ///     Ok("page".to_owned())
    /// }
    /// let task = Task::retryable("fetch", || fetch());
    /// ```
    pub fn retryable<F>(
        name: impl Into<Cow<'static, str>>,
        mut make: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = R> + Send + 'static,
    {
        Self::cooperative(name, move |_| make())
    }

    /// As [`retryable`](Self::retryable), and the function is told about the attempt: its number,
    /// whether it is cancelled, and where to report progress.
    ///
    /// ```
    /// use duly_local::Task;
    ///
    /// let task = Task::cooperative("export", |context| async move {
    ///     for page in 0..10 {
    ///         if context.is_cancelled() {
    ///             return Err("cancelled");
    ///         }
    ///         context.progress(page as f32 / 10.0, format!("page {page}"));
    ///     }
    ///     Ok(())
    /// });
    /// ```
    pub fn cooperative<F>(
        name: impl Into<Cow<'static, str>>,
        mut make: impl FnMut(Context) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = R> + Send + 'static,
    {
        let make = move |context| Box::pin(make(context)) as BoxFuture<R>;
        Self::with(name.into(), Work::again(Box::new(make)))
    }

    fn with(name: Cow<'static, str>, work: Work<R>) -> Self {
        Self {
            id: clock::task_id(),
            name,
            priority: Priority::Normal,
            options: None,
            work: Mutex::new(work),
        }
    }
}

impl<R> Task<R> {
    /// How urgent it is: [`Priority::Normal`] unless given.
    ///
    /// ```
    /// # use duly_local::{Priority, Task};
    /// let task = Task::new("thumbnail", async {}).priority(Priority::Low);
    /// ```
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// How long an attempt may take: as long as it likes unless given. It takes effect where the
    /// future next yields, and is then as if the attempt had failed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::Task;
    /// let task = Task::new("fetch", async {}).timeout(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options_mut().timeout = Some(timeout);
        self
    }

    /// How often it is tried, and when again. A task made by [`new`](Task::new) runs once whatever
    /// this says.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{RetryPolicy, Task};
    /// let policy = RetryPolicy::exponential(Duration::from_millis(100)).attempts(5);
    /// let task = Task::retryable("fetch", || async { Err::<(), _>("down") }).retry(policy);
    /// ```
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options_mut().retry = Some(policy);
        self
    }

    /// A label, for whoever looks at tasks. One name may have several.
    ///
    /// ```
    /// # use duly_local::Task;
    /// let task = Task::new("greet", async {}).label("user", "ada");
    /// ```
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options_mut().labels.push((name.into(), value.into()));
        self
    }

    /// No two tasks of one name with one key are queued or running at a time: the second is refused.
    ///
    /// ```
    /// # use duly_local::Task;
    /// let task = Task::new("report", async {}).unique_key("2026-11");
    /// ```
    #[must_use]
    pub fn unique_key(mut self, key: impl AsRef<str>) -> Self {
        // A name may not end where another's key begins.
        let key = format!("{}\0{}", self.name, key.as_ref());
        self.options_mut().unique = Some(HeldKey::unfinished(key).into());
        self
    }

    /// Due this long after it is handed in. The last of `after` and `at` holds.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::Task;
    /// let task = Task::new("remind", async {}).after(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.options_mut().due = Some(When::After(delay));
        self
    }

    /// Due at an instant: at once if it has passed.
    ///
    /// ```
    /// # use duly_local::{Task, Timestamp};
    /// let new_year = Timestamp::from_micros(1_798_761_600_000_000);
    /// let task = Task::new("greet", async {}).at(new_year);
    /// ```
    #[must_use]
    pub fn at(mut self, instant: Timestamp) -> Self {
        self.options_mut().due = Some(When::At(instant));
        self
    }

    /// It must have begun this long after it is handed in, or it expires: [`Expired`] is all its handle
    /// gives. What waits for its next attempt then expires, too. Handed in again, it is counted anew.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Scheduler, Task, TaskError};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let late = Task::new("quote", async {}).after(Duration::from_secs(60));
    /// let late = scheduler.submit(late.deadline(Duration::from_millis(1))).await?;
    /// assert_eq!(late.await, Err(TaskError::Expired));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Expired`]: crate::TaskError::Expired
    #[must_use]
    pub fn deadline(mut self, within: Duration) -> Self {
        self.options_mut().deadline = Some(When::After(within));
        self
    }

    /// It must have begun before this instant; see [`deadline`](Self::deadline).
    ///
    /// ```
    /// # use duly_local::{Task, Timestamp};
    /// let new_year = Timestamp::from_micros(1_798_761_600_000_000);
    /// let task = Task::new("wish", async {}).deadline_at(new_year);
    /// ```
    #[must_use]
    pub fn deadline_at(mut self, at: Timestamp) -> Self {
        self.options_mut().deadline = Some(When::At(at));
        self
    }

    /// It must have ended this long after it is handed in, whatever becomes of its attempts: what waits
    /// then expires, what runs is dropped where it next yields and has timed out for good, and a retry that
    /// would come after it is not made. Handed in again, it is counted anew.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Task, TaskError, sleep};
    /// # duly_local::block_on(async {
    /// let time = Duration::from_millis(5);
    /// let nap = Task::new("nap", sleep(Duration::from_secs(60))).finish_within(time);
    /// assert!(matches!(nap.run().await, Err(TaskError::TimedOut { .. })));
    /// # });
    /// ```
    #[must_use]
    pub fn finish_within(mut self, within: Duration) -> Self {
        self.options_mut().finish_by = Some(When::After(within));
        self
    }

    /// It must have ended before this instant; see [`finish_within`](Self::finish_within).
    ///
    /// ```
    /// # use duly_local::{Task, Timestamp};
    /// let new_year = Timestamp::from_micros(1_798_761_600_000_000);
    /// let task = Task::new("fireworks", async {}).finish_by(new_year);
    /// ```
    #[must_use]
    pub fn finish_by(mut self, at: Timestamp) -> Self {
        self.options_mut().finish_by = Some(When::At(at));
        self
    }

    /// It is bound by this limit, in which it weighs 1. May be said of several, at most 8; see
    /// [`Scheduler::limits`](crate::Scheduler::limits). A limit that nobody has defined bounds nothing,
    /// until somebody does.
    ///
    /// ```
    /// # use duly_local::Task;
    /// let task = Task::new("scan", async {}).limit("disk").limit("scanner");
    /// ```
    #[must_use]
    pub fn limit(self, name: impl Into<Name>) -> Self {
        self.limit_weight(name, 1)
    }

    /// The same, and it takes so many slots or permits of the limit: 1 to 1,000,000; what lies beyond is
    /// moved there. Of a limit that is named twice, the greater weight counts.
    ///
    /// ```
    /// # use duly_local::Task;
    /// let task = Task::new("scan", async {}).limit_weight("disk", 3);
    /// ```
    #[must_use]
    pub fn limit_weight(mut self, name: impl Into<Name>, weight: u32) -> Self {
        let weight = weight.clamp(1, LIMIT_WEIGHT_MAX);
        self.options_mut().limits.push((name.into(), weight));
        self
    }

    /// Whose work it is: in a [fair](crate::Builder::fair) scheduler, tenants take turns.
    ///
    /// ```
    /// # use duly_local::Task;
    /// let task = Task::new("report", async {}).tenant("acme");
    /// ```
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<Name>) -> Self {
        self.options_mut().tenant = Some(tenant.into());
        self
    }

    /// Its id: new with every task.
    ///
    /// ```
    /// # use duly_local::Task;
    /// assert_ne!(Task::new("a", async {}).id(), Task::new("a", async {}).id());
    /// ```
    #[must_use]
    pub const fn id(&self) -> TaskId {
        self.id
    }

    /// Its name.
    ///
    /// ```
    /// # use duly_local::Task;
    /// assert_eq!(Task::new("greet", async {}).name(), "greet");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was made, to the millisecond.
    ///
    /// ```
    /// # use duly_local::Task;
    /// let (first, second) = (Task::new("a", async {}), Task::new("b", async {}));
    /// assert!(first.made_at() <= second.made_at());
    /// ```
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.id.made_at().unwrap_or_default()
    }

    /// Its labels, in the order in which they were given.
    ///
    /// ```
    /// # use duly_local::Task;
    /// assert!(Task::new("greet", async {}).labels().is_empty());
    /// ```
    #[must_use]
    pub fn labels(&self) -> &[(String, String)] {
        self.options.as_ref().map_or(&[], |options| &options.labels)
    }

    fn options_mut(&mut self) -> &mut Options {
        self.options.get_or_insert_default()
    }
}

impl<R> fmt::Debug for Task<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}
