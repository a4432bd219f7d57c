//! `limits.NAME`.

use std::collections::BTreeMap;

use duly_core::bounds::LIMIT_WEIGHT_MAX;
use duly_core::{Limit as Bounds, Rate};

use crate::bounds::NAMES_MAX;
use crate::form::{rate, weights, whole};
use crate::group::{Example, group};

group! {
    /// Limits, by name: how much may run at once, or begin per period, across all processes on the store.
    /// What is said here of a limit, what it bounds and what it is attached to, is set in the store at the
    /// start and whenever the configuration is loaded anew, whoever may have changed it in between; a limit
    /// that is not named any more when it is loaded anew is removed; one that is taken out while no process
    /// runs stays until somebody removes it. Limits that were never named here stay as they are.
    Limit {
        /// How much may run at once, by weight. Every limit has this, or a rate, or both.
        [AtOnce] concurrency: Option<u32> = None, whole(1..=LIMIT_WEIGHT_MAX).or_none(), example "10";

        /// How much may begin per period, by weight, evenly.
        [AtOnce] rate: Option<Rate> = None, rate().or_none(), example "50/1s";

        /// How much may begin at once after a while in which little did. As much as in a period unless it is
        /// said.
        [AtOnce] burst: Option<u32> = None, whole(1..=LIMIT_WEIGHT_MAX).or_none(), example "10";

        /// The queues all of whose tasks it bounds.
        [AtOnce] queues: BTreeMap<String, u32> = BTreeMap::new(), weights(NAMES_MAX),
            example "[mail]";

        /// The kinds all of whose tasks it bounds.
        [AtOnce] kinds: BTreeMap<String, u32> = BTreeMap::new(), weights(NAMES_MAX),
            example "{email.send: 1, newsletter: 3}";

        /// The tenants all of whose tasks it bounds.
        [AtOnce] tenants: BTreeMap<String, u32> = BTreeMap::new(), weights(NAMES_MAX),
            example "[acme]";
    }
}

impl Example for Limit {
    const NAME: &'static str = "mailer";
}

/// What is wrong with a limit: a setting of it, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidLimit {
    pub(crate) field: &'static str,
    pub(crate) problem: String,
}

impl Limit {
    /// What it bounds.
    ///
    /// # Errors
    /// Its text: the settings contradict each other. Never of what [`Config`](crate::Config) has loaded.
    pub fn bounds(&self) -> Result<Bounds, String> {
        self.checked().map_err(|wrong| wrong.problem)
    }

    /// What it is attached to, with the weight of each task there: queues, kinds and tenants.
    pub(crate) const fn attached(&self) -> [(&'static str, &BTreeMap<String, u32>); 3] {
        [
            ("queues", &self.queues),
            ("kinds", &self.kinds),
            ("tenants", &self.tenants),
        ]
    }

    /// Which of its bounds is less than a weight.
    pub(crate) fn exceeded(&self, weight: u32) -> Option<(&'static str, u32)> {
        let bursts = self.rate.map(|rate| self.burst.unwrap_or(rate.bursts()));
        let bounds = [("concurrency", self.concurrency), ("burst", bursts)].into_iter();
        let mut bounds = bounds.filter_map(|(what, most)| Some((what, most?)));
        bounds.find(|(_, most)| *most < weight)
    }

    pub(crate) fn checked(&self) -> Result<Bounds, InvalidLimit> {
        let wrong = |field, problem| Err(InvalidLimit { field, problem });
        if self.concurrency.is_none() && self.rate.is_none() {
            let problem = "is missing, and so is rate: expected one of them, or both".to_owned();
            return wrong("concurrency", problem);
        }
        let rate = match (self.rate, self.burst) {
            (Some(rate), Some(burst)) => Some(rate.burst(burst)),
            (None, Some(_)) => {
                return wrong("burst", "is given: expected rate beside it".to_owned());
            }
            (rate, None) => rate,
        };
        let bounds = Bounds {
            concurrency: self.concurrency,
            rate,
        };
        for (field, attached) in self.attached() {
            for (name, weight) in attached {
                if let Some((what, most)) = self.exceeded(*weight) {
                    let problem = format!(
                        "has {name:?} with a weight of {weight}: expected at most {most}, which is \
                         {what}; its tasks could never start"
                    );
                    return wrong(field, problem);
                }
            }
        }
        Ok(bounds)
    }
}
