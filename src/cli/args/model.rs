//! Which model.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gatefold::model::Variant;

use gatefold::model::EXPERIMENT_VOCABULARY;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ModelArgs {
    /// One of the experiment's models
    #[arg(value_parser = variant_parser())]
    pub variant: Option<Variant>,
    /// A TOML file with a model of your own, instead of a variant
    ///
    /// The file has a `name` and one `[[layer]]` for each layer: first the embedding, last the dense layer. `gatefold summary
    /// --config FILE` checks it. The config.toml of a run works too.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ModelArgs {
    /// Whether a model is named.
    pub fn is_given(&self) -> bool {
        self.variant.is_some() || self.config.is_some()
    }
}

/// Reads a variant's name, and lists them all where there is none of that name.
pub fn variant_parser() -> impl TypedValueParser<Value = Variant> {
    PossibleValuesParser::new(Variant::ALL.map(Variant::name))
        .try_map(|name| name.parse::<Variant>())
}

#[derive(Debug, Args)]
pub struct SummaryArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Number of ids in the vocabulary, including padding
    #[arg(
        long,
        value_name = "N",
        default_value_t = EXPERIMENT_VOCABULARY,
        allow_negative_numbers = true
    )]
    pub vocabulary: usize,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}
