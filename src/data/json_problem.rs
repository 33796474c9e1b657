//! What is wrong with JSON.

/// What serde_json says is wrong, without its own place: "… at line 1 column 7".
pub(super) fn problem_of(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let problem = told.rsplit_once(" at line ");
    problem
        .map_or(told.as_str(), |(problem, _)| problem)
        .to_owned()
}
