//! `duly limit attached`.

use duly_api::Attachment;

use super::show;
use crate::client::{Client, Parameter};
use crate::command::pages::Turning;
use crate::failure::Failure;
use crate::output::{self, Table};

const EXAMPLES: &str = "\
Examples:
  duly limit attached mailer
  duly limit attached mailer --json | jq -r .tenant";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The limit
    #[arg(value_name = "LIMIT")]
    name: String,
}

/// Page by page, all of it.
pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let page = async |query: &[Parameter]| {
        let page = client.attached(&asked.name, query).await?;
        Ok((page.attached, page.next))
    };
    let none = "it is attached to nothing: attach it with `duly limit attach`";
    Turning::names(None).say(json, page, table, none).await
}

fn table(attached: &[Attachment]) -> Table {
    let mut table = Table::new(&["ATTACHED TO", "NAME", "WEIGHT"]);
    for one in attached {
        let (what, name) = show::subject(one);
        table.row(vec![
            what.to_owned(),
            output::printable(name).into_owned(),
            output::count(one.weight.unwrap_or(1).into()),
        ]);
    }
    table
}
