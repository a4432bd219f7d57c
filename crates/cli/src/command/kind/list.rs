//! `duly kind list`.

use duly_api::Kind;

use crate::client::Client;
use crate::command::counts::figure;
use crate::command::subject::state;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Kinds of a page.
const PAGE: &str = "1000";

/// Page by page, all of them.
pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    let mut is_empty = true;
    loop {
        let mut query = vec![("limit", PAGE.to_owned())];
        query.extend(after.map(|name| ("after", name)));
        let page = client.kinds(&query).await?;
        is_empty &= page.kinds.is_empty();
        if json {
            page.kinds.iter().try_for_each(output::stream_json)?;
        } else if let Some(text) = table(&page.kinds).render() {
            output::stream(&text)?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if is_empty && !json && output::is_terminal() {
        return output::print("no kinds yet: submit a task with `duly submit`");
    }
    Ok(())
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
