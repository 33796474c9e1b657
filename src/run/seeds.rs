//! Which runs differ in their seed alone.

use toml::{Table, Value};

use super::spec::RunSpec;
use crate::error::Result;

/// The runs by what they have in common but for the seed, as their places; a run whose model is not known is alone.
///
/// # Errors
/// As [`RunSpec::to_table`].
pub fn group_seeds(specs: &[Option<RunSpec>]) -> Result<Vec<Vec<usize>>> {
    let mut groups: Vec<(Option<Table>, Vec<usize>)> = Vec::new();
    for (run, spec) in specs.iter().enumerate() {
        let known = spec.as_ref().filter(|spec| spec.model.is_some());
        let shared = known.map(shared).transpose()?;
        let same = groups
            .iter_mut()
            .find(|(other, _)| shared.is_some() && *other == shared);
        match same {
            Some((_, group)) => group.push(run),
            None => groups.push((shared, vec![run])),
        }
    }
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

/// What is told of a run, without its seed and what it was trained by.
fn shared(spec: &RunSpec) -> Result<Table> {
    let mut table = spec.to_table()?;
    for trained_by in ["gatefold", "adapter", "comparison"] {
        table.remove(trained_by);
    }
    if let Some(Value::Table(training)) = table.get_mut("training") {
        training.remove("seed");
    }
    Ok(table)
}
