//! Where the reviews come from, checked.

use std::fs;
use std::path::PathBuf;

use gatefold::Result;
use gatefold::data::{ReviewLimits, Source, cache_folder, without_endings};
use gatefold::run::{DataSpec, ReviewSource, find_source, path_text, split_names};
use tracing::info;

use crate::cli::args::{DataArgs, SourceArgs};

/// Where the reviews come from.
pub struct DataSettings {
    /// As a run's `config.toml` has it.
    pub spec: DataSpec,
    /// Where to read them.
    pub reviews: ReviewSource,
    /// What to tell of the choice of the source.
    pub note: Option<String>,
}

impl DataSettings {
    /// Rejects what [`gatefold::data::load`] would reject without looking at the data.
    pub fn new(args: &DataArgs) -> Result<DataSettings> {
        let (spec, note) = data_spec(args)?;
        spec.check()?;
        Ok(DataSettings {
            reviews: ReviewSource::of(&spec, token_cache(args.reading.no_cache)),
            spec,
            note,
        })
    }

    /// What the data is called in the names of run folders.
    pub(super) fn folder_name(&self) -> String {
        let Some(path) = self.reviews.source.path() else {
            return "demo".to_string();
        };
        let Ok(path) = fs::canonicalize(path) else {
            return "data".to_string();
        };
        let mut names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
        // The folder of a version, whose name alone says little: subwords8k/1.0.0.
        let count = if path.join("dataset_info.json").is_file() {
            2
        } else {
            1
        };
        let name = names.split_off(names.len().saturating_sub(count)).join("-");
        without_endings(&name).to_string()
    }
}

/// The folder for encoded reviews, if they are to be kept and the system has a place for it.
pub fn token_cache(no_cache: bool) -> Option<PathBuf> {
    if no_cache {
        return None;
    }
    match cache_folder() {
        Ok(folder) => Some(folder.join("tokens")),
        Err(error) => {
            info!("{error}; going on without a cache of encoded reviews");
            None
        }
    }
}

/// What was typed as a run's `config.toml` has it, not yet checked; and what to tell of the choice of the source.
pub fn data_spec(args: &DataArgs) -> Result<(DataSpec, Option<String>)> {
    let DataArgs {
        reading,
        limit_train,
    } = args;
    let SourceArgs {
        data,
        validation_data,
        test_data,
        text_column,
        label_column,
        no_header,
        classes,
        encoding,
    } = &reading.source;
    let limits = ReviewLimits {
        train: *limit_train,
        test: reading.limit_test,
    };
    let (source, note) = match data.as_deref() {
        None => (Source::Demo, None),
        Some(data) => find_source(data)?,
    };
    let vocabulary = reading.vocab.as_deref();
    let spec = DataSpec {
        validation_source: validation_data.as_deref().map(path_text),
        test_source: test_data.as_deref().map(path_text),
        text_column: text_column.clone(),
        label_column: label_column.clone(),
        no_header: *no_header,
        classes: classes.as_deref().map_or_else(Vec::new, split_names),
        encoding: encoding.clone(),
        ..DataSpec::new(&source, vocabulary, limits)
    };
    Ok((spec, note))
}
