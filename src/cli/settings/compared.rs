//! Which models `gatefold compare` is to train: variants, and files of one's own.

use gatefold::model::{EXPERIMENT_VOCABULARY, Model, Variant};
use gatefold::run::{RunSpec, files};
use gatefold::{Error, Result};

use super::model::ModelSource;
use crate::cli::args::CompareArgs;
use crate::cli::typed::TypedOptions;
use crate::cli::usage::option;

/// Models to compare, and how each is built with the experiment's vocabulary.
pub(super) struct ComparedModels(Vec<(ModelSource, Model)>);

impl ComparedModels {
    /// Those that were asked for: the variants first. The faults of their files, and names that cannot stand beside each
    /// other, show before any work.
    pub fn read(args: &CompareArgs, typed: &TypedOptions) -> Result<ComparedModels> {
        let variants = match args.config.is_empty() || typed.has("variants") {
            true => &args.variants[..],
            false => &[],
        };
        let mut models: Vec<(ModelSource, Model)> = Vec::new();
        for variant in variants {
            let model = variant.model(EXPERIMENT_VOCABULARY)?;
            if models.iter().any(|(_, other)| other.name() == model.name()) {
                let problem = format!("{variant} is named twice; name each variant once");
                return Err(option("--variants", problem));
            }
            models.push((ModelSource::Variant(*variant), model));
        }
        for path in &args.config {
            let source = ModelSource::file(path)?;
            let model = source.model(EXPERIMENT_VOCABULARY)?;
            let name = model.name();
            let refused = |problem: String| Error::Malformed {
                path: path.clone(),
                place: "name".to_string(),
                problem,
            };
            // Some systems do not tell letters of different case apart.
            let is_same = |other: &str| other.to_lowercase() == name.to_lowercase();
            if Variant::ALL
                .into_iter()
                .any(|variant| is_same(variant.name()))
            {
                let problem = format!(
                    "`{name}` is a variant of the experiment, which --variants compares; call the file's model \
                     otherwise"
                );
                return Err(refused(problem));
            }
            if models.iter().any(|(_, other)| is_same(other.name())) {
                let problem = format!(
                    "another model is called `{name}` too, and their folders would be one; call one of them otherwise"
                );
                return Err(refused(problem));
            }
            if files::stands_above_runs(name) {
                let problem = format!(
                    "the comparison has a file of its own called `{name}`; call the model otherwise"
                );
                return Err(refused(problem));
            }
            models.push((source, model));
        }
        Ok(ComparedModels(models))
    }

    /// The models, unless one of a file has another width than the vectors that its embedding is to start with.
    pub fn checked(self, spec: &RunSpec) -> Result<Vec<ModelSource>> {
        for (source, model) in &self.0 {
            source.check_width(model, spec)?;
        }
        Ok(self.0.into_iter().map(|(source, _)| source).collect())
    }
}
