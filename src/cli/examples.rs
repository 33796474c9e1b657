//! Examples of every command, for its help and its man page.

/// What an example does, and the command line.
pub type Example = (&'static str, &'static str);

/// The examples of each command, which is named as it is typed.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "gatefold",
        &[
            (
                "Train three models on the demo corpus and compare them",
                "gatefold compare",
            ),
            (
                "Train a model on a table of your own, and ask it",
                "gatefold train --data reviews.csv
gatefold predict runs/bidirectional-reviews 'A fine film'",
            ),
        ],
    ),
    (
        "gatefold compare",
        &[
            (
                "Compare the three models on the demo corpus",
                "gatefold compare",
            ),
            (
                "Compare two of them on the film reviews",
                "gatefold data fetch imdb
gatefold compare --data imdb --variants dropout,bidirectional",
            ),
            (
                "Compare models of your own",
                "gatefold compare --data my.csv --config small.toml --config big.toml",
            ),
        ],
    ),
    (
        "gatefold train",
        &[
            (
                "Train on a table of your own",
                "gatefold train --data reviews.csv",
            ),
            (
                "Train until it gets no better",
                "gatefold train bidirectional --epochs 50 --early-stopping",
            ),
            (
                "Go on with a run that was stopped",
                "gatefold train --resume runs/mine",
            ),
            (
                "Train long texts on a GPU with little memory",
                "gatefold train --data letters.csv --storage f16",
            ),
        ],
    ),
    (
        "gatefold sweep",
        &[
            (
                "See how long a sweep takes, then train it",
                "gatefold sweep rates.toml --dry-run
gatefold sweep rates.toml",
            ),
            (
                "Train two trials at a time",
                "gatefold sweep rates.toml --jobs 2",
            ),
        ],
    ),
    (
        "gatefold evaluate",
        &[
            (
                "Measure a run on its own test reviews",
                "gatefold evaluate runs/mine",
            ),
            (
                "Measure it on other reviews, and draw the curves",
                "gatefold evaluate runs/mine --data new.csv --figures figures",
            ),
        ],
    ),
    (
        "gatefold predict",
        &[
            (
                "Ask about a text",
                "gatefold predict runs/mine 'A fine film'",
            ),
            (
                "Add a column of answers to a table",
                "gatefold predict runs/mine --file new.csv > answers.csv",
            ),
            (
                "Read reviews from another program, one a line",
                "grep film notes.txt | gatefold predict runs/mine -",
            ),
        ],
    ),
    #[cfg(feature = "serve")]
    (
        "gatefold serve",
        &[
            ("Serve a run to this machine", "gatefold serve runs/mine"),
            (
                "Serve its best epoch to others, and ask it",
                "gatefold serve runs/mine --best --listen 0.0.0.0:8000
curl http://127.0.0.1:8000/predict --json '{\"text\": \"a fine film\"}'",
            ),
        ],
    ),
    (
        "gatefold explain",
        &[
            (
                "Colour the words of a text",
                "gatefold explain runs/mine 'I expected a clumsy film'",
            ),
            (
                "Write a page about a text in a file",
                "gatefold explain runs/mine --html why.html - < review.txt",
            ),
        ],
    ),
    (
        "gatefold export",
        &[
            (
                "Write a model that Keras loads",
                "gatefold export runs/mine --format keras --output m.keras",
            ),
            (
                "Write an ONNX graph of the best epoch",
                "gatefold export runs/mine --best --format onnx --output m.onnx",
            ),
        ],
    ),
    (
        "gatefold import",
        &[
            (
                "Use a Keras model with the data of a run",
                "gatefold import m.keras --like runs/mine --out runs/keras",
            ),
            (
                "Use weights alone, of a model that is named",
                "gatefold import m.weights.h5 bidirectional --out runs/keras",
            ),
        ],
    ),
    (
        "gatefold summary",
        &[
            (
                "Show one of the experiment's models",
                "gatefold summary bidirectional",
            ),
            (
                "Check a model file of your own",
                "gatefold summary --config model.toml",
            ),
        ],
    ),
    (
        "gatefold watch",
        &[
            ("List all runs, newest first", "gatefold watch runs"),
            ("Show the curves of one", "gatefold watch runs/mine"),
            #[cfg(feature = "serve")]
            (
                "Show it in a browser",
                "gatefold watch runs/mine --serve 8080",
            ),
        ],
    ),
    (
        "gatefold plot",
        &[
            (
                "Draw the plots of a run again, as PDF",
                "gatefold plot runs/mine --format pdf --size 6x4",
            ),
            (
                "Draw runs of several seeds as their mean and range",
                "gatefold plot runs/seed-1 runs/seed-2 runs/seed-3 --over-seeds",
            ),
        ],
    ),
    (
        "gatefold report",
        &[
            (
                "Write the report of two runs",
                "gatefold report runs/first runs/second --output both.html",
            ),
            (
                "Show three reviews that it got wrong, and three right",
                "gatefold report runs/mine --examples 3",
            ),
        ],
    ),
    (
        "gatefold devices",
        &[
            ("See what there is to compute on", "gatefold devices"),
            (
                "See which device a name stands for",
                "gatefold devices --adapter nvidia",
            ),
        ],
    ),
    (
        "gatefold data",
        &[
            (
                "Look at a table before training",
                "gatefold data inspect --data reviews.csv",
            ),
            ("Download the film reviews", "gatefold data fetch imdb"),
        ],
    ),
    (
        "gatefold data inspect",
        &[
            (
                "Look at a table before training",
                "gatefold data inspect --data reviews.csv",
            ),
            (
                "Draw how long the reviews are",
                "gatefold data inspect --data reviews.csv --histogram lengths.png",
            ),
        ],
    ),
    (
        "gatefold data encode",
        &[
            (
                "Turn texts into ids",
                "gatefold data encode --vocab words.json --input texts.jsonl",
            ),
            (
                "Do so in a pipe",
                "echo '{\"text\": \"fine\"}' | gatefold data encode --vocab words.json",
            ),
        ],
    ),
    (
        "gatefold data decode",
        &[
            (
                "Turn ids into texts",
                "gatefold data decode --vocab words.json --input ids.jsonl",
            ),
            (
                "Do so in a pipe",
                "echo '{\"ids\": [7, 42]}' | gatefold data decode --vocab words.json",
            ),
        ],
    ),
    (
        "gatefold data build-vocab",
        &[
            (
                "Build subwords from a table",
                "gatefold data build-vocab --data reviews.csv --output my.subwords",
            ),
            (
                "Build a vocabulary of whole words",
                "gatefold data build-vocab --data my.csv --kind words --output w.json",
            ),
            (
                "Take pairs of words in, unless they occur only once",
                "gatefold data build-vocab --data my.csv --kind words --ngrams 2 \\
    --min-count 2 --target-size 400000 --output pairs.json",
            ),
        ],
    ),
    (
        "gatefold data fetch",
        &[
            (
                "Download the film reviews, and train on them",
                "gatefold data fetch imdb
gatefold train bidirectional --data imdb",
            ),
            (
                "Download them from a server near you",
                "gatefold data fetch imdb --url http://mirror/aclImdb_v1.tar.gz",
            ),
        ],
    ),
    (
        "gatefold data export",
        &[
            (
                "Write a corpus as a table",
                "gatefold data export --data imdb --format csv --output imdb.csv",
            ),
            (
                "Write ids for tensorflow-datasets",
                "gatefold data export --data imdb --format tfds --output tfds",
            ),
        ],
    ),
    (
        "gatefold bench",
        &[
            (
                "Time a step, and each kernel in it",
                "gatefold bench bidirectional --profile",
            ),
            (
                "Write a report of all kernels to send to others",
                "gatefold bench --report",
            ),
        ],
    ),
    (
        "gatefold completions",
        &[
            (
                "For bash",
                "gatefold completions bash \\
  > ~/.local/share/bash-completion/completions/gatefold",
            ),
            (
                "For fish",
                "gatefold completions fish > ~/.config/fish/completions/gatefold.fish",
            ),
        ],
    ),
    (
        "gatefold man",
        &[
            (
                "Install the pages, and read one",
                "gatefold man ~/.local/share/man/man1
man gatefold-train",
            ),
            ("Read gatefold's own page", "gatefold man | man -l -"),
        ],
    ),
];

