//! What a run is: `config.toml`, the keys in it, the command that repeats it, what it may go on with.

use std::path::Path;

use gatefold::Error;
use gatefold::data::Source;
use gatefold::model::{Dense, Embedding, Lstm, Model, ModelDescription, Sequential, Variant};
use gatefold::plan::Storage;
use gatefold::run::keys::{KEYS, OnResume, reconcile};
use gatefold::run::{AdapterSpec, Amount, DataSpec, OptimiserName, RunSpec, ScheduleName, Trains};
use gatefold::train::Validation;

/// A model that is no variant.
fn own_model() -> Model {
    Sequential::new("my own")
        .add(Embedding::new(262, 4))
        .add(Lstm::new(3))
        .add(Dense::new(3).softmax())
        .build()
        .unwrap()
}

/// A run with every key that there is.
fn full() -> RunSpec {
    let model = Variant::Dropout.model(262).unwrap();
    let mut spec = RunSpec {
        data: DataSpec {
            source: "/my reviews.csv".to_string(),
            validation_source: Some("/dev.csv".to_string()),
            test_source: Some("/test.csv".to_string()),
            text_column: Some("it's".to_string()),
            label_column: Some("verdict".to_string()),
            no_header: true,
            classes: vec!["useful".to_string(), "spam".to_string()],
            encoding: Some("cp949".to_string()),
            vocabulary: Some("/own.subwords".to_string()),
            limit_train: Some(40),
            limit_test: Some(30),
            name: "my reviews.csv".to_string(),
            synthetic: false,
            train_reviews: Some(40),
            test_reviews: Some(30),
            sha256: Some("ab".to_string()),
            vocabulary_size: 262,
            vocabulary_sha256: "cd".to_string(),
        },
        adapter: Some(AdapterSpec {
            name: "a GPU".to_string(),
            backend: "vulkan".to_string(),
            kind: "software".to_string(),
            driver: "a driver".to_string(),
            kernels: "subgroup, 8 lanes".to_string(),
        }),
        model: Some(ModelDescription::of(&model)),
        ..RunSpec::new(&Source::Demo).of_comparison(&[model, own_model()])
    };
    let training = spec.training.as_mut().unwrap();
    training.optimiser = OptimiserName::Sgd;
    training.momentum = Some(0.5);
    training.nesterov = true;
    training.class_weight = Some("useful=0.5,spam=4".parse().unwrap());
    training.clip_norm = Some(1.0);
    training.embedding = Some("/vectors.txt".to_string());
    training.embedding_sha256 = Some("ef".to_string());
    training.embedding_width = Some(50);
    training.freeze_embedding = true;
    training.weight_decay = Some(0.01);
    training.seed = u64::MAX;
    training.max_length = Some(9);
    training.shuffle_buffer = Amount::All;
    training.shards = 2;
    training.storage = Storage::F16;
    training.overfit_batches = Some(3);
    let callbacks = spec.callbacks.as_mut().unwrap();
    callbacks.early_stopping = Some(3);
    callbacks.schedule = ScheduleName::Plateau;
    spec.training = spec.training.map(|training| training.completed());
    spec.callbacks = spec.callbacks.map(|callbacks| callbacks.completed());
    spec
}

/// Dotted paths of all values.
fn paths(table: &toml::Table, above: &str, found: &mut Vec<String>) {
    for (name, value) in table {
        let path = match above {
            "" => name.clone(),
            above => format!("{above}.{name}"),
        };
        match value {
            toml::Value::Table(table) => paths(table, &path, found),
            _ => found.push(path),
        }
    }
}

#[test]
fn every_key_of_a_spec_has_one_row_and_every_row_is_a_key() {
    // Both ways to validate, which no run has together.
    let mut spec = full();
    spec.training.as_mut().unwrap().validation_steps = Some(3);
    let mut found = Vec::new();
    paths(&spec.to_table().unwrap(), "", &mut found);
    for path in &found {
        let rows = KEYS.iter().filter(|key| {
            let below = path.strip_prefix(key.path);
            below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
        });
        assert_eq!(rows.count(), 1, "{path}");
    }
    for key in &KEYS {
        let is_there =
            |path: &String| path == key.path || path.starts_with(&format!("{}.", key.path));
        assert!(found.iter().any(is_there), "{}", key.path);
    }
}

