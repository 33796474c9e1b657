//! Whether the lint and these tests notice a kernel that is wrong: every fault of `tests/support/faults/`, one at
//! a time.
//!
//! A faulty kernel is linted here; if that finds nothing, this program runs its own tests again, in another process
//! that compiles the faulty kernel, until one fails. Some faults of each family are part of the ordinary tests; all
//! of them take minutes:
//!
//! ```sh
//! cargo test --test gpu -- --ignored --nocapture mutants::every_fault
//! ```
//!
//! That writes `docs/mutants.md`, a row as soon as it is known. Faults that have a row there already are left out,
//! so an interrupted run goes on where it was; `GATEFOLD_FAULTS=adam` takes up those whose name has `adam` in it,
//! row or none.

mod table;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use gatefold::plan::{KERNELS, Templates};
use wgsl_check::mutate::{Fault, Verdict};

use crate::support::faults::{VARIABLE, all, faulty};
use crate::support::kernels::specialise;
use crate::support::lint;
use table::Table;

/// How a verdict begins that a rule of the lint gave.
const BY_LINT: &str = "lint: ";

/// The verdict on a fault with which the tests do not end by themselves.
const CRASH: &str = "the tests do not end";

/// How long the tests of one fault may take: a faulty kernel may hang.
const LIMIT: Duration = Duration::from_secs(300);

/// The tests that concern a file of `shaders/`, those first that notice the most for their time: those that its header
/// names, and for a common part those of the kernels that take it in.
fn tests_of(file: &str) -> Vec<String> {
    let templates = Templates::default();
    let concerned = KERNELS.iter().filter(|kernel| {
        let mut uses = kernel
            .template
            .lines()
            .filter(|l| l.starts_with("// uses: "));
        kernel.name == file || uses.any(|line| line.contains(file))
    });
    let mut modules: Vec<&str> = Vec::new();
    let own = templates.text(file).unwrap_or_default();
    for template in concerned.map(|kernel| kernel.template).chain([own]) {
        let named = template
            .lines()
            .filter_map(|line| line.split_once("tests/gpu/"));
        for (_, name) in named {
            let module = name.trim().trim_end_matches(".rs");
            if !modules.contains(&module) {
                modules.push(module);
            }
        }
    }
    let filters = modules.iter().flat_map(|module| match *module {
        // Of the many tests of a recurrence, this one notices most faults.
        "lstm" | "gru" => vec![format!("{module}::every_choice"), format!("{module}::")],
        _ => vec![format!("{module}::")],
    });
    filters.collect()
}

fn examine(fault: &Fault) -> Verdict {
    let templates = faulty(fault);
    let concerned = |kernel: &gatefold::plan::Kernel| {
        let text = templates.text(kernel.name()).unwrap_or_default();
        kernel.name() == fault.file
            || fault.file.starts_with("common/") && text.contains(&fault.file)
    };
    let kernels = specialise(&templates, concerned).unwrap_or_else(|failures| {
        panic!(
            "{} does not compile, so it proves nothing:\n{}",
            fault.name(),
            failures.join("\n")
        )
    });
    if let Some(finding) = kernels.iter().flat_map(lint::check).next() {
        return Verdict::Caught(format!("{BY_LINT}{}", finding.rule.title()));
    }
    let filters = tests_of(&fault.file).into_iter().chain([String::new()]);
    filters
        .map(|filter| run_tests(fault, &filter))
        .find(|verdict| *verdict != Verdict::Missed)
        .unwrap_or(Verdict::Missed)
}

