//! Reviews to test a run with: its own, or others, with its vocabulary and classes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gatefold::data::{Dataset, ReviewLimits, Source, Table};
use gatefold::device::Device;
use gatefold::gpu::{AdapterChoice, LocalRank};
use gatefold::run::{Parameters, ParametersFrom, TrainedRun, files, find_source, join_names};
use gatefold::train::Session;

use super::args::{DataArgs, DeviceArgs, ReadingArgs, RunArgs, SourceArgs, TestDataArgs};
use super::screen::Output;
use super::settings::{DataSettings, adapter_choice, token_cache};
use super::tell_origin::{load_to_test_told, load_told, tell_adapter};
use super::usage::option;

/// Reviews to test a run with.
enum TestReviews {
    /// The run's own, all of them.
    Own(DataSettings),
    /// The run's own table, named, with the same parts.
    Parted(DataSettings),
    /// Others, of which nothing is for training.
    Others(DataSettings),
}

/// A run's model on a device, and reviews to test it with.
pub struct ToTest {
    pub session: Session,
    pub dataset: Arc<Dataset>,
    /// Whether the run's own reviews are still those that it was trained and validated with; `None` where others are
    /// tested with, or that is not known.
    pub as_trained: Option<bool>,
}

/// Opens the run that was named, and tells where its parameters are from if not from its end.
pub fn open_told(args: &RunArgs, output: Output) -> Result<TrainedRun> {
    open_run_told(&args.run, args.best.parameters(), output)
}

/// The same for a run in a folder.
pub fn open_run_told(folder: &Path, parameters: Parameters, output: Output) -> Result<TrainedRun> {
    let run = TrainedRun::open_with(folder, parameters)?;
    if run.parameters != ParametersFrom::Result {
        output.field("Weights", &format!("of {}", run.parameters));
    }
    Ok(run)
}

/// The run's model on the device that was asked for.
pub fn session_told(run: &TrainedRun, device: &DeviceArgs, output: Output) -> Result<Session> {
    session_on(run, device, &adapter_choice(device), output)
}

/// The run's model on the device of this choice, with kernels of the form that was asked for.
fn session_on(
    run: &TrainedRun,
    device: &DeviceArgs,
    choice: &AdapterChoice,
    output: Output,
) -> Result<Session> {
    let opened = Device::open(choice)?;
    let limits = opened.limits(device.kernels.into())?;
    // The one result on standard output is the command's.
    let told = Output {
        json: false,
        ..output
    };
    tell_adapter(told, &opened.report(), &limits)?;
    Ok(run.session(opened, limits)?)
}

/// The reviews to test with: the run's, or those that were asked for, with the run's vocabulary and classes.
fn test_reviews(run: &TrainedRun, args: &TestDataArgs) -> gatefold::Result<TestReviews> {
    let reading = &args.reading;
    if reading.source != SourceArgs::default() {
        return other_reviews(run, reading.clone());
    }
    let limits = ReviewLimits {
        train: None,
        test: reading.limit_test,
    };
    limits.check()?;
    // The training reviews are not used, but with them the encoded reviews that training kept are found again,
    // and it shows whether they are the same.
    let mut reviews = run.reviews(token_cache(reading.no_cache))?;
    if reading.vocab.is_some() {
        reviews.vocabulary.clone_from(&reading.vocab);
        reviews.kept = None;
    }
    Ok(TestReviews::Own(DataSettings {
        spec: run.spec.data.clone(),
        reviews,
        note: None,
    }))
}

