//! `duly limit attach` and `duly limit detach`.

use duly_api::{Attachment, Detachment};

use super::{set, show};
use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly limit attach mailer --kind email.send
  duly limit attach gpu --queue renders --weight 2
  duly limit detach mailer --kind email.send";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Attach {
    /// The limit
    #[arg(value_name = "LIMIT")]
    name: String,
    #[command(flatten)]
    to: Subject,
    /// What each task there weighs [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = set::weight())]
    weight: Option<u32>,
}

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Detach {
    /// The limit
    #[arg(value_name = "LIMIT")]
    name: String,
    #[command(flatten)]
    from: Subject,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Subject {
    /// All tasks of this queue
    #[arg(long)]
    queue: Option<String>,
    /// All tasks of this kind
    #[arg(long)]
    kind: Option<String>,
    /// All tasks of this tenant
    #[arg(long)]
    tenant: Option<String>,
}

pub(super) async fn attach(client: &Client, asked: &Attach, json: bool) -> Result<(), Failure> {
    let to = Attachment {
        queue: asked.to.queue.clone(),
        kind: asked.to.kind.clone(),
        tenant: asked.to.tenant.clone(),
        weight: asked.weight,
    };
    show::say(&client.attach_limit(&asked.name, &to).await?, json)
}

pub(super) async fn detach(client: &Client, asked: &Detach, json: bool) -> Result<(), Failure> {
    let from = Detachment {
        queue: asked.from.queue.clone(),
        kind: asked.from.kind.clone(),
        tenant: asked.from.tenant.clone(),
    };
    show::say(&client.detach_limit(&asked.name, &from).await?, json)
}