/// Runs the tests whose name has `filter` in it, until one fails.
fn run_tests(fault: &Fault, filter: &str) -> Verdict {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--test-threads=1", "--skip=mutants::", filter])
        .env(VARIABLE, fault.name())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, failures) = mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let failed = line
                .strip_prefix("test ")
                .and_then(|line| line.strip_suffix(" ... FAILED"));
            if let Some(test) = failed {
                // Nobody listens any more after the first.
                let _ = sender.send(test.to_owned());
            }
        }
    });
    let verdict = match failures.recv_timeout(LIMIT) {
        Ok(test) => Verdict::Caught(format!("`{test}`")),
        Err(mpsc::RecvTimeoutError::Timeout) => Verdict::Caught(CRASH.to_owned()),
        // The tests ended.
        Err(mpsc::RecvTimeoutError::Disconnected) => match child.wait().unwrap().success() {
            true => Verdict::Missed,
            false => Verdict::Caught(CRASH.to_owned()),
        },
    };
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().unwrap();
    verdict
}

#[test]
fn every_file_has_faults_and_every_fault_its_place() {
    let mut names = HashSet::new();
    for fault in all() {
        faulty(fault);
        assert!(names.insert(fault.name()), "{} twice", fault.name());
    }
    for file in KERNELS {
        assert!(
            all().iter().any(|fault| fault.file == file.name),
            "no fault in {}",
            file.name
        );
        assert!(
            !tests_of(file.name).is_empty(),
            "the header of {} names no test",
            file.name
        );
    }
}

/// Faults come and go with the kernels; a table that is out of date says nothing.
#[test]
fn the_table_is_complete_and_explains_every_survivor() {
    let table = Table::read();
    let mut complaints = Vec::new();
    for fault in all() {
        match table.of(fault) {
            None => complaints.push(format!("{}: no verdict", fault.name())),
            Some(Verdict::Missed) if fault.harmless.is_none() => {
                complaints.push(format!(
                    "{}: noticed by nobody, and why is not said",
                    fault.name()
                ));
            }
            Some(Verdict::Caught(_)) if fault.harmless.is_some() => {
                complaints.push(format!("{}: called harmless, but noticed", fault.name()));
            }
            Some(_) => {}
        }
    }
    if table.text() != Table::written() {
        complaints.push("rows of faults that are no more, or in another order".to_owned());
    }
    assert!(
        complaints.is_empty(),
        "{}\nrun: cargo test --test gpu -- --ignored --nocapture mutants::every_fault",
        complaints.join("\n")
    );
}

/// Of each family a fault that only the numbers tell, and one that only the lint does.
#[test]
fn some_faults_of_each_family_are_noticed() {
    for (name, by_lint) in [
        ("adam: climbs instead of descending", false),
        ("dense_forward: no activation", false),
        ("dropout: what stays is not scaled", false),
        ("segment_sum: the last row of a run is left out", false),
        (
            "binary_cross_entropy: a barrier that half of the workgroup reaches",
            true,
        ),
        ("lstm_forward_subgroup: no barrier between timesteps", true),
        (
            "lstm_backward_split: no barrier before the gates are replaced",
            true,
        ),
        (
            "gru_forward_split: lanes take each other's quarter of the state",
            false,
        ),
        ("gru_step_backward: reads h(t) for h(t - 1)", false),
        ("gru_forward_portable: no barrier between timesteps", true),
        ("matmul_portable: no barrier before the next tiles", true),
    ] {
        let fault = all().iter().find(|fault| fault.name() == name);
        let verdict = examine(fault.unwrap_or_else(|| panic!("no fault {name}")));
        match &verdict {
            Verdict::Caught(by) if by != CRASH => {
                assert_eq!(by.starts_with(BY_LINT), by_lint, "{name}: {verdict:?}");
            }
            _ => panic!("{name}: {verdict:?}"),
        }
    }
}

#[test]
#[ignore = "takes minutes; writes docs/mutants.md"]
fn every_fault_is_noticed() {
    let wanted = std::env::var("GATEFOLD_FAULTS");
    let mut table = Table::read();
    for fault in all() {
        let again = wanted
            .as_ref()
            .is_ok_and(|wanted| fault.name().contains(wanted.as_str()));
        if again || (wanted.is_err() && table.of(fault).is_none()) {
            let verdict = examine(fault);
            eprintln!("{}: {verdict:?}", fault.name());
            table.set(fault, verdict);
            table.write();
        }
    }
}
