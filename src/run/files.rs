//! Every file that a run, or a comparison of runs, has in its folder.

use crate::data::VocabularyKind;
use crate::report::{OVERVIEW_FILES, OVERVIEW_PDFS, RUN_FILES, RUN_PDFS};
use crate::train::CheckpointFiles;

/// What was trained, on what and how: a [`RunSpec`](super::RunSpec).
pub const CONFIG: &str = "config.toml";

/// The vocabulary that the run's ids are of, in the form of its kind, so that the folder can be used wherever it is.
pub fn vocabulary(kind: VocabularyKind) -> &'static str {
    match kind {
        VocabularyKind::Subwords => "vocabulary.subwords",
        VocabularyKind::Words => "vocabulary.words.json",
        VocabularyKind::Characters => "vocabulary.characters.json",
        VocabularyKind::Tokenizer => "tokenizer.json",
    }
}

/// The trained parameters.
pub const MODEL: &str = "model.safetensors";

/// The parameters of the best epoch.
pub const BEST: &str = "best.safetensors";

/// What the run tells while it trains.
pub const PROGRESS: &str = "progress.jsonl";

/// The page that tells of the run or the comparison.
pub const REPORT: &str = "report.html";

/// The model card of the run, which stays where someone else wrote or edited it.
pub const CARD: &str = "README.md";

/// The folder of the event files.
pub const EVENTS: &str = "tensorboard";

/// The file that is locked while a process writes the run.
pub const LOCK: &str = ".lock";

/// What a run, or what is drawn of it, leaves; event files, lock and model card apart.
///
/// Checkpoints come first: without them, a run that is half removed cannot be taken for one to go on with.
pub(super) fn of_run() -> impl Iterator<Item = &'static str> {
    let own = [CONFIG, PROGRESS, REPORT, MODEL, BEST];
    CheckpointFiles::NAMES
        .into_iter()
        .chain(own)
        .chain(VocabularyKind::ALL.map(vocabulary))
        .chain(RUN_FILES)
        .chain(RUN_PDFS)
}

/// What a comparison leaves above its runs.
pub(super) fn of_comparison() -> impl Iterator<Item = &'static str> {
    OVERVIEW_FILES
        .into_iter()
        .chain(OVERVIEW_PDFS)
        .chain([REPORT])
}

/// Whether a file of this name, in whatever case, stands above the runs of a comparison, so that no run's folder can have it.
pub fn stands_above_runs(name: &str) -> bool {
    of_comparison()
        .chain([CONFIG, LOCK])
        .chain(VocabularyKind::ALL.map(vocabulary))
        .any(|file| file.eq_ignore_ascii_case(name))
}
