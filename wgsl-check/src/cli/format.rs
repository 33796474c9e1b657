//! Findings as text, JSON, GitHub's annotations and SARIF.

use serde_json::{Value, json};
use wgsl_check::{Finding, Place, Rule};

use super::args::Format;

/// Something to be told about a shader's file.
pub struct Note {
    pub path: String,
    /// For machines: `data-race`.
    pub id: &'static str,
    /// In two or three words.
    pub title: &'static str,
    pub message: String,
    pub place: Option<Place>,
    /// As text, with the lines of the shader.
    pub text: String,
    /// As JSON.
    pub json: Value,
}

impl Note {
    pub fn of(finding: &Finding, path: &str, source: &str) -> Note {
        let mut json = json!(finding);
        json["file"] = json!(path);
        json["why"] = json!(finding.why());
        json["remedy"] = json!(finding.remedy());
        Note {
            path: path.to_owned(),
            id: finding.rule.id(),
            title: finding.rule.title(),
            message: format!(
                "{}. Why: {}. To fix it: {}.",
                finding.detail,
                finding.why(),
                finding.remedy()
            ),
            place: finding.place.clone(),
            text: finding.render(source, path),
            json,
        }
    }
}

/// Everything that is to be told about so many files.
pub fn write(format: Format, notes: &[Note], files: usize) -> anyhow::Result<String> {
    Ok(match format {
        Format::Text => {
            let mut all: String = notes
                .iter()
                .map(|note| format!("{}\n", note.text))
                .collect();
            let plural = |count: usize| if count == 1 { "" } else { "s" };
            let (count, of) = (notes.len(), plural(notes.len()));
            all.push_str(&match count {
                0 => format!("nothing found in {files} file{}\n", plural(files)),
                _ => format!("{count} finding{of} in {files} file{}\n", plural(files)),
            });
            all
        }
        Format::Json => {
            let findings: Vec<&Value> = notes.iter().map(|note| &note.json).collect();
            serde_json::to_string_pretty(&json!({ "findings": findings }))? + "\n"
        }
        Format::Github => notes.iter().map(github).collect(),
        Format::Sarif => serde_json::to_string_pretty(&sarif(notes))? + "\n",
    })
}

/// A command of GitHub's workflows, whose values have some characters written in another way.
fn github(note: &Note) -> String {
    let message = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| message(text).replace(':', "%3A").replace(',', "%2C");
    let place = note.place.as_ref().map_or_else(String::new, |place| {
        format!(",line={},col={}", place.line, place.column)
    });
    format!(
        "::error file={}{place},title={}::{}\n",
        property(&note.path),
        property(note.title),
        message(&note.message)
    )
}

fn sarif(notes: &[Note]) -> Value {
    let rules: Vec<Value> = Rule::all()
        .map(|rule| {
            json!({
                "id": rule.id(),
                "shortDescription": { "text": rule.title() },
                "fullDescription": { "text": rule.why() },
                "help": { "text": rule.remedy() },
            })
        })
        .collect();
    let results: Vec<Value> = notes
        .iter()
        .map(|note| {
            // GitHub wants a place of every result.
            let (line, column) = note.place.as_ref().map_or((1, 1), |p| (p.line, p.column));
            json!({
                "ruleId": note.id,
                "level": "error",
                "message": { "text": note.message },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": note.path.replace('\\', "/") },
                        "region": { "startLine": line, "startColumn": column },
                    },
                }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "wgsl-check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": results,
        }],
    })
}
