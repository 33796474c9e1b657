//! Reader of the Keras fixtures: `NAME.json`, `NAME.safetensors`, `NAME.f64.safetensors`.
//!
//! Everything comes out as the engine has it: parameters in the order of `Model::parameters`,
//! layers in that of `Model::layers`, ids and sequences time-major (`[T, B]`, `[T, B, width]`).

// Each test program uses another part of it.
#![allow(dead_code)]

use std::collections::HashMap;
use std::path::Path;

use gatefold::model::{Bidirectional, Dense, Dropout, Embedding, Gru, Lstm, Model, Sequential};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// Training steps that a fixture describes.
pub const STEPS: usize = 3;

/// One model with three batches and the numbers that Keras got.
pub struct Fixture {
    /// Its file name without endings.
    pub name: String,
    /// Sequences in a batch, B.
    pub batch: usize,
    /// Timesteps, T.
    pub length: usize,
    description: Value,
    /// float32 and int32 tensors; an int32 is held exactly as long as it is below 2²⁴.
    single: HashMap<String, Vec<f32>>,
    double: HashMap<String, Vec<f64>>,
}

impl Fixture {
    /// Those of the oracle's folder if there is one, and those of the project.
    pub fn everywhere() -> Vec<Fixture> {
        let oracle = super::oracle_dir().into_iter();
        oracle
            .flat_map(|folder| Fixture::all(&folder))
            .chain(Fixture::own("gru"))
            .chain(Fixture::own("keras"))
            .collect()
    }

