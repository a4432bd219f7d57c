//! Who makes the configuration hold: at the start, and when it is loaded anew.

use std::collections::BTreeSet;
use std::convert::Infallible;

use anyhow::Context;
use duly::schedule::SchedulesError;
use duly::store::ScheduleError;
use duly::{Duly, RequestError, Worker};
use duly_config::{Config, ConfigError, Difference, Effect, Settings, Sources};
use duly_server::App;

use super::bounds::{BRING_RETRY, BRING_TRIES_MAX};
use super::changes::{Changes, Why};
use super::{limits, queues, schedules, tenants};
use crate::failure::Failure;
use crate::logs::{self, Logs};

/// Makes the configuration hold.
pub(crate) struct Keeper {
    sources: Sources,
    /// What held when the process started.
    started: Config,
    /// What was loaded last.
    loaded: Config,
    logs: Logs,
    duly: Duly,
    /// What answers requests, if anything does.
    app: Option<App>,
    changes: Changes,
    /// Limits and schedules that this process has named: those that it removes once they are named no more.
    named: Named,
    /// The store has all that was loaded last, and nothing of what was tried after it.
    is_set: bool,
    /// What was wrong with the file the last time, so that it is not said twice.
    complaint: Option<String>,
}

impl Keeper {
    /// Hears of changes from now on.
    pub(crate) fn new(sources: Sources, config: Config, logs: Logs, duly: Duly) -> Self {
        Self {
            changes: Changes::listen(config.file(), duly.clock().clone()),
            sources,
            started: config.clone(),
            loaded: config,
            logs,
            duly,
            app: None,
            named: Named::default(),
            is_set: false,
            complaint: None,
        }
    }

    /// Minds what answers requests, too.
    pub(crate) fn app(mut self, app: &App) -> Self {
        self.app = Some(app.clone());
        self
    }

    /// Brings the settings of queues, tenants and limits to the store, and schedules.
    pub(crate) async fn begin(&mut self) -> Result<(), Failure> {
        let settings = &self.loaded.settings;
        let set = self.bring(settings).await;
        set.context("cannot set the queues, tenants and limits as the configuration says")?;
        let set = schedules::begin(&self.duly, settings).await;
        set.context("cannot set the schedules as the configuration says")?;
        self.named = Named::by(settings);
        self.is_set = true;
        Ok(())
    }

    /// Loads the configuration anew whenever there is reason to, for ever.
    pub(crate) async fn follow(&mut self, worker: Option<&Worker>) -> Infallible {
        loop {
            let why = self.changes.next().await;
            self.load(why, worker).await;
        }
    }

    /// All of it or nothing: what is wrong leaves everything as it is. A file that was cut to nothing, as
    /// some do before they write, does not mean that all settings shall be the defaults. Who means that
    /// sends SIGHUP.
    async fn load(&mut self, why: Why, worker: Option<&Worker>) {
        let sources = self.sources.clone();
        let loaded = tokio::task::spawn_blocking(move || Config::load(&sources)).await;
        match loaded {
            Ok(Ok(config)) if why == Why::File && config.is_file_empty() => {
                tracing::warn!(
                    "the configuration is empty: it is left out of account until it is not"
                );
            }
            Ok(Ok(config)) => {
                self.complaint = None;
                self.adopt(why, config, worker).await;
            }
            Ok(Err(error)) => self.complain(why, &error),
            Err(error) => tracing::error!(%error, "cannot load the configuration"),
        }
    }

    fn complain(&mut self, why: Why, error: &ConfigError) {
        let said = error.to_string();
        if why == Why::File && self.complaint.as_ref() == Some(&said) {
            return;
        }
        tracing::error!("the configuration stays as it was, because of what was changed:\n{said}");
        self.complaint = Some(said);
    }

