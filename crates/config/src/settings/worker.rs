//! `worker`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use duly_core::bounds::QUEUE_WEIGHT_MAX;

use crate::bounds::{CONCURRENCY_MAX, LABELS_MAX, NAMES_MAX, PREFETCH_MAX, WAIT_MAX};
use crate::form::{address, duration, is_name, list, map, name, text, whole, yes_or_no};
use crate::group::group;

impl Worker {
    /// The queues with what each weighs, if they are served by weight.
    #[must_use]
    pub fn weighted_queues(&self) -> Option<Vec<(&str, u32)>> {
        let weight = |queue: &String| self.queue_weights.get(queue).copied().unwrap_or(1);
        let queues = self.queues.iter();
        let weighted = queues.map(|queue| (queue.as_str(), weight(queue)));
        (!self.queue_weights.is_empty()).then(|| weighted.collect())
    }
}

/// Bytes of a label's name, and of its value.
const LABEL_BYTES_MAX: (usize, usize) = (64, 512);
/// The shortest heartbeat, and the shortest lease.
const BEAT_MIN: Duration = Duration::from_millis(100);
/// The longest lease.
const LEASE_MAX: Duration = Duration::from_secs(3600);

group! {
    /// What this process runs: the tasks of the kinds that it knows, `http` and `shell`.
    Worker {
        /// Whether `duly serve` runs tasks; without, it only takes them and shows them.
        [AtStart] enabled: bool = true, yes_or_no();

        /// Where `duly worker` answers `/health`, `/ready` and `/metrics`, under the conditions of
        /// `server`; nowhere without. Port 0 is any free one.
        [AtStart] listen: Option<SocketAddr> = None, address().or_none(), example "127.0.0.1:7789";

        /// The name that the worker is shown under. Without one: worker- and the id of the process.
        [AtStart] name: Option<String> = None, name().or_none(), example "mailer-1";

        /// The queues that it works on, equally urgent work in turns.
        [AtStart] queues: Vec<String> = vec!["default".to_owned()], list(name(), NAMES_MAX);

        /// What some of these queues weigh; without, the most urgent work of all is next. With, of so many
        /// turns each queue has so many, however urgent the work of the others is; one that is not named
        /// here weighs 1.
        [AtStart] queue_weights: BTreeMap<String, u32> = BTreeMap::new(),
            map(whole(1..=QUEUE_WEIGHT_MAX), is_name, "a name of a queue", NAMES_MAX),
            example "{default: 3}";

        /// How many tasks run at once.
        [AtOnce] concurrency: u32 = 64, whole(1..=CONCURRENCY_MAX);

        /// How many tasks it takes beforehand, so that short ones need not wait for the next claim;
        /// never more than last for 20 ms. It does not pay on an embedded file.
        [AtStart] prefetch: u32 = 0, whole(0..=PREFETCH_MAX);

        /// How often it says that it lives; at most a third of the lease.
        [AtStart] heartbeat: Duration = Duration::from_secs(3), duration(BEAT_MIN..=LEASE_MAX);

        /// Silence after which its tasks are given to others. All processes on a store must say the
        /// same.
        [AtStart] lease: Duration = Duration::from_secs(10), duration(BEAT_MIN..=LEASE_MAX);

        /// How long a task that is called off has to end by itself, before it is ended.
        [AtStart] cancel_grace: Duration = Duration::from_secs(5), duration(Duration::ZERO..=WAIT_MAX);

        /// What the worker says of itself.
        [AtStart] labels: BTreeMap<String, String> = BTreeMap::new(), map(
            text("a text of at most 512 bytes", |text| text.len() <= LABEL_BYTES_MAX.1),
            |name| (1..=LABEL_BYTES_MAX.0).contains(&name.len()),
            "a name of 1 to 64 bytes",
            LABELS_MAX,
        ), example "{zone: a}";
    }
}
