//! `checkpoint.safetensors`: a [`Snapshot`] on disk, with the run that it belongs to.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bits;
use super::history::EpochRecord;
use super::layer_norms::{LayerNorm, LayerNormSums};
use super::metrics::Metrics;
use super::snapshot::{Best, Position, Snapshot};
use super::state::{SessionState, SlotState};
use super::tensor_file::{TensorFile, TensorGroup, malformed, to_bytes};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::plan::names;

/// Version of [`CheckpointHeader`].
const FORMAT: u32 = 2;

/// Names before those of the parameters.
const PARAMETERS: &str = "parameters.";
const BEST: &str = "best.";

/// The tensor at the file's end: SHA-256 of all that is before it.
const CHECKSUM: &str = "sha256";

/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// What the metadata say, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointHeader {
    format: u32,
    /// The model as [`Model::to_toml`] writes it.
    model: String,
    config: String,
    step: u64,
    sequence: u64,
    epochs: Vec<HeaderEpoch>,
    done: usize,
    metrics: Metrics,
    // Left out where they are not measured, as in files from before they could be.
    #[serde(default, skip_serializing_if = "LayerNormSums::is_empty")]
    layer_norms: LayerNormSums,
    /// Names of what the optimiser keeps, each before those of its tensors. Left out where they are Adam's, as in files
    /// from before there were others.
    #[serde(default = "adams_slots", skip_serializing_if = "are_adams")]
    slots: Vec<String>,
    /// The epoch of the best parameters, where there are any.
    best: Option<usize>,
}

fn adams_slots() -> Vec<String> {
    [names::FIRST_MOMENTS, names::SECOND_MOMENTS]
        .map(String::from)
        .to_vec()
}

fn are_adams(slots: &[String]) -> bool {
    slots == adams_slots()
}

/// What stands before the name of a parameter in a slot.
fn prefix(slot: &str) -> String {
    format!("{slot}.")
}

#[derive(Debug, Serialize, Deserialize)]
struct HeaderEpoch(#[serde(with = "EpochKeys")] EpochRecord);

/// [`EpochRecord`], bit by bit; how long an epoch took is left out, as in the history's files.
#[derive(Serialize, Deserialize)]
#[serde(remote = "EpochRecord", deny_unknown_fields)]
struct EpochKeys {
    epoch: usize,
    #[serde(with = "bits")]
    loss: f64,
    #[serde(with = "bits")]
    accuracy: f64,
    #[serde(with = "bits")]
    val_loss: f64,
    #[serde(with = "bits")]
    val_accuracy: f64,
    #[serde(with = "bits")]
    learning_rate: f64,
    // Finite, as the norms of all steps that training goes on after; decimal digits give them back exactly.
    gradient_norm: Option<f64>,
    gradient_norm_max: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    layer_gradient_norms: Vec<LayerNorm>,
    #[serde(skip)]
    seconds: f64,
}

/// A snapshot, and what it is a snapshot of.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The model.
    pub model: Model,
    /// The run's options, adapter and data, in whatever form the caller keeps them.
    pub config: String,
    /// Where the run stands.
    pub snapshot: Arc<Snapshot>,
}

impl Checkpoint {
    /// The checkpoint in the safetensors format, closed by a checksum. The same one gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Shape`] if a tensor has not as many values as the model says.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let Snapshot {
            state,
            position,
            best,
        } = &*self.snapshot;
        let header = CheckpointHeader {
            format: FORMAT,
            model: self.model.to_toml()?,
            config: self.config.clone(),
            step: state.step,
            sequence: state.sequence,
            epochs: position.epochs.iter().cloned().map(HeaderEpoch).collect(),
            done: position.done,
            metrics: position.metrics,
            layer_norms: position.layer_norms.clone(),
            slots: state.slots.iter().map(|slot| slot.name.clone()).collect(),
            best: best.as_ref().map(|best| best.epoch),
        };
        let prefixes: Vec<String> = state.slots.iter().map(|slot| prefix(&slot.name)).collect();
        let slots = prefixes.iter().map(String::as_str);
        let slots = slots.zip(state.slots.iter().map(|slot| &slot.tensors));
        let state = [(PARAMETERS, &state.parameters)].into_iter().chain(slots);
        let best = best.iter().map(|best| (BEST, &best.parameters));
        let groups: Vec<TensorGroup<'_>> = state
            .chain(best)
            .map(|(name, tensors)| TensorGroup { name, tensors })
            .collect();
        let checksum = Some((CHECKSUM, &[0; DIGEST][..]));
        let mut bytes = to_bytes(&self.model, &groups, &header, checksum)?;
        if let Some((content, checksum)) = bytes.split_last_chunk_mut::<DIGEST>() {
            *checksum = Sha256::digest(content).into();
        }
        Ok(bytes)
    }

    /// Whether these bytes are as they were written, and all of them.
    pub fn is_whole(bytes: &[u8]) -> bool {
        bytes
            .split_last_chunk::<DIGEST>()
            .is_some_and(|(content, checksum)| Sha256::digest(content)[..] == checksum[..])
    }

    /// Reads what [`Checkpoint::to_bytes`] made.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Malformed`] if it is cut short or was changed, is
    /// of another version, not a checkpoint, or one of its numbers is not finite.
    pub fn load(path: &Path) -> Result<Checkpoint> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        if !Checkpoint::is_whole(&bytes) {
            let problem = "cut short or changed: its SHA-256 is not the one at its end";
            return Err(malformed(path, "the file", problem.to_string()));
        }
        Checkpoint::from_bytes(path, &bytes)
    }

    /// Takes the content of a file that is whole; `path` is named in errors.
    ///
    /// # Errors
    /// As [`Checkpoint::load`].
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Checkpoint> {
        let file = TensorFile::parse(path, bytes, "checkpoint.safetensors")?;
        let header: CheckpointHeader = file.header(FORMAT)?;
        // Every key of the model was written out, the number of embeddings too.
        let model = Model::from_toml(path, &header.model, 0)?;
        let slots = header.slots.into_iter().map(|name| {
            Ok(SlotState {
                tensors: file.group(&model, &prefix(&name))?,
                name,
            })
        });
        let slots = slots.collect::<Result<_>>()?;
        let state = SessionState {
            parameters: file.group(&model, PARAMETERS)?,
            slots,
            step: header.step,
            sequence: header.sequence,
        };
        let position = Position {
            epochs: header
                .epochs
                .into_iter()
                .map(|HeaderEpoch(record)| record)
                .collect(),
            done: header.done,
            metrics: header.metrics,
            layer_norms: header.layer_norms,
        };
        let best = match header.best {
            Some(epoch) => Some(Arc::new(Best {
                epoch,
                parameters: file.group(&model, BEST)?,
            })),
            None => None,
        };
        Ok(Checkpoint {
            model,
            config: header.config,
            snapshot: Arc::new(Snapshot {
                state,
                position,
                best,
            }),
        })
    }
}
