//! `gatefold devices`, and choosing an adapter.

use crate::program::{Outcome, Workplace, assert_80_columns};

#[test]
fn lists_the_adapters_and_the_one_taken() {
    let place = Workplace::on_adapter();
    let outcome = place.run(["devices"]);
    assert_80_columns(&outcome.succeeds().stdout);
    assert_eq!(
        outcome.stdout.matches("taken: ").count(),
        1,
        "{}",
        outcome.stdout
    );
    assert_eq!(outcome.stderr, "");

    let lines = place.run(["devices", "--json"]).json();
    let [listing] = &lines[..] else {
        panic!("{lines:?}");
    };
    let adapters = listing["adapters"].as_array().unwrap();
    let taken: Vec<_> = adapters
        .iter()
        .filter(|adapter| adapter["taken"] == true)
        .collect();
    let [taken] = taken[..] else {
        panic!("{adapters:?}");
    };
    assert!(outcome.stdout.contains(taken["name"].as_str().unwrap()));
    for key in ["backend", "kind", "driver", "kernels"] {
        assert!(taken[key].is_string(), "{taken}");
    }
    for key in ["binding_bytes", "workgroup_bytes", "workgroup_invocations"] {
        assert!(taken[key].as_u64() >= Some(256), "{taken}");
    }
    assert!(listing["why"].is_string());
}

#[test]
fn an_adapter_is_taken_by_name_and_by_number() {
    let place = Workplace::on_adapter();
    let listing = &place.run(["devices", "--json"]).json()[0];
    for adapter in listing["adapters"].as_array().unwrap() {
        let index = adapter["index"].to_string();
        let chosen = &place.run(["devices", "--json", "--adapter", &index]).json()[0];
        assert_eq!(
            chosen["adapters"][index.parse::<usize>().unwrap()]["taken"],
            true
        );
        assert_eq!(chosen["why"], "--adapter names it");
    }
    let name = listing["adapters"][0]["name"]
        .as_str()
        .unwrap()
        .to_uppercase();
    place.run(["devices", "--adapter", &name]).succeeds();
}

#[test]
fn an_unknown_adapter_is_answered_with_the_list() {
    let place = Workplace::on_adapter();
    let listing = &place.run(["devices", "--json"]).json()[0];
    let known = listing["adapters"][0]["name"].as_str().unwrap();
    for arguments in [&["devices"][..], &["compare"], &["train", "baseline"]] {
        let outcome = place.run([arguments, &["--adapter", "Voodoo2"]].concat());
        outcome.fails(1, &["Voodoo2", known, "--adapter"]);
    }
    place
        .run(["devices", "--adapter", "99"])
        .fails(1, &["99", known]);
    assert!(place.names().is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn without_any_adapter_the_remedy_is_told() {
    let place = Workplace::on_adapter();
    for arguments in [
        &["devices"][..],
        &["compare"],
        &["train", "baseline"],
        &["bench", "baseline"],
    ] {
        let mut command = place.command();
        command
            .env("VK_DRIVER_FILES", "/nonexistent")
            .env("VK_ICD_FILENAMES", "/nonexistent");
        let outcome = Outcome::of(command.args(arguments));
        outcome.fails(
            1,
            &[
                "no adapter found",
                "Vulkan",
                "apt-get install mesa-vulkan-drivers",
            ],
        );
        assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
    }
    assert!(place.names().is_empty());
}
