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
fn the_form_of_the_kernels_is_explained() {
    let place = Workplace::new();
    let listing = &place.run(["devices", "--json"]).json()[0];
    for adapter in listing["adapters"].as_array().unwrap() {
        let index = adapter["index"].to_string();
        let told = |more: &[&str]| {
            let outcome = place.run([&["devices", "--adapter", &index], more].concat());
            let words: Vec<_> = outcome.succeeds().stdout.split_whitespace().collect();
            words.join(" ")
        };
        if adapter["backend"] == "native" {
            assert!(told(&[]).ends_with("kernels: native"), "{}", told(&[]));
            continue;
        }
        let portable = told(&["--kernels", "portable"]);
        assert!(
            portable.contains("kernels: portable, as --kernels asks for"),
            "{portable}"
        );
        let without = told(&["--webgpu-limits"]);
        assert!(
            without.contains("kernels: portable, which needs no subgroups"),
            "{without}"
        );
        if adapter["kind"] == "software" && adapter["subgroup"][0] == adapter["subgroup"][1] {
            let own = told(&[]);
            assert!(own.contains("lanes, made for a software adapter"), "{own}");
        }
    }
}

/// Mesa's driver for AMD shows a GPU that is not there, and cannot be opened.
#[test]
#[cfg(target_os = "linux")]
fn a_gpu_that_cannot_be_opened_is_passed_over() {
    let place = Workplace::new();
    let drivers =
        ["radeon", "lvp"].map(|name| format!("/usr/share/vulkan/icd.d/{name}_icd.x86_64.json"));
    let devices = |more: &[&str]| {
        let mut command = place.command();
        for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
            command.env(variable, drivers.join(":"));
        }
        command
            .env("RADV_FORCE_FAMILY", "navi21")
            .env_remove("WGPU_ADAPTER_NAME");
        Outcome::of(command.arg("devices").args(more))
    };
    let outcome = devices(&[]);
    if !outcome.stdout.contains("Null hardware") {
        eprintln!("SKIPPED: no driver with a GPU that is not there");
        return;
    }
    let words: Vec<_> = outcome.succeeds().stdout.split_whitespace().collect();
    assert!(
        words.join(" ").contains("cpu, native; driver")
            && words
                .join(" ")
                .contains("taken: no GPU could be opened; kernels: native"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("WARN device: Null hardware")
            && outcome
                .stderr
                .contains("goes on without it, --adapter asks for it alone"),
        "{}",
        outcome.stderr
    );
    devices(&["--adapter", "null hardware"]).fails(
        1,
        &["Null hardware", "choose another adapter with --adapter"],
    );
    let named = devices(&["--adapter", "llvmpipe"]);
    assert_eq!(named.succeeds().stderr, "");
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