#[test]
fn what_is_written_is_read_again() {
    let spec = full();
    let path = Path::new("config.toml");
    let text = spec.to_toml().unwrap();
    assert_eq!(RunSpec::from_toml(path, &text).unwrap(), spec);
    assert!(text.contains("seed = \"18446744073709551615\""), "{text}");
    let novel = text.replace("epochs = 5", "epochs = 5\nnovelty = 1");
    let error = RunSpec::from_toml(path, &novel).unwrap_err().to_string();
    assert!(
        error.contains("novelty") && error.contains("line "),
        "{error}"
    );
    assert!(!error.contains("wrote it"), "{error}");
    let novel = novel.replace(env!("CARGO_PKG_VERSION"), "9.1.0");
    let error = RunSpec::from_toml(path, &novel).unwrap_err().to_string();
    assert!(error.contains("gatefold 9.1.0 wrote it"), "{error}");
}

/// What an earlier version wrote: neither norms of layers nor Nesterov's momentum nor a `kept` vocabulary.
#[test]
fn files_of_earlier_versions_are_read() {
    let mut table = full().to_table().unwrap();
    let callbacks = table["callbacks"].as_table_mut().unwrap();
    callbacks.remove("layer_gradient_norms").unwrap();
    table["training"].as_table_mut().unwrap().remove("nesterov");
    table["data"].as_table_mut().unwrap().remove("classes");
    let text = toml::to_string(&table).unwrap();
    let spec = RunSpec::from_toml(Path::new("config.toml"), &text).unwrap();
    assert!(!spec.callbacks.unwrap().layer_gradient_norms);
    assert_eq!(spec.data.class_names(), ["negative", "positive"]);
}

#[test]
fn a_run_goes_on_with_what_it_was_begun_with_and_what_may_change() {
    let begun = full();
    let mut asked = RunSpec::new(&Source::Path("/moved".into()));
    let training = asked.training.as_mut().unwrap();
    (training.epochs, training.checkpoint_steps) = (9, 7);
    // Not asked for, whatever it is.
    training.seed = 3;
    let is_asked = |option: &str| ["data", "epochs", "checkpoint-steps"].contains(&option);
    let spec = reconcile(&begun, &asked, &is_asked).unwrap();
    let mut expected = begun.clone();
    expected.data.source = "/moved".to_string();
    let training = expected.training.as_mut().unwrap();
    (training.epochs, training.checkpoint_steps) = (9, 7);
    assert_eq!(spec, expected);
    assert_eq!(reconcile(&begun, &asked, &|_| false).unwrap(), begun);
}

/// The refusal of this change, asked for under this option.
fn refused(begun: &RunSpec, option: &str, change: impl Fn(&mut RunSpec)) -> String {
    let mut asked = begun.clone();
    change(&mut asked);
    match reconcile(begun, &asked, &|asked| asked == option) {
        Err(Error::Argument { name, problem }) => format!("{name}: {problem}"),
        other => panic!("{option}: {other:?}"),
    }
}

