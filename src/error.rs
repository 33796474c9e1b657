//! The one error type of the library: what went wrong, where, and what to do about it.
//!
//! Every message names its place (file, record, layer, step, limit) and, where there is one, the remedy. A field,
//! argument or function that it names stands in backticks, as it is called in Rust; the `gatefold` program puts its
//! options in their place.

use std::fmt;
use std::path::{Path, PathBuf};

/// Everything that input, disk or device can do to a run.
///
/// [`Debug`](fmt::Debug) prints it as [`Display`](fmt::Display) does, so that a `main` that returns it prints a sentence.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// A file was read, but its content is not what it should be.
    #[error("{path}: {place}: {problem}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in the file: a line, record, entry or byte offset.
        place: String,
        /// What is wrong there, and the remedy if there is one.
        problem: String,
    },

    /// A file could not be had from a server.
    #[error("{url}: {problem}")]
    Download {
        /// Where it was asked for.
        url: String,
        /// What the server did, and the remedy.
        problem: String,
    },

    /// The data cannot be trained on: no reviews, a class without any, an unknown form.
    #[error("{0}")]
    Data(String),

    /// There is no vocabulary for the reviews.
    #[error(
        "{data}: no vocabulary: {problem}; give one with `vocabulary`, or make one with `build_vocabulary`",
        data = data.display()
    )]
    NoVocabulary {
        /// The file or folder of the reviews.
        data: PathBuf,
        /// Where one was looked for.
        problem: String,
        /// The file in which one would be found.
        wanted: PathBuf,
    },

    /// A model description that cannot be built.
    #[error("model: layer {layer}: {problem}")]
    Model {
        /// The layer's name, or its index where it has none yet.
        layer: String,
        /// What is wrong with it, and the remedy.
        problem: String,
    },

    /// An argument or option outside what makes sense.
    #[error("{name}: {problem}")]
    Argument {
        /// The field or argument, in backticks; in an error of the `gatefold` program, the option as it is typed.
        name: String,
        /// What is wrong with its value, and what would be right.
        problem: String,
    },

    /// A tensor has another size than its name promises.
    #[error("{tensor}: expected {expected}, found {found}")]
    Shape {
        /// The tensor's name.
        tensor: String,
        /// The shape or length expected.
        expected: String,
        /// The shape or length found.
        found: String,
    },

    /// No adapter, or none that fits.
    #[error("{0}")]
    Adapter(String),

    /// Something needs more than the adapter's limit.
    #[error("{what} needs {need}, but {limit} of this device is {have}{tail}", tail = tail(remedy.as_deref()))]
    Limit {
        /// The buffer or kernel that is too large.
        what: String,
        /// What it needs, with its unit.
        need: String,
        /// The limit's name.
        limit: &'static str,
        /// What the adapter has.
        have: String,
        /// What lowers the need, where whoever asked for it can say.
        remedy: Option<String>,
    },

    /// The device failed.
    #[error("device: {problem}")]
    Device {
        /// In which way, which decides whether another device could go on.
        fault: DeviceFault,
        /// What it reported, and the remedy if there is one.
        problem: String,
    },

    /// A plan whose parts do not fit each other, or with which something cannot be done.
    #[error("plan: {place}: {problem}")]
    Plan {
        /// The buffer or dispatch.
        place: String,
        /// What is wrong with it.
        problem: String,
    },

    /// A kernel's source does not specialise or validate.
    #[error("kernel {kernel}: {problem}")]
    Kernel {
        /// The kernel's name, that of its file in `shaders/`.
        kernel: String,
        /// What the template engine or the validator said.
        problem: String,
    },

    /// A session for inference was to train.
    #[error(
        "the session is for inference and has no optimiser; to train, make one with Session::new"
    )]
    ForInference,

    /// A loss or gradient that is not a finite number.
    #[error("step {step}: {what} is not a finite number; {}", finite_again(*learning_rate, half_layers))]
    NotFinite {
        /// Optimiser step, counted from 1.
        step: u64,
        /// `the loss`, or `the gradient of NAME`.
        what: String,
        /// The learning rate in force; none of a session for inference.
        learning_rate: Option<f64>,
        /// The layers that keep halves, which end at 65,504.
        half_layers: Vec<String>,
    },

    /// The library itself failed where no input should make it.
    #[error("{place}: {problem}; this is an error in gatefold, please report it")]
    Internal {
        /// What was being done.
        place: &'static str,
        /// What went wrong.
        problem: String,
    },

    /// A figure that cannot be drawn.
    #[error("figure {title}: {problem}")]
    Figure {
        /// The figure's title.
        title: String,
        /// What stands against it.
        problem: String,
    },

    /// Processes that are to train together cannot.
    #[error("{0}")]
    Ranks(String),

    /// Another of the processes that train together failed.
    #[error("rank {rank} on {host}: {problem}")]
    Rank {
        /// Its number.
        rank: usize,
        /// The machine that it is on.
        host: String,
        /// What it reported.
        problem: String,
        /// As [`Error::recurs`] says of its error.
        recurs: bool,
    },

    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// What makes numbers finite again.
fn finite_again(learning_rate: Option<f64>, half_layers: &[String]) -> String {
    let halves = |layers: String, verb: &str| {
        format!(
            ", or begin again with `storage` f32: {layers} {verb} numbers as f16, which ends at 65,504"
        )
    };
    let more = match half_layers {
        [] => String::new(),
        [one] => halves(format!("layer {one}"), "keeps"),
        [most @ .., last] => halves(format!("layers {} and {last}", most.join(", ")), "keep"),
    };
    match learning_rate {
        Some(rate) => format!("lower `learning_rate` (now {rate}){more}"),
        None => "take parameters of an earlier step".into(),
    }
}

/// How a device can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceFault {
    /// The driver reset or removed it.
    Lost,
    /// It did not answer within the time limit.
    TimedOut,
    /// A step came back without its end marker: its work was dropped without an error.
    Empty,
    /// Its memory is full.
    OutOfMemory,
    /// It refuses what it was asked for, and would again.
    Refused,
}

/// `Result` with the library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A remedy as the end of a sentence.
fn tail(remedy: Option<&str>) -> String {
    remedy.map_or_else(String::new, |remedy| format!("; {remedy}"))
}

impl Error {
    /// An argument or field that makes no sense.
    pub(crate) fn argument(field: &str, problem: impl Into<String>) -> Error {
        Error::Argument {
            name: format!("`{field}`"),
            problem: problem.into(),
        }
    }

    /// A failure of the device.
    pub(crate) fn device(fault: DeviceFault, problem: impl Into<String>) -> Error {
        Error::Device {
            fault,
            problem: problem.into(),
        }
    }

    /// Whether the same work may well succeed on a device that is opened anew.
    pub fn is_recoverable(&self) -> bool {
        matches!(self, Error::Device { fault, .. } if *fault != DeviceFault::Refused)
    }

    /// Whether the same steps would fail again in the same way.
    pub fn recurs(&self) -> bool {
        match self {
            Error::NotFinite { .. } => true,
            Error::Rank { recurs, .. } => *recurs,
            _ => false,
        }
    }

    /// What is wrong with the TOML in `text`, which stands in the file at `path`, with its line.
    pub fn toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        Error::Malformed {
            path: path.to_path_buf(),
            place: format!("line {line}"),
            problem: error.message().to_string(),
        }
    }

    /// Attaches a path to an I/O error: `fs::read(p).map_err(Error::io(p))`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
