//! `duly config show`.

use duly_config::{Effect, Origin, Row};
use serde_json::json;

use crate::config;
use crate::failure::Failure;
use crate::output::{self, Table};

pub(super) fn run(
    arguments: &config::Arguments,
    changed: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let config = config::load(&arguments.sources())?;
    let rows = config.rows();
    let rows = rows
        .iter()
        .filter(|row| !changed || row.origin != Origin::Default);
    if as_json {
        return rows.into_iter().try_for_each(print);
    }
    let mut table = Table::new(&["SETTING", "VALUE", "FROM"]);
    for row in rows {
        let value = output::printable(&row.text()).into_owned();
        table.row(vec![row.setting.clone(), value, row.origin.to_string()]);
    }
    output::print(
        &table
            .render()
            .unwrap_or_else(|| "everything is the default".to_owned()),
    )
}

fn print(row: &Row) -> Result<(), Failure> {
    let changes = match row.effect {
        Effect::AtOnce => "at once",
        _ => "at the next start",
    };
    output::stream_json(&json!({
        "setting": row.setting,
        "value": row.value,
        "from": row.origin.to_string(),
        "changes": changes,
    }))
}
