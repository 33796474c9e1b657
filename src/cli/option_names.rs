//! What the library calls a field in its messages, and what the user types for it.

use gatefold::run::keys::KEYS;

/// A field, argument or function as the library names it in backticks, and what stands for it on the command line; fields
/// of a run stand in [`KEYS`].
const OPTIONS: &[(&str, &str)] = &[
    ("AdapterChoice::name", "--adapter"),
    ("ExportCells::Ids", "--ids"),
    ("ExportedData::path", "--output"),
    ("FetchOptions::timeout", "--timeout SECONDS"),
    ("FigureOptions::dpi", "--dpi"),
    ("FigureOptions::formats", "--format"),
    ("FigureOptions::inches", "--size"),
    ("KernelForm::Portable", "--kernels portable"),
    ("KernelForm::Split", "--kernels split"),
    ("KernelForm::Subgroup", "--kernels subgroup"),
    #[cfg(feature = "serve")]
    ("Page::serve", "--serve"),
    #[cfg(feature = "serve")]
    ("ServeOptions::address", "--listen"),
    #[cfg(feature = "serve")]
    ("ServeOptions::max_bytes", "--max-bytes"),
    #[cfg(feature = "serve")]
    ("ServeOptions::max_texts", "--max-texts"),
    #[cfg(feature = "serve")]
    ("ServeOptions::max_waiting", "--max-waiting"),
    ("AdapterChoice::webgpu_limits", "--webgpu-limits"),
    ("Limits::row_tile", "--row-tile"),
    ("RemoteFile::at", "--url URL"),
    ("RemoteFile::sha256", "--sha256"),
    ("RemoteFile::size", "--size"),
    ("RemoteFile::url", "--url"),
    ("Source::Path", "--data"),
    ("Table::classes", "--classes"),
    ("Table::encoding", "--encoding"),
    ("Table::label_column", "--label-column NAME"),
    ("Table::no_header", "--no-header"),
    ("Table::path", "--data"),
    ("Table::test", "--test-data"),
    ("Table::text_column", "--text-column NAME"),
    ("TextForm::Lines", "--input-format lines"),
    ("TextRequest::form", "--input-format FORM"),
    ("Table::validation", "--validation-data"),
    ("build_vocabulary", "`gatefold data build-vocab`"),
    // Training from the start, where a run is there to go on with.
    ("fit", "--overwrite"),
    ("class", "--class"),
    ("class_weights", "--class-weight"),
    ("data", "--data"),
    ("folder", "RUN"),
    ("limits.test", "--limit-test"),
    ("limits.train", "--limit-train"),
    ("min_count", "--min-count"),
    ("ngrams", "--ngrams"),
    ("out", "--out"),
    ("overwrite", "--overwrite"),
    ("resume", "--resume"),
    ("retry_failed", "--retry-failed"),
    ("schedule.decay.factor", "--plateau-factor"),
    ("schedule.decay.minimum", "--minimum-rate"),
    ("target_size", "--target-size"),
    ("threads", "--threads"),
];

/// The message with options in place of the fields that it names in backticks; all else in it stays.
pub fn with_options(message: &str) -> String {
    let keys = KEYS.iter().filter_map(|key| {
        let option = key.option?;
        Some((key.field(), format!("--{option}")))
    });
    let others = OPTIONS
        .iter()
        .map(|(field, option)| (*field, option.to_string()));
    keys.chain(others)
        .fold(message.to_owned(), |told, (field, option)| {
            told.replace(&format!("`{field}`"), &option)
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Arguments;
    use super::*;

    fn all_commands() -> Vec<clap::Command> {
        let mut root = Arguments::command();
        root.build();
        let mut commands = vec![root];
        let mut next = 0;
        while let Some(command) = commands.get(next) {
            let further: Vec<_> = command.get_subcommands().cloned().collect();
            commands.extend(further);
            next += 1;
        }
        commands
    }

    /// Whether a command has the option, and takes the value that stands behind it.
    fn exists(typed: &str) -> bool {
        let commands = all_commands();
        if let Some(name) = typed.strip_prefix('`') {
            return commands
                .iter()
                .any(|command| command.get_bin_name() == name.strip_suffix('`'));
        }
        let (option, value) = typed.split_once(' ').unwrap_or((typed, ""));
        let mut arguments = commands.iter().flat_map(clap::Command::get_arguments);
        arguments.any(|argument| {
            let names = argument.get_value_names().unwrap_or_default();
            let values = argument.get_possible_values();
            // A positional argument goes by what its value is called.
            let is_it = match option.strip_prefix("--") {
                Some(long) => argument.get_long() == Some(long),
                None => argument.is_positional() && names.iter().any(|name| name == option),
            };
            is_it
                && (value.is_empty()
                    || names.iter().any(|name| name == value)
                    || values.iter().any(|known| known.get_name() == value))
        })
    }

    #[test]
    fn every_option_is_one_of_the_program() {
        for (field, option) in OPTIONS {
            assert!(exists(option), "{field}: {option}");
        }
        for none in [
            "--none",
            "RUNS",
            "--url URI",
            "--kernels fast",
            "`gatefold data none`",
        ] {
            assert!(!exists(none), "{none}");
        }
    }

    #[test]
    fn options_stand_in_place_of_fields() {
        let told =
            with_options("`batch_size`: no `label`; another batch_size with `fit` or `fits`");
        let expected = "--batch-size: no `label`; another batch_size with --overwrite or `fits`";
        assert_eq!(told, expected);
    }
}
