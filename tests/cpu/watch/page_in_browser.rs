//! The page in a browser, where there is one: keys, the legend, and names that are long.

use gatefold::report::write_history;
use gatefold::train::History;
use gatefold::watch::Page;

use super::page::{comparison, get, served};
use super::{begin, steps, write_progress};
use crate::support::browser::{Look, browser, title_of, with_script};
use crate::support::skipped;

/// The page of a run under way, without its server.
pub fn whole_page() -> String {
    let (folder, page) = served();
    let history = History {
        epochs: vec![super::record(1, 0.5), super::record(2, 0.75)],
        ..History::new("dropout", 1)
    };
    write_history(folder.path(), &history).unwrap();
    write_progress(folder.path(), &[begin(1.0, 3, 0), steps(2.0, 3, 12, 0.5)]);
    whole(&page)
}

/// The page with its files within it, so that it stands without its server.
fn whole(page: &Page) -> String {
    let text = |path: &str| get(page, path).1;
    let state = text("/state.json");
    let state = format!("{state:?}").replace("</", "<\\/");
    let answer = format!("fetch = async () => new Response({state});");
    let mut whole = text("/");
    for name in ["base.css", "chart.css", "watch.css"] {
        let link = format!("<link rel=\"stylesheet\" href=\"{name}\">");
        assert!(whole.contains(&link), "{whole}");
        let style = format!("<style>{}</style>", text(&format!("/{name}")));
        whole = whole.replace(&link, &style);
    }
    let mut scripts = answer;
    for name in ["chart.js", "watch.js"] {
        let link = format!("<script src=\"{name}\" defer></script>");
        assert!(whole.contains(&link), "{whole}");
        whole = whole.replace(&link, "");
        scripts += &text(&format!("/{name}"));
    }
    with_script(&whole, &format!("<script>{scripts}</script>"))
}

/// What a reader does to the page once it has asked for the state, and what it shows then.
const VISIT: &str = r#"<script>
addEventListener("load", () => setTimeout(() => {
  const tip = document.getElementById("tip");
  const svg = document.querySelector(".chart > svg");
  const told = () => (tip.hidden ? "nothing" : tip.innerText.replaceAll("\n", " "));
  const press = (key) => svg.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const seen = [document.getElementById("report").hidden, document.querySelectorAll(".series .mark").length];
  press("Home");
  seen.push(told());
  document.querySelector(".legend button").click();
  press("Home");
  seen.push(told());
  document.title = seen.join("|");
}, 2500));
</script>"#;

#[test]
fn a_chart_of_the_page_answers_keys_and_its_legend() {
    let Some(browser) = browser() else {
        return skipped("no Chromium: nobody looks at a run under way");
    };
    let page = with_script(&whole_page(), VISIT);
    let look = Look {
        width: 500,
        dark: true,
    };
    let title = title_of(browser, &page, look);
    // Two charts with two epochs of validation each.
    let expected = "true|4|Epoch 1 training 0.5000 validation 0.6250|Epoch 1 validation 0.6250";
    assert_eq!(title, expected);
}

#[test]
fn long_names_do_not_widen_the_page() {
    let Some(browser) = browser() else {
        return skipped("no Chromium: nobody looks at a comparison with long names");
    };
    let (_folder, page) = comparison();
    let visit = r#"<script>
addEventListener("load", () => setTimeout(() => {
  const axis = [...document.querySelector(".chart .labels").children].map((label) => label.textContent).slice(-4);
  const legend = [...document.querySelector(".chart .legend").children].map((key) => key.clientHeight > 0);
  document.title = `${document.documentElement.scrollWidth <= innerWidth}|${axis}|${legend}`;
}, 2500));
</script>"#;
    let page = with_script(&whole(&page), visit);
    let look = Look {
        width: 500,
        dark: false,
    };
    let title = title_of(browser, &page, look);
    // Epochs are whole numbers, however few.
    assert_eq!(title, "true|1,2,3,Epochs|true,true,true,true");
}
