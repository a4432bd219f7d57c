//! Handing tasks in.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::room::Ticket;
use super::state::State;
use super::{Returned, Scheduler, Shared};
use crate::bounds::BATCH_STEP;
use crate::error::{Reason, Refused, RefusedBatch};
use crate::handle::Handle;
use crate::output::Output;
use crate::sync::{Wakes, lock};
use crate::task::Task;
use crate::task::cell::{Job, TaskCell};

impl State {
    pub(super) const fn full(&self) -> Reason {
        Reason::QueueFull {
            capacity: self.capacity,
        }
    }

    /// Why so many are not taken in at once, if they are not.
    pub(super) fn refusal(&self, tasks: usize) -> Option<Reason> {
        if !self.stage.is_open() {
            return Some(Reason::Closed);
        }
        let room = self.capacity.saturating_sub(self.waiting());
        (tasks > room || !self.room.is_empty()).then(|| self.full())
    }
}

impl Scheduler {
    /// Hands in what the shutdown of another scheduler gave back, if there is room. Its handle goes on
    /// with it: the attempts are counted anew.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Shutdown, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let first = Scheduler::builder().workers(1).build();
    /// let greeting = Task::new("greet", async { Ok::<_, String>("hello") });
    /// let greeting = first.submit(greeting).await?;
    /// let left = first.shutdown(Shutdown::Now).await;
    ///
    /// let second = Scheduler::builder().workers(1).start();
    /// for task in left.returned {
    ///     second.resubmit(task).map_err(|(reason, _)| reason.to_string())?;
    /// }
    /// assert_eq!(greeting.await?, Ok("hello"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The reason, and the task.
    pub fn resubmit(&self, mut returned: Returned) -> Result<(), (Reason, Returned)> {
        let shared = self.shared();
        let mut wakes = Wakes::default();
        let now = shared.clock.now();
        let mut state = lock(&shared.state);
        let admitted = match state.refusal(1) {
            Some(reason) => Err(reason),
            None => state.admit(returned.job(), now, &mut wakes),
        };
        if admitted.is_ok() {
            let moved = Arc::downgrade(shared);
            returned
                .job()
                .head()
                .life(|life| life.restart(moved, &mut wakes));
        } else {
            state.meters.rejected(1);
        }
        drop(state);
        wakes.wake();
        match admitted {
            Ok(()) => {
                returned.0 = None;
                Ok(())
            }
            Err(reason) => Err((reason, returned)),
        }
    }
}

impl Shared {
    pub(super) fn try_submit<R: Output>(
        self: &Arc<Self>,
        task: Task<R>,
    ) -> Result<Handle<R>, Refused<R>> {
        let cell = Arc::new(TaskCell::new(task));
        let mut taken = 0;
        let reason = self.take_at_once(std::slice::from_ref(&cell), &mut taken);
        self.handle_or_refused(cell, reason)
    }

    pub(super) async fn submit<R: Output>(
        self: &Arc<Self>,
        task: Task<R>,
    ) -> Result<Handle<R>, Refused<R>> {
        let cell = Arc::new(TaskCell::new(task));
        let reason = self.take(std::slice::from_ref(&cell), &mut 0).await;
        self.handle_or_refused(cell, reason)
    }

    pub(super) fn try_submit_batch<R: Output>(
        self: &Arc<Self>,
        tasks: Vec<Task<R>>,
    ) -> Result<Vec<Handle<R>>, RefusedBatch<R>> {
        let cells = cells(tasks);
        let mut taken = 0;
        let reason = self.take_at_once(&cells, &mut taken);
        self.handles_or_refused(cells, taken, reason)
    }

    pub(super) async fn submit_batch<R: Output>(
        self: &Arc<Self>,
        tasks: Vec<Task<R>>,
    ) -> Result<Vec<Handle<R>>, RefusedBatch<R>> {
        let cells = cells(tasks);
        let mut taken = 0;
        let reason = self.take(&cells, &mut taken).await;
        self.handles_or_refused(cells, taken, reason)
    }

    /// Takes tasks in if there is room for all of them, and nobody was there before.
    fn take_at_once<R: Output>(
        &self,
        cells: &[Arc<TaskCell<R>>],
        taken: &mut usize,
    ) -> Result<(), Reason> {
        let mut wakes = Wakes::default();
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let mut admit = |state: &mut State| {
            for cell in cells {
                state.admit(&job(cell), now, &mut wakes)?;
                *taken += 1;
            }
            Ok(())
        };
        let result = match state.refusal(cells.len()) {
            Some(reason) => Err(reason),
            None => admit(&mut state),
        };
        state.meters.rejected(cells.len() - *taken);
        drop(state);
        wakes.wake();
        result
    }

