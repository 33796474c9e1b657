//! Event files for TensorBoard.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use prost::{Message, Oneof};

use crate::atomic::{remove_leftovers, write_atomically};
use crate::data::tfds::RecordWriter;
use crate::error::{Error, Result};
use crate::train::EpochRecord;

/// TensorBoard takes any file for one of events that has `tfevents` in its name.
const FILE: &str = "events.out.tfevents.gatefold";

/// What the first record of an event file says.
const VERSION: &str = "brain.Event:2";

/// The event files of a run: figures of training below `train/`, of validation below `validation/`.
///
/// Tags and steps are those of Keras's `TensorBoard` callback: `epoch_loss`, `epoch_accuracy` and
/// `epoch_learning_rate`, at a step for each epoch that counts from 0; `epoch_gradient_norm` and
/// `epoch_gradient_norm_max` where norms were measured, and `gradient_norm/LAYER` and `gradient_norm_max/LAYER` where those
/// of layers were. Wall times are left out, so that two runs of one command
/// write the same bytes.
///
/// # Source
/// `event.proto` and `summary.proto` of TensorBoard, framed as [`RecordWriter`] has it.
///
/// # Examples
/// ```
/// use gatefold::report::TensorBoard;
/// use gatefold::train::EpochRecord;
///
/// # let folder = std::env::temp_dir().join(format!("gatefold-events-{}", std::process::id()));
/// let mut events = TensorBoard::create(&folder, &[])?;
/// events.append(&EpochRecord { epoch: 1, loss: 0.69, ..EpochRecord::default() })?;
/// assert!(TensorBoard::files(&folder).iter().all(|file| file.exists()));
/// # let _ = std::fs::remove_dir_all(&folder);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    train: EventFile,
    validation: EventFile,
}

/// A file that grows by a record an epoch: TensorBoard keeps it open and reads on at its end, so it must not be
/// replaced.
#[derive(Debug)]
struct EventFile {
    path: PathBuf,
    file: File,
}

type Scalars = Vec<(Cow<'static, str>, f64)>;

impl TensorBoard {
    /// The event files below `folder`, whether they are there or not.
    pub fn files(folder: &Path) -> [PathBuf; 2] {
        ["train", "validation"].map(|part| folder.join(part).join(FILE))
    }

    /// Begins the event files below `folder` with these epochs. Files that stand there are replaced: those of a
    /// run that was killed may end within a record.
    ///
    /// # Errors
    /// [`Error::Io`] names the file or folder that could not be written.
    pub fn create(folder: &Path, epochs: &[EpochRecord]) -> Result<TensorBoard> {
        let [train, validation] = TensorBoard::files(folder);
        Ok(TensorBoard {
            train: EventFile::create(train, epochs, of_training)?,
            validation: EventFile::create(validation, epochs, of_validation)?,
        })
    }

    /// Appends an epoch, which is on disk afterwards.
    ///
    /// # Errors
    /// [`Error::Io`] names the file that could not be written, which may then end within a record.
    pub fn append(&mut self, record: &EpochRecord) -> Result<()> {
        self.train.append(record, of_training)?;
        self.validation.append(record, of_validation)
    }
}

fn of_training(record: &EpochRecord) -> Scalars {
    let norms = [
        ("epoch_gradient_norm", record.gradient_norm),
        ("epoch_gradient_norm_max", record.gradient_norm_max),
    ];
    let norms = norms
        .into_iter()
        .filter_map(|(tag, norm)| Some((tag.into(), norm?)));
    let of_layers = record.layer_gradient_norms.iter().flat_map(|norm| {
        let layer = &norm.layer;
        [
            (format!("gradient_norm/{layer}").into(), norm.mean),
            (format!("gradient_norm_max/{layer}").into(), norm.max),
        ]
    });
    [
        ("epoch_loss".into(), record.loss),
        ("epoch_accuracy".into(), record.accuracy),
        ("epoch_learning_rate".into(), record.learning_rate),
    ]
    .into_iter()
    .chain(norms)
    .chain(of_layers)
    .collect()
}

fn of_validation(record: &EpochRecord) -> Scalars {
    vec![
        ("epoch_loss".into(), record.val_loss),
        ("epoch_accuracy".into(), record.val_accuracy),
    ]
}

impl EventFile {
    fn create(
        path: PathBuf,
        epochs: &[EpochRecord],
        scalars: fn(&EpochRecord) -> Scalars,
    ) -> Result<EventFile> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
            remove_leftovers(folder)?;
        }
        let mut bytes = framed(&path, &version())?;
        for record in epochs {
            bytes.extend(framed(&path, &summary(record, scalars))?);
        }
        write_atomically(&path, &bytes)?;
        let file = OpenOptions::new().append(true).open(&path);
        Ok(EventFile {
            file: file.map_err(Error::io(&path))?,
            path,
        })
    }

    fn append(&mut self, record: &EpochRecord, scalars: fn(&EpochRecord) -> Scalars) -> Result<()> {
        let bytes = framed(&self.path, &summary(record, scalars))?;
        let written = self.file.write_all(&bytes);
        let written = written.and_then(|()| self.file.sync_data());
        written.map_err(|source| Error::Io {
            path: self.path.clone(),
            source: io::Error::new(source.kind(), format!("cannot be written: {source}")),
        })
    }
}

/// An event as a record.
fn framed(path: &Path, event: &Event) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    RecordWriter::new(path, &mut bytes).write(&event.encode_to_vec())?;
    Ok(bytes)
}

fn version() -> Event {
    Event {
        step: 0,
        what: Some(What::FileVersion(VERSION.to_owned())),
    }
}

fn summary(record: &EpochRecord, scalars: fn(&EpochRecord) -> Scalars) -> Event {
    let values = scalars(record).into_iter().map(|(tag, value)| Scalar {
        tag: tag.into_owned(),
        value: Some(Kind::SimpleValue(value as f32)),
    });
    Event {
        step: record.epoch as i64 - 1,
        what: Some(What::Summary(Summary {
            value: values.collect(),
        })),
    }
}

/// `Event`, without its wall time.
#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5")]
    what: Option<What>,
}

#[derive(Clone, PartialEq, Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Scalar>,
}

/// `Summary.Value`.
#[derive(Clone, PartialEq, Message)]
struct Scalar {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(oneof = "Kind", tags = "2")]
    value: Option<Kind>,
}

/// One of several, so that a 0 is written too.
#[derive(Clone, PartialEq, Oneof)]
enum Kind {
    #[prost(float, tag = "2")]
    SimpleValue(f32),
}
