//! Wake-up hints: "there may be work", coalesced, and allowed to get lost.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

use crate::Name;

/// Where hints are given, and heard.
#[derive(Debug, Default)]
pub struct Hints(Mutex<Vec<Weak<Ear>>>);

#[derive(Debug)]
struct Ear {
    hears: Hears,
    notify: Notify,
}

#[derive(Debug)]
enum Hears {
    Queues(Vec<Name>),
    Events,
    Schedules,
}

/// Hears hints for some queues, about events, or about schedules. One that came while nobody listened is kept; several count as one.
#[derive(Debug)]
pub struct Listener(Arc<Ear>);

impl Hints {
    /// A listener for these queues.
    #[must_use]
    pub fn listen(&self, queues: &[Name]) -> Listener {
        self.add(Hears::Queues(queues.to_vec()))
    }

    /// A listener for events, whatever they are about.
    #[must_use]
    pub fn listen_events(&self) -> Listener {
        self.add(Hears::Events)
    }

    /// A listener for schedules.
    #[must_use]
    pub fn listen_schedules(&self) -> Listener {
        self.add(Hears::Schedules)
    }

    fn add(&self, hears: Hears) -> Listener {
        let ear = Arc::new(Ear {
            hears,
            notify: Notify::new(),
        });
        let mut ears = self.ears();
        ears.retain(|ear| ear.strong_count() > 0);
        ears.push(Arc::downgrade(&ear));
        Listener(ear)
    }

    /// There may be work in these queues, or a request for a worker of theirs.
    pub fn give<'a>(&self, queues: impl Iterator<Item = &'a Name> + Clone) {
        for ear in self.ears().iter().filter_map(Weak::upgrade) {
            if let Hears::Queues(heard) = &ear.hears
                && queues.clone().any(|queue| heard.contains(queue))
            {
                ear.notify.notify_one();
            }
        }
    }

    /// Events were written.
    pub fn give_events(&self) {
        for ear in self.ears().iter().filter_map(Weak::upgrade) {
            if matches!(ear.hears, Hears::Events) {
                ear.notify.notify_one();
            }
        }
    }

    /// Schedules were written.
    pub fn give_schedules(&self) {
        for ear in self.ears().iter().filter_map(Weak::upgrade) {
            if matches!(ear.hears, Hears::Schedules) {
                ear.notify.notify_one();
            }
        }
    }

    /// There may be something for everybody.
    pub fn give_all(&self) {
        for ear in self.ears().iter().filter_map(Weak::upgrade) {
            ear.notify.notify_one();
        }
    }

    fn ears(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Ear>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Ends at the next hint, or at once if one came since the last call. Safe to drop and call anew.
    pub async fn hint(&self) {
        self.0.notify.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn heard(listener: &Listener) -> bool {
        let mut hint = pin!(listener.hint());
        hint.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn hints_are_kept_coalesced_and_addressed() {
        let hints = Hints::default();
        let (mail, web) = (Name::from("mail"), Name::from("web"));
        let listener = hints.listen(std::slice::from_ref(&mail));
        hints.give([&web].into_iter());
        assert!(!heard(&listener));
        hints.give([&mail].into_iter());
        hints.give([&web, &mail].into_iter());
        assert!(heard(&listener));
        assert!(!heard(&listener));
        hints.give_all();
        assert!(heard(&listener));
    }

    #[test]
    fn events_have_ears_of_their_own() {
        let hints = Hints::default();
        let mail = Name::from("mail");
        let (queue, events) = (
            hints.listen(std::slice::from_ref(&mail)),
            hints.listen_events(),
        );
        hints.give([&mail].into_iter());
        assert!(heard(&queue) && !heard(&events));
        hints.give_events();
        hints.give_events();
        assert!(!heard(&queue) && heard(&events) && !heard(&events));
        hints.give_all();
        assert!(heard(&queue) && heard(&events));
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let hints = Hints::default();
        drop(hints.listen(&[]));
        let _listener = hints.listen(&[]);
        assert_eq!(hints.ears().len(), 1);
    }
}
