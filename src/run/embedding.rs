//! Vectors that others trained, in the place of the embedding's random start.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::training::TrainingSpec;
use crate::data::{Vocabulary, WordVectors};
use crate::error::{Error, Result};
use crate::model::Model;

impl TrainingSpec {
    /// Checks that what is said of the embedding makes sense, without looking at the file.
    pub(super) fn check_embedding(&self) -> Result<()> {
        if self.freeze_embedding && self.embedding.is_none() {
            let problem = "without vectors it would keep a table of random numbers; give a file of them with `embedding`, or \
                           have a model file say trainable = false";
            return Err(Error::argument("freeze_embedding", problem));
        }
        Ok(())
    }

    /// Reads the vectors that are asked for, if any are, and notes what they are.
    ///
    /// # Errors
    /// As [`WordVectors::load`]; [`Error::Malformed`] where this says that it was another file.
    pub(super) fn read_vectors(
        &mut self,
        vocabulary: &Vocabulary,
        stop: &AtomicBool,
    ) -> Result<Option<WordVectors>> {
        let Some(path) = self.embedding.as_deref().map(Path::new) else {
            return Ok(None);
        };
        let vectors = WordVectors::load(path, vocabulary, stop)?;
        if let Some(then) = &self.embedding_sha256
            && then != vectors.sha256()
        {
            return Err(Error::Malformed {
                path: path.to_owned(),
                place: "other vectors".to_owned(),
                problem: format!(
                    "SHA-256 of the text {}, but the run was begun with {then}; give with `embedding` what it was begun \
                     with, or begin another one",
                    vectors.sha256()
                ),
            });
        }
        self.embedding_sha256 = Some(vectors.sha256().to_owned());
        self.embedding_width = Some(vectors.width());
        Ok(Some(vectors))
    }

    /// Puts the vectors into a model's initial parameters.
    ///
    /// # Errors
    /// [`Error::Argument`] where the file was not read; [`Error::Model`] for an embedding of another width.
    pub(super) fn place_vectors(
        &self,
        vectors: Option<&WordVectors>,
        model: &Model,
        parameters: &mut [Vec<f32>],
    ) -> Result<()> {
        if self.embedding.is_none() {
            return Ok(());
        }
        let Some(vectors) = vectors else {
            let problem = "its vectors are not read; call `Trainer::read_vectors` first";
            return Err(Error::argument("embedding", problem));
        };
        check_width(model, vectors.width())?;
        match parameters.first_mut() {
            Some(table) => vectors.put_into(table),
            None => Ok(()),
        }
    }

    /// What is told of the embedding, for people; nothing where it starts at random.
    pub(super) fn embedding_words(&self) -> Option<String> {
        let name = Path::new(self.embedding.as_ref()?).file_name()?;
        let frozen = if self.freeze_embedding {
            ", frozen"
        } else {
            ""
        };
        Some(format!("embedding from {}{frozen}", name.to_string_lossy()))
    }
}

/// Checks that a model's embedding has as many numbers a token as vectors have.
///
/// # Errors
/// [`Error::Model`] with both.
pub fn check_width(model: &Model, width: usize) -> Result<()> {
    let own = model.embedding().width;
    if own == width {
        return Ok(());
    }
    let layer = model.layers().first();
    Err(Error::Model {
        layer: layer.map_or_else(String::new, |layer| layer.name.clone()),
        problem: format!(
            "has a width of {own}, but the vectors of `embedding` have {width} numbers; set width to {width}, or give vectors \
             of {own}"
        ),
    })
}
