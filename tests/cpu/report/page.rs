//! The page of a report.

use gatefold::data::{Review, sentiment_classes};
use gatefold::model::Variant;
use gatefold::report::{
    EpochTiming, Example, Report, ReportedRun, Section, Test, Word, errors_by_length, report_page,
};
use gatefold::train::{Evaluation, LayerNorm, Monitor, Probabilities, Scores};

use super::history;
use crate::support::html::check;

/// What must not become markup, wherever it comes from.
const EVIL: &str = "</script><script>alert(\"1\")</script>&'";

pub fn run(name: &str) -> ReportedRun {
    let rows = [
        [0.712_345_678_901_234_5, 0.5, 0.7, 0.5],
        [0.4, 0.812_345_678_9, f64::NAN, 0.75],
        [1e-9, 1.0, f64::INFINITY, 0.7],
    ];
    ReportedRun {
        history: history(name, &rows),
        summary: Some(Variant::Dropout.model(8185).unwrap().summarise()),
        ..ReportedRun::default()
    }
}

fn word(text: &str, contribution: f64) -> Word {
    Word {
        text: text.to_owned(),
        contribution,
        ids: vec![1],
    }
}

pub fn test(wrong: usize) -> Test {
    let probabilities = Probabilities::of_second(vec![0.9, 0.2, 0.7, 0.6]);
    let labels: Vec<u8> = (0..4)
        .map(|index| u8::from(index >= wrong && index != 1))
        .collect();
    let reviews: Vec<Review> = (0..4)
        .map(|index| Review {
            ids: vec![1; 3 + 2 * index].into(),
            label: labels[index],
        })
        .collect();
    let examples = [(0.9, labels[0]), (0.2, labels[1])];
    Test {
        data: EVIL.to_owned(),
        lengths: errors_by_length(&reviews, &probabilities),
        examples: examples
            .map(|(probability, label)| Example {
                probabilities: vec![probability],
                label,
                words: vec![word(EVIL, 0.5), word("dull", -1.25)],
                tokens: 1_234,
                padding: (56, -0.75),
            })
            .to_vec(),
        evaluation: Evaluation {
            loss: 0.4321,
            accuracy: 0.75,
            classes: sentiment_classes(),
            scores: Scores::new(&probabilities, &labels).unwrap(),
            probabilities,
        },
    }
}

#[test]
fn a_run_is_told_to_the_last_digit() {
    let report = Report {
        runs: vec![run("mine")],
        ..Report::default()
    };
    let page = report_page(&report).unwrap();
    check(&page);
    let record = &report.runs[0].history.epochs[0];
    for value in ["0.7123456789012345", "0.8123456789", "1e-9", "NaN", "inf"] {
        assert!(
            page.contains(&format!("<data value=\"{value}\">")),
            "no {value}"
        );
    }
    assert!(page.contains(&format!("<data value=\"{:?}\">", record.learning_rate)));
    for words in [
        "635,329",
        "(None, None, 128)",
        "bidirectional_1",
        "in epoch 2",
    ] {
        assert!(page.contains(words), "no {words}");
    }
    // A loss that is no number has no place on the picture, which says so.
    assert!(page.contains("not drawn: 2."));
    assert_eq!(page.matches("data-place=\"").count(), 4 * 3 - 2);
    assert!(!page.contains("Comparison") && !page.contains("Length against error"));
    assert_eq!(report_page(&report).unwrap(), page);
}

/// Of [`run`] epoch 1 has the best val_loss, and epoch 2 the best val_accuracy.
#[test]
fn the_epoch_is_marked_whose_parameters_were_kept() {
    let page = |monitor, keeps_best| {
        let run = ReportedRun {
            monitor,
            keeps_best,
            ..run("mine")
        };
        let page = report_page(&Report {
            runs: vec![run],
            ..Report::default()
        });
        let page = page.unwrap();
        check(&page);
        let marks = page.split("<tr class=\"best\"><th scope=\"row\">").skip(1);
        let marked: Vec<String> = marks.map(|row| row[..1].to_owned()).collect();
        (page, marked)
    };
    let (told, marked) = page(Some(Monitor::ValLoss), false);
    assert_eq!(marked, ["1"]);
    assert!(told.contains("best val_loss, in epoch 1, whose parameters are kept</dt><dd>0.7000"));
    assert!(told.contains("best val_loss: <code>best.safetensors</code> has its parameters."));
    assert!(told.contains("best validation accuracy, in epoch 2"));
    let (told, marked) = page(Some(Monitor::ValAccuracy), true);
    assert_eq!(marked, ["2"]);
    let files =
        "<code>best.safetensors</code> and <code>model.safetensors</code> have its parameters";
    assert!(told.contains(files));
    // Where nobody knows which were kept, nothing is said of it.
    let (told, marked) = page(None, false);
    assert!(marked.is_empty() && !told.contains("safetensors"));
}