    async fn adopt(&mut self, why: Why, config: Config, worker: Option<&Worker>) {
        let differences = self.loaded.differences(&config);
        if differences.is_empty() && why == Why::File && self.is_set {
            return;
        }
        let filter = match logs::filter(&config.settings.logs.level) {
            Ok(filter) => filter,
            Err(why) => {
                return tracing::error!("the configuration stays as it was: logs.level is {why}");
            }
        };
        let rules = match config.settings.priority_rules.compile() {
            Ok(rules) => rules,
            Err(error) => {
                return tracing::error!(%error, "the configuration stays as it was");
            }
        };
        // From here on, what fails may be done in part: what was named stays in mind until it is not there.
        self.is_set = false;
        self.named.add(Named::by(&config.settings));
        if let Err(error) = self
            .persist(async || self.bring(&config.settings).await)
            .await
        {
            return tracing::error!(
                error = %format!("{error:#}"),
                "not all of the queues, tenants and limits are as the configuration says, and the rest of \
                 it stays as it was; SIGHUP tries again, and so does the next change"
            );
        }
        if let Some(Err(error)) =
            worker.map(|worker| worker.set_concurrency(config.settings.worker.concurrency))
        {
            return tracing::error!(%error, "the rest of the configuration stays as it was");
        }
        // Before the schedules, whose tasks they prioritise.
        self.duly.prioritiser().set(rules);
        match self
            .persist(async || self.schedule(&config.settings).await)
            .await
        {
            Ok(()) => {
                self.named = Named::by(&config.settings);
                self.is_set = true;
            }
            Err(error) => tracing::error!(
                error = %format!("{error:#}"),
                "not all schedules are as the configuration says; SIGHUP tries again, and so does the next \
                 change"
            ),
        }
        if let Some(app) = &self.app {
            app.set_backlog(super::backlog(&config.settings));
        }
        self.tell(&config, &differences);
        super::doubt(&config);
        self.logs.set(filter);
        tracing::info!(
            changes = differences.len(),
            "the configuration was loaded anew"
        );
        self.loaded = config;
    }

    /// Does what needs the store, which may be away for a while.
    async fn persist(&self, task: impl AsyncFn() -> anyhow::Result<()>) -> anyhow::Result<()> {
        for _ in 1..BRING_TRIES_MAX {
            match task().await {
                Err(error) if is_passing(&error) => {}
                outcome => return outcome,
            }
            self.duly.clock().sleep(BRING_RETRY).await;
        }
        task().await
    }

    /// Brings queues, tenants and limits to the store.
    async fn bring(&self, new: &Settings) -> anyhow::Result<()> {
        queues::set(&self.duly, &new.queues).await?;
        tenants::set(&self.duly, &new.tenants).await?;
        limits::set(&self.duly, &self.named.limits, &new.limits).await
    }

    /// Brings the schedules to the store.
    async fn schedule(&self, new: &Settings) -> anyhow::Result<()> {
        let started = &self.started.settings;
        schedules::set(&self.duly, started, &self.named.schedules, &new.schedules).await?;
        Ok(())
    }

    /// What has changed, and what of it has to wait.
    fn tell(&self, config: &Config, differences: &[Difference]) {
        let waiting = self.started.differences(config);
        let waiting: BTreeSet<_> = waiting.iter().map(|change| &*change.setting).collect();
        for change in differences {
            match change.effect {
                Effect::AtStart if waiting.contains(&*change.setting) => {
                    tracing::warn!("{change}: takes effect at the next start");
                }
                Effect::AtStart => tracing::info!("{change}: as it was at the start"),
                _ => tracing::info!("{change}"),
            }
        }
    }
}

/// Names of limits and schedules.
#[derive(Default)]
struct Named {
    limits: BTreeSet<String>,
    schedules: BTreeSet<String>,
}

impl Named {
    /// Those that settings name.
    fn by(settings: &Settings) -> Self {
        Self {
            limits: settings.limits.keys().cloned().collect(),
            schedules: settings.schedules.keys().cloned().collect(),
        }
    }

    fn add(&mut self, more: Self) {
        self.limits.extend(more.limits);
        self.schedules.extend(more.schedules);
    }
}

/// Whether the same may well succeed a little later.
fn is_passing(error: &anyhow::Error) -> bool {
    let request = error.downcast_ref::<RequestError>();
    let schedules = error.downcast_ref::<SchedulesError>();
    match (request, schedules) {
        (Some(RequestError::Store(error)), _)
        | (_, Some(SchedulesError::Store(ScheduleError::Store(error)))) => error.retryable(),
        _ => false,
    }
}
