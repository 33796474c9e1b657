//! The model card of a run: what it is, what it was trained on, how good it is, and where it ends, in the form that
//! Hugging Face reads.

use minijinja::{Value, context};

use super::parameters::ParametersFrom;
use super::spec::RunSpec;
use crate::batch::Side;
use crate::error::{Error, Result};
use crate::model::{counted, grouped};
use crate::template::filled;
use crate::train::{EpochRecord, wilson_interval};

const NAME: &str = "model_card.md";
const TEMPLATE: &str = include_str!("../../assets/model_card.md");

/// Characters that mean something in Markdown.
const SPECIAL: &str = "\\`*_{}[]<>#|~&!";

/// A file in which a model was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportedFile<'a> {
    /// Parameters as safetensors.
    Safetensors(&'a str),
    /// A whole model of Keras.
    Keras(&'a str),
    /// The weights of a model of Keras.
    KerasWeights(&'a str),
    /// An ONNX graph.
    Onnx(&'a str),
}

impl ExportedFile<'_> {
    /// How Python reads it.
    fn python(self) -> String {
        match self {
            ExportedFile::Safetensors(name) => format!(
                "import safetensors.numpy\n\nparameters = safetensors.numpy.load_file({})",
                quoted(name)
            ),
            ExportedFile::Keras(name) => format!(
                "import keras\n\nmodel = keras.models.load_model({})\nprobabilities = model(ids)",
                quoted(name)
            ),
            ExportedFile::KerasWeights(name) => format!(
                "# `model` is a keras.Sequential of the same layers.\nmodel.load_weights({})\nprobabilities = model(ids)",
                quoted(name)
            ),
            ExportedFile::Onnx(name) => format!(
                "import onnxruntime\n\nsession = onnxruntime.InferenceSession({})\n\
                 probabilities = session.run([\"probability\"], {{\"ids\": ids}})[0]",
                quoted(name)
            ),
        }
    }
}

/// The card of the run that `spec` describes, with a model, and whose epochs `history` has, none where its weights were
/// imported. It tells how to use `exported`, a file with the run's result, or the run's folder where there is none.
///
/// # Errors
/// [`Error::Data`] where the spec has no model, [`Error::Model`] where that cannot be built, and [`Error::Internal`] where
/// the template engine refuses.
pub fn model_card(
    spec: &RunSpec,
    history: &[EpochRecord],
    parameters: &ParametersFrom,
    exported: Option<ExportedFile>,
) -> Result<String> {
    let Some(description) = &spec.model else {
        let problem = "a model card tells of one run, and this is the folder of several";
        return Err(Error::Data(problem.to_string()));
    };
    let model = description.clone().build()?;
    let data = &spec.data;
    let reading = spec.training.as_ref().map(|training| training.reading());
    let reading = reading.or(spec.reading);
    let classes = data.class_names();
    let cut = reading.and_then(|reading| {
        let end = match reading.truncate {
            Some(Side::Before) => "last",
            _ => "first",
        };
        let most = counted(reading.max_length?, "token");
        Some(format!("the {end} {most}"))
    });
    let content = context! {
        yaml => context! {
            model => quoted(model.name()),
            data => quoted(&data.name),
            dataset => quoted(&slug(&data.name)),
        },
        file => exported.map(ExportedFile::python),
        model => markdown(model.name()),
        classes => classes.iter().map(|name| markdown(name)).collect::<Vec<_>>(),
        parameters => grouped(model.count_parameters()),
        version => &spec.gatefold,
        synthetic => data.synthetic,
        data => markdown(&data.name),
        data_rows => data_rows(spec),
        result => result(spec, history, parameters),
        training => training_rows(spec, history),
        cut,
        sees_padding => model.sees_padding(),
    };
    let card = filled(&[(NAME, TEMPLATE)], NAME, content)?;
    Ok(card.trim_end().to_owned() + "\n")
}

fn data_rows(spec: &RunSpec) -> Vec<[String; 2]> {
    let data = &spec.data;
    let count = |label: &str, count: Option<usize>| Some([label.to_string(), grouped(count?)]);
    let sha256 = |label: &str, sha256: &str| [label.to_string(), format!("`{sha256}`")];
    let ids = data.sha256.as_deref();
    [
        count("Texts to train on", data.train_reviews),
        count("Texts to validate with", data.test_reviews),
        ids.map(|ids| sha256("SHA-256 of their ids and labels", ids)),
        count("Ids of the vocabulary", Some(data.vocabulary_size)),
        Some(sha256("SHA-256 of the vocabulary", &data.vocabulary_sha256)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How good the parameters are, where that was measured.
fn result(spec: &RunSpec, history: &[EpochRecord], parameters: &ParametersFrom) -> Option<Value> {
    let (training, callbacks) = (spec.training.as_ref()?, spec.callbacks.as_ref()?);
    let is_chosen = match parameters {
        ParametersFrom::Result => callbacks.early_stopping.is_some(),
        ParametersFrom::Best(_) => true,
        // Validation measured the parameters of whole epochs.
        ParametersFrom::Checkpoint(_) => return None,
    };
    let record = match is_chosen {
        true => callbacks.monitor.best(history),
        false => history.last(),
    }?;
    let of = spec.data.test_reviews?;
    let reviews = training.validation().count(of, training.batch_size);
    let (accuracy, loss) = (record.val_accuracy, record.val_loss);
    if !accuracy.is_finite() || !loss.is_finite() {
        return None;
    }
    let (from, to) = wilson_interval((accuracy * reviews as f64).round() as usize, reviews);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    Some(context! {
        accuracy => decimal(accuracy),
        loss => decimal(loss),
        accuracy_shown => percent(accuracy),
        loss_shown => format!("{loss:.4}"),
        from => percent(from),
        to => percent(to),
        reviews => match reviews == of {
            true => format!("all {}", counted(of, "validation text")),
            false => format!("{} of {}", grouped(reviews), counted(of, "validation text")),
        },
        epoch => record.epoch,
        epochs => history.len(),
        is_chosen,
        monitor => callbacks.monitor.name(),
    })
}

/// A number that YAML takes for one: `1e-5` is a word there.
fn decimal(value: f64) -> String {
    let text = format!("{value}");
    match text.contains('.') {
        true => text,
        false => text + ".0",
    }
}

fn training_rows(spec: &RunSpec, history: &[EpochRecord]) -> Option<Vec<[String; 2]>> {
    let training = spec.training.as_ref()?;
    let mut rows = vec![
        ("Epochs", history.len().to_string()),
        ("Batch size", grouped(training.batch_size)),
        ("Optimiser", training.optimiser.title().to_string()),
        ("Learning rate", format!("{:?}", training.learning_rate)),
        ("Seed", training.seed.to_string()),
    ];
    if let Some(adapter) = &spec.adapter {
        let device = format!("{}, kernels: {}", adapter.name, adapter.kernels);
        rows.push(("Device", markdown(&device)));
    }
    let rows = rows.into_iter();
    Some(
        rows.map(|(label, value)| [label.to_string(), value])
            .collect(),
    )
}

/// `text` as a string of YAML and of Python: JSON's, but for what YAML does not take as it is.
fn quoted(text: &str) -> String {
    let mut shown = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => shown.extend(['\\', character]),
            '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => {
                shown += &format!("\\u{:04X}", u32::from(character));
            }
            _ if character.is_control() => shown += &format!("\\x{:02X}", u32::from(character)),
            _ => shown.push(character),
        }
    }
    shown.push('"');
    shown
}

/// `text` as Markdown that shows it in one line, and does nothing else.
fn markdown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            _ if character.is_control() || character.is_whitespace() => shown.push(' '),
            _ if SPECIAL.contains(character) => shown.extend(['\\', character]),
            _ => shown.push(character),
        }
    }
    shown
}

/// `text` as Hugging Face names data sets: letters, digits and dashes.
fn slug(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    match words.is_empty() {
        true => "own".to_string(),
        false => words.join("-").to_ascii_lowercase(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn strangers_words_stay_words() {
        assert_eq!(markdown("a|b\n<i>_c_"), "a\\|b \\<i\\>\\_c\\_");
        assert_eq!(
            quoted("a\"b\\\n\u{85}\u{2028}: #"),
            "\"a\\\"b\\\\\\x0A\\x85\\u2028: #\""
        );
        assert_eq!(slug("demo (synthetic)"), "demo-synthetic");
        assert_eq!(slug("평가"), "own");
    }

    #[test]
    fn numbers_are_numbers_of_yaml() {
        assert_eq!(
            [0.875, 1.0, 1e-7].map(decimal),
            ["0.875", "1.0", "0.0000001"]
        );
    }
}