#[test]
fn a_run_goes_on_with_nothing_that_decides_its_result() {
    let begun = full();
    let told = refused(&begun, "seed", |spec| {
        spec.training.as_mut().unwrap().seed = 3
    });
    assert_eq!(
        told,
        "`seed`: 3 was given, but the run was begun with 18446744073709551615; leave it out, or begin another run"
    );
    let told = refused(&begun, "epochs", |spec| {
        spec.training.as_mut().unwrap().epochs = 4
    });
    assert!(
        told.ends_with("begun with 5; give more, or leave it out"),
        "{told}"
    );
    let patience = |patience| {
        move |spec: &mut RunSpec| spec.callbacks.as_mut().unwrap().early_stopping = patience
    };
    let told = refused(&begun, "early-stopping", patience(Some(2)));
    assert!(
        told.contains("2 was given") && told.contains("give more"),
        "{told}"
    );
    let mut never = begun.clone();
    patience(None)(&mut never);
    never.callbacks.as_mut().unwrap().min_delta = None;
    let told = refused(&never, "early-stopping", patience(Some(2)));
    assert!(
        told.contains("begun with none; leave it out, or begin"),
        "{told}"
    );
    let mut plain = begun.clone();
    plain.training.as_mut().unwrap().bucket = false;
    let told = refused(&plain, "bucket", |spec| {
        spec.training.as_mut().unwrap().bucket = true
    });
    assert!(told.contains("the run was begun without it"), "{told}");
    let mut cosine = begun;
    cosine.callbacks.as_mut().unwrap().schedule = ScheduleName::Cosine;
    let told = refused(&cosine, "epochs", |spec| {
        spec.training.as_mut().unwrap().epochs = 9
    });
    assert!(told.contains("along a cosine over 5"), "{told}");
}

#[test]
fn what_differs_is_found_unless_it_is_free() {
    let spec = full();
    let mut other = spec.clone();
    other.data.source = "/elsewhere".to_string();
    other.training.as_mut().unwrap().epochs = 9;
    other.adapter.as_mut().unwrap().name = "another GPU".to_string();
    assert_eq!(spec.first_difference(&other).unwrap(), None);
    other.data.classes.swap(0, 1);
    let (path, values) = spec.first_difference(&other).unwrap().unwrap();
    assert_eq!(path, "data.classes.0");
    assert_eq!(values, ["\"useful\"", "\"spam\""]);
    let fixed = KEYS.iter().filter(|key| key.on_resume == OnResume::Fixed);
    assert_eq!(fixed.count(), 48);
}

#[test]
fn the_command_says_what_is_no_default_as_a_shell_takes_it() {
    let line = full().command_line(&Trains::Variant("dropout")).unwrap();
    assert_eq!(
        line.unwrap(),
        "gatefold train dropout --data '/my reviews.csv' --validation-data /dev.csv --test-data /test.csv --text-column 'it'\\''s' \
         --label-column verdict --no-header --classes useful,spam --encoding cp949 --vocab /own.subwords --limit-train 40 --limit-test 30 \
         --early-stopping 3 --min-delta 0.0 --minimum-rate 0.0 --plateau-factor 0.1 --plateau-patience 1 \
         --schedule plateau --class-weight useful=0.5,spam=4 --clip-norm 1.0 --embedding /vectors.txt --freeze-embedding --learning-rate 0.001 --max-length 9 --momentum 0.5 --nesterov \
         --optimiser sgd --overfit-batches 3 --seed 18446744073709551615 --shards 2 --shuffle-buffer all --storage f16 --truncate after --weight-decay 0.01"
    );
    let names = ["baseline".to_string(), "dropout".to_string()];
    let spec = RunSpec::new(&Source::Demo);
    let compare = spec.command_line(&Trains::Comparison(&names)).unwrap();
    assert_eq!(
        compare.unwrap(),
        "gatefold compare --variants baseline,dropout --learning-rate 0.001"
    );
    let models = [Variant::Baseline.model(262).unwrap(), own_model()];
    let own = spec.of_comparison(&models);
    let names = ["baseline".to_string(), "my own".to_string()];
    let compare = own.command_line(&Trains::Comparison(&names)).unwrap();
    assert_eq!(
        compare.unwrap(),
        "gatefold compare --variants baseline --config 'my own.toml' --learning-rate 0.001"
    );
    let file = spec
        .command_line(&Trains::ModelFile("my model.toml"))
        .unwrap();
    assert!(
        file.unwrap()
            .starts_with("gatefold train --config 'my model.toml' ")
    );
    let imported = RunSpec {
        training: None,
        ..spec
    };
    assert_eq!(
        imported.command_line(&Trains::Variant("dropout")).unwrap(),
        None
    );
}

