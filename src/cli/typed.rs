//! [`TypedOptions`]: which options were typed, and not left at their default.

use clap::ArgMatches;
use clap::parser::ValueSource;

/// Which options of a subcommand were typed.
pub struct TypedOptions(ArgMatches);

impl TypedOptions {
    /// Of the subcommand in these matches.
    pub fn of(matches: &ArgMatches) -> TypedOptions {
        let subcommand = matches.subcommand();
        TypedOptions(subcommand.map_or(ArgMatches::default(), |(_, matches)| matches.clone()))
    }

    /// Whether the option of this name, without dashes, was.
    pub fn has(&self, option: &str) -> bool {
        let id = option.replace('-', "_");
        // A subcommand does not have every option.
        let known = self.0.try_contains_id(&id).is_ok();
        known && self.0.value_source(&id) == Some(ValueSource::CommandLine)
    }
}
