//! Several processes of one command, as `mpirun` starts them: how they begin, what they share, how they end.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use gatefold::Error;
use gatefold::ranks::{Failure, Launch, Ranks};
use gatefold::run::BegunRun;

use super::args::Command;

/// What the processes of a launcher do with a command.
enum Together {
    /// They share the work, with messages.
    Ranks(&'static str),
    /// They share the work by the folder that they write to.
    Folder,
    /// Each does all of it.
    Nothing,
}

impl Together {
    fn of(command: &Command) -> Together {
        match command {
            Command::Train(_) => Together::Ranks("train"),
            Command::Compare(_) => Together::Ranks("compare"),
            Command::Evaluate(_) => Together::Ranks("evaluate"),
            Command::Sweep(_) => Together::Folder,
            _ => Together::Nothing,
        }
    }
}

/// Whether this process is the one to tell of what concerns all that a launcher started.
pub fn is_first(launch: Option<&Launch>) -> bool {
    launch.is_none_or(|launch| launch.rank == 0)
}

/// Whether this process is to print nothing, as another does it.
pub fn is_silent(launch: Option<&Launch>, command: &Command) -> bool {
    !is_first(launch) && !matches!(Together::of(command), Together::Nothing)
}

/// The ranks that share the command; `None` where this process does all of it.
pub fn start(launch: Option<&Launch>, command: &Command) -> Result<Option<Arc<Ranks>>> {
    match (launch, Together::of(command)) {
        (Some(launch), Together::Ranks(command)) => begin(launch, command).map(Some),
        _ => Ok(None),
    }
}

#[cfg(feature = "mpi")]
fn begin(launch: &Launch, command: &str) -> Result<Arc<Ranks>> {
    use gatefold::ranks::{Exchange, Mpi};

    let mpi = Mpi::start()?;
    let (by, size, there) = (launch.by, launch.size, mpi.size());
    if there != size {
        let problem = format!(
            "{by} started {size} processes, but MPI knows of {there}: its library is another one than that of {by}; start \
             gatefold with the mpirun of the library that it was built with, or srun with --mpi=pmix"
        );
        return Err(Error::Ranks(problem).into());
    }
    let facts = [("the command", command.to_string())];
    Ok(Arc::new(Ranks::new(mpi, &facts)?))
}

#[cfg(not(feature = "mpi"))]
fn begin(launch: &Launch, command: &str) -> Result<Arc<Ranks>> {
    let problem = format!(
        "{} started {} processes, but this gatefold is built without the feature `mpi`: each would {command} the same for \
         itself; build it with cargo build --release --features mpi, start it once, or have gatefold sweep share trials",
        launch.by, launch.size
    );
    Err(Error::Ranks(problem).into())
}

/// Opens a run to go on with: the first rank takes its folder, and the others read it.
pub fn open_run(ranks: Option<&Arc<Ranks>>, folder: &Path) -> gatefold::Result<BegunRun> {
    match ranks {
        Some(ranks) if !ranks.is_first() => BegunRun::of_another(folder),
        _ => BegunRun::open(folder),
    }
}

/// What came of the command on all ranks: where one failed, all have, and the first of them tells it.
pub fn end(ranks: &Ranks, outcome: Result<()>) -> Result<()> {
    let failure = outcome
        .as_ref()
        .err()
        .map(|error| match error.downcast_ref() {
            Some(error) => Failure::of(error),
            None => Failure::new(format!("{error:#}")),
        });
    let others = ranks.agree(failure.as_ref());
    outcome.and(others.map_err(anyhow::Error::from))
}
