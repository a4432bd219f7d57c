//! Rules broken on purpose, one at a time: so that each checker is seen to bite.
//!
//! The switch can be turned only with the feature `mutants`, which is the tests'; otherwise it is a constant.

#[cfg(feature = "mutants")]
mod store;
#[cfg(feature = "mutants")]
mod trick;
#[cfg(feature = "mutants")]
pub(crate) use store::Broken;

macro_rules! mutants {
    ($($(#[$doc:meta])* $mutant:ident, $name:literal, $checker:ident;)*) => {
        /// A rule that is broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(
            not(feature = "mutants"),
            expect(dead_code, unreachable_pub, reason = "nobody turns the switch")
        )]
        pub enum Mutant { $($(#[$doc])* $mutant,)* }

        #[cfg(feature = "mutants")]
        impl Mutant {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$mutant,)*];

            /// What it is called.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$mutant => $name,)* }
            }

            /// The checker that must catch it, all by itself.
            #[must_use]
            pub const fn checker(self) -> &'static str {
                match self { $(Self::$mutant => stringify!($checker),)* }
            }
        }
    };
}

mutants! {
    /// The store takes a settlement of an attempt that is over as one of the current attempt.
    AcceptsStale, "accepts-stale", fencing;
    /// The store removes what it takes back from a worker that is gone.
    LosesTakenBack, "loses-taken-back", nothing_lost;
    /// The store answers some submits without keeping the tasks.
    LosesSubmits, "loses-submits", nothing_lost;
    /// The store keeps some tasks twice, under another id.
    KeepsTwice, "keeps-twice", record;
    /// The store charges an attempt that is handed back.
    ChargesHandBacks, "charges-hand-backs", charge;
    /// The store does not count lost workers.
    ForgetsLosses, "forgets-losses", charge;
    /// The store hands out tasks of paused queues, kinds and tenants.
    StartsPaused, "starts-paused", pause;
    /// The store does not bind tasks by the limits that they name.
    ForgetsLimits, "forgets-limits", permit;
    /// The store does not count starts by rates.
    ForgetsRates, "forgets-rates", rate;
    /// The store gives permits of rates back when attempts end.
    RefundsRates, "refunds-rates", rate;
    /// The store's rates have all their bursts again when its clock is set back.
    RefillsSetBack, "refills-set-back", rate;
    /// The store lets bursts be larger by one.
    WidensBursts, "widens-bursts", rate;
    /// The store's rates give a tenth less than they say.
    SlowsRates, "slows-rates", order;
    /// The store says nothing of when rates have permits.
    ForgetsPermits, "forgets-permits", wake;
    /// The store hands out what limits close.
    StartsClosed, "starts-closed", explain;
    /// An explanation does not name tenants that are paused.
    ExplainsNoTenants, "explains-no-tenants", reason;
    /// An explanation of a task counts it among those before it.
    MiscountsPlaces, "miscounts-places", reason;
    /// The store takes in what drains.
    TakesDrained, "takes-drained", drain;
    /// The store tells nobody that tasks are late.
    TellsNobody, "tells-nobody", alert;
    /// The store lets what must have ended begin.
    IgnoresFinish, "ignores-finish", expiry;
    /// The store knows no deadlines.
    StartsOverdue, "starts-overdue", expiry;
    /// The store's deadlines come early.
    ExpiresEarly, "expires-early", expiry;
    /// The store holds every task to be due.
    StartsEarly, "starts-early", due;
    /// The store hands out kinds that the worker did not name.
    MixesKinds, "mixes-kinds", due;
    /// The store hands an attempt to a second worker.
    HandsOutTwice, "hands-out-twice", one_attempt;
    /// The store knows no unique keys.
    SharesKeys, "shares-keys", unique;
    /// The store forgets periods: a key is free once its task has ended.
    ForgetsPeriods, "forgets-periods", unique;
    /// The store drops what was to be refused.
    DropsRefused, "drops-refused", unique;
    /// The store puts the least urgent first.
    ReversesOrder, "reverses-order", order;
    /// The store knows no order but the strict one.
    ForgetsOrders, "forgets-orders", order;
    /// The store says that tasks have new keys, and leaves them as they are.
    RekeysNobody, "rekeys-nobody", rekey;
    /// An instance does not give tasks new keys.
    NeverRekeys, "never-rekeys", rekey;
    /// The store's tenants take no turns.
    TakesNoTurns, "takes-no-turns", fair;
    /// The store's tenants weigh all the same.
    ForgetsWeights, "forgets-weights", fair;
    /// The store lets tenants catch up on what they did not ask for.
    KeepsCredit, "keeps-credit", fair;
    /// The store's queues weigh all the same.
    EqualsQueues, "equals-queues", share;
    /// The store's turns among queues always begin with the first.
    ForgetsTurns, "forgets-turns", order;
    /// The store hands out less than it could.
    HoldsBack, "holds-back", order;
    /// The store hands out suspects to whoever asks.
    HandsOutSuspects, "hands-out-suspects", suspect;
    /// The store removes finished tasks at once.
    PrunesEarly, "prunes-early", retention;
    /// The store tells everybody that they lead.
    LeadsTwo, "leads-two", leader;
    /// The store moves schedules on from whatever version.
    AdvancesBlindly, "advances-blindly", tick;
    /// An instance that fires a tick leaves every third out.
    SkipsTicks, "skips-ticks", tick;
    /// An instance that moves schedules on does not look at which of their runs live.
    ForgetsRuns, "forgets-runs", tick;
    /// An instance forgets what is decided of a schedule when the clock is set back.
    ForgetsDecided, "forgets-decided", tick;
    /// The store says nothing of when to ask again.
    SaysNoNext, "says-no-next", wake;
    /// The store leaves some events out.
    DropsEvents, "drops-events", feed;
    /// The store calls off twice as many tasks as a purge may.
    PurgesBeyond, "purges-beyond", purge;
    /// What is restored has not lost a worker.
    ForgetsSavedLosses, "forgets-saved-losses", save;
    /// The store does not note requests to cancel.
    DropsCancels, "drops-cancels", record;
    /// A worker tries again for ever.
    RetriesForEver, "retries-for-ever", charge;
    /// A worker that cannot renew lets its handlers run on.
    OutlivesLeases, "outlives-leases", one_attempt;
    /// A worker begins what is assigned without saying so.
    BeginsUnpromoted, "begins-unpromoted", one_attempt;
    /// A worker that does not know whether it is registered tries again under the same incarnation.
    RegistersAgain, "registers-again", lease;
    /// A worker begins what it hears of only when its lease may be gone.
    BeginsLate, "begins-late", one_attempt;
    /// A worker takes any number of suspects.
    ManySuspects, "many-suspects", suspect;
    /// A worker forgets ends that did not reach the store.
    ForgetsEnds, "forgets-ends", nothing_lost;
    /// A worker does not look for what a lost answer may have brought it.
    NeverCompares, "never-compares", nothing_lost;
    /// A worker does not listen to requests to cancel.
    DeafToCancels, "deaf-to-cancels", cancel;
    /// An instance takes leases back too soon.
    HastyReaper, "hasty-reaper", lease;
    /// An instance takes leases back whatever has been renewed since it looked.
    BlindReaper, "blind-reaper", lease;
    /// Nobody takes leases back.
    SleepingReaper, "sleeping-reaper", nothing_lost;
}

/// Which rule is broken, if any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Switch {
    #[cfg(feature = "mutants")]
    pub(crate) mutant: Option<Mutant>,
}

impl Switch {
    /// Whether this rule is.
    #[cfg(feature = "mutants")]
    pub(crate) fn is(self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// None is.
    #[cfg(not(feature = "mutants"))]
    #[expect(clippy::unused_self, reason = "with the switch, it is used")]
    pub(crate) const fn is(self, _: Mutant) -> bool {
        false
    }
}
