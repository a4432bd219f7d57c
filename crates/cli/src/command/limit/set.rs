//! `duly limit set` and `duly limit remove`.

use duly_api::{LimitSet, Rate};
use duly_core::InvalidRate;

use super::show;
use crate::client::Client;
use crate::command::millis;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly limit set gpu --concurrency 4
  duly limit set mailer --concurrency 10 --rate 50/1s --burst 10";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The limit
    #[arg(value_name = "LIMIT")]
    name: String,
    #[command(flatten)]
    bounds: Bounds,
    /// How many at once after a while without any: as many as per period unless given
    #[arg(long, value_name = "N", requires = "rate", allow_negative_numbers = true,
          value_parser = weight())]
    burst: Option<u32>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Bounds {
    /// How much may run at once, by weight
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = weight())]
    concurrency: Option<u32>,
    /// How much may begin per period, by weight, such as 50/1s
    #[arg(long, value_name = "N/DURATION", value_parser = rate, allow_hyphen_values = true)]
    rate: Option<Rate>,
}

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Names {
    /// The limits
    #[arg(required = true, value_name = "LIMIT")]
    names: Vec<String>,
}

/// A weight as it is typed.
pub(super) fn weight() -> impl clap::builder::TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(1..=i64::from(duly_core::bounds::LIMIT_WEIGHT_MAX))
}

fn rate(text: &str) -> Result<Rate, InvalidRate> {
    let rate: duly_core::Rate = text.parse()?;
    Ok(Rate {
        permits: rate.permits(),
        period_ms: millis(rate.period()),
        burst: None,
    })
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let burst = asked.burst;
    let set = LimitSet {
        concurrency: asked.bounds.concurrency,
        rate: asked.bounds.rate.map(|rate| Rate { burst, ..rate }),
    };
    show::say(&client.define_limit(&asked.name, &set).await?, json)
}

pub(super) async fn remove(client: &Client, asked: &Names, json: bool) -> Result<(), Failure> {
    for name in &asked.names {
        let was = client.remove_limit(name).await?;
        if json {
            output::print_json(&was)?;
        } else {
            output::print(&format!("{}  removed", output::printable(&was.name)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_so_many_per_period() {
        let given = rate("50/1s").unwrap();
        assert_eq!((given.permits, given.period_ms), (50, 1_000));
        for wrong in ["50", "0/1s", "50/0s", "x/1s", "50/", "5/1us"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
