//! Starts the program under `mpirun`.

use std::fs;
use std::process::{Command, Stdio};

use crate::program::{Outcome, Workplace, slashes};

/// The program on the processor in the folder, alone or under `mpirun`.
fn prepared(place: &Workplace, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(place.path(""))
        .env("GATEFOLD_HOME", place.cached(""))
        .env("WGPU_ADAPTER_NAME", "cpu")
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// `mpirun` with ranks of each of these commands, one behind the other. Ranks may be more than processors.
pub fn mpirun(place: &Workplace, ranks: &[(usize, &str)]) -> Command {
    mpirun_within(place, &[], &[], ranks)
}

/// The same, started by the command `outer`, and with options of its own.
pub fn mpirun_within(
    place: &Workplace,
    outer: &[&str],
    options: &[&str],
    ranks: &[(usize, &str)],
) -> Command {
    let words = [outer, &["mpirun"]].concat();
    let mut command = prepared(place, words[0]);
    command.args(&words[1..]).args([
        "--oversubscribe",
        "--allow-run-as-root",
        "--bind-to",
        "none",
    ]);
    command.args(options);
    for (number, (count, line)) in ranks.iter().enumerate() {
        if number > 0 {
            command.arg(":");
        }
        command
            .args(["-n", &count.to_string(), env!("CARGO_BIN_EXE_gatefold")])
            .args(line.split_whitespace());
    }
    command
}

/// The program without `mpirun`.
pub fn alone(place: &Workplace, line: &str) -> Outcome {
    let mut command = prepared(place, env!("CARGO_BIN_EXE_gatefold"));
    outcome(command.args(line.split_whitespace()))
}

/// So many ranks of one command.
pub fn on_ranks(place: &Workplace, count: usize, line: &str) -> Outcome {
    outcome(&mut mpirun(place, &[(count, line)]))
}

/// What the command came to.
pub fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: slashes(&String::from_utf8(output.stderr).unwrap()),
    }
}

/// The lines that the program itself wrote as errors; `mpirun` adds words of its own.
pub fn errors(outcome: &Outcome) -> Vec<&str> {
    let lines = outcome.stderr.lines();
    lines.filter(|line| line.starts_with("error: ")).collect()
}

/// The process of a rank of the job of this `mpirun`, once it is there.
pub fn process_of(mpirun: u32, rank: usize) -> Option<i32> {
    let own = format!("OMPI_COMM_WORLD_RANK={rank}");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers.find(|number| {
        let read = |name: &str| fs::read(format!("/proc/{number}/{name}")).unwrap_or_default();
        let status = String::from_utf8_lossy(&read("status")).into_owned();
        let is_child = status
            .lines()
            .any(|line| line == format!("PPid:\t{mpirun}"));
        is_child
            && read("environ")
                .split(|byte| *byte == 0)
                .any(|one| one == own.as_bytes())
    })
}