#[test]
fn nothing_that_is_told_becomes_markup() {
    let mut evil = run(EVIL);
    evil.sections = vec![Section {
        name: EVIL.to_owned(),
        entries: vec![(EVIL.to_owned(), EVIL.to_owned())],
    }];
    evil.command = Some(EVIL.to_owned());
    evil.model_file = Some(EVIL.to_owned());
    evil.test = Some(test(1));
    let plain = ReportedRun {
        test: Some(test(1)),
        ..run("plain")
    };
    let report = Report {
        data: Some(EVIL.to_owned()),
        synthetic: true,
        command: None,
        runs: vec![evil, plain],
    };
    let page = report_page(&report).unwrap();
    check(&page);
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("alert(\""));
    assert!(page.contains("&lt;script&gt;alert("));
    assert!(page.contains("made up"));
}

#[test]
fn runs_are_compared() {
    let mut runs = vec![run("first"), run("second"), run("third")];
    runs[1].history.epochs[2].val_accuracy = 0.96;
    for (run, wrong) in runs.iter_mut().zip([1, 0]) {
        run.test = Some(test(wrong));
    }
    let report = Report {
        command: Some("gatefold compare".to_owned()),
        runs,
        ..Report::default()
    };
    let page = report_page(&report).unwrap();
    check(&page);
    let best = page.split("<tr class=\"best\" role").nth(1).unwrap();
    assert!(best.split("</tr>").next().unwrap().contains("second"));
    for words in [
        "3 models compared",
        "<span>gatefold</span> <span>compare</span>",
        "0.9600 (3)",
        "1,234 tokens",
        "+0.500",
        "-0.750",
    ] {
        assert!(page.contains(words), "no {words}");
    }
    // Both were tested on reviews of the same lengths: one table, with two columns of bars.
    assert_eq!(page.matches("class=\"bars\"").count(), 1);
    assert!(page.contains("--share: 100.0%") && page.contains("--share: 0.0%"));
    // On a phone each figure has its name beside it.
    assert_eq!(
        page.matches("data-label=\"Validation accuracy\"").count(),
        3
    );
    let (wrong, right) = (
        page.find("Wrong, and").unwrap(),
        page.find("Right, and").unwrap(),
    );
    assert!(wrong < right);
}

#[test]
fn several_classes_have_their_names() {
    let classes = ["bad", "fair", "<good>"].map(str::to_owned).to_vec();
    let rows = vec![0.7, 0.2, 0.1, 0.3, 0.1, 0.6];
    let probabilities = Probabilities::new(3, rows.clone()).unwrap();
    let labels = [0, 1];
    let example = |row: &[f32], label| Example {
        probabilities: row.to_vec(),
        label,
        words: vec![word("dull", 0.5)],
        tokens: 3,
        padding: (0, 0.0),
    };
    let mut told = test(0);
    told.examples = vec![example(&rows[..3], 0), example(&rows[3..], 1)];
    told.evaluation = Evaluation {
        classes,
        loss: 0.9,
        accuracy: 0.5,
        scores: Scores::new(&probabilities, &labels).unwrap(),
        probabilities,
    };
    let report = Report {
        runs: vec![ReportedRun {
            test: Some(told),
            ..run("stars")
        }],
        ..Report::default()
    };
    let page = report_page(&report).unwrap();
    check(&page);
    for words in [
        "A review of class <b>bad</b>, called bad: probability 0.7000 <span",
        "A review of class <b>fair</b>, called &lt;good&gt;: probability 0.6000 <span",
        "Predicted &lt;good&gt;",
        "<th scope=\"row\">fair</th><td>0</td><td>0</td><td>1</td>",
        "speak for the class that the review was called",
        "Macro recall",
    ] {
        assert!(page.contains(words), "no {words}");
    }
    assert!(!page.contains("positive") && !page.contains("guessing"));
}

#[test]
fn lengths_are_grouped_evenly_and_none_is_lost() {
    let reviews: Vec<Review> = (0..400)
        .map(|index| Review {
            ids: vec![1; 1 + index * index / 97].into(),
            label: (index % 2) as u8,
        })
        .collect();
    let probabilities: Vec<f32> = (0..400)
        .map(|index| if index < 300 { 0.9 } else { 0.1 })
        .collect();
    let probabilities = Probabilities::of_second(probabilities);
    let groups = errors_by_length(&reviews, &probabilities);
    assert_eq!(groups.len(), 8);
    assert_eq!(groups.iter().map(|group| group.reviews).sum::<usize>(), 400);
    assert_eq!(groups.iter().map(|group| group.wrong).sum::<usize>(), 200);
    assert!(
        groups
            .iter()
            .all(|group| (30..=70).contains(&group.reviews)),
        "{groups:?}"
    );
    assert!(
        groups
            .windows(2)
            .all(|pair| pair[0].longest < pair[1].shortest)
    );
    // All of one length are one group.
    let groups = errors_by_length(&reviews[..5], &probabilities);
    assert_eq!(groups.len(), 1);
    assert!(errors_by_length(&[], &Probabilities::of_second(Vec::new())).is_empty());
}