/// Other reviews than the run's.
fn other_reviews(run: &TrainedRun, mut reading: ReadingArgs) -> gatefold::Result<TestReviews> {
    let source = &mut reading.source;
    if source.validation_data.is_some() {
        let problem =
            "reviews to validate with are for training; give those to test with with --test-data";
        return Err(option("--validation-data", problem));
    }
    // A table of test reviews needs none of training reviews.
    if let Some(test) = &source.test_data {
        source.data = Some(test.clone());
    }
    // Labels mean what they mean to the run, not what a few others look like.
    let is_table = |data: &PathBuf| Source::Path(data.clone()).is_table();
    if source.classes.is_none() && source.data.as_ref().is_some_and(is_table) {
        source.classes = Some(join_names(&run.classes));
    }
    // The run has seen the other part of its own table.
    let data = source.data.as_deref();
    let parted = source.test_data.is_none() && data.is_some_and(|data| is_own(run, data));
    if parted && source.encoding.is_none() {
        source.encoding.clone_from(&run.spec.data.encoding);
    }
    let mut data = DataSettings::new(&DataArgs {
        reading,
        limit_train: None,
    })?;
    if data.reviews.source == Source::Demo {
        if !parted {
            let problem = "the demo corpus has a vocabulary of its own, which this run does not know; give reviews that it can read";
            return Err(option("--data", problem));
        }
    } else if data.reviews.vocabulary.is_none() {
        let named = run.named_vocabulary().filter(|path| path.is_file());
        data.reviews.kept = run.kept_vocabulary().or(named).map(Path::to_path_buf);
    }
    Ok(match parted {
        true => TestReviews::Parted(data),
        false => TestReviews::Others(data),
    })
}

/// Whether `data` is the one file, folder or corpus that the run's reviews are from.
fn is_own(run: &TrainedRun, data: &Path) -> bool {
    let source = run.spec.data.source();
    if let Source::Table(Table {
        test, validation, ..
    }) = &source
        && (test.is_some() || validation.is_some())
    {
        return false;
    }
    // What cannot be found is told where it is read.
    let Ok((other, _)) = find_source(data) else {
        return false;
    };
    let place = |path: &Path| fs::canonicalize(path).ok();
    match (source.path(), other.path()) {
        (None, None) => true,
        (Some(own), Some(other)) => place(own).is_some() && place(own) == place(other),
        _ => false,
    }
}

/// Takes the test part where training was validated with another.
fn test_held_out(dataset: &mut Dataset) {
    if !dataset.held_out.is_empty() {
        dataset.test = std::mem::take(&mut dataset.held_out);
    }
}

/// The model on the device that was asked for, and the reviews to test it with, of its vocabulary. `local` is the place of
/// this process among several.
///
/// # Errors
/// As [`DataSettings::new`] and [`load_told`], and where vocabulary or device do not suit the model.
pub fn with_test_data(
    run: &TrainedRun,
    data: &TestDataArgs,
    device: &DeviceArgs,
    local: Option<LocalRank>,
    output: Output,
) -> Result<ToTest> {
    let reviews = test_reviews(run, data)?;
    let mut choice = adapter_choice(device);
    choice.local = local.or(choice.local);
    let session = session_on(run, device, &choice, output)?;
    let (dataset, as_trained) = match &reviews {
        TestReviews::Others(others) => (load_to_test_told(others, output)?, None),
        TestReviews::Parted(parted) => {
            let mut dataset = load_told(parted, &AtomicBool::new(false), output)?;
            test_held_out(&mut dataset);
            (dataset, None)
        }
        TestReviews::Own(own) => {
            let mut dataset = load_told(own, &AtomicBool::new(false), output)?;
            let as_trained = run.is_as_trained(&dataset);
            test_held_out(&mut dataset);
            let limits = ReviewLimits {
                train: None,
                test: data.reading.limit_test,
            };
            dataset.limit(limits, &own.reviews.source);
            (dataset, as_trained)
        }
    };
    run.check_vocabulary(&dataset.vocabulary)?;
    if as_trained == Some(false) {
        let problem = format!(
            "other reviews are in {} than {} was trained and validated with: their SHA-256 is another one than \
             {} has",
            dataset.name,
            run.folder.display(),
            files::CONFIG
        );
        output.field("Note", &problem);
    }
    if !dataset.synthetic {
        for note in &dataset.notes {
            output.field("Note", note);
        }
    }
    Ok(ToTest {
        session,
        dataset: Arc::new(dataset),
        as_trained,
    })
}
