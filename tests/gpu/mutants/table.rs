//! `docs/mutants.md`: which fault is noticed by whom.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use wgsl_check::mutate::{Fault, Verdict};

use super::{BY_LINT, CRASH};
use crate::support::faults::all;

const HEADER: &str = "\
# Seeded faults

Do the tests notice a kernel that is wrong? Each row is one change of one file in `shaders/`, made alone, and the
first that noticed it: a rule of [wgsl-check](wgsl-check.md) (\"lint\"), or a test (`tests/gpu/`) on Mesa's software
adapter. The faults stand in `tests/support/faults/`; this table is written by

```sh
cargo test --test gpu -- --ignored --nocapture mutants::every_fault
```

which leaves out what has a row already: delete the rows, or the file, to examine faults anew.

| file | fault | noticed by |
|---|---|---|
";

/// Verdicts by file and fault.
pub struct Table(HashMap<(String, String), Verdict>);

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mutants.md")
}

fn cell(verdict: &Verdict, fault: &Fault) -> String {
    match verdict {
        Verdict::Caught(by) => by.clone(),
        Verdict::Missed => format!(
            "nobody: {}",
            fault.harmless.as_deref().unwrap_or("why, is not known")
        ),
        Verdict::Unviable(why) => format!("unviable: {why}"),
    }
}

fn of_cell(cell: &str) -> Option<Verdict> {
    if cell.starts_with("nobody: ") {
        return Some(Verdict::Missed);
    }
    let known =
        cell.starts_with(BY_LINT) || cell == CRASH || cell.len() > 2 && cell.starts_with('`');
    known.then(|| Verdict::Caught(cell.to_owned()))
}

impl Table {
    /// The table as it stands; without rows where there is no file.
    pub fn read() -> Table {
        let text = Table::written();
        let rows = text.lines().filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [file, fault, cell] = cells[..] else {
                return None;
            };
            let key = (file.trim_matches('`').to_owned(), fault.to_owned());
            Some((key, of_cell(cell)?))
        });
        Table(rows.collect())
    }

    pub fn of(&self, fault: &Fault) -> Option<&Verdict> {
        self.0.get(&(fault.file.clone(), fault.breaks.clone()))
    }

    pub fn set(&mut self, fault: &Fault, verdict: Verdict) {
        self.0
            .insert((fault.file.clone(), fault.breaks.clone()), verdict);
    }

    /// The file as it stands, nothing where there is none.
    pub fn written() -> String {
        std::fs::read_to_string(path()).unwrap_or_default()
    }

    /// The file with the rows of all faults there are, in their order.
    pub fn text(&self) -> String {
        let rows = all().iter().filter_map(|fault| {
            let cell = cell(self.of(fault)?, fault);
            Some(format!(
                "| `{}` | {} | {cell} |\n",
                fault.file, fault.breaks
            ))
        });
        HEADER.to_owned() + &rows.collect::<String>()
    }

    pub fn write(&self) {
        std::fs::write(path(), self.text()).unwrap();
    }
}
