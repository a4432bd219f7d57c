//! Who makes the configuration hold: at the start, and when it is loaded anew.

use std::collections::BTreeSet;
use std::convert::Infallible;

use anyhow::Context;
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
            complaint: None,
        }
    }

    /// Minds what answers requests, too.
    pub(crate) fn app(mut self, app: &App) -> Self {
        self.app = Some(app.clone());
        self
    }

    /// Brings the settings of queues, tenants and limits to the store, and schedules.
    pub(crate) async fn begin(&self) -> Result<(), Failure> {
        let settings = &self.loaded.settings;
        let set = self.bring_once(&Settings::default(), settings).await;
        set.context("cannot set the queues, tenants and limits as the configuration says")?;
        // Who names none may be a process of another configuration: those that are there are not its own.
        if !settings.schedules.is_empty() {
            let set = schedules::set(&self.duly, &settings.schedules).await;
            set.context("cannot set the schedules as the configuration says")?;
        }
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
        if differences.is_empty() && why == Why::File {
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
        if let Err(error) = self.bring(&config).await {
            return tracing::error!(
                %error,
                "the configuration stays as it was, because the queues, tenants and limits cannot be \
                 set; SIGHUP tries again"
            );
        }
        if let Some(Err(error)) =
            worker.map(|worker| worker.set_concurrency(config.settings.worker.concurrency))
        {
            return tracing::error!(%error, "the configuration stays as it was");
        }
        self.duly.prioritiser().set(rules);
        self.schedule(&config).await;
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

    /// Brings queues, tenants and limits to the store, which may be away for a while.
    async fn bring(&self, config: &Config) -> Result<(), RequestError> {
        let (old, new) = (&self.loaded.settings, &config.settings);
        for _ in 1..BRING_TRIES_MAX {
            match self.bring_once(old, new).await {
                Err(RequestError::Store(error)) if error.retryable() => {}
                outcome => return outcome,
            }
            self.duly.clock().sleep(BRING_RETRY).await;
        }
        self.bring_once(old, new).await
    }

    async fn bring_once(&self, old: &Settings, new: &Settings) -> Result<(), RequestError> {
        queues::set(&self.duly, &new.queues).await?;
        tenants::set(&self.duly, &new.tenants).await?;
        limits::set(&self.duly, &old.limits, &new.limits).await
    }

    /// Brings the schedules to the store, if any are named, or were until now.
    async fn schedule(&self, config: &Config) {
        let (old, new) = (&self.loaded.settings.schedules, &config.settings.schedules);
        if old.is_empty() && new.is_empty() {
            return;
        }
        if let Err(error) = schedules::set(&self.duly, new).await {
            tracing::error!(
                %error,
                "not all schedules are as the configuration says; SIGHUP tries again"
            );
        }
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