#[test]
fn what_was_measured_has_charts_and_columns() {
    let page = |run: ReportedRun| {
        let page = report_page(&Report {
            runs: vec![run],
            ..Report::default()
        });
        let page = page.unwrap();
        check(&page);
        page
    };
    let plain = page(run("mine"));
    for words in ["Norm of", "Gradient norm", "<h3>Learning rate"] {
        assert!(!plain.contains(words), "{words}");
    }
    let mut measured = run("mine");
    for (index, record) in measured.history.epochs.iter_mut().enumerate() {
        record.learning_rate = [1e-4, 9.134_567_8e-6, 0.0][index];
        record.gradient_norm = Some([0.25, 0.5, 2.0e-7][index]);
        record.gradient_norm_max = Some(1.5);
        let norm = |layer: &str, mean| LayerNorm {
            layer: layer.to_owned(),
            mean,
            max: 1.0,
        };
        record.layer_gradient_norms = vec![norm("embedding", 0.125), norm("lstm", 0.375)];
    }
    let told = page(measured);
    for words in [
        "<h3>Norm of the gradients</h3>",
        "<h3>Norm of each layer&#x27;s gradients</h3>",
        "<h3>Learning rate</h3>",
        "data-label=\"lstm\"",
        "data-value=\"0.375\"",
        "<th scope=\"col\">Greatest gradient norm</th>",
        "<data value=\"0.0001\">0.0001</data>",
        "<data value=\"9.1345678e-6\">9.13e-6</data>",
        "<data value=\"2e-7\">2.00e-7</data>",
        "<data value=\"1.5\">1.5000</data>",
    ] {
        assert!(told.contains(words), "no {words}");
    }
}

#[test]
fn each_class_has_its_precision_and_recall() {
    let mut tested = run("mine");
    tested.test = Some(test(1)); // labels 0, 0, 1, 1; predicted 1, 0, 1, 1
    let page = report_page(&Report {
        runs: vec![tested],
        ..Report::default()
    });
    let page = page.unwrap();
    check(&page);
    let row = |name: &str, values: [&str; 4]| {
        let cells: String = values
            .iter()
            .map(|value| format!("<td>{value}</td>"))
            .collect();
        format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>")
    };
    for row in [
        row("negative", ["1.0000", "0.5000", "0.6667", "2"]),
        row("positive", ["0.6667", "1.0000", "0.8000", "2"]),
    ] {
        assert!(page.contains(&row), "no {row}");
    }
}

#[test]
fn times_are_told_where_they_are_known_and_asked_for() {
    let page = |timings: &[EpochTiming]| {
        let page = report_page(&Report {
            runs: vec![ReportedRun {
                timings: timings.to_vec(),
                ..run("mine")
            }],
            ..Report::default()
        });
        let page = page.unwrap();
        check(&page);
        page
    };
    let timing = |epoch, seconds, rate| EpochTiming {
        epoch,
        seconds,
        validation: 1.0,
        rate,
        device: Some(700 << 20),
        resident: Some((epoch as u64 * 1_300) << 20),
    };
    // Of epoch 1 nothing is known: another process trained it.
    let told = page(&[timing(2, 61.25, Some(4.126)), timing(3, 0.4134, None)]);
    for words in [
        "<h3>Time per epoch</h3>",
        "<h3>Training rate</h3>",
        "<th scope=\"col\">Seconds</th><th scope=\"col\">Steps per second</th></tr>",
        "<td><data value=\"61.25\">61.2</data></td><td><data value=\"4.126\">4.13</data></td></tr>",
        "<td><data value=\"0.4134\">0.413</data></td><td><data value=\"\"></data></td></tr>",
        "<dt>time of these epochs</dt><dd>1m 02s</dd>",
        "<dt>memory of the process, at most</dt><dd>3,900 MiB</dd>",
        "<dt>buffers on the device</dt><dd>700 MiB</dd>",
    ] {
        assert!(told.contains(words), "no {words}");
    }
    let plain = page(&[]);
    assert!(!plain.contains("Seconds") && !plain.contains("MiB"));
    assert!(plain.contains("<kbd>gatefold report --times</kbd>"));
}

#[test]
fn a_single_epoch_is_drawn_with_both_its_values() {
    let mut single = run("mine");
    single.history.epochs.truncate(1);
    let page = report_page(&Report {
        runs: vec![single],
        ..Report::default()
    });
    // The dot of training and the short stroke of validation, in the charts of accuracy and of loss.
    let page = page.unwrap();
    assert_eq!(page.matches("<polyline points=").count(), 2);
    assert_eq!(page.matches("class=\"mark\"").count(), 2);
}
