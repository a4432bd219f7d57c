//! `duly limit list`.

use duly_api::Limit;

use super::show;
use crate::client::{Client, Parameter};
use crate::command::pages::Turning;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Page by page, all of them.
pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let page = async |query: &[Parameter]| {
        let page = client.limits(query).await?;
        Ok((page.limits, page.next))
    };
    let none = "no limits yet: define one with `duly limit set`";
    Turning::names(None).say(json, page, table, none).await
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
            output::printable(&show::attached(limit)).into_owned(),
        ]);
    }
    table
}
