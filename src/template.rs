//! The engine that fills the templates of pages and model cards, and what all pages share: the beginning of their heads, and
//! their styles.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use crate::error::{Error, Result};

/// Colours, letters and measures of a page.
pub(crate) const BASE_CSS: &str = include_str!("../assets/page/base.css");

/// Colours of series, and what a chart has.
pub(crate) const CHART_CSS: &str = include_str!("../assets/chart/chart.css");

/// What every page may include.
const SHARED: [(&str, &str); 3] = [
    ("head.html", include_str!("../assets/page/head.html")),
    ("base.css", BASE_CSS),
    ("chart.css", CHART_CSS),
];

/// The template `name`, one of `templates` by name and text, filled with `content`. What is put into one whose name ends in
/// `.html` is escaped.
///
/// # Errors
/// [`Error::Internal`] where the template engine refuses.
pub(crate) fn filled(templates: &[(&str, &str)], name: &str, content: Value) -> Result<String> {
    render(templates, name, content).map_err(|error| Error::Internal {
        place: "filling a template",
        problem: error.to_string(),
    })
}

fn render(
    templates: &[(&str, &str)],
    name: &str,
    content: Value,
) -> std::result::Result<String, minijinja::Error> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    engine.set_syntax(syntax);
    // Names and texts are strangers' words: none of them may become markup.
    engine.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    engine.add_global("version", env!("CARGO_PKG_VERSION"));
    for (name, text) in SHARED.iter().chain(templates) {
        engine.add_template(name, text)?;
    }
    engine.get_template(name)?.render(content)
}
