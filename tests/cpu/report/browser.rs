//! A report's page in a browser, where there is one: taps, keys and the legend.

use gatefold::report::{
    Report, ReportedRun, SpreadCurve, SweepPage, report_page, spread_overview, sweep_page,
};

use super::history;
use crate::support::browser::{Look, browser, title_of, with_script};
use crate::support::skipped;

/// Does to the first chart what a reader would, and leaves in the page what came of it.
const VISIT: &str = r#"<script>
addEventListener("load", () => {
  const seen = [];
  const tip = document.getElementById("tip");
  const svg = document.querySelector(".chart > svg");
  const see = (what) => seen.push(`${what}: ${tip.hidden ? "nothing" : tip.innerText.replaceAll("\n", " ")}`);
  const send = (target, type, pointerType, share) => {
    const box = svg.getBoundingClientRect();
    const [clientX, clientY] = [box.left + share * box.width, box.top + box.height / 2];
    target.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerType, clientX, clientY }));
  };
  const press = (key) => svg.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  see("at first");
  send(svg, "pointerdown", "touch", 0.98);
  send(svg, "pointerleave", "touch", 0.98);
  see("tapped at the right");
  send(svg, "pointerdown", "touch", 0.15);
  see("tapped at the left");
  send(document.querySelector("h1"), "pointerdown", "touch", 0);
  see("tapped beside it");
  send(svg, "pointermove", "mouse", 0.98);
  see("pointed at");
  send(svg, "pointerleave", "mouse", 0.98);
  see("no longer");
  press("Home"); press("ArrowRight");
  see("by keys");
  press("Escape");
  see("escaped");
  const isSeen = (shown) => getComputedStyle(shown).display !== "none" && shown.getBoundingClientRect().height > 0;
  const chart = svg.closest(".chart");
  const drawn = (what) => {
    const names = [...chart.querySelectorAll(".legend li")].filter(isSeen).map((key) => key.innerText.trim());
    const lines = [...chart.querySelectorAll(".series")].filter(isSeen).map((series) => series.dataset.label);
    seen.push(`${what}: ${names} in the legend, ${lines} drawn`);
  };
  drawn("untouched");
  const second = chart.querySelectorAll(".legend button")[1];
  second.click();
  press("End");
  see("the second series hidden");
  drawn("hidden");
  second.click();
  press("End");
  see("shown again");
  drawn("shown again");
  const narrow = document.documentElement.scrollWidth <= innerWidth;
  seen.push(`width: ${narrow}`);
  document.title = seen.join("|");
});
</script>"#;

#[test]
fn a_chart_answers_taps_and_keys() {
    let Some(browser) = browser() else {
        return skipped("no Chromium: nobody taps on a report's chart");
    };
    let runs = ["first", "second"].map(|name| {
        let rows = [
            [0.7, 0.5, 0.7, 0.5],
            [0.4, 0.8, 0.5, 0.75],
            [0.2, 0.9, 0.45, 0.8],
        ];
        ReportedRun {
            history: history(name, &rows),
            ..ReportedRun::default()
        }
    });
    let report = Report {
        runs: runs.to_vec(),
        ..Report::default()
    };
    let page = with_script(&report_page(&report).unwrap(), VISIT);
    let look = Look {
        width: 500,
        dark: false,
    };
    let title = title_of(browser, &page, look);
    let seen: Vec<&str> = title.split('|').collect();
    assert_eq!(
        seen,
        [
            "at first: nothing",
            "tapped at the right: Epoch 3 first 0.8000 second 0.8000",
            "tapped at the left: Epoch 1 first 0.5000 second 0.5000",
            "tapped beside it: nothing",
            "pointed at: Epoch 3 first 0.8000 second 0.8000",
            "no longer: nothing",
            "by keys: Epoch 2 first 0.7500 second 0.7500",
            "escaped: nothing",
            "untouched: first,second in the legend, first,second drawn",
            "the second series hidden: Epoch 3 first 0.8000",
            "hidden: first,second in the legend, first drawn",
            "shown again: Epoch 3 first 0.8000 second 0.8000",
            "shown again: first,second in the legend, first,second drawn",
            "width: true",
        ]
    );
}

/// Whether each legend stands below its chart.
const LEGENDS: &str = r#"<script>
addEventListener("load", () => {
  const top = (element) => element.getBoundingClientRect().top;
  const charts = [...document.querySelectorAll(".chart")];
  const below = charts.map((chart) => top(chart.querySelector(".legend")) > top(chart.querySelector(":scope > svg")));
  parent.document.title = `${below} ${document.documentElement.scrollWidth <= innerWidth}`;
});
</script>"#;

/// Where the legends are on a page with so many curves in each of its two charts.
fn legends(browser: &str, curves: usize, width: u32) -> String {
    let curve = |index: usize| SpreadCurve {
        label: format!("layer.embedding.width={index}, layer.lstm.units=16, mask_padding=true"),
        points: vec![(1, [0.5, 0.6, 0.7]), (2, [0.6, 0.7, 0.8])],
    };
    let sweep = SweepPage {
        figures: spread_overview(|_| (0..curves).map(curve).collect(), "many").to_vec(),
        ..SweepPage::default()
    };
    let page = with_script(&sweep_page(&sweep).unwrap(), LEGENDS);
    // A window of Chromium's is never narrower than 500 pixels, but a frame in it is.
    let inner = page.replace('&', "&amp;").replace('"', "&quot;");
    let frame = format!(
        "<!doctype html><body><iframe width=\"{width}\" height=\"900\" srcdoc=\"{inner}\"></iframe>"
    );
    let look = Look {
        width: 1400,
        dark: false,
    };
    title_of(browser, &frame, look)
}

#[test]
fn a_long_legend_stands_below_its_chart() {
    let Some(browser) = browser() else {
        return skipped("no Chromium: nobody looks for a chart behind its legend");
    };
    for (curves, width, expected) in [
        (5, 1280, "false,false true"),
        (24, 1280, "true,true true"),
        (5, 390, "true,true true"),
    ] {
        assert_eq!(
            legends(browser, curves, width),
            expected,
            "{curves} curves, {width} pixels"
        );
    }
}

/// Over how many lines the command stands, and whether one of its words does.
const COMMAND: &str = r#"<script>
addEventListener("load", () => {
  const words = [...document.querySelectorAll(".command span")];
  const lines = new Set(words.map((word) => word.getBoundingClientRect().top)).size;
  const broken = words.filter((word) => word.getClientRects().length > 1).map((word) => word.innerText);
  document.title = `${words.length} words, several lines: ${lines > 1}, broken: [${broken}]`;
});
</script>"#;

#[test]
fn a_command_is_broken_between_its_words_alone() {
    let Some(browser) = browser() else {
        return skipped("no Chromium: nobody looks where a report's command is broken");
    };
    let run = ReportedRun {
        history: history("a", &[[0.7, 0.5, 0.7, 0.5]]),
        command: Some(format!("gatefold train{}", " --mask-padding".repeat(12))),
        ..ReportedRun::default()
    };
    let report = Report {
        runs: vec![run],
        ..Report::default()
    };
    let page = with_script(&report_page(&report).unwrap(), COMMAND);
    let look = Look {
        width: 500,
        dark: false,
    };
    let expected = "14 words, several lines: true, broken: []";
    assert_eq!(title_of(browser, &page, look), expected);
}
