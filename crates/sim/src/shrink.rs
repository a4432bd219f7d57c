//! From a plan that fails to a small one that fails in the same way.

use crate::bounds::SHRINK_MAX;
use crate::plan::{Deed, Plan};
use crate::wire::Ask;
use crate::world::{self, Run};

/// A plan of which nothing more could be left out, and how many worlds that took.
pub(crate) fn shrink(plan: &Plan, run: Run, checker: &str) -> (Plan, usize) {
    let mut shrinking = Shrinking {
        best: plan.clone(),
        run,
        checker,
        tried: 0,
    };
    shrinking.items();
    shrinking.tasks();
    shrinking.items();
    (shrinking.best, shrinking.tried)
}

struct Shrinking<'a> {
    best: Plan,
    run: Run,
    checker: &'a str,
    tried: usize,
}

impl Shrinking<'_> {
    /// Takes a smaller plan if it fails in the same way.
    fn take_if_fails(&mut self, plan: Plan) -> bool {
        if self.tried >= SHRINK_MAX {
            return false;
        }
        self.tried += 1;
        let ended = world::run(&plan, self.run);
        let fails = ended
            .broken
            .is_some_and(|broken| broken.checker == self.checker);
        if fails {
            self.best = plan;
        }
        fails
    }

    /// Leaves out items: halves first, then quarters, then one by one.
    fn items(&mut self) {
        let mut size = self.best.items.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < self.best.items.len() {
                let mut plan = self.best.clone();
                let to = (from + size).min(plan.items.len());
                plan.items.drain(from..to);
                if !self.take_if_fails(plan) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    /// Leaves single tasks out of what is submitted together.
    fn tasks(&mut self) {
        for item in 0..self.best.items.len() {
            let mut at = 0;
            loop {
                let mut plan = self.best.clone();
                let Deed::Ask(Ask::Submit(submit)) = &mut plan.items[item].deed else {
                    break;
                };
                if at >= submit.tasks.len() || submit.tasks.len() == 1 {
                    break;
                }
                submit.tasks.remove(at);
                if !self.take_if_fails(plan) {
                    at += 1;
                }
            }
        }
    }
}
