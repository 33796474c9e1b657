//! Which model to build, once the vocabulary is known.

use std::fs;
use std::path::{Path, PathBuf};

use gatefold::data::without_byte_order_mark;
use gatefold::model::{Model, Variant};
use gatefold::run::{RunSpec, check_width};
use gatefold::{Error, Result};

use crate::cli::args::ModelArgs;
use crate::cli::usage::option;

/// Which model to build, once the vocabulary is known.
pub enum ModelSource {
    Variant(Variant),
    File {
        path: PathBuf,
        text: String,
    },
    /// That of a run to go on with.
    Model(Model),
}

impl ModelSource {
    /// Reads the model file, without building it.
    pub fn file(path: &Path) -> Result<ModelSource> {
        Ok(ModelSource::File {
            path: path.to_path_buf(),
            text: read_text(path)?,
        })
    }

    /// Reads the model file, where it is one, without building it.
    pub fn new(args: &ModelArgs) -> Result<ModelSource> {
        match (args.variant, &args.config) {
            (Some(variant), _) => Ok(ModelSource::Variant(variant)),
            (None, Some(path)) => ModelSource::file(path),
            (None, None) => Err(option("VARIANT", "give a variant or --config FILE")),
        }
    }

    /// The model for data with a vocabulary of that many ids, and so many classes. A variant takes what the data ask for: a
    /// softmax over several classes, and the width of the vectors that its embedding starts with.
    pub fn model_for(
        &self,
        vocabulary: usize,
        classes: usize,
        vectors: Option<usize>,
    ) -> Result<Model> {
        let model = match self {
            ModelSource::Variant(variant) => variant.model_for(vocabulary, classes, vectors)?,
            _ => self.model(vocabulary)?,
        };
        let fits = model
            .check_vocabulary(vocabulary)
            .and_then(|()| model.check_classes(classes));
        fits.map_err(|error| self.in_file(error))?;
        Ok(model)
    }

    /// Fails where the model's file has another width than the vectors that the embedding is to start with; a variant takes
    /// theirs.
    pub fn check_width(&self, model: &Model, spec: &RunSpec) -> Result<()> {
        let training = spec.training.as_ref();
        match (self, training.and_then(|training| training.embedding_width)) {
            (ModelSource::File { .. }, Some(width)) => {
                check_width(model, width).map_err(|error| self.in_file(error))
            }
            _ => Ok(()),
        }
    }

    /// What is wrong with the model, with the file that says it so.
    fn in_file(&self, error: Error) -> Error {
        match (self, error) {
            (ModelSource::File { path, .. }, Error::Model { layer, problem }) => Error::Malformed {
                path: path.clone(),
                place: format!("layer {layer}"),
                problem,
            },
            (_, error) => error,
        }
    }

    /// The model, with as many embeddings as its file says or, where it does not, `vocabulary`.
    pub fn model(&self, vocabulary: usize) -> Result<Model> {
        match self {
            ModelSource::Variant(variant) => variant.model(vocabulary),
            ModelSource::File { path, text } => Model::from_toml(path, text, vocabulary),
            ModelSource::Model(model) => Ok(model.clone()),
        }
    }
}

fn read_text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let malformed = |place: String, problem: &str| Error::Malformed {
        path: path.to_path_buf(),
        place,
        problem: problem.to_string(),
    };
    let text = without_byte_order_mark(&bytes)
        .map_err(|problem| malformed("line 1".to_string(), problem))?;
    String::from_utf8(text.to_vec()).map_err(|error| {
        let place = format!("byte {}", error.utf8_error().valid_up_to());
        malformed(place, "not UTF-8; a model file is TOML")
    })
}
