//! Several processes on this machine, each of which takes trials as one that was started by hand.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use gatefold::Error;
use gatefold::device::Device;
use gatefold::sweep::{Sweep, SweepFolder, TrialState};

use super::tell::Teller;
use crate::cli::args::SweepArgs;
use crate::cli::settings::adapter_choice;

/// Between two looks at the processes and the trials.
const INTERVAL: Duration = Duration::from_millis(300);

/// Starts the processes, and tells of trials that are over until all have ended.
pub fn run(
    args: &SweepArgs,
    folder: &SweepFolder,
    sweep: &Sweep,
    stop: &AtomicBool,
    teller: &mut Teller,
) -> Result<()> {
    let threads = threads(args)?;
    let mut children = Vec::new();
    for _ in 0..args.jobs {
        children.push(Job(start(args, folder, threads)?));
    }
    let mut told: Vec<TrialState> = folder.states(sweep)?;
    let mut is_told_to_stop = false;
    loop {
        let mut running = 0;
        for child in &mut children {
            running += usize::from(
                child
                    .0
                    .try_wait()
                    .context("a process of the sweep")?
                    .is_none(),
            );
        }
        let states = folder.states(sweep)?;
        let trials = sweep.trials.iter().zip(&states).zip(&told);
        for (number, ((trial, now), before)) in (1..).zip(trials) {
            if now.outcome.is_some() && now.outcome != before.outcome {
                teller.over(trial, number, now);
            }
        }
        told = states;
        if running == 0 {
            break;
        }
        if stop.load(Ordering::Relaxed) && !is_told_to_stop {
            is_told_to_stop = true;
            children.iter_mut().for_each(Job::ask_to_stop);
        }
        thread::sleep(INTERVAL);
    }
    if !is_told_to_stop {
        tell_failures(&mut children, teller)?;
    }
    match is_told_to_stop {
        true => Err(Error::Interrupted.into()),
        false => Ok(()),
    }
}

/// Says once why processes ended before the sweep: this one goes on with what they left.
fn tell_failures(children: &mut [Job], teller: &Teller) -> Result<()> {
    let mut told: Vec<String> = Vec::new();
    for child in children {
        if child.0.wait()?.success() {
            continue;
        }
        let mut words = String::new();
        if let Some(errors) = &mut child.0.stderr {
            errors.read_to_string(&mut words)?;
        }
        let words = words.trim().trim_start_matches("error: ").to_string();
        // Of trials that failed this process says the same at its end.
        let is_of_trials = words.contains("--retry-failed");
        if !is_of_trials && !told.contains(&words) {
            teller.note(&format!("a process of the sweep ended: {words}"));
            told.push(words);
        }
    }
    Ok(())
}

/// A process of the sweep; killed where this one ends before it, which loses nothing.
struct Job(Child);

impl Job {
    /// Has it end after the step at hand.
    fn ask_to_stop(&mut self) {
        #[cfg(unix)]
        {
            use nix::sys::signal::{Signal, kill};
            use nix::unistd::Pid;
            if let Ok(id) = i32::try_from(self.0.id()) {
                // It may have ended by itself.
                let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
            }
        }
        #[cfg(not(unix))]
        {
            let _ = self.0.kill();
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

fn start(args: &SweepArgs, folder: &SweepFolder, threads: Option<u16>) -> Result<Child> {
    let program = std::env::current_exe().context("this program's own file")?;
    let mut command = Command::new(program);
    command
        .arg("--quiet")
        .arg("sweep")
        .arg(&args.file)
        .arg("--out")
        .arg(folder.path());
    if let Some(adapter) = &args.device.adapter {
        command.args(["--adapter", adapter]);
    }
    if let Some(name) = clap::ValueEnum::to_possible_value(&args.device.kernels) {
        command.args(["--kernels", name.get_name()]);
    }
    if args.device.webgpu_limits {
        command.arg("--webgpu-limits");
    }
    if let Some(threads) = threads {
        command.args(["--threads", &threads.to_string()]);
    }
    if let Some(rows) = args.tile.rows() {
        command.args(["--row-tile", &rows.to_string()]);
    }
    if let Some(share) = args.take {
        command.args(["--take", &share.to_string()]);
    }
    if args.no_cache {
        command.arg("--no-cache");
    }
    // This process tells of the trials, from their files; of errors there are a few lines, which fit a pipe.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    // Ctrl-C comes to this process alone, which asks the others once: a second asking would end them at once.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().context("another process of the sweep")
}

/// Threads of each process: those that were asked for, or on the processor itself a share of all.
fn threads(args: &SweepArgs) -> Result<Option<u16>> {
    if args.device.threads.is_some() {
        return Ok(args.device.threads);
    }
    let device = Device::open(&adapter_choice(&args.device))?;
    if !matches!(device, Device::Native(_)) {
        return Ok(None);
    }
    let all = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = (all / usize::from(args.jobs)).max(1);
    Ok(u16::try_from(share).ok())
}
