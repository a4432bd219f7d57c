//! `duly tenant list`.

use duly_api::Tenant;

use crate::client::{Client, Parameter};
use crate::command::counts::figure;
use crate::command::pages::Turning;
use crate::command::subject::state;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Page by page, all of them.
pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let page = async |query: &[Parameter]| {
        let page = client.tenants(query).await?;
        Ok((page.tenants, page.next))
    };
    let none = "no tenants yet: submit a task with `duly submit --tenant`";
    Turning::names(None).say(json, page, table, none).await
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