    /// Every fixture in the folder, by name.
    ///
    /// # Panics
    /// Where the folder has none, or one that cannot be read.
    pub fn all(folder: &Path) -> Vec<Fixture> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().ok()?;
                name.strip_suffix(".json").map(str::to_owned)
            })
            .collect();
        names.sort();
        assert!(
            !names.is_empty(),
            "{}: no fixture (NAME.json)",
            folder.display()
        );
        names
            .iter()
            .map(|name| Fixture::load(folder, name))
            .collect()
    }

    /// The fixtures that are part of the project, in this folder of `tests/fixtures/`; scripts in `tests/peers/`
    /// make them.
    ///
    /// # Panics
    /// As [`Fixture::all`].
    pub fn own(folder: &str) -> Vec<Fixture> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        Fixture::all(&root.join(folder))
    }

    /// The fixture `name`.
    ///
    /// # Panics
    /// Where one of its files cannot be read.
    pub fn load(folder: &Path, name: &str) -> Fixture {
        let read = |ending: &str| {
            let path = folder.join(format!("{name}.{ending}"));
            std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let description: Value = serde_json::from_slice(&read("json")).unwrap();
        let size = |key: &str| description[key].as_u64().unwrap() as usize;
        Fixture {
            name: name.to_owned(),
            batch: size("batch"),
            length: size("T"),
            single: tensors(&read("safetensors"), |dtype, word| match dtype {
                Dtype::F32 => f32::from_le_bytes(word),
                Dtype::I32 => i32::from_le_bytes(word) as f32,
                other => panic!("{name}: unexpected {other:?}"),
            }),
            double: tensors(&read("f64.safetensors"), |_, word| f64::from_le_bytes(word)),
            description,
        }
    }

    fn size(&self, key: &str) -> usize {
        self.description["sizes"][key].as_u64().unwrap() as usize
    }

    fn kind(&self) -> &str {
        self.description["model"].as_str().unwrap()
    }

    /// Whether the embedding masks id 0.
    pub fn mask_zero(&self) -> bool {
        self.description["mask_zero"].as_bool().unwrap()
    }

    /// The weight decay of its optimiser, if it has any.
    pub fn weight_decay(&self) -> Option<f64> {
        self.description["weight_decay"].as_f64()
    }

    /// The bound of the norm of its gradients, if it has any.
    pub fn clip_norm(&self) -> Option<f64> {
        self.description["clip_norm"].as_f64()
    }

    /// The model: from its TOML where the fixture has that, else from its kind and sizes.
    pub fn model(&self) -> Model {
        if let Some(text) = self.description["toml"].as_str() {
            return Model::from_toml(Path::new(&self.name), text, 0).unwrap();
        }
        let mut embedding = Embedding::new(self.size("vocab"), self.size("embed"));
        embedding.mask_zero = self.mask_zero();
        let lstm = Lstm::new(self.size("units"));
        let gru = Gru::new(self.size("units"));
        let dense = Dense::new(self.size("dense")).relu();
        let output = Dense::new(1).sigmoid();
        let start = Sequential::new(self.kind()).add(embedding);
        match self.kind() {
            "baseline" => start.add(lstm).add(dense).add(output),
            "gru" => start.add(gru).add(dense).add(output),
            "gru_bidirectional" => start.add(Bidirectional::new(gru)).add(dense).add(output),
            "gru_stacked" => start
                .add(Bidirectional::new(gru.return_sequences()))
                .add(Lstm::new(self.size("units2")))
                .add(dense)
                .add(output),
            "bidirectional" => start.add(Bidirectional::new(lstm)).add(dense).add(output),
            "dropout" => start
                .add(Bidirectional::new(lstm.return_sequences()))
                .add(Bidirectional::new(Lstm::new(self.size("units2"))))
                .add(dense)
                .add(Dropout::new(
                    self.description["dropout_rate"].as_f64().unwrap() as f32,
                ))
                .add(output),
            other => panic!("{}: unknown model {other}", self.name),
        }
        .build()
        .unwrap()
    }

    /// The fixture's names of the layers, in the model's order.
    fn layer_names(&self) -> Vec<String> {
        let names: &[&str] = match self.kind() {
            "baseline" => &["embedding", "lstm", "dense", "output"],
            "bidirectional" => &["embedding", "bilstm", "dense", "output"],
            "gru" => &["embedding", "gru", "dense", "output"],
            "gru_bidirectional" => &["embedding", "bigru", "dense", "output"],
            "gru_stacked" => &["embedding", "bigru", "lstm", "dense", "output"],
            "dropout" => &[
                "embedding",
                "bilstm1",
                "bilstm2",
                "dense",
                "dropout",
                "output",
            ],
            _ => {
                let layers = self.model();
                return layers.layers().iter().map(|l| l.name.clone()).collect();
            }
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// The fixture's names of the parameters, in the model's order.
    fn parameter_names(&self) -> Vec<String> {
        let model = self.model();
        let mut names = Vec::new();
        for (layer, fixture_name) in model.layers().iter().zip(self.layer_names()) {
            let own = format!("{}.", layer.name);
            for parameter in model.parameters() {
                if let Some(tensor) = parameter.name.strip_prefix(&own) {
                    names.push(format!("{fixture_name}.{tensor}"));
                }
            }
        }
        names
    }

    /// Token ids of step 1, 2 or 3: `[T, B]`.
    pub fn ids(&self, step: usize) -> Vec<u32> {
        let ids: Vec<u32> = self
            .of_step("ids", step)
            .iter()
            .map(|&id| id as u32)
            .collect();
        time_major(&ids, self.batch, self.length)
    }

    /// Labels of step 1, 2 or 3: `[B]`.
    pub fn labels(&self, step: usize) -> Vec<f32> {
        self.of_step("labels", step).to_vec()
    }

    /// The 0/1 mask of the dropout layer at step 1, 2 or 3, `[B, dense]`, where one is given.
    pub fn dropout_mask(&self, step: usize) -> Option<Vec<f32>> {
        self.single
            .contains_key("dropout_mask")
            .then(|| self.of_step("dropout_mask", step).to_vec())
    }

    fn of_step(&self, name: &str, step: usize) -> &[f32] {
        let all = self.tensor_f32(name);
        let each = all.len() / STEPS;
        &all[(step - 1) * each..step * each]
    }

    /// A tensor of the float32 file, as it stands there.
    pub fn tensor_f32(&self, name: &str) -> &[f32] {
        self.single
            .get(name)
            .unwrap_or_else(|| panic!("{}: no float32 {name}", self.name))
    }

    /// A tensor of the float64 file, as it stands there.
    pub fn tensor_f64(&self, name: &str) -> &[f64] {
        self.double
            .get(name)
            .unwrap_or_else(|| panic!("{}: no float64 {name}", self.name))
    }

    /// A float64 result of one number, `loss1` say.
    pub fn number(&self, name: &str) -> f64 {
        self.tensor_f64(name)[0]
    }

    /// Initial parameters.
    pub fn initial(&self) -> Vec<Vec<f32>> {
        let names = self.parameter_names();
        names
            .iter()
            .map(|name| self.tensor_f32(&format!("init.{name}")).to_vec())
            .collect()
    }

    /// The float64 result `prefix.` (`grad`, `adam1`, `adam3`, `adam3_m`, `adam3_v`) of each
    /// parameter; `None` where the fixture has none. Compare with what [`Fixture::select`] takes
    /// of the engine's tensor: full-size fixtures have only some rows of the embedding.
    pub fn expected(&self, prefix: &str) -> Vec<Option<Vec<f64>>> {
        let names = self.parameter_names();
        names
            .iter()
            .map(|name| self.double.get(&format!("{prefix}.{name}")).cloned())
            .collect()
    }

    /// The float64 output of each layer for the first batch, `[T, B, width]` or `[B, width]`;
    /// `None` where the fixture has none.
    pub fn layer_outputs(&self) -> Vec<Option<Vec<f64>>> {
        let model = self.model();
        let outputs = self
            .layer_names()
            .into_iter()
            .zip(model.layers())
            .map(|(name, layer)| {
                let values = self.double.get(&format!("fwd.{name}"))?;
                let is_sequence = values.len() == self.batch * self.length * layer.output.width()
                    && matches!(layer.output, gatefold::model::Output::Sequence { .. });
                Some(if is_sequence {
                    time_major(values, self.batch, self.length)
                } else {
                    values.clone()
                })
            });
        outputs.collect()
    }

    /// Rows of the embedding that the fixture's results hold, where it does not hold all.
    pub fn touched_rows(&self) -> Option<Vec<usize>> {
        let rows = self.single.get("touched_rows")?;
        Some(rows.iter().map(|&row| row as usize).collect())
    }

    /// What the fixture holds of a parameter-shaped tensor: of the embedding's (`parameter` 0) the
    /// touched rows, of every other all.
    pub fn select<T: Copy>(&self, parameter: usize, tensor: &[T]) -> Vec<T> {
        match self.touched_rows() {
            Some(rows) if parameter == 0 => {
                let width = self.size("embed");
                rows.iter()
                    .flat_map(|row| &tensor[row * width..(row + 1) * width])
                    .copied()
                    .collect()
            }
            _ => tensor.to_vec(),
        }
    }
}

/// Decodes every tensor of a safetensors file, `number` turning each element's bytes into a value.
fn tensors<const SIZE: usize, T>(
    bytes: &[u8],
    number: impl Fn(Dtype, [u8; SIZE]) -> T,
) -> HashMap<String, Vec<T>> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    file.iter()
        .map(|(name, view)| {
            assert_eq!(
                view.data().len(),
                SIZE * view.shape().iter().product::<usize>(),
                "{name}"
            );
            let (words, _) = view.data().as_chunks::<SIZE>();
            (
                name.to_owned(),
                words
                    .iter()
                    .map(|&word| number(view.dtype(), word))
                    .collect(),
            )
        })
        .collect()
}

/// `[B, T, ..]` to `[T, B, ..]`.
fn time_major<T: Copy>(values: &[T], batch: usize, length: usize) -> Vec<T> {
    let width = values.len() / (batch * length);
    let mut turned = Vec::with_capacity(values.len());
    for t in 0..length {
        for b in 0..batch {
            let start = (b * length + t) * width;
            turned.extend_from_slice(&values[start..start + width]);
        }
    }
    turned
}

/// ‖found − expected‖ / ‖expected‖ with Euclidean norms; ‖found‖ where `expected` is all zero.
///
/// NaN where `found` holds one, so assert `error <= tolerance`, which NaN fails.
///
/// # Panics
/// Where the lengths differ.
pub fn relative_error<T: Copy + Into<f64>>(found: &[T], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "lengths differ");
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let difference = norm(&mut found.iter().zip(expected).map(|(&f, e)| f.into() - e));
    let scale = norm(&mut expected.iter().copied());
    if scale == 0.0 {
        difference
    } else {
        difference / scale
    }
}
