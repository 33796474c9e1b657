//! What the program ends with: one table for the help and the man pages.

/// A code, what it says in a word or two, and in a sentence.
type ExitCode = (u8, &'static str, &'static str);

/// All of them.
pub const EXIT_CODES: [ExitCode; 5] = [
    (0, "done", "The command did what it was asked to do."),
    (
        1,
        "failed",
        "Something went wrong. A message on standard error says what, where, and what to do about it. gatefold watch, without \
         a terminal, ends so if the run stopped before its end or is dead.",
    ),
    (
        2,
        "wrong usage",
        "An option or an argument makes no sense. Nothing was done.",
    ),
    (
        124,
        "time over",
        "The time of --max-time was over. --resume goes on with the run.",
    ),
    (
        130,
        "interrupted",
        "Ctrl-C or a signal ended the command. Training has kept a checkpoint, from which --resume goes on.",
    ),
];

/// `0 done, 1 failed, …`
pub fn in_a_line() -> String {
    EXIT_CODES
        .map(|(code, word, _)| format!("{code} {word}"))
        .join(", ")
}
