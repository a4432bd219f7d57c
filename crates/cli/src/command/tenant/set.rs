//! `duly tenant set`.

use duly::store::bounds::TENANT_WEIGHT_MAX;
use duly_api::{Tenant, TenantChange};

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly tenant set acme --weight 3";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The tenant
    #[arg(value_name = "TENANT")]
    name: String,
    /// Its share of a fair queue against that of the others
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(TENANT_WEIGHT_MAX)))]
    weight: u32,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let change = TenantChange {
        weight: Some(asked.weight),
        ..TenantChange::default()
    };
    let tenant: Tenant = client.configure(&asked.name, &change).await?;
    if json {
        return output::print_json(&tenant);
    }
    let name = output::printable(&tenant.name);
    output::print(&format!("{name}  weight {}", tenant.weight))
}
