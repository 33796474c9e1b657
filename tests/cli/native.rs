//! The processor as a device: chosen, refused, and the same files whatever computes.

use std::collections::BTreeMap;

use assert_cmd::Command;

use crate::program::{ADAPTER, Outcome, TINY, Workplace, assert_80_columns};

/// The program as it is where no driver is installed and no adapter is named.
fn bare(place: &Workplace) -> Command {
    let mut command = place.command();
    command
        .env_remove("WGPU_ADAPTER_NAME")
        .env("VK_DRIVER_FILES", "/nonexistent")
        .env("VK_ICD_FILENAMES", "/nonexistent");
    command
}

/// The files of a training run on the processor, with these options more.
fn trained(place: &Workplace, out: &str, options: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let start = ["--epochs", "2", "--adapter", "cpu", "--out", out];
    place
        .run([&["train", "bidirectional"], &TINY[..], &start, options].concat())
        .succeeds();
    crate::program::files_below(&place.path(out))
}

#[test]
fn it_is_listed_with_its_threads_and_vectors() {
    let place = Workplace::new();
    let outcome = place.run(["devices", "--adapter", "cpu", "--threads", "3"]);
    assert_80_columns(&outcome.succeeds().stdout);
    for words in [
        "cpu",
        "3 threads",
        "taken: --adapter names it",
        "kernels: native",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
    let listing = &place.run(["devices", "--json", "--adapter", "cpu"]).json()[0];
    let devices = listing["adapters"].as_array().unwrap();
    let last = devices.last().unwrap();
    assert_eq!(
        (&last["name"], &last["taken"]),
        (&"cpu".into(), &true.into())
    );
    assert!(last["processor"]["threads"].as_u64() > Some(0));
    assert!(last["processor"]["vectors"].is_string());
    let others = &devices[..devices.len() - 1];
    assert!(others.iter().all(|device| device["processor"].is_null()));
}

#[test]
#[cfg(target_os = "linux")]
fn without_any_driver_the_program_trains() {
    let place = Workplace::new();
    let outcome = Outcome::of(bare(&place).args(["devices"]));
    let why = "taken: there is no GPU";
    assert!(outcome.succeeds().stdout.contains(why), "{outcome:?}");
    assert_eq!(outcome.stderr, "");
    let train = ["train", "baseline", "--epochs", "1", "--out", "run"];
    Outcome::of(bare(&place).args([&train, &TINY[..]].concat())).succeeds();
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    for line in [
        "name = \"cpu\"",
        "backend = \"native\"",
        "kernels = \"native\"",
    ] {
        assert!(config.contains(line), "{config}");
    }
    let predicted = Outcome::of(bare(&place).args(["predict", "run", "a fine film"]));
    assert_eq!(predicted.succeeds().stdout.lines().count(), 1);
}

/// Puts an empty file where each of Vulkan's loaders is, seen by the program alone, and runs it.
#[cfg(target_os = "linux")]
const HIDDEN: &str = r#"
for folder in /lib /usr/lib /lib64 /usr/lib64 /usr/local/lib /lib/*-linux-* /usr/lib/*-linux-*; do
    for loader in "$folder"/libvulkan.so*; do
        [ ! -e "$loader" ] || mount --bind /dev/null "$loader" || exit 70
    done
done
exec "$0" "$@""#;

/// The outcome where there is no Vulkan loader; none, said loudly, where a program may not have a view of files of its own.
#[cfg(target_os = "linux")]
fn without_loader(place: &Workplace, arguments: &[&str]) -> Option<Outcome> {
    let own_view = ["--user", "--map-root-user", "--mount"];
    let possible = std::process::Command::new("unshare")
        .args(own_view)
        .arg("true")
        .output();
    if !possible.is_ok_and(|output| output.status.success()) {
        crate::support::skipped("may not hide Vulkan's loader (unshare --user --mount)");
        return None;
    }
    let mut command = Command::new("unshare");
    let program = place.command().get_program().to_owned();
    command
        .current_dir(place.path(""))
        .env_remove("WGPU_ADAPTER_NAME")
        .env_remove("LD_LIBRARY_PATH");
    command
        .args(own_view)
        .args(["sh", "-c", HIDDEN])
        .arg(program)
        .args(arguments);
    Some(Outcome::of(&mut command))
}

#[test]
#[cfg(target_os = "linux")]
fn without_vulkans_loader_the_program_trains() {
    let place = Workplace::new();
    let Some(listed) = without_loader(&place, &["devices", "--json"]) else {
        return;
    };
    let listing = &listed.json()[0];
    let devices = listing["adapters"].as_array().unwrap();
    assert!(
        devices.len() == 1 && devices[0]["name"] == "cpu",
        "{listed:?}"
    );
    let train = ["train", "baseline", "--epochs", "1", "--out", "run"];
    let outcome = without_loader(&place, &[&train, &TINY[..]].concat()).unwrap();
    assert!(
        !outcome.succeeds().stderr.contains("libvulkan"),
        "{outcome:?}"
    );
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert!(config.contains("name = \"cpu\""), "{config}");
    // Who names an adapter is told what is missing.
    let named = without_loader(&place, &["devices", "--adapter", "llvmpipe"]).unwrap();
    named.fails(1, &["no adapter matches", "0  cpu (native", "libvulkan1"]);
}

#[test]
fn software_adapters_are_taken_by_name_alone() {
    let place = Workplace::on_adapter();
    let mut command = place.command();
    command.env_remove("WGPU_ADAPTER_NAME");
    let listing = &Outcome::of(command.args(["devices", "--json"])).json()[0];
    let devices = listing["adapters"].as_array().unwrap();
    let taken: Vec<_> = devices
        .iter()
        .filter(|device| device["taken"] == true)
        .collect();
    assert_eq!(taken.len(), 1);
    assert_ne!(taken[0]["kind"], "software");
}

#[test]
fn threads_change_no_byte() {
    let place = Workplace::new();
    let expected = trained(&place, "one", &["--threads", "1"]);
    assert!(expected.len() > 5);
    assert!(trained(&place, "three", &["--threads", "3"]) == expected);
    assert!(trained(&place, "all", &[]) == expected);
}

#[test]
fn a_run_goes_on_on_another_device() {
    let place = Workplace::on_adapter();
    trained(&place, "run", &[]);
    let more = ["train", "--resume", "run", "--epochs", "3"];
    if *ADAPTER == "cpu" {
        return;
    }
    let outcome = place.run(more);
    let words = "begun on cpu (gatefold";
    let told = outcome.succeeds().stderr.replace("\n          ", " ");
    assert!(told.contains(words), "{told}");
    // And back: nothing is said of kernels that the processor has not got.
    let outcome = place.run([
        "train",
        "--resume",
        "run",
        "--epochs",
        "4",
        "--adapter",
        "cpu",
    ]);
    let told = outcome.succeeds().stderr.replace("\n          ", " ");
    assert!(told.contains("goes on with cpu"), "{told}");
}

#[test]
fn what_means_nothing_there_is_refused() {
    let place = Workplace::on_adapter();
    let cases: [(i32, &[&str], &str); 6] = [
        (
            1,
            &["--kernels", "portable"],
            "--kernels portable means nothing there",
        ),
        (
            1,
            &["--kernels", "subgroup"],
            "--kernels subgroup means nothing there",
        ),
        (
            1,
            &["--webgpu-limits"],
            "--webgpu-limits means nothing there",
        ),
        (2, &["--row-tile", "4"], "no workgroups"),
        (2, &["--threads", "0"], "--threads"),
        (2, &["--threads", "65536"], "--threads"),
    ];
    for (code, options, words) in cases {
        for command in [&["train", "baseline"][..], &["bench", "baseline"]] {
            let outcome = place.run([command, &["--adapter", "cpu"], options].concat());
            outcome.fails(code, &[words]);
        }
    }
    // And threads, of an adapter.
    if *ADAPTER != "cpu" {
        let outcome = place.run(["train", "baseline", "--threads", "2"]);
        outcome.fails(2, &["--threads: 2", "leave it out", "--adapter cpu"]);
    }
    assert!(place.names().is_empty());
    place
        .run(["devices", "--adapter", "Voodoo2"])
        .fails(1, &["Voodoo2", "cpu (native"]);
}

#[test]
fn bench_times_and_profiles_it() {
    let place = Workplace::new();
    let length = ["--length", "20", "--batch-size", "2", "--steps", "2"];
    let options = ["--adapter", "cpu", "--profile", "--threads", "2"];
    let report = place.run([&["bench", "baseline", "--json"], &length[..], &options].concat());
    let report = &report.json()[0];
    let [step, host] = ["step_ms", "host_ms"].map(|part| report[part]["median"].as_f64().unwrap());
    assert!(host > 0.0 && host < 0.9 * step, "{host} of {step} ms");
    let outcome = place.run([&["bench", "baseline"], &length[..], &options].concat());
    assert_80_columns(&outcome.succeeds().stdout);
    for words in [
        "cpu",
        "kernels: native",
        "lstm_forward_portable",
        "by the host's clock",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}
