//! `config.toml` of a run whose weights another program trained: what the commands that use a run need, and
//! nothing of a training that gatefold knows nothing of.

use gatefold::Result;
use gatefold::train::Weights;
use serde::Serialize;

use super::run_config::{ModelFile, refused};
use super::settings::DataSettings;
use super::source_keys::SourceKeys;

#[derive(Serialize)]
struct ImportedConfig<'a> {
    gatefold: &'a str,
    data: Data<'a>,
    model: ModelFile,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    keys: SourceKeys,
    name: &'a str,
    synthetic: bool,
    vocabulary_size: usize,
    vocabulary_sha256: &'a str,
}

/// The file's content: `data` is what the weights are to be used with, `name` what they were trained on.
///
/// # Errors
/// [`Error::Internal`](gatefold::Error::Internal) if the TOML writer refuses.
pub fn to_toml(data: &DataSettings, name: &str, weights: &Weights) -> Result<String> {
    let config = ImportedConfig {
        gatefold: env!("CARGO_PKG_VERSION"),
        data: Data {
            keys: SourceKeys::of(data),
            name,
            synthetic: false,
            vocabulary_size: weights.vocabulary_size,
            vocabulary_sha256: &weights.vocabulary_sha256,
        },
        model: ModelFile::of(&weights.model),
    };
    toml::to_string(&config).map_err(refused)
}