/// The examples of the command that is typed so, `gatefold data fetch` say.
pub fn of(command: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, examples)| *examples)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::super::args::Arguments;
    use super::*;

    /// Calls `visit` with every command and how it is typed.
    fn each_command(command: &Command, name: &str, visit: &mut dyn FnMut(&Command, &str)) {
        visit(command, name);
        for subcommand in command.get_subcommands() {
            let name = format!("{name} {}", subcommand.get_name());
            each_command(subcommand, &name, visit);
        }
    }

    #[test]
    fn every_command_has_two_examples_that_it_would_run() {
        let mut names = Vec::new();
        each_command(&Arguments::command(), "gatefold", &mut |_, name| {
            names.push(name.to_string());
            let examples = of(name);
            assert!(examples.len() >= 2, "{name} has too few examples");
            for (what, lines) in examples {
                let joined = lines.replace("\\\n", " ");
                let own = joined.lines().filter(|line| line.contains(name)).count();
                assert!(own > 0, "{name}: {what}: {lines}");
                for line in joined.lines() {
                    // What stands before a pipe or behind a redirection is the shell's.
                    let typed = line.find("gatefold ").map(|start| &line[start..]);
                    let Some(typed) = typed.filter(|_| !line.starts_with("man ")) else {
                        continue;
                    };
                    let words = shlex::split(typed).unwrap();
                    let words = words
                        .iter()
                        .take_while(|word| !["|", ">", "<"].contains(&word.as_str()));
                    let parsed = Arguments::command().try_get_matches_from(words);
                    assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                }
            }
        });
        for (name, _) in EXAMPLES {
            assert!(names.iter().any(|known| known == name), "no command {name}");
        }
    }

    #[test]
    fn examples_fit_a_terminal() {
        for (name, examples) in EXAMPLES {
            for line in examples.iter().flat_map(|(_, lines)| lines.lines()) {
                assert!(line.chars().count() <= 69, "{name}: {line}");
            }
        }
    }
}
