//! Norms of gradients, of all and of each layer: in the history, and without a trace in the parameters.

use gatefold::report::read_history;

use crate::callbacks::text;
use crate::program::Workplace;

#[test]
fn norms_of_gradients_are_in_the_history_and_change_nothing() {
    let place = Workplace::new();
    let train = |out: &str, options: &[&str]| {
        let all = [&["--epochs", "2", "--out", out], options].concat();
        place.tiny(&["train", "baseline"], &all)
    };
    train("plain", &[]).succeeds();
    let outcome = train("measured", &["--gradient-norms", "--json"]);
    let lines = outcome.json();
    let epochs = read_history(&place.path("measured")).unwrap().epochs;
    for epoch in &epochs {
        let (mean, most) = (
            epoch.gradient_norm.unwrap(),
            epoch.gradient_norm_max.unwrap(),
        );
        assert!(0.0 < mean && mean <= most, "{mean} {most}");
        let told = format!("          gradient norm {mean:.4}, at most {most:.4}\n");
        assert!(
            outcome.stderr.contains(&told),
            "no {told} in {}",
            outcome.stderr
        );
    }
    assert_eq!(lines[4]["event"], "epoch");
    assert_eq!(lines[4]["gradient_norm"].as_f64(), epochs[1].gradient_norm);
    let csv = text(&place, "measured/history.csv");
    assert!(csv.starts_with(
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,gradient_norm,gradient_norm_max\n"
    ));
    let files = place.files();
    assert!(files["plain/model.safetensors"] == files["measured/model.safetensors"]);
    let resume = [
        "train",
        "--resume",
        "plain",
        "--epochs",
        "3",
        "--gradient-norms",
    ];
    place
        .run(resume)
        .fails(2, &["--gradient-norms", "begun without it"]);

    // They are those before clipping.
    train("clipped", &["--gradient-norms", "--clip-norm", "1e-3"]).succeeds();
    let clipped = read_history(&place.path("clipped")).unwrap().epochs;
    assert!(clipped[0].gradient_norm.unwrap() > 1e-3);
}

#[test]
fn norms_of_each_layer_are_of_their_own_epoch() {
    let place = Workplace::new();
    let options = ["--epochs", "3", "--out", "run", "--batch-size", "20"];
    let norms = ["--layer-gradient-norms", "--gradient-norms"];
    place
        .tiny(&["train", "baseline"], &[&options[..], &norms].concat())
        .succeeds();
    // An epoch has one step.
    for epoch in read_history(&place.path("run")).unwrap().epochs {
        let mut squares = 0.0;
        for norm in &epoch.layer_gradient_norms {
            assert_eq!(norm.mean, norm.max, "{norm:?} in epoch {}", epoch.epoch);
            squares += norm.mean * norm.mean;
        }
        let all = epoch.gradient_norm.unwrap();
        assert!((squares.sqrt() / all - 1.0).abs() < 1e-5, "{squares} {all}");
    }
}

#[test]
fn norms_of_each_layer_are_in_the_history_and_change_nothing() {
    let place = Workplace::new();
    let train = |out: &str, options: &[&str]| {
        let all = [&["--epochs", "2", "--out", out], options].concat();
        place.tiny(&["train", "bidirectional"], &all)
    };
    train("plain", &[]).succeeds();
    let norms = ["--layer-gradient-norms", "--gradient-norms", "--json"];
    let outcome = train("measured", &norms);
    let lines = outcome.json();
    let layers = ["embedding", "bidirectional", "dense", "dense_1"];
    for epoch in read_history(&place.path("measured")).unwrap().epochs {
        let found = &epoch.layer_gradient_norms;
        assert!(found.iter().map(|norm| norm.layer.as_str()).eq(layers));
        for norm in found {
            assert!(0.0 < norm.mean && norm.mean <= norm.max, "{norm:?}");
            // A part of all gradients.
            assert!(norm.max <= epoch.gradient_norm_max.unwrap() * (1.0 + 1e-6));
        }
        let line = lines.iter().find(|line| line["epoch"] == epoch.epoch);
        let told = &line.unwrap()["layer_gradient_norms"];
        assert_eq!(*told, serde_json::to_value(found).unwrap());
    }
    let csv = text(&place, "measured/history.csv");
    let columns = csv.lines().next().unwrap().split(',').skip(8);
    let expected =
        layers.map(|layer| ["gradient_norm/", "gradient_norm_max/"].map(|p| format!("{p}{layer}")));
    assert!(columns.eq(expected.iter().flatten()), "{csv}");
    let files = place.files();
    assert!(files["plain/model.safetensors"] == files["measured/model.safetensors"]);
    let resume = ["train", "--resume", "plain", "--layer-gradient-norms"];
    place
        .run(resume)
        .fails(2, &["--layer-gradient-norms", "begun without it"]);
    // A run from before there was the option goes on.
    let config = text(&place, "plain/config.toml");
    place.write(
        "plain/config.toml",
        config.replace("layer_gradient_norms = false\n", ""),
    );
    place
        .run(["train", "--resume", "plain", "--epochs", "3"])
        .succeeds();
}
