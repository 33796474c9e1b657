//! safetensors files of a model's tensors, with what gatefold says of them in the metadata.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::model::{Model, Parameter};

/// The one key of the file's metadata. safetensors keeps them in a hash map, so that with several
/// keys two runs would not write the same bytes.
const METADATA: &str = "gatefold";

/// A tensor for each parameter of a model, in its order; the names have the group's before the parameter's.
pub(super) struct TensorGroup<'a> {
    pub(super) name: &'a str,
    pub(super) tensors: &'a [Vec<f32>],
}

/// The content of a file with these groups of tensors, `header` as JSON in the metadata, and as many bytes
/// under `trailer.0` as `trailer.1` has, which are the file's last.
///
/// # Errors
/// [`Error::Shape`] if a tensor has not as many values as the model says.
pub(super) fn to_bytes(
    model: &Model,
    groups: &[TensorGroup<'_>],
    header: &impl Serialize,
    trailer: Option<(&str, &[u8])>,
) -> Result<Vec<u8>> {
    let failed = |problem: String| Error::Internal {
        place: "writing a safetensors file",
        problem,
    };
    let parameters = model.parameters();
    let mut views = Vec::new();
    for group in groups {
        if parameters.len() != group.tensors.len() {
            return Err(Error::Shape {
                tensor: format!("parameters of {}", model.name()),
                expected: format!("{} tensors", parameters.len()),
                found: group.tensors.len().to_string(),
            });
        }
        for (parameter, values) in parameters.iter().zip(group.tensors) {
            let name = format!("{}{}", group.name, parameter.name);
            let bytes = bytemuck::cast_slice(values);
            let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes);
            let view = view.map_err(|_| Error::Shape {
                tensor: name.clone(),
                expected: format!("{:?}", parameter.shape),
                found: format!("{} values", values.len()),
            })?;
            views.push((name, view));
        }
    }
    if let Some((name, bytes)) = trailer {
        // safetensors puts the types with the least alignment last.
        let view = TensorView::new(Dtype::U8, vec![bytes.len()], bytes);
        views.push((
            name.to_string(),
            view.map_err(|error| failed(error.to_string()))?,
        ));
    }
    let header = serde_json::to_string(header).map_err(|error| failed(error.to_string()))?;
    let metadata = HashMap::from([(METADATA.to_string(), header)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| failed(error.to_string()))
}

/// Stands for the checksum of a file that has none yet: as long as SHA-256 in hexadecimal.
pub(super) const NO_CHECKSUM: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// Puts the checksum of a file where its header has [`NO_CHECKSUM`].
///
/// # Errors
/// [`Error::Internal`] if the header has it nowhere.
pub(super) fn seal(bytes: &mut [u8]) -> Result<()> {
    let missing = || Error::Internal {
        place: "writing a safetensors file",
        problem: "no place for the checksum".to_string(),
    };
    let start = place_of(bytes, NO_CHECKSUM).ok_or_else(missing)?;
    let checksum = checksum_but(bytes, start);
    bytes[start..start + checksum.len()].copy_from_slice(checksum.as_bytes());
    Ok(())
}

/// Whether a file is as it was when [`seal`] put this checksum into its header.
pub(super) fn is_sealed(bytes: &[u8], checksum: &str) -> bool {
    checksum.len() == NO_CHECKSUM.len()
        && place_of(bytes, checksum).is_some_and(|start| checksum_but(bytes, start) == checksum)
}

/// Where a checksum stands; the header is at the file's beginning.
fn place_of(bytes: &[u8], checksum: &str) -> Option<usize> {
    let mut parts = bytes.windows(checksum.len());
    parts.position(|part| part == checksum.as_bytes())
}

/// SHA-256, in hexadecimal, of a file that has [`NO_CHECKSUM`] at `start`.
fn checksum_but(bytes: &[u8], start: usize) -> String {
    let mut digest = Sha256::new();
    digest.update(&bytes[..start]);
    digest.update(NO_CHECKSUM);
    digest.update(&bytes[start + NO_CHECKSUM.len()..]);
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether these are the bytes of a safetensors file with gatefold's metadata.
pub(super) fn has_header(bytes: &[u8]) -> bool {
    let metadata = SafeTensors::read_metadata(bytes);
    metadata.is_ok_and(|(_, metadata)| {
        let entries = metadata.metadata().as_ref();
        entries.is_some_and(|entries| entries.contains_key(METADATA))
    })
}

/// A file that [`to_bytes`] made.
pub(super) struct TensorFile<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
    header: String,
}

impl<'a> TensorFile<'a> {
    /// Takes the content of a file; `path` is named in errors, `kind` is what it should be.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is cut short or is not one of gatefold's.
    pub(super) fn parse(path: &'a Path, bytes: &'a [u8], kind: &str) -> Result<TensorFile<'a>> {
        let damaged = |error: safetensors::SafeTensorError| {
            let problem = format!("no whole safetensors file: {error}; copy it again");
            malformed(path, "the file", problem)
        };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let header = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get(METADATA))
            .ok_or_else(|| {
                let problem = format!("no key {METADATA}; give a {METADATA} run's {kind}");
                malformed(path, "metadata", problem)
            })?;
        Ok(TensorFile {
            path,
            header: header.clone(),
            tensors: SafeTensors::deserialize(bytes).map_err(damaged)?,
        })
    }

    /// What the metadata say.
    ///
    /// # Errors
    /// [`Error::Malformed`] if their `format` is not `format`, or a field is missing or unknown.
    pub(super) fn header<H: DeserializeOwned>(&self, format: u32) -> Result<H> {
        #[derive(Deserialize)]
        struct FormatNumber {
            format: u32,
        }
        let wrong = |problem: String| malformed(self.path, "metadata", problem);
        let FormatNumber { format: found } =
            serde_json::from_str(&self.header).map_err(|error| wrong(error.to_string()))?;
        if found != format {
            let remedy = if found > format {
                "; use the newer gatefold that wrote it"
            } else {
                ""
            };
            return Err(wrong(format!(
                "format {found}, but this gatefold reads format {format}{remedy}"
            )));
        }
        serde_json::from_str(&self.header).map_err(|error| wrong(error.to_string()))
    }

    /// A group's tensors, in the order of the model's parameters.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the tensor's name: it is missing, or of another shape (both are told), or one of its
    /// numbers is not finite (its place is told).
    pub(super) fn group(&self, model: &Model, group: &str) -> Result<Vec<Vec<f32>>> {
        let read = |parameter: &Parameter| {
            let name = format!("{group}{}", parameter.name);
            let view = self.tensors.tensor(&name).map_err(|_| {
                let problem = format!("missing; expected shape {:?}", parameter.shape);
                malformed(self.path, &name, problem)
            })?;
            if view.dtype() != Dtype::F32 || view.shape() != parameter.shape {
                let problem = format!(
                    "expected F32 of shape {:?}, found {:?} of shape {:?}",
                    parameter.shape,
                    view.dtype(),
                    view.shape()
                );
                return Err(malformed(self.path, &name, problem));
            }
            let (values, _) = view.data().as_chunks::<4>();
            let values: Vec<f32> = values
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect();
            parameter
                .check_finite(&values)
                .map_err(|problem| malformed(self.path, &name, problem))?;
            Ok(values)
        };
        model.parameters().iter().map(read).collect()
    }

    /// Fails if there is a tensor that is in none of the groups.
    ///
    /// # Errors
    /// [`Error::Malformed`] with its name.
    pub(super) fn check_names(&self, model: &Model, groups: &[&str]) -> Result<()> {
        let is_known = |name: &str| {
            let mut stripped = groups.iter().filter_map(|group| name.strip_prefix(group));
            stripped.any(|name| model.parameters().iter().any(|known| known.name == name))
        };
        match self
            .tensors
            .names()
            .into_iter()
            .find(|name| !is_known(name))
        {
            Some(name) => Err(malformed(
                self.path,
                name,
                format!("no parameter of the model {}", model.name()),
            )),
            None => Ok(()),
        }
    }
}

/// A file whose content is not what it should be.
pub(super) fn malformed(path: &Path, place: &str, problem: String) -> Error {
    Error::Malformed {
        path: path.to_path_buf(),
        place: place.to_string(),
        problem,
    }
}
