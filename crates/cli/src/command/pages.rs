//! Tasks page by page: the same options for every list of them.

use duly_api::Task;

use crate::client::Parameter;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Tasks of a page where all are asked for.
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
        let limit = if self.all { PAGE } else { self.limit };
        let mut cursor = self.cursor.clone();
        let mut is_empty = true;
        loop {
            let mut query = query.to_vec();
            query.push(("limit", limit.to_string()));
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let (tasks, next) = page(&query).await?;
            is_empty &= tasks.is_empty();
            if json {
                tasks.iter().try_for_each(output::stream_json)?;
            } else if let Some(text) = table(&tasks).render() {
                output::stream(&text)?;
            }
            cursor = next;
            if cursor.is_none() || !self.all {
                break;
            }
        }
        if let Some(next) = &cursor {
            output::more("--cursor", next, json);
        }
        Ok(is_empty)
    }
}