/// The field that a change of the training or its callbacks is refused for.
fn field(change: impl Fn(&mut RunSpec)) -> String {
    let mut spec = RunSpec::new(&Source::Demo);
    change(&mut spec);
    match spec.check() {
        Err(Error::Argument { name, .. }) => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_its_field() {
    macro_rules! refused {
        ($section:ident . $field:ident = $value:expr) => {
            let told = field(|spec| spec.$section.as_mut().unwrap().$field = $value);
            assert_eq!(told, concat!("`", stringify!($field), "`"));
        };
    }
    refused!(training.epochs = 0);
    refused!(training.batch_size = 0);
    refused!(training.validation = Some(Amount::Count(0)));
    refused!(training.validation = None);
    refused!(training.validation_steps = Some(3));
    refused!(training.max_length = Some(0));
    refused!(training.truncate = Some(gatefold::batch::Side::Before));
    refused!(training.learning_rate = 1e-300);
    refused!(training.learning_rate = f64::NAN);
    refused!(training.clip_norm = Some(-1.0));
    refused!(training.weight_decay = Some(0.0));
    refused!(training.momentum = Some(0.5));
    refused!(training.nesterov = true);
    refused!(training.shuffle_buffer = Amount::Count(0));
    refused!(callbacks.min_delta = Some(0.1));
    refused!(callbacks.early_stopping = Some(0));
    refused!(callbacks.minimum_rate = Some(0.0));
    refused!(callbacks.plateau_factor = Some(0.5));
    refused!(callbacks.plateau_patience = Some(2));
    assert_eq!(
        field(|spec| spec.data.limit_test = Some(0)),
        "`limits.test`"
    );
    assert_eq!(
        field(|spec| spec.data.text_column = Some("text".into())),
        "`text_column`"
    );
}

/// The training of a run on these reviews, and what is said of 800 test reviews.
fn defaults(path: &str) -> (Amount, String) {
    let spec = RunSpec::new(&Source::Path(path.into()));
    let training = spec.training.unwrap();
    let mut dataset = gatefold::data::demo().unwrap();
    let review = dataset.test[0].clone();
    dataset.test = vec![review; 800];
    (training.shuffle_buffer, training.validation_words(&dataset))
}

#[test]
fn tables_are_shuffled_and_validated_wholly_and_the_experiments_data_as_there() {
    let whole = (Amount::All, "all 800 test reviews".to_string());
    assert_eq!(defaults("reviews.csv"), whole);
    assert_eq!(defaults("reviews.jsonl.gz"), whole);
    let drawn = "300 of 800 test reviews, drawn anew after each epoch".to_string();
    let experiments = (Amount::Count(1000), drawn);
    assert_eq!(defaults("aclImdb"), experiments);
    assert_eq!(defaults("aclImdb.tar.zst"), experiments);

    // Of an earlier version: the first batches, in their order.
    let mut table = RunSpec::new(&Source::Demo).to_table().unwrap();
    let training = table["training"].as_table_mut().unwrap();
    training.remove("validation").unwrap();
    training.insert("validation_steps".to_string(), 30.into());
    let text = toml::to_string(&table).unwrap();
    let spec = RunSpec::from_toml(Path::new("config.toml"), &text).unwrap();
    spec.check().unwrap();
    let training = spec.training.unwrap();
    assert_eq!(training.validation(), Validation::First(30));
    let words = training.validation_words(&gatefold::data::demo().unwrap());
    assert_eq!(words, "300 of 500 test reviews, the first ones");
    let wrong = text.replace("validation_steps = 30", "validation = \"some\"");
    let error = RunSpec::from_toml(Path::new("config.toml"), &wrong).unwrap_err();
    assert!(error.to_string().contains("a number or \"all\""), "{error}");
}

#[test]
fn keys_that_are_not_asked_for_are_refused() {
    for key in [
        "data.name",
        "adapter.kernels",
        "training.epoch",
        "model",
        "comparison.variants",
    ] {
        let error = RunSpec::from_keys(&[(key.to_string(), "x".into())]).unwrap_err();
        assert!(
            error.to_string().contains("there is no such key"),
            "{error}"
        );
    }
    assert_eq!(
        RunSpec::from_keys(&[]).unwrap(),
        RunSpec::new(&Source::Demo)
    );
}