    /// Takes tasks in, and waits for room as often as it must.
    async fn take<R: Output>(
        &self,
        cells: &[Arc<TaskCell<R>>],
        taken: &mut usize,
    ) -> Result<(), Reason> {
        let mut place = Place {
            shared: self,
            ticket: None,
        };
        poll_fn(|context| place.poll_take(cells, taken, context)).await
    }

    fn handle_or_refused<R: Output>(
        self: &Arc<Self>,
        cell: Arc<TaskCell<R>>,
        result: Result<(), Reason>,
    ) -> Result<Handle<R>, Refused<R>> {
        match result {
            Ok(()) => Ok(Handle::new(cell, Arc::downgrade(self))),
            Err(reason) => Err(Refused {
                reason,
                task: given_back(cell),
            }),
        }
    }

    fn handles_or_refused<R: Output>(
        self: &Arc<Self>,
        mut cells: Vec<Arc<TaskCell<R>>>,
        taken: usize,
        result: Result<(), Reason>,
    ) -> Result<Vec<Handle<R>>, RefusedBatch<R>> {
        let left = cells.split_off(taken);
        let handle = |cell| Handle::new(cell, Arc::downgrade(self));
        let handles = cells.into_iter().map(handle).collect();
        match result {
            Ok(()) => Ok(handles),
            Err(reason) => Err(RefusedBatch {
                reason,
                handles,
                tasks: left.into_iter().map(given_back).collect(),
            }),
        }
    }
}

fn cells<R: Output>(tasks: Vec<Task<R>>) -> Vec<Arc<TaskCell<R>>> {
    let cell = |task| Arc::new(TaskCell::new(task));
    tasks.into_iter().map(cell).collect()
}

fn job<R: Output>(cell: &Arc<TaskCell<R>>) -> Arc<dyn Job> {
    cell.clone()
}

fn given_back<R: Output>(cell: Arc<TaskCell<R>>) -> Task<R> {
    cell.into_task()
        .expect("what was not taken in is nobody else's")
}

/// A place in the line for room; it is given up when this is dropped.
struct Place<'a> {
    shared: &'a Shared,
    ticket: Option<Ticket>,
}

impl Place<'_> {
    fn poll_take<R: Output>(
        &mut self,
        cells: &[Arc<TaskCell<R>>],
        taken: &mut usize,
        context: &Context<'_>,
    ) -> Poll<Result<(), Reason>> {
        loop {
            let end = cells.len().min(*taken + BATCH_STEP);
            let mut wakes = Wakes::default();
            let now = self.shared.clock.now();
            let mut state = lock(&self.shared.state);
            let polled = self.poll_step(&mut state, &cells[..end], taken, context, |state, job| {
                state.admit(job, now, &mut wakes)
            });
            if matches!(polled, Poll::Ready(Err(_))) {
                state.meters.rejected(cells.len() - *taken);
            }
            drop(state);
            wakes.wake();
            match polled {
                Poll::Ready(Ok(())) if *taken < cells.len() => {}
                polled => return polled,
            }
        }
    }

    /// Takes in up to the end of `cells`, under one lock.
    fn poll_step<R: Output>(
        &mut self,
        state: &mut State,
        cells: &[Arc<TaskCell<R>>],
        taken: &mut usize,
        context: &Context<'_>,
        mut admit: impl FnMut(&mut State, &Arc<dyn Job>) -> Result<(), Reason>,
    ) -> Poll<Result<(), Reason>> {
        while let Some(cell) = cells.get(*taken) {
            if !state.stage.is_open() {
                return Poll::Ready(Err(Reason::Closed));
            }
            if !state.room.is_first(self.ticket) || !state.has_room() {
                self.ticket = Some(state.room.wait(self.ticket, context.waker()));
                return Poll::Pending;
            }
            if let Err(reason) = admit(state, &job(cell)) {
                return Poll::Ready(Err(reason));
            }
            *taken += 1;
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else {
            return;
        };
        let mut wakes = Wakes::default();
        let mut state = lock(&self.shared.state);
        state.room.leave(ticket);
        if state.has_room() {
            state.room.tell(&mut wakes);
        }
        drop(state);
        wakes.wake();
    }
}
