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

/// A run's name without the seed that it ends with, as the folders of a sweep do; the whole name where nothing else is in it.
///
/// # Examples
/// ```
/// use gatefold::run::without_seed;
///
/// assert_eq!(without_seed("baseline,pad=before,seed=12"), "baseline,pad=before");
/// assert_eq!(without_seed("runs/small-seed-3"), "runs/small");
/// assert_eq!(without_seed("seed=1"), "seed=1");
/// assert_eq!(without_seed("birdseed"), "birdseed");
/// ```
pub fn without_seed(name: &str) -> &str {
    const SEPARATORS: [char; 5] = [',', '=', '-', '_', ' '];
    let number = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let rest = number.trim_end_matches(SEPARATORS).strip_suffix("seed");
    match rest.map(|rest| rest.trim_end_matches(SEPARATORS)) {
        Some(rest) if number != name && !rest.is_empty() && !rest.ends_with('/') => rest,
        _ => name,
    }
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
