//! How far a scheduler is in its own life.

/// What the scheduler does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Takes tasks in, and runs none yet.
    Made,
    /// Takes tasks in and runs them.
    Running,
    /// Takes none in, and runs all that it has.
    Draining,
    /// Takes none in, begins none, and lets those that run finish.
    Closing,
    /// Does nothing more.
    Stopped,
}

impl Stage {
    /// Whether it takes tasks in.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Made | Self::Running)
    }

    /// Whether it begins attempts.
    pub(super) const fn begins(self) -> bool {
        matches!(self, Self::Running | Self::Draining)
    }
}
