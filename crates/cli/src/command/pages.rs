//! Page by page: tasks, with the same options for every list of them, and what has names.

use duly_api::Task;
use serde::Serialize;

use crate::client::Parameter;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Entries of a page where all are asked for.
const PAGE: u32 = 1_000;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Pages {
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Where the page before ended
    #[arg(long)]
    cursor: Option<String>,
    /// All of them, page by page
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl Pages {
    /// Reads and shows a page, or all; whether there was nothing.
    pub(super) async fn read(
        &self,
        query: &[Parameter],
        json: bool,
        page: impl AsyncFn(&[Parameter]) -> Result<(Vec<Task>, Option<String>), Failure>,
        table: impl Fn(&[Task]) -> Table,
    ) -> Result<bool, Failure> {
        let turning = Turning {
            parameter: "cursor",
            place: self.cursor.clone(),
            limit: if self.all { PAGE } else { self.limit },
            all: self.all,
        };
        turning.read(query, json, page, table).await
    }
}

/// How pages are turned.
pub(super) struct Turning {
    /// What says where the page before ended.
    parameter: &'static str,
    place: Option<String>,
    limit: u32,
    /// One page alone, or all that follow.
    all: bool,
}

impl Turning {
    /// All that have names, by name, behind this one if one is given.
    pub(super) const fn names(after: Option<String>) -> Self {
        Self {
            parameter: "after",
            place: after,
            limit: PAGE,
            all: true,
        }
    }

    /// One page of so many.
    pub(super) fn only(self, limit: u32) -> Self {
        Self {
            limit,
            all: false,
            ..self
        }
    }

    /// Reads and shows them; whether there was nothing.
    pub(super) async fn read<T: Serialize>(
        mut self,
        query: &[Parameter],
        json: bool,
        page: impl AsyncFn(&[Parameter]) -> Result<(Vec<T>, Option<String>), Failure>,
        table: impl Fn(&[T]) -> Table,
    ) -> Result<bool, Failure> {
        let mut is_empty = true;
        loop {
            let mut query = query.to_vec();
            query.push(("limit", self.limit.to_string()));
            query.extend(self.place.map(|place| (self.parameter, place)));
            let (shown, next) = page(&query).await?;
            is_empty &= shown.is_empty();
            if json {
                shown.iter().try_for_each(output::stream_json)?;
            } else if let Some(text) = table(&shown).render() {
                output::stream(&text)?;
            }
            self.place = next;
            if self.place.is_none() || !self.all {
                break;
            }
        }
        if let Some(next) = &self.place {
            output::more(&format!("--{}", self.parameter), next, json);
        }
        Ok(is_empty)
    }

    /// Reads and shows them; `none` is said to people where there is nothing.
    pub(super) async fn say<T: Serialize>(
        self,
        json: bool,
        page: impl AsyncFn(&[Parameter]) -> Result<(Vec<T>, Option<String>), Failure>,
        table: impl Fn(&[T]) -> Table,
        none: &str,
    ) -> Result<(), Failure> {
        let is_empty = self.read(&[], json, page, table).await?;
        if is_empty && !json && output::is_terminal() {
            return output::print(none);
        }
        Ok(())
    }
}
