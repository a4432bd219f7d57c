//! `duly schedule pause`, `resume`, `trigger` and `remove`.

use super::list::state;
use crate::client::Client;
use crate::command::submit;
use crate::failure::Failure;
use crate::output;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The schedules
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

pub(super) async fn set(
    client: &Client,
    asked: &Arguments,
    paused: bool,
    json: bool,
) -> Result<(), Failure> {
    for name in &asked.names {
        let schedule = client.set_schedule(name, paused).await?;
        if json {
            output::print_json(&schedule)?;
        } else {
            said(&schedule.name, state(&schedule))?;
        }
    }
    Ok(())
}

pub(super) async fn trigger(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    for name in &asked.names {
        let task = client.trigger_schedule(name).await?;
        if json {
            output::print_json(&task)?;
        } else {
            submit::say(&task)?;
        }
    }
    Ok(())
}

pub(super) async fn remove(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    for name in &asked.names {
        let schedule = client.remove_schedule(name).await?;
        if json {
            output::print_json(&schedule)?;
        } else {
            said(schedule.name(), "removed")?;
        }
    }
    Ok(())
}

fn said(name: &str, what: &str) -> Result<(), Failure> {
    output::print(&format!("{}  {what}", output::printable(name)))
}
