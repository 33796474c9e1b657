//! `gatefold train`: options that change what is trained are told, recorded and used.

use crate::program::Workplace;

#[test]
fn batch_options_are_told_recorded_and_used() {
    let place = Workplace::new();
    let history = |out: &str| std::fs::read_to_string(place.path(out).join("history.csv")).unwrap();
    let training = |out: &str| -> toml::Table {
        let text = std::fs::read_to_string(place.path(out).join("config.toml")).unwrap();
        let config: toml::Table = text.parse().unwrap();
        config["training"].as_table().unwrap().clone()
    };
    let baseline = ["train", "baseline"];
    place.tiny(&baseline, &["--out", "plain"]).succeeds();
    let plain = training("plain");
    assert_eq!(plain["bucket"].as_bool(), Some(false));
    assert_eq!(plain["pad"].as_str(), Some("after"));
    assert!(!plain.contains_key("max_length") && !plain.contains_key("truncate"));

    // What says the default changes no byte.
    let same = ["--pad", "after", "--max-length", "100000"];
    place
        .tiny(&baseline, &[&same[..], &["--out", "same"]].concat())
        .succeeds();
    assert_eq!(history("same"), history("plain"));

    for (out, options, words) in [
        ("bucket", &["--bucket"][..], "batches of similar length"),
        (
            "first",
            &["--max-length", "20"],
            "reviews cut to their first 20 tokens",
        ),
        (
            "last",
            &["--max-length", "20", "--truncate", "before"],
            "reviews cut to their last 20 tokens",
        ),
        ("before", &["--pad", "before"], "padded before the text"),
    ] {
        let outcome = place.tiny(&baseline, &[options, &["--out", out]].concat());
        let told = outcome.succeeds().stderr.split_whitespace();
        let told = told.collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "no `{words}` in {told}");
        assert_ne!(history(out), history("plain"), "{out}");
    }
    assert_ne!(history("first"), history("last"));
    assert_eq!(training("bucket")["bucket"].as_bool(), Some(true));
    assert_eq!(training("before")["pad"].as_str(), Some("before"));
    assert_eq!(training("first")["max_length"].as_integer(), Some(20));
    assert_eq!(training("first")["truncate"].as_str(), Some("after"));
    assert_eq!(training("last")["truncate"].as_str(), Some("before"));
}

#[test]
fn masks_padding_if_asked_to() {
    let place = Workplace::new();
    place
        .tiny(&["train", "baseline"], &["--out", "plain"])
        .succeeds();
    place
        .tiny(
            &["train", "baseline"],
            &["--out", "masked", "--mask-padding"],
        )
        .succeeds();
    let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    assert!(read("plain/config.toml").contains("mask_zero = false"));
    assert!(read("masked/config.toml").contains("mask_zero = true"));
    assert_ne!(read("plain/history.csv"), read("masked/history.csv"));
}

#[test]
fn clips_gradients_if_asked_to() {
    let place = Workplace::new();
    let train = |options: &[&str], out| {
        let outcome = place.tiny(&["train", "baseline", "--out", out], options);
        outcome.succeeds().stderr.replace("\n          ", " ")
    };
    let told = train(&["--clip-norm", "0.001"], "clipped");
    assert!(
        told.contains("gradients clipped to a norm of 0.001"),
        "{told}"
    );
    train(&[], "plain");
    train(&["--clip-norm", "1e30"], "loose");
    let read = |name: &str| std::fs::read(place.path(name)).unwrap();
    let config = String::from_utf8(read("clipped/config.toml")).unwrap();
    assert!(config.contains("clip_norm = 0.001\n"), "{config}");
    assert!(read("clipped/model.safetensors") != read("plain/model.safetensors"));
    // A bound that is never reached changes no bit.
    assert!(read("loose/model.safetensors") == read("plain/model.safetensors"));
}

#[test]
fn lets_weights_decay_if_asked_to() {
    let place = Workplace::new();
    let train = |options: &[&str], out: &str| {
        let options = [options, &["--out", out]].concat();
        let outcome = place.tiny(&["train", "baseline"], &options);
        outcome.succeeds().stderr.replace("\n          ", " ")
    };
    let told = train(&["--weight-decay", "0.5"], "decayed");
    assert!(told.contains("weight decay 0.5"), "{told}");
    train(&[], "plain");
    let read = |name: &str| std::fs::read(place.path(name)).unwrap();
    let config = String::from_utf8(read("decayed/config.toml")).unwrap();
    assert!(config.contains("weight_decay = 0.5\n"), "{config}");
    assert!(read("decayed/model.safetensors") != read("plain/model.safetensors"));
}

#[test]
fn trains_with_other_optimisers_and_goes_on_with_them() {
    let place = Workplace::new();
    let read = |name: &str| std::fs::read(place.path(name)).unwrap();
    for (out, options, words, keys) in [
        (
            "nesterov",
            &["--optimiser", "sgd", "--momentum", "0.9", "--nesterov"][..],
            "SGD with learning rate 0.01, Nesterov's momentum 0.9",
            "optimiser = \"sgd\"\nmomentum = 0.9\nnesterov = true\nlearning_rate = 0.01\n",
        ),
        (
            "sgd",
            &["--optimiser", "sgd"],
            "SGD with learning rate 0.01,",
            "optimiser = \"sgd\"\nlearning_rate = 0.01\n",
        ),
        (
            "rmsprop",
            &["--optimiser", "rmsprop", "--momentum", "0.5"],
            "RMSprop with learning rate 0.001, momentum 0.5",
            "optimiser = \"rmsprop\"\nmomentum = 0.5\nlearning_rate = 0.001\n",
        ),
        (
            "adamw",
            &["--optimiser", "adamw"],
            "weight decay 0.004",
            "optimiser = \"adamw\"\nlearning_rate = 0.001\nweight_decay = 0.004\n",
        ),
    ] {
        let train = |epochs: &str, out: &str| {
            let more = [options, &["--out", out, "--epochs", epochs]].concat();
            let outcome = place.tiny(&["train", "baseline"], &more);
            outcome.succeeds().stderr.replace("\n          ", " ")
        };
        let told = train("1", out);
        assert!(told.contains(words), "{told}");
        let config = String::from_utf8(read(&format!("{out}/config.toml"))).unwrap();
        assert!(config.contains(keys), "{config}");
        place
            .run(["train", "--resume", out, "--epochs", "2"])
            .succeeds();
        let whole = format!("{out}-whole");
        train("2", &whole);
        let weights = |run: &str| read(&format!("{run}/model.safetensors"));
        assert!(weights(out) == weights(&whole), "{out}");
    }
}
