//! `duly kind list`.

use duly_api::Kind;

use crate::client::{Client, Parameter};
use crate::command::counts::figure;
use crate::command::pages::Turning;
use crate::command::subject::state;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Page by page, all of them.
pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let page = async |query: &[Parameter]| {
        let page = client.kinds(query).await?;
        Ok((page.kinds, page.next))
    };
    let none = "no kinds yet: submit a task with `duly submit`";
    Turning::names(None).say(json, page, table, none).await
}

fn table(kinds: &[Kind]) -> Table {
    let mut table = Table::new(&["KIND", "UNFINISHED", ""]);
    for kind in kinds {
        table.row(vec![
            output::printable(&kind.name).into_owned(),
            figure(kind.unfinished),
            state(kind).to_owned(),
        ]);
    }
    table
}
