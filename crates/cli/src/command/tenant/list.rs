//! `duly tenant list`.

use duly_api::Tenant;

use crate::client::Client;
use crate::command::counts::figure;
use crate::command::subject::state;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Tenants of a page.
const PAGE: &str = "1000";

/// Page by page, all of them.
pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    let mut is_empty = true;
    loop {
        let mut query = vec![("limit", PAGE.to_owned())];
        query.extend(after.map(|name| ("after", name)));
        let page = client.tenants(&query).await?;
        is_empty &= page.tenants.is_empty();
        if json {
            page.tenants.iter().try_for_each(output::stream_json)?;
        } else if let Some(text) = table(&page.tenants).render() {
            output::stream(&text)?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if is_empty && !json && output::is_terminal() {
        return output::print("no tenants yet: submit a task with `duly submit --tenant`");
    }
    Ok(())
}

fn table(tenants: &[Tenant]) -> Table {
    let mut table = Table::new(&["TENANT", "WEIGHT", "UNFINISHED", ""]);
    for tenant in tenants {
        table.row(vec![
            output::printable(&tenant.name).into_owned(),
            tenant.weight.to_string(),
            figure(tenant.unfinished),
            state(tenant).to_owned(),
        ]);
    }
    table
}
