//! `duly queue pause` and `duly queue resume`.

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly queue pause mail reports
  duly queue resume mail reports";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The queues
    #[arg(required = true, value_name = "QUEUE")]
    names: Vec<String>,
}

pub(super) async fn run(
    client: &Client,
    asked: &Arguments,
    pause: bool,
    json: bool,
) -> Result<(), Failure> {
    for name in &asked.names {
        let queue = if pause {
            client.pause(name).await?
        } else {
            client.resume(name).await?
        };
        if json {
            output::print_json(&queue)?;
        } else {
            let now = if queue.paused { "paused" } else { "open" };
            output::print(&format!("{}  {now}", output::printable(&queue.name)))?;
        }
    }
    Ok(())
}
