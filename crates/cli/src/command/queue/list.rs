//! `duly queue list`.

use crate::client::Client;
use crate::command::counts;
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let queues = client.queues().await?.queues;
    if json {
        return queues.iter().try_for_each(output::stream_json);
    }
    match counts::table(&queues).render() {
        Some(text) => output::print(&text),
        None if output::is_terminal() => {
            output::print("no queues yet: submit a task with `duly submit`")
        }
        None => Ok(()),
    }
}
