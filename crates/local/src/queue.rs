//! A priority queue as a value of its own.

use std::collections::VecDeque;
use std::fmt;

use duly_core::Priority;

/// Things in order of urgency, first in, first out among equals. Both ends cost the same however many
/// there are.
///
/// ```
/// use duly_local::{Priority, PriorityQueue};
///
/// let mut queue = PriorityQueue::new();
/// queue.push("thumbnail", Priority::Low);
/// queue.push("password reset", Priority::Critical);
/// queue.push("another reset", Priority::Critical);
/// assert_eq!(queue.len(), 3);
/// assert_eq!(queue.pop(), Some("password reset"));
/// assert_eq!(queue.pop(), Some("another reset"));
/// assert_eq!(queue.pop(), Some("thumbnail"));
/// assert!(queue.is_empty());
/// ```
#[derive(Clone)]
pub struct PriorityQueue<T> {
    lines: [VecDeque<T>; Priority::COUNT],
}

impl<T> PriorityQueue<T> {
    /// An empty queue.
    ///
    /// ```
    /// # use duly_local::PriorityQueue;
    /// assert!(PriorityQueue::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            lines: std::array::from_fn(|_| VecDeque::new()),
        }
    }

    /// Puts a thing behind those that are as urgent.
    ///
    /// ```
    /// # use duly_local::{Priority, PriorityQueue};
    /// let mut queue = PriorityQueue::new();
    /// queue.push(7, Priority::Normal);
    /// ```
    pub fn push(&mut self, thing: T, priority: Priority) {
        self.lines[usize::from(priority.code())].push_back(thing);
    }

    /// Takes the most urgent.
    ///
    /// ```
    /// # use duly_local::PriorityQueue;
    /// assert_eq!(PriorityQueue::<u8>::new().pop(), None);
    /// ```
    pub fn pop(&mut self) -> Option<T> {
        self.lines.iter_mut().find_map(VecDeque::pop_front)
    }

    /// The most urgent, which stays.
    ///
    /// ```
    /// # use duly_local::{Priority, PriorityQueue};
    /// let mut queue = PriorityQueue::new();
    /// queue.push(7, Priority::Normal);
    /// assert_eq!(queue.peek(), Some(&7));
    /// ```
    #[must_use]
    pub fn peek(&self) -> Option<&T> {
        self.lines.iter().find_map(VecDeque::front)
    }

    /// How many there are.
    ///
    /// ```
    /// # use duly_local::PriorityQueue;
    /// assert_eq!(PriorityQueue::<u8>::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.iter().map(VecDeque::len).sum()
    }

    /// Whether there is none.
    ///
    /// ```
    /// # use duly_local::PriorityQueue;
    /// assert!(PriorityQueue::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(VecDeque::is_empty)
    }
}

impl<T> Default for PriorityQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for PriorityQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines.iter().flatten()).finish()
    }
}
