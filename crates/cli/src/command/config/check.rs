//! `duly config check`.

use std::path::PathBuf;

use duly_config::{Config, ConfigError, Fault, Sources};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{config, output, process};

pub(super) fn run(
    file: Option<PathBuf>,
    arguments: &config::Arguments,
    as_json: bool,
) -> Result<(), Failure> {
    let sources = match file {
        Some(file) => Sources::default().file(Some(file)),
        None => arguments.sources(),
    };
    match Config::load(&sources) {
        // What only those know who obey it.
        Ok(config) if process::targets(&config).is_err() => process::targets(&config).map(drop),
        Ok(config) if as_json => {
            let doubts: Vec<_> = config.doubts().iter().map(fault).collect();
            let file = config.file();
            output::print_json(&json!({"fine": true, "file": file, "faults": [], "doubts": doubts}))
        }
        Ok(config) => {
            for doubt in config.doubts() {
                let doubt = format!("warning: {doubt}");
                doubt.lines().for_each(output::note);
            }
            output::print(&match config.file() {
                Some(file) => format!("{} is fine", file.display()),
                None => "there is no file; the environment is fine".to_owned(),
            })
        }
        Err(error) => {
            if let (true, ConfigError::Invalid { faults }) = (as_json, &error) {
                let faults: Vec<_> = faults.iter().map(fault).collect();
                output::print_json(&json!({"fine": false, "faults": faults}))?;
            }
            Err(config::refused(error))
        }
    }
}

fn fault(fault: &Fault) -> Value {
    let spot = fault.spot();
    json!({
        "from": fault.origin.to_string(),
        "file": spot.map(duly_config::Spot::path),
        "line": spot.map(duly_config::Spot::line),
        "column": spot.map(duly_config::Spot::column),
        "setting": fault.setting,
        "message": fault.message,
    })
}
