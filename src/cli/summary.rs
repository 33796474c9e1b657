//! `gatefold summary`: what Keras's `model.summary()` prints.

use std::io::{self, Write};

use anyhow::Result;

use super::args::SummaryArgs;
use super::screen::{print_json, result_columns};
use super::settings::ModelSource;
use super::usage::option;

/// Prints a model's table.
pub fn run(args: &SummaryArgs) -> Result<()> {
    if args.vocabulary == 0 {
        return Err(option("--vocabulary", "0 ids are no vocabulary; give 1 or more").into());
    }
    let model = ModelSource::new(&args.model)?.model(args.vocabulary)?;
    let summary = model.summarise();
    if args.json {
        return print_json(&summary);
    }
    writeln!(io::stdout(), "{}", summary.within(result_columns()))?;
    Ok(())
}
