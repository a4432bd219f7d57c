//! `duly limit list`.

use duly_api::Limit;

use super::show;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Limits of a page.
const PAGE: u32 = 1_000;

pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let mut after = None;
    let mut is_empty = true;
    loop {
        let mut query = vec![("limit", PAGE.to_string())];
        query.extend(after.map(|after| ("after", after)));
        let page = client.limits(&query).await?;
        is_empty &= page.limits.is_empty();
        if json {
            page.limits.iter().try_for_each(output::stream_json)?;
        } else if let Some(text) = table(&page.limits).render() {
            output::stream(&text)?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if is_empty && !json && output::is_terminal() {
        output::print("no limits yet: define one with `duly limit set`")?;
    }
    Ok(())
}

fn table(limits: &[Limit]) -> Table {
    let mut table = Table::new(&["LIMIT", "IN USE", "AT ONCE", "RATE", "ATTACHED"]);
    for limit in limits {
        let at_once = limit
            .concurrency
            .map(|at_once| output::count(at_once.into()));
        table.row(vec![
            output::printable(&limit.name).into_owned(),
            output::count(limit.in_use),
            at_once.unwrap_or_default(),
            limit.rate.map(show::rate).unwrap_or_default(),
            output::printable(&show::attached(&limit.attached)).into_owned(),
        ]);
    }
    table
}
