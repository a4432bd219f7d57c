//! Schedules.

use axum::http::Method;
use duly_api::{
    AnySchedule, Schedule, ScheduleBackfill, ScheduleDefinition, ScheduleNext, Schedules, Submitted,
};

use super::{Client, Parameter};
use crate::failure::Failure;

impl Client {
    /// A page of schedules, by name.
    pub(crate) async fn schedules(&self, query: &[Parameter]) -> Result<Schedules, Failure> {
        self.get(&["v1", "schedules"], query).await
    }

    /// One schedule.
    pub(crate) async fn schedule(&self, name: &str) -> Result<Schedule, Failure> {
        self.get(&["v1", "schedules", name], &[]).await
    }

    /// Makes a schedule; if there is one of its name, it is changed or stays, as is asked for.
    pub(crate) async fn put_schedule(
        &self,
        name: &str,
        definition: &ScheduleDefinition,
        replace: bool,
    ) -> Result<Schedule, Failure> {
        let method = if replace { Method::PUT } else { Method::POST };
        self.ask(method, &["v1", "schedules", name], definition)
            .await
    }

    /// Removes a schedule.
    pub(crate) async fn remove_schedule(&self, name: &str) -> Result<AnySchedule, Failure> {
        self.tell(Method::DELETE, &["v1", "schedules", name]).await
    }

    /// Its next ticks.
    pub(crate) async fn next_of_schedule(
        &self,
        name: &str,
        limit: u32,
    ) -> Result<ScheduleNext, Failure> {
        let limit = ("limit", limit.to_string());
        self.get(&["v1", "schedules", name, "next"], &[limit]).await
    }

    /// Pauses or resumes it.
    pub(crate) async fn set_schedule(&self, name: &str, paused: bool) -> Result<Schedule, Failure> {
        let action = if paused { "pause" } else { "resume" };
        self.tell(Method::POST, &["v1", "schedules", name, action])
            .await
    }

    /// Runs it once, now.
    pub(crate) async fn trigger_schedule(&self, name: &str) -> Result<Submitted, Failure> {
        self.tell(Method::POST, &["v1", "schedules", name, "trigger"])
            .await
    }

    /// Fills in a period.
    pub(crate) async fn backfill_schedule(
        &self,
        name: &str,
        period: &ScheduleBackfill,
    ) -> Result<Schedule, Failure> {
        self.ask(Method::POST, &["v1", "schedules", name, "backfill"], period)
            .await
    }
}
