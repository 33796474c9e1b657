//! Every page as axe-core judges it, where there is a browser and the file that `GATEFOLD_AXE` names: `axe.min.js` of the
//! package `axe-core`, of which `scripts/fetch-axe.sh` fetches one.

use std::fs;

use gatefold::report::{
    Report, ReportedRun, SweepPage, SweepRow, TrialRow, ValueMap, Word, explanation_page,
    report_page, sweep_page,
};

use crate::report::page::{run, test};
use crate::support::browser::{Look, browser, title_of};
use crate::support::skipped;

/// Leaves what axe finds as the page's title.
const JUDGE: &str = r#"<script>
addEventListener("load", async () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  const told = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.target).join(" ; ")}`);
  document.title = `judged|${told.join("|")}`;
});
</script>"#;

/// What axe finds, a line each; at 1280 and 390 pixels, on light and on dark pages.
fn findings(axe: &str, browser: &str, page: &str) -> Vec<String> {
    let page = page.replacen(
        "</body>",
        &format!("<script>{axe}</script>{JUDGE}</body>"),
        1,
    );
    let looks = [1280, 390].map(|width| [false, true].map(|dark| Look { width, dark }));
    let found = looks.into_iter().flatten().flat_map(|look| {
        let title = title_of(browser, &page, look);
        let told = title.strip_prefix("judged|");
        let told = told.unwrap_or_else(|| panic!("axe did not judge: {title:?}"));
        let lines = told.split('|').filter(|line| !line.is_empty());
        lines
            .map(|line| format!("{look:?}: {line}"))
            .collect::<Vec<_>>()
    });
    found.collect()
}

fn sweep() -> String {
    let map = ValueMap {
        title: "Mean val_loss".to_owned(),
        rows: ("units".to_owned(), vec!["32".to_owned(), "64".to_owned()]),
        columns: ("rate".to_owned(), vec!["1e-3".to_owned()]),
        values: vec![vec![Some(0.4)], vec![Some(0.5)]],
        more_is_better: false,
        caption: "demo".to_owned(),
    };
    let page = SweepPage {
        name: "units".to_owned(),
        sentences: vec!["2 of 2 trials are over.".to_owned()],
        header: vec!["Configuration".to_owned(), "Validation loss".to_owned()],
        rows: vec![SweepRow {
            cells: vec!["units=32".to_owned(), "0.4000".to_owned()],
            words: "the best".to_owned(),
            is_best: true,
        }],
        map: Some(map),
        importance: vec![("units".to_owned(), 0.75)],
        trial_header: vec!["Status".to_owned()],
        trials: vec![TrialRow {
            folder: "units=32".to_owned(),
            has_page: true,
            cells: vec!["finished".to_owned()],
        }],
        file: "[vary]".to_owned(),
        ..SweepPage::default()
    };
    sweep_page(&page).unwrap()
}

fn explanation() -> String {
    let word = |text: &str, contribution: f64| Word {
        text: text.to_owned(),
        contribution,
        ids: vec![1],
    };
    let words = [word("fine", 1.5), word("film", -0.5)];
    explanation_page(
        &words,
        &words,
        "Mine",
        "a positive review",
        "Trained on demo.",
    )
    .unwrap()
}

#[test]
fn no_page_has_a_finding() {
    let Some(browser) = browser() else {
        return skipped("no Chromium: no page is judged");
    };
    let Some(axe) = std::env::var_os("GATEFOLD_AXE") else {
        return skipped("GATEFOLD_AXE names no axe.min.js: no page is judged");
    };
    let axe = fs::read_to_string(axe).unwrap();
    let mut tested = run("mine");
    tested.test = Some(test(1));
    tested.command = Some("gatefold train dropout".to_owned());
    let of = |runs: Vec<_>| {
        let report = Report {
            runs,
            synthetic: true,
            ..Report::default()
        };
        report_page(&report).unwrap()
    };
    let mut pages = vec![
        ("a run", of(vec![tested.clone()])),
        (
            "a comparison",
            of(vec![
                tested.clone(),
                ReportedRun {
                    history: run("other").history,
                    ..tested
                },
            ]),
        ),
        ("a sweep", sweep()),
        ("an explanation", explanation()),
    ];
    #[cfg(feature = "serve")]
    pages.push((
        "a run under way",
        crate::watch::page_in_browser::whole_page(),
    ));
    let found = pages.iter().flat_map(|(name, page)| {
        let findings = findings(&axe, browser, page).into_iter();
        findings.map(move |finding| format!("{name}: {finding}"))
    });
    assert_eq!(found.collect::<Vec<_>>(), [""; 0]);
    // A page that has one is found.
    let bad = "<!DOCTYPE html><html lang=\"en\"><title>bad</title><body><img src=\"data:,\"></body></html>";
    assert!(!findings(&axe, browser, bad).is_empty());
}
