//! Evaluations and explanations as text and figures.

use gatefold::data::sentiment_classes;
use gatefold::report::{
    FigureOptions, Measures, Word, calibration_figure, evaluation_table, evaluation_table_within,
    explanation_page, explanation_picture, roc_figure, strongest, words, write_evaluation,
};
use gatefold::train::{Evaluation, Probabilities, Scores};

use super::svg::{place_of, texts};

/// Reviews with one probability each, that of the second class.
fn evaluation_of(probabilities: &[f32], labels: &[u8]) -> Evaluation {
    let probabilities = Probabilities::of_second(probabilities.to_vec());
    Evaluation {
        classes: sentiment_classes(),
        scores: Scores::new(&probabilities, labels).unwrap(),
        probabilities,
        loss: 0.25,
        accuracy: 1.0,
    }
}

fn of_sentiment() -> Evaluation {
    evaluation_of(&[0.95, 0.8, 0.6, 0.3, 0.25, 0.1], &[1, 0, 1, 1, 0, 0])
}

#[test]
fn the_roc_curve_goes_through_its_points() {
    let figure = roc_figure(&of_sentiment(), "note").unwrap();
    let points = &figure.series[1].points;
    assert_eq!((points.len(), points[0]), (102, (0, 0.0)));
    let at = |percent: usize| points[percent + 1].1;
    // One of three negatives is above two of three positives.
    assert!((at(0) - 1.0 / 3.0).abs() < 1e-9);
    assert!((at(20) - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!((at(34), at(100)), (1.0, 1.0));
    assert!(figure.series[1].label.contains("0.778"));
    assert_eq!(roc_figure(&evaluation_of(&[0.5], &[1]), ""), None);
    // Where all are equal, the curve is the diagonal.
    let equal = evaluation_of(&[0.5, 0.5], &[1, 0]);
    let figure = roc_figure(&equal, "").unwrap();
    assert!(
        figure.series[1]
            .points
            .iter()
            .all(|&(x, y)| (y - x as f64 / 100.0).abs() < 1e-9)
    );
}

/// Fractions from 0 to 1, as in the table, along both axes.
#[test]
fn figures_and_table_have_one_unit() {
    let svg = roc_figure(&of_sentiment(), "note")
        .unwrap()
        .to_svg()
        .unwrap();
    let ticks: Vec<&str> = texts(&svg).into_iter().take(12).collect();
    let expected = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"];
    assert_eq!(ticks, [expected, expected].concat());
    let (left, right) = (place_of(&svg, "0.0").0, place_of(&svg, "1.0").0);
    let middle = place_of(&svg, "0.4").0;
    assert!(
        right - left > 2500.0,
        "from edge to edge, not {left} to {right}"
    );
    assert!(
        (middle - left - 0.4 * (right - left)).abs() < 2.0,
        "{middle}"
    );
}

#[test]
fn the_calibration_shows_bins_with_reviews_alone() {
    let figure = calibration_figure(&of_sentiment(), "note");
    let places: Vec<usize> = figure.series[1]
        .points
        .iter()
        .map(|point| point.0)
        .collect();
    assert_eq!(places, [10, 25, 30, 60, 80, 95]);
    assert_eq!(figure.series[1].points[2].1, 1.0);
    assert_eq!(figure.series[1].points[4].1, 0.0);
    assert_eq!(figure.values_not_drawn(), 0);
}

#[test]
fn the_table_fits_a_terminal_and_shows_what_is_not_defined() {
    let table = evaluation_table(&evaluation_of(&[0.2, 0.3], &[0, 0]));
    assert!(table.lines().all(|line| line.chars().count() <= 80));
    let precision = table
        .lines()
        .find(|line| line.starts_with("Precision"))
        .unwrap();
    assert!(precision.ends_with(" –"), "{precision}");
    assert!(table.contains("0.2 to 0.3") && table.contains("0.2500"));
}

#[test]
fn the_table_and_json_have_the_same_measures() {
    let evaluation = of_sentiment();
    let measures = Measures::of(&evaluation);
    let table = evaluation_table(&evaluation);
    let json = serde_json::to_string(&measures).unwrap();
    let mut keys = Vec::new();
    for (measure, line) in measures.0.iter().zip(table.lines()) {
        let value = format!("{:.4}", measure.value.unwrap());
        assert!(
            line.starts_with(&measure.name) && line.ends_with(&value),
            "{line}"
        );
        let value = serde_json::to_string(&measure.value).unwrap();
        keys.push(format!("\"{}\":{value}", measure.key));
    }
    assert_eq!(json, format!("{{{}}}", keys.join(",")));
    assert_eq!(table.lines().nth(measures.0.len()), Some(""));
    let balanced = table.lines().nth(2);
    assert_eq!(balanced, Some("Balanced accuracy      0.6667"));
    let named = |key: &str| measures.0.iter().filter(|one| one.key == key).count();
    assert!(measures.0.iter().all(|measure| named(measure.key) == 1));
}

#[test]
fn every_class_has_its_precision_and_recall() {
    let mut evaluation = evaluation_of(&[0.9, 0.8, 0.3, 0.1], &[1, 0, 0, 0]);
    evaluation.classes = vec!["ham".into(), "spam".into()];
    let table = evaluation_table(&evaluation);
    let row = |name: &str| {
        let start = format!("{name} ");
        let line = table.lines().find(|line| line.starts_with(&start));
        line.unwrap().split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(
        row("Class"),
        ["Class", "Precision", "Recall", "F1", "Reviews"]
    );
    assert_eq!(row("ham"), ["ham", "1.0000", "0.6667", "0.8000", "3"]);
    assert_eq!(row("spam"), ["spam", "0.5000", "1.0000", "0.6667", "1"]);
    assert_eq!(row("Best"), ["Best", "threshold", "0.8500"]);
}

/// Whatever a number is of, the words beside it name that class: the second.
#[test]
fn two_named_classes_are_called_by_their_names() {
    for (second, shown) in [
        ("negative", "negative"),
        ("a class of a very long name", "a class of a very l…"),
    ] {
        let mut evaluation = evaluation_of(&[0.95, 0.1, 0.8], &[1, 0, 0]);
        evaluation.classes = vec!["positive".into(), second.into()];
        let table = evaluation_table(&evaluation);
        assert!(
            table.lines().all(|line| line.chars().count() <= 80),
            "{table}"
        );
        for name in ["Precision", "Recall", "F1"] {
            assert!(table.contains(&format!("{name}, {shown}  ")), "{table}");
        }
        assert!(table.contains(&format!("  Fraction {shown}  ")), "{table}");
        let curve = roc_figure(&evaluation, "note").unwrap();
        assert_eq!(curve.title, format!("ROC curve, {shown} as positive"));
        assert_eq!(curve.x_label, "False positive rate");
        assert_eq!(curve.y_label, "True positive rate");
        let calibration = calibration_figure(&evaluation, "note");
        assert_eq!(
            calibration.title,
            format!("Calibration, {shown} as positive")
        );
        assert_eq!(calibration.x_label, "Mean predicted probability");
        assert_eq!(calibration.y_label, "Fraction of positives");
    }
}

/// On the narrowest terminal, and on those in between, no line is broken, and no table loses a class or a number.
#[test]
fn the_tables_fit_narrow_terminals() {
    let mut sentiment = of_sentiment();
    let long = [
        "a class of a very long name",
        "world politics and diplomacy",
    ];
    sentiment.classes = long.map(String::from).to_vec();
    for evaluation in [
        of_sentiment(),
        sentiment,
        of_classes(3, "world politics "),
        of_classes(12, "stars"),
    ] {
        for columns in 40..=80 {
            let table = evaluation_table_within(&evaluation, columns);
            let widest = table.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(columns), "{columns}: {table}");
            for class in &evaluation.classes {
                let start: String = class.chars().take(9).collect();
                let row = table.lines().filter(|line| line.starts_with(&start));
                assert!(row.count() >= 1, "{columns}: no {class} in {table}");
            }
        }
    }
    let lines = |columns: usize| -> Vec<String> {
        let table = evaluation_table_within(&of_sentiment(), columns);
        table.lines().map(str::to_owned).collect()
    };
    let wide = [
        "Class                            Precision      Recall          F1     Reviews",
        "Probability       Mean predicted  Fraction positive   Reviews",
        "0.6 to 0.7                0.6000             1.0000         1",
    ];
    let middle = [
        "Class           Precision  Recall      F1  Reviews",
        "negative           0.6667  0.6667  0.6667        3",
        "                 Mean  Fraction",
        "Probability predicted  positive  Reviews",
        "0.6 to 0.7     0.6000    1.0000        1",
    ];
    let narrow = [
        "  Precision  Recall      F1  Reviews",
        "negative",
        "     0.6667  0.6667  0.6667        3",
    ];
    for (columns, expected) in [(80, &wide[..]), (50, &middle), (40, &narrow)] {
        let lines = lines(columns);
        for line in expected {
            assert!(
                lines.iter().any(|there| there == line),
                "no {line:?} in {lines:#?}"
            );
        }
    }
}

/// Of `classes` classes, named `name0` and so on, each taken for the next one by one review, and rightly by 20.
fn of_classes(classes: usize, name: &str) -> Evaluation {
    let mut rows = Vec::new();
    let mut labels = Vec::new();
    for class in 0..classes {
        for review in 0..21 {
            let called = if review == 0 {
                (class + 1) % classes
            } else {
                class
            };
            rows.extend((0..classes).map(|other| f32::from(other == called)));
            labels.push(class as u8);
        }
    }
    let probabilities = Probabilities::new(classes, rows).unwrap();
    Evaluation {
        classes: (0..classes).map(|class| format!("{name}{class}")).collect(),
        scores: Scores::new(&probabilities, &labels).unwrap(),
        probabilities,
        loss: 0.25,
        accuracy: 20.0 / 21.0,
    }
}

#[test]
fn a_matrix_of_several_classes_fits_a_terminal() {
    for (classes, name) in [
        (2, "x"),
        (3, "stars of the film "),
        (5, "s"),
        (9, "class"),
        (40, "c"),
    ] {
        let table = evaluation_table(&of_classes(classes, name));
        assert!(
            table.lines().all(|line| line.chars().count() <= 80),
            "{table}"
        );
        assert!(table.contains("Macro F1") && table.contains("  Accuracy  "));
        let counts: Vec<usize> = table
            .lines()
            .skip_while(|line| !line.starts_with("Actual"))
            .filter(|line| line.starts_with(&name[..1]))
            .flat_map(|line| line.split_whitespace().filter_map(|word| word.parse().ok()))
            .collect();
        match classes {
            // The ten most frequent confusions alone, all of one review.
            40 => assert_eq!(counts, [1; 10], "{table}"),
            // Every cell is told, whatever the width of the names.
            _ => assert_eq!(counts.iter().sum::<usize>(), 21 * classes, "{table}"),
        }
    }
    let table = evaluation_table(&of_classes(3, "stars"));
    let lines: Vec<&str> = table.lines().collect();
    let header = lines
        .iter()
        .position(|line| line.starts_with("Actual"))
        .unwrap();
    assert_eq!(
        lines[header..header + 5],
        [
            "Actual        Predicted stars0          stars1          stars2",
            "──────────────────────────────────────────────────────────────",
            "stars0                      20               1               0",
            "stars1                       0              20               1",
            "stars2                       1               0              20",
        ]
    );
}

#[test]
fn figures_of_several_classes_say_what_they_show() {
    let evaluation = of_classes(3, "stars");
    let figure = roc_figure(&evaluation, "note").unwrap();
    assert_eq!(figure.title, "ROC curve, mean of the classes");
    // Each class: 1 of 21 is missed, 1 of 42 others is taken for it. At 1.0 all is found.
    let points = &figure.series[1].points;
    assert!((points[1].1 - 0.0).abs() < 1e-9 && (points[101].1 - 1.0).abs() < 1e-9);
    let inner = points[1 + 50].1;
    let expected = (20.0 + (0.5 - 1.0 / 42.0) / (1.0 - 1.0 / 42.0)) / 21.0;
    assert!((inner - expected).abs() < 1e-9, "{inner}, not {expected}");
    let figure = calibration_figure(&evaluation, "note");
    assert_eq!(figure.y_label, "Accuracy");
    let folder = tempfile::tempdir().unwrap();
    for classes in [2, 3, 8, 40, 256] {
        let paths = write_evaluation(
            folder.path(),
            &of_classes(classes, "c"),
            "note",
            &FigureOptions::default(),
        )
        .unwrap();
        let drawn = std::fs::read_to_string(paths.last().unwrap()).unwrap();
        let shown = drawn.matches(">\n20\n<").count();
        // As many as can be read.
        let readable = if classes > 20 { 0 } else { classes };
        assert_eq!(shown, readable, "{classes} classes");
    }
}

fn word(text: &str, contribution: f64) -> Word {
    Word {
        text: text.into(),
        contribution,
        ids: vec![1],
    }
}

#[test]
fn the_strongest_words_come_first_and_none_becomes_markup() {
    let all = [word("fine", 0.5), word("<i>", -2.0), word("so", 0.0)];
    let order: Vec<&str> = strongest(&all)
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    assert_eq!(order, ["<i>", "fine", "so"]);
    let page = explanation_page(&all, &all, "a & b", "the class <b>", "note").unwrap();
    assert!(page.contains("a &amp; b") && page.contains("&lt;i&gt;") && !page.contains("<i>"));
    assert!(page.contains("Blue speaks for the class &lt;b&gt;, orange"));
    assert!(page.contains("rgba(230, 159, 0, 0.75)") && page.contains("rgba(0, 114, 178, 0.19)"));
    assert!(page.contains("rgba(0, 114, 178, 0.00)"));
}

#[test]
fn the_deepest_colour_is_the_strongest_word_s() {
    let paint = |contribution: f64| {
        let all = [word("mmmmmmmm", contribution), word("x", 1.0)];
        let bytes = explanation_picture(&all, "title", "note").unwrap();
        let picture = image::load_from_memory(&bytes).unwrap().into_rgb8();
        // Left of the first letter, on its background; the picture is twice as large as its measures.
        picture.get_pixel(2 * 20 - 2, 2 * 60).0
    };
    assert_eq!(paint(0.0), [255, 255, 255]);
    let [red, _, blue] = paint(2.0);
    assert!(red < 80 && blue > 180, "{:?}", paint(2.0));
    let [red, _, blue] = paint(-2.0);
    assert!(red > 220 && blue < 80, "{:?}", paint(-2.0));
}

#[test]
fn white_space_alone_belongs_to_the_word_before_it() {
    let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
    let vocabulary = gatefold::data::Vocabulary::from_text("example", file).unwrap();
    let encoder = gatefold::data::Encoder::new(&vocabulary);
    let ids = encoder.encode(" good  film é").unwrap();
    let contributions: Vec<f64> = (0..ids.len()).map(|n| n as f64).collect();
    let found = words(&encoder, &ids, 0..ids.len(), &contributions);
    let texts: Vec<&str> = found.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts.join(" ").trim(), "good film é");
    let total: f64 = found.iter().map(|word| word.contribution).sum();
    assert_eq!(total, contributions.iter().sum::<f64>());
    let all: Vec<u32> = found.iter().flat_map(|word| word.ids.clone()).collect();
    assert_eq!(all, ids);
}
