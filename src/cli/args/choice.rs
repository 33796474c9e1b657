//! Options that take one of a few names.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// Reads one of these names, each with its help and what it stands for; lists them all where there is no such name.
pub fn choice<T: Clone + Send + Sync + 'static>(
    choices: Vec<(&'static str, &'static str, T)>,
) -> impl TypedValueParser<Value = T> {
    let known = choices
        .iter()
        .map(|(name, help, _)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(known.collect::<Vec<_>>()).try_map(move |given| {
        let mut known = choices.iter();
        let chosen = known.find(|(name, _, _)| *name == given);
        chosen
            .map(|(_, _, value)| value.clone())
            .ok_or("no such name")
    })
}
