//! Events: pages of the history, and the live stream.

mod history;
mod resync;
mod slow;
mod sse;
mod stream;
